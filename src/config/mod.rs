//! Settings from flags, environment, `.env` and files; each knows where it came from.
