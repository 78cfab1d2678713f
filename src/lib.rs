//! Schema migrations for PostgreSQL from a `schema.prisma`.
//!
//! The way of the data, and the order of the modules:
//! `schema.prisma` → [`psl`] → [`lower`] → [`dbschema`] ⟷ [`introspect`] → [`diff`] → [`safety`] → [`sql`] → [`migrations`].

// What pest derives names it.
extern crate alloc;

pub mod psl;
pub mod lower;
pub mod dbschema;
pub mod catalog;
pub mod introspect;
pub mod diff;
pub mod safety;
pub mod sql;
pub mod migrations;
pub mod maintenance;
pub mod typed_sql;
pub mod db;
pub mod config;
pub mod generate;
pub mod output;
pub mod error;
mod engine;
#[doc(hidden)]
pub mod cli;
