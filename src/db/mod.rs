//! THE SERVER: connections, URLs, locks, server errors.
