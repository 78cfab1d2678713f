//! THE SERVER: connections, URLs, locks, server errors.

pub mod url;
