//! Asks all questions in one round trip: every statement is on its way before the first answer comes back.

use std::collections::HashMap;

use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use super::columns::{self, ColumnRow, DefaultRow};
use super::foreign_keys::{self, ForeignKeyRow};
use super::indexes::{self, IndexRow, OperatorClassRow};
use super::tables::{self, CommentRow, ConstraintRow, ExtensionRow, MemberRow, SequenceRow, TableRow};
use super::types::{self, EnumRow, TypeRow};
use super::{IntrospectError, Scope};
use crate::db::DbError;
use crate::db::snapshot::{BEGIN, COMMIT};

/// All answers, as the server gave them. Only the namespaces are in no need of further joining.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    pub(super) namespaces: HashMap<u32, String>,
    pub(super) tables: Vec<TableRow>,
    pub(super) columns: Vec<ColumnRow>,
    pub(super) defaults: Vec<DefaultRow>,
    pub(super) types: Vec<TypeRow>,
    pub(super) enums: Vec<EnumRow>,
    pub(super) indexes: Vec<IndexRow>,
    pub(super) operator_classes: Vec<OperatorClassRow>,
    pub(super) foreign_keys: Vec<ForeignKeyRow>,
    pub(super) constraints: Vec<ConstraintRow>,
    pub(super) sequences: Vec<SequenceRow>,
    pub(super) extensions: Vec<ExtensionRow>,
    pub(super) members: Vec<MemberRow>,
    pub(super) comments: Vec<CommentRow>,
}

/// Reads one row of an answer.
pub(super) type ReadRow<T> = fn(&Row) -> Result<T, tokio_postgres::Error>;

pub(super) const SETTINGS: &str = include_str!("queries/settings.sql");
const NAMESPACES: &str = include_str!("queries/namespaces.sql");

/// Asks for everything in the scope.
///
/// No statement has a name, so a pooler that gives each transaction another server connection is no obstacle. The end
/// of the transaction is sent with the rest: it comes even if a question fails or the caller stops waiting.
pub(super) async fn ask(client: &Client, scope: &Scope) -> Result<Catalog, IntrospectError> {
    let nothing: &[(&(dyn ToSql + Sync), Type)] = &[];
    let namespaces: &[(&(dyn ToSql + Sync), Type)] = &[(&scope.namespaces, Type::TEXT_ARRAY)];
    let default_namespace: &[(&(dyn ToSql + Sync), Type)] = &[(&scope.default_namespace, Type::TEXT)];

    // `join!` polls in this order, and a statement is sent when it is first polled.
    let answers = tokio::join!(
        biased;
        client.batch_execute(BEGIN),
        client.query_typed(SETTINGS, default_namespace),
        client.query_typed(NAMESPACES, nothing),
        client.query_typed(tables::TABLES, namespaces),
        client.query_typed(columns::COLUMNS, namespaces),
        client.query_typed(columns::DEFAULTS, namespaces),
        client.query_typed(types::TYPES, namespaces),
        client.query_typed(types::ENUMS, namespaces),
        client.query_typed(indexes::INDEXES, namespaces),
        client.query_typed(indexes::OPERATOR_CLASSES, nothing),
        client.query_typed(foreign_keys::FOREIGN_KEYS, namespaces),
        client.query_typed(tables::CONSTRAINTS, namespaces),
        client.query_typed(tables::SEQUENCES, namespaces),
        client.query_typed(tables::EXTENSIONS, nothing),
        client.query_typed(tables::EXTENSION_MEMBERS, nothing),
        client.query_typed(tables::COMMENTS, namespaces),
        client.batch_execute(COMMIT),
    );

    // In the order of sending, so that the error shown is the first one and not those that follow from it.
    answers.0.map_err(failed("begin"))?;
    answers.1.map_err(failed("settings"))?;
    let catalog = Catalog {
        namespaces: rows("namespaces", answers.2, |row| Ok((row.try_get(0)?, row.try_get(1)?)))?.into_iter().collect(),
        tables: rows("tables", answers.3, tables::table_row)?,
        columns: rows("columns", answers.4, columns::column_row)?,
        defaults: rows("defaults", answers.5, columns::default_row)?,
        types: rows("types", answers.6, types::type_row)?,
        enums: rows("enums", answers.7, types::enum_row)?,
        indexes: rows("indexes", answers.8, indexes::index_row)?,
        operator_classes: rows("operator classes", answers.9, indexes::operator_class_row)?,
        foreign_keys: rows("foreign keys", answers.10, foreign_keys::foreign_key_row)?,
        constraints: rows("constraints", answers.11, tables::constraint_row)?,
        sequences: rows("sequences", answers.12, tables::sequence_row)?,
        extensions: rows("extensions", answers.13, tables::extension_row)?,
        members: rows("members of extensions", answers.14, tables::member_row)?,
        comments: rows("comments", answers.15, tables::comment_row)?,
    };
    answers.16.map_err(failed("commit"))?;
    Ok(catalog)
}

fn rows<T>(
    question: &'static str,
    answer: Result<Vec<Row>, tokio_postgres::Error>,
    read: ReadRow<T>,
) -> Result<Vec<T>, IntrospectError> {
    answer.map_err(failed(question))?.iter().map(read).collect::<Result<_, _>>().map_err(failed(question))
}

pub(super) fn failed(question: &'static str) -> impl FnOnce(tokio_postgres::Error) -> IntrospectError {
    move |error| IntrospectError::Query { question, source: DbError::of_statement(&error) }
}
