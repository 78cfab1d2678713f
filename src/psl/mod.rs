//! TEXT → MEANING: the schema language. Pure: no files, no environment, no database.
//!
//! [`parse`] reads one file and never fails; [`validate`] takes all files of a schema and returns it only if
//! nothing is wrong; [`format`] prints files in the one layout.

pub mod ast;
pub mod diagnostics;
mod parser;
pub mod schema;
pub(crate) mod operator_classes;
pub(crate) mod resolve;
mod validate;

pub use ast::{Ast, Source};
pub use diagnostics::{Diagnostic, Diagnostics, FileId, Severity, Span};
pub use parser::parse;
pub use schema::PslSchema;
pub use validate::validate;
