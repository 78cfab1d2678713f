//! Counting rows, all in one round trip.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::db::{Connection, DbError};
use crate::dbschema::QualifiedName;
use crate::sql::quote::{Ident, Qualified, Statement};

/// Something to count.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Question {
    /// The rows of a table.
    Rows(QualifiedName),
    /// The rows of a table with a value in a column.
    NonNull(QualifiedName, String),
}

impl Question {
    const fn table(&self) -> &QualifiedName {
        match self {
            Self::Rows(table) | Self::NonNull(table, _) => table,
        }
    }
}

/// Answers to questions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    answers: HashMap<Question, u64>,
}

impl Counts {
    /// The rows of a table; `None` if nobody asked.
    pub fn rows(&self, table: &QualifiedName) -> Option<u64> {
        self.answers.get(&Question::Rows(table.clone())).copied()
    }

    /// The rows with a value in a column; `None` if nobody asked.
    pub fn non_null(&self, table: &QualifiedName, column: &str) -> Option<u64> {
        self.answers.get(&Question::NonNull(table.clone(), column.to_owned())).copied()
    }
}

impl FromIterator<(Question, u64)> for Counts {
    fn from_iter<I: IntoIterator<Item = (Question, u64)>>(answers: I) -> Self {
        Self { answers: answers.into_iter().collect() }
    }
}

/// Answers questions in one round trip; each table is read once.
///
/// # Errors
/// If a table or column does not exist in the connected database, or the connection breaks.
pub async fn count(db: &mut Connection, questions: &[Question]) -> Result<Counts, DbError> {
    let Some(query) = query(questions) else { return Ok(Counts::default()) };
    let rows = db.rows(&query).await?;
    let answers = rows.iter().filter_map(|row| {
        let position: usize = row.get("question")?.parse().ok()?;
        let number = row.get("number")?.parse().ok()?;
        Some((questions.get(position)?.clone(), number))
    });
    Ok(answers.collect())
}

/// One row for each question: its position and the number.
fn query(questions: &[Question]) -> Option<Statement> {
    let mut tables: Vec<(&QualifiedName, Vec<usize>)> = Vec::new();
    let mut positions: HashMap<&QualifiedName, usize> = HashMap::new();
    for (nth, question) in questions.iter().enumerate() {
        let slot = *positions.entry(question.table()).or_insert_with(|| {
            tables.push((question.table(), Vec::new()));
            tables.len() - 1
        });
        if let Some((_, asked)) = tables.get_mut(slot) {
            asked.push(nth);
        }
    }
    if tables.is_empty() {
        return None;
    }
    let mut sql = String::new();
    for (nth, (table, asked)) in tables.iter().enumerate() {
        if nth > 0 {
            sql.push_str("\nUNION ALL\n");
        }
        let numbers: Vec<String> = asked.iter().map(usize::to_string).collect();
        let counts: Vec<String> = asked
            .iter()
            .filter_map(|nth| questions.get(*nth))
            .map(|question| match question {
                Question::Rows(_) => "count(*)".to_owned(),
                Question::NonNull(_, column) => format!("count({})", Ident(column)),
            })
            .collect();
        let _ = write!(
            sql,
            "SELECT unnest(ARRAY[{}]) AS question, unnest(c) AS number FROM (SELECT ARRAY[{}] AS c FROM {}) AS counted",
            numbers.join(", "),
            counts.join(", "),
            Qualified(table)
        );
    }
    Some(Statement::built(sql))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_table_is_read_once() {
        let table = QualifiedName::new("public", "T");
        let other = QualifiedName::new("a", "U");
        let questions = [
            Question::Rows(table.clone()),
            Question::NonNull(other.clone(), "x".to_owned()),
            Question::NonNull(table, "y".to_owned()),
        ];
        let sql = query(&questions).expect("a query");
        assert_eq!(
            sql.as_str(),
            "SELECT unnest(ARRAY[0, 2]) AS question, unnest(c) AS number \
             FROM (SELECT ARRAY[count(*), count(\"y\")] AS c FROM \"public\".\"T\") AS counted\n\
             UNION ALL\n\
             SELECT unnest(ARRAY[1]) AS question, unnest(c) AS number \
             FROM (SELECT ARRAY[count(\"x\")] AS c FROM \"a\".\"U\") AS counted"
        );
        assert!(query(&[]).is_none());
    }
}
