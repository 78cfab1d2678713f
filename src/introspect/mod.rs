//! LIVE DATABASE → `DbSchema`, in one round trip and one read-only snapshot.
