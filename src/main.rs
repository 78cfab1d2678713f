//! The `evt` command.

fn main() {}
