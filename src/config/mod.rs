//! Everything that is set from outside: flags, environment, files. The only room that reads environment variables.

mod dotenv;
pub mod environment;
pub mod interactive;
