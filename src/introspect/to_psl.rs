//! `DbSchema` × the files of before → files of a schema, for `db pull`. Pure: no files, no database.
//!
//! The database decides what there is; the files of before decide what it is called, what is said about it, and in
//! which order it stands. `plan` gives everything its name, `relations` turns foreign keys into fields, and `print` writes
//! the blocks, which are then formatted.

mod blocks;
mod commented;
mod configuration;
mod defaults;
mod keys;
mod layout;
mod many_to_many;
mod names;
mod notices;
mod plan;
mod print;
mod relations;
mod warnings;

use crate::dbschema::{DbSchema, QualifiedName};
use crate::psl::{self, Ast, FileId, PslSchema, Source};

pub use warnings::{Warning, Warnings};

/// The files of before. They hold at least a `datasource` block.
#[derive(Debug, Clone, Copy)]
pub struct Previous<'a> {
    /// The syntax trees.
    pub files: &'a [Ast],
    /// What they mean.
    pub schema: &'a PslSchema,
}

/// How to go about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PullOptions {
    /// Keep nothing of the files of before but their configuration, and write one file.
    pub force: bool,
    /// Namespaces that replace those of the datasource.
    pub namespaces: Option<Vec<String>>,
    /// Path of the file for what is new, if there is more than one file.
    pub new_file: String,
    /// Name new relations and their fields after models and fields of the schema. Otherwise they are named after tables
    /// and columns, as Prisma does, also where a person gave these other names.
    pub schema_names: bool,
}

/// A schema made from a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// All files: those of before, changed or not, and perhaps a new one; formatted.
    pub files: Vec<PulledFile>,
    /// What a person should know.
    pub warnings: Warnings,
    /// The queries of views, if the schema has views.
    pub views: Vec<ViewDefinition>,
    /// How many `model` blocks there are.
    pub models: usize,
    /// How many `enum` blocks there are.
    pub enums: usize,
}

/// A file of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledFile {
    /// The path, as the source said it.
    pub path: String,
    /// The text.
    pub text: String,
}

/// The query of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewDefinition {
    /// The namespace of the view.
    pub namespace: String,
    /// The name of the view in the schema language.
    pub name: String,
    /// The query as the server prints it.
    pub sql: String,
}

/// Why there is no schema for a database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PullError {
    /// Nothing that a schema could describe. Code P4001.
    #[error("the database is empty: there is no table and no enum to make a schema of")]
    Empty,
    /// A foreign key leads out of the namespaces that are read. Code P4002.
    #[error(
        "the foreign key `{constraint}` of `{table}` refers to `{referenced}`, and the schema `{}` is not read",
        referenced.namespace
    )]
    ForeignNamespace {
        /// The foreign key.
        constraint: String,
        /// Its table.
        table: QualifiedName,
        /// The table it refers to.
        referenced: QualifiedName,
    },
    /// A list of namespaces without any.
    #[error("the list of schemas to read is empty")]
    NoNamespaces,
}

/// Writes a schema for what `database` holds.
///
/// # Errors
/// If there is nothing to describe, or a foreign key refers to a table that was not read.
pub fn to_psl(database: &DbSchema, previous: &Previous<'_>, options: &PullOptions) -> Result<Pulled, PullError> {
    if options.namespaces.as_ref().is_some_and(Vec::is_empty) {
        return Err(PullError::NoNamespaces);
    }
    foreign_namespaces(database)?;
    let mut plan = plan::Plan::new(database, previous, options);
    if plan.models.is_empty() && plan.enums.is_empty() && plan.views.is_empty() {
        return Err(PullError::Empty);
    }
    relations::add(&mut plan);
    let mut pulled = print::print(&plan, previous, options);
    lay_out(&mut pulled.files);
    Ok(pulled)
}

fn lay_out(files: &mut [PulledFile]) {
    let trees: Vec<Ast> = (0..)
        .zip(files.iter())
        .map(|(id, file)| psl::parse(Source { id: FileId(id), path: file.path.clone(), text: file.text.clone() }).0)
        .collect();
    for (file, text) in files.iter_mut().zip(psl::format(&trees)) {
        file.text = text;
    }
}

fn foreign_namespaces(database: &DbSchema) -> Result<(), PullError> {
    for table in &database.tables {
        for key in &table.foreign_keys {
            if database.namespaces.binary_search(&key.referenced_table.namespace).is_err() {
                return Err(PullError::ForeignNamespace {
                    constraint: key.name.clone(),
                    table: table.name.clone(),
                    referenced: key.referenced_table.clone(),
                });
            }
        }
    }
    Ok(())
}
