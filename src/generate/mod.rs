//! What generators are told about a schema, and how they are run.
//!
//! `datamodel` and `query_api` describe the schema, `configuration` its blocks; `run` starts the generators, `process`
//! talks to one, and `client` knows where those of Prisma Client are. `builtin` has those that need no program: `rust` and
//! `erd`.

pub mod builtin;
mod client;
pub mod configuration;
mod datamodel;
pub mod erd;
pub mod process;
mod query_api;
pub mod run;
pub mod rust;

use serde::Serialize;

pub use datamodel::{Datamodel, Mappings};
pub use query_api::QueryApi;

use crate::psl::PslSchema;

/// The document that generators get ("DMMF"): the schema, the types of the query API, and its operations.
#[derive(Debug, Serialize)]
pub struct Dmmf {
    /// Models, views, enums and indexes.
    pub datamodel: Datamodel,
    /// The types of the query API.
    pub schema: QueryApi,
    /// Operations by model.
    pub mappings: Mappings,
}

/// Describes a schema for generators (spec/psl.md section 10.2).
pub fn dmmf(schema: &PslSchema) -> Dmmf {
    Dmmf {
        datamodel: datamodel::datamodel(schema),
        schema: query_api::query_api(schema),
        mappings: datamodel::mappings(schema),
    }
}
