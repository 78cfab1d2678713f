//! Everything that is set from outside: flags, environment, files. The only room that reads environment variables.

mod dotenv;
mod javascript;
mod runtime;
pub mod environment;
pub mod interactive;
