//! Counting rows.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::finding::EnumColumn;
use crate::db::{Connection, DbError};
use crate::dbschema::QualifiedName;
use crate::sql::quote::{Constant, Ident, Qualified, Statement};

/// Something to count.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Question {
    /// The rows of a table.
    Rows(QualifiedName),
    /// The rows of a table with a value in a column.
    NonNull(QualifiedName, String),
    /// The combinations of values, none of them NULL, that several rows of a table have. The values are SQL expressions.
    Repeated(QualifiedName, Vec<String>),
    /// The rows in whose column one of these values of an enum is.
    Using(EnumColumn, Vec<String>),
    /// The rows of a table without a NULL among these SQL expressions.
    Filled(QualifiedName, Vec<String>),
    /// The rows that refer to none of another table.
    Unmatched {
        /// The table.
        table: QualifiedName,
        /// What its rows refer by, as SQL expressions.
        referencing: Vec<String>,
        /// The other table.
        referenced_table: QualifiedName,
        /// What is referred to, as SQL expressions.
        referenced: Vec<String>,
    },
}

impl Question {
    /// What is counted with others in one pass over a table: the table, and the counting expression.
    fn aggregate(&self) -> Option<(&QualifiedName, String)> {
        match self {
            Self::Rows(table) => Some((table, "count(*)".to_owned())),
            Self::NonNull(table, column) => Some((table, format!("count({})", Ident(column)))),
            Self::Repeated(..) | Self::Using(..) | Self::Filled(..) | Self::Unmatched { .. } => None,
        }
    }

    /// A query of its own.
    fn query(&self) -> Option<Statement> {
        let sql = match self {
            Self::Rows(_) | Self::NonNull(..) => return None,
            Self::Repeated(table, values) => format!(
                "SELECT count(*) AS number FROM (SELECT FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1) AS repeated",
                Qualified(table),
                filled(values),
                values.join(", ")
            ),
            Self::Filled(table, values) => {
                format!("SELECT count(*) AS number FROM {} WHERE {}", Qualified(table), filled(values))
            }
            Self::Using(column, values) => {
                let labels: Vec<String> = values.iter().map(|value| Constant(value).to_string()).collect();
                let labels = format!("ARRAY[{}]::text[]", labels.join(", "));
                let id = Ident(&column.column);
                let condition = if column.list {
                    format!("{id}::text[] && {labels}")
                } else {
                    format!("{id}::text = ANY ({labels})")
                };
                format!("SELECT count(*) AS number FROM {} WHERE {condition}", Qualified(&column.table))
            }
            Self::Unmatched { table, referencing, referenced_table, referenced } => {
                let names = (0..referencing.len()).map(|nth| format!("v{nth}")).collect::<Vec<_>>();
                let of = |side: &str| names.iter().map(|name| format!("{side}.{name}")).collect::<Vec<_>>();
                let equal: Vec<String> = names.iter().map(|name| format!("other.{name} = one.{name}")).collect();
                format!(
                    "SELECT count(*) AS number FROM (SELECT {} FROM {}) AS one ({}) WHERE {} \
                     AND NOT EXISTS (SELECT FROM (SELECT {} FROM {}) AS other ({}) WHERE {})",
                    referencing.join(", "),
                    Qualified(table),
                    names.join(", "),
                    filled(&of("one")),
                    referenced.join(", "),
                    Qualified(referenced_table),
                    names.join(", "),
                    equal.join(" AND ")
                )
            }
        };
        Some(Statement::built(sql))
    }
}

/// A condition: none of these expressions is NULL.
fn filled(values: &[String]) -> String {
    let conditions: Vec<String> = values.iter().map(|value| format!("{value} IS NOT NULL")).collect();
    if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") }
}

/// Answers to questions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    answers: HashMap<Question, u64>,
}

impl Counts {
    /// The answer to a question; `None` if nobody asked, or it could not be answered.
    pub fn answer(&self, question: &Question) -> Option<u64> {
        self.answers.get(question).copied()
    }

    /// The rows of a table; `None` if nobody asked.
    pub fn rows(&self, table: &QualifiedName) -> Option<u64> {
        self.answer(&Question::Rows(table.clone()))
    }

    /// The rows with a value in a column; `None` if nobody asked.
    pub fn non_null(&self, table: &QualifiedName, column: &str) -> Option<u64> {
        self.answer(&Question::NonNull(table.clone(), column.to_owned()))
    }
}

impl FromIterator<(Question, u64)> for Counts {
    fn from_iter<I: IntoIterator<Item = (Question, u64)>>(answers: I) -> Self {
        Self { answers: answers.into_iter().collect() }
    }
}

/// Answers questions. Rows and values are counted in one round trip in which each table is read once. The other
/// questions have a round trip each; one that the server cannot answer, because its columns are of a type whose values
/// cannot be compared, stays without an answer.
///
/// # Errors
/// If a table or column does not exist in the connected database, or the connection breaks.
pub(super) async fn count(db: &mut Connection, questions: &[Question]) -> Result<Counts, DbError> {
    let mut counts = Counts::default();
    if let Some(query) = query(questions) {
        for row in db.rows(&query).await? {
            let answer = || {
                let position: usize = row.get("question")?.parse().ok()?;
                Some((questions.get(position)?.clone(), row.get("number")?.parse().ok()?))
            };
            counts.answers.extend(answer());
        }
    }
    for question in questions {
        let Some(query) = question.query() else { continue };
        match db.rows(&query).await {
            Ok(rows) => {
                let number = rows.first().and_then(|row| row.get("number")?.parse().ok());
                counts.answers.extend(number.map(|number| (question.clone(), number)));
            }
            Err(DbError::Server(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(counts)
}

/// One row for each question: its position and the number.
fn query(questions: &[Question]) -> Option<Statement> {
    let mut tables: Vec<(&QualifiedName, Vec<(usize, String)>)> = Vec::new();
    let mut positions: HashMap<&QualifiedName, usize> = HashMap::new();
    for (nth, question) in questions.iter().enumerate() {
        let Some((table, counting)) = question.aggregate() else { continue };
        let slot = *positions.entry(table).or_insert_with(|| {
            tables.push((table, Vec::new()));
            tables.len() - 1
        });
        if let Some((_, asked)) = tables.get_mut(slot) {
            asked.push((nth, counting));
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
        let numbers: Vec<String> = asked.iter().map(|(nth, _)| nth.to_string()).collect();
        let counts: Vec<&str> = asked.iter().map(|(_, counting)| counting.as_str()).collect();
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
