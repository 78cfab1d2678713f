//! FOLDER, HISTORY, APPLY: every rule about migrations, so that commands, library and engine behave the same.

pub mod checksum;
pub mod directory;
pub mod history;
pub mod slug;
