//! TEXT → MEANING: the schema language. Pure: no files, no environment, no database.
//!
//! [`parse`] reads one file and never fails; [`validate`] takes all files of a schema and returns it only if
//! nothing is wrong; [`format()`] prints files in the one layout; [`render`] shows findings under their source lines.

pub mod ast;
pub mod diagnostics;
mod format;
mod parser;
mod render;
pub(crate) mod reserved;
pub mod schema;
pub(crate) mod operator_classes;
pub(crate) mod resolve;
mod validate;

pub use ast::{Ast, Source};
pub use diagnostics::{Diagnostic, Diagnostics, FileId, Lines, Position, Severity, Span};
pub use format::{format, format_until_settled};
pub use parser::parse;
pub(crate) use render::CODE;
pub use render::render;
pub(crate) use resolve::nearest;
pub use schema::PslSchema;
pub use validate::validate;
