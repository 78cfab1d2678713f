//! What the answers to questions become: rows, or an error that says which question failed.

use tokio_postgres::Row;

use super::MaintenanceError;
use crate::db::DbError;

pub(super) const SETTINGS: &str = include_str!("queries/settings.sql");

/// What the driver says about a question.
pub(super) type Answer<T> = Result<T, tokio_postgres::Error>;

/// Reads the rows of an answer.
pub(super) fn rows<T>(
    question: &'static str,
    answer: Answer<Vec<Row>>,
    read: fn(&Row) -> Answer<T>,
) -> Result<Vec<T>, MaintenanceError> {
    answer.map_err(failed(question))?.iter().map(read).collect::<Result<_, _>>().map_err(failed(question))
}

/// What a question that failed means.
pub(super) fn failed(question: &'static str) -> impl FnOnce(tokio_postgres::Error) -> MaintenanceError {
    move |error| MaintenanceError::Query { question, source: DbError::of_statement(&error) }
}
