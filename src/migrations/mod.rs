//! FOLDER, HISTORY, APPLY: every rule about migrations, so that commands, library and engine behave the same.
