//! What people and programs read: data on stdout, talk on stderr, colour, tables, progress, JSON.
