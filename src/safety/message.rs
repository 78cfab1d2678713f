//! What findings say, with and without knowledge of the data.

use super::counts::{Counts, Question};
use super::{Finding, FindingKind};

impl Finding {
    /// What it says when the data is known; `None` if the data shows that there is no danger. What was not counted
    /// is taken for the worst.
    pub fn inspected(&self, counts: &Counts) -> Option<String> {
        self.kind.inspected(counts)
    }
}

impl FindingKind {
    /// What it says when nothing is known about the data.
    pub fn worst_case(&self) -> String {
        match self {
            Self::DroppedTable { table } => {
                format!("You drop the table `{}`. If it is not empty, all its data is lost.", table.name)
            }
            Self::DroppedColumn { table, column } => {
                format!(
                    "You drop the column `{column}` of the table `{}`. Everything in that column is lost.",
                    table.name
                )
            }
            Self::DroppedPrimaryKey { table } => format!(
                "The primary key of the table `{}` changes. If that fails half-way, the table may be left without one.",
                table.name
            ),
            Self::RiskyCast { table, column, from, to } => format!(
                "You change the column `{column}` of the table `{}`. Its data is cast from `{from}` to `{to}`, which may lose some of it or fail.",
                table.name
            ),
            Self::FirstElementOnly { table, column } => format!(
                "The column `{column}` of the table `{}` is a list no longer. Only the first element of each list is kept.",
                table.name
            ),
            Self::RecreatedColumn { table, column } => format!(
                "The column `{column}` of the table `{}` is dropped and made anew. If it has data, that is lost.",
                table.name
            ),
            Self::UniqueIndex { table, columns } => format!(
                "A unique constraint on the columns `[{}]` of the table `{}` is added. If there are duplicates, this fails.",
                columns.join(","),
                table.name
            ),
            Self::RemovedValues { enumeration, values } => format!(
                "The values [{}] of the enum `{}` are removed. If rows still use them, this fails.",
                values.join(","),
                enumeration.name
            ),
            Self::RequiredColumn { table, column, client_default: false } => format!(
                "The required column `{column}` is added to the table `{}` without a default value. This is not possible if the table is not empty.",
                table.name
            ),
            Self::RequiredColumn { table, column, client_default: true } => format!(
                "The required column `{column}` is added to the table `{}`; its default is made by the client, so that existing rows have none. This is not possible if the table is not empty. {ADD_IN_STEPS}",
                table.name
            ),
            Self::MadeRequired { table, column } => format!(
                "The column `{column}` of the table `{}` becomes required. This fails if it has NULL values.",
                table.name
            ),
            Self::RecreatedRequired { table, column, was_nullable: true } => format!(
                "The column `{column}` of the table `{}` is made anew as a required one without a default value. This is not possible if the table is not empty.",
                table.name
            ),
            Self::RecreatedRequired { table, column, was_nullable: false } => format!(
                "The type of the column `{column}` of the table `{}` changes, and there is no cast. The column would have to be dropped and made anew, which is not possible if it has data, because it is required.",
                table.name
            ),
        }
    }

    /// What has to be counted to know more.
    pub fn questions(&self) -> Vec<Question> {
        match self {
            Self::DroppedTable { table }
            | Self::DroppedPrimaryKey { table }
            | Self::RequiredColumn { table, .. }
            | Self::RecreatedRequired { table, .. } => vec![Question::Rows(table.clone())],
            Self::DroppedColumn { table, column }
            | Self::RiskyCast { table, column, .. }
            | Self::FirstElementOnly { table, column } => vec![Question::NonNull(table.clone(), column.clone())],
            Self::RecreatedColumn { table, column } | Self::MadeRequired { table, column } => {
                vec![Question::Rows(table.clone()), Question::NonNull(table.clone(), column.clone())]
            }
            Self::UniqueIndex { .. } | Self::RemovedValues { .. } => Vec::new(),
        }
    }

    fn inspected(&self, counts: &Counts) -> Option<String> {
        let worst = || Some(self.worst_case());
        match self {
            Self::UniqueIndex { .. } | Self::RemovedValues { .. } => worst(),
            Self::DroppedPrimaryKey { table } => match counts.rows(table) {
                Some(0) => None,
                Some(_) | None => worst(),
            },
            Self::DroppedTable { table } => match counts.rows(table) {
                Some(0) => None,
                Some(rows) => {
                    Some(format!("You drop the table `{}`, which is not empty ({}).", table.name, rows_text(rows)))
                }
                None => worst(),
            },
            Self::DroppedColumn { table, column } => match counts.non_null(table, column) {
                Some(0) => None,
                Some(values) => Some(format!(
                    "You drop the column `{column}` of the table `{}`, which still has {}.",
                    table.name,
                    values_text(values)
                )),
                None => worst(),
            },
            Self::RiskyCast { table, column, from, to } => match counts.non_null(table, column) {
                Some(0) => None,
                Some(values) => Some(format!(
                    "You change the column `{column}` of the table `{}`, which has {}. They are cast from `{from}` to `{to}`, which may lose some of them or fail.",
                    table.name,
                    values_text(values)
                )),
                None => worst(),
            },
            Self::FirstElementOnly { table, column } => match counts.non_null(table, column) {
                Some(0) => None,
                Some(_) | None => worst(),
            },
            Self::RecreatedColumn { table, column } => match (counts.rows(table), counts.non_null(table, column)) {
                (Some(0), _) | (_, Some(0)) => None,
                (_, Some(values)) => Some(format!(
                    "The column `{column}` of the table `{}` is dropped and made anew, which loses its {}.",
                    table.name,
                    values_text(values)
                )),
                (_, None) => worst(),
            },
            Self::RequiredColumn { table, column, client_default } => match counts.rows(table) {
                Some(0) => None,
                Some(rows) => {
                    let advice = if *client_default { format!(" {ADD_IN_STEPS}") } else { String::new() };
                    Some(format!(
                        "The required column `{column}` cannot be added to the table `{}` without a default value, because the table has {}.{advice}",
                        table.name,
                        rows_text(rows)
                    ))
                }
                None => worst(),
            },
            Self::MadeRequired { table, column } => match (counts.rows(table), counts.non_null(table, column)) {
                (Some(rows), Some(values)) if rows <= values => None,
                (Some(rows), Some(values)) => Some(format!(
                    "The column `{column}` of the table `{}` cannot become required, because it has {}.",
                    table.name,
                    plural(rows - values, "NULL value", "NULL values")
                )),
                _ => worst(),
            },
            Self::RecreatedRequired { table, column, was_nullable } => match counts.rows(table) {
                Some(0) => None,
                Some(rows) if *was_nullable => Some(format!(
                    "The column `{column}` of the table `{}` cannot be made anew as a required one without a default value, because the table has {}.",
                    table.name,
                    rows_text(rows)
                )),
                Some(rows) => Some(format!(
                    "The type of the column `{column}` of the table `{}` cannot change: there is no cast, and a new required column needs values for {}.",
                    table.name,
                    rows_text(rows)
                )),
                None => worst(),
            },
        }
    }
}

const ADD_IN_STEPS: &str = "Add the column as an optional one, fill it, then make it required.";

fn rows_text(rows: u64) -> String {
    plural(rows, "row", "rows")
}

fn values_text(values: u64) -> String {
    plural(values, "value that is not NULL", "values that are not NULL")
}

fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dbschema::QualifiedName;

    #[test]
    fn counts_settle() {
        let table = || QualifiedName::new("public", "T");
        let column = || "c".to_owned();
        let rows = |n| (Question::Rows(table()), n);
        let values = |n| (Question::NonNull(table(), column()), n);
        let nothing: [(Question, u64); 0] = [];
        let made_required = FindingKind::MadeRequired { table: table(), column: column() };
        let dropped = FindingKind::DroppedTable { table: table() };
        let recreated = FindingKind::RecreatedColumn { table: table(), column: column() };
        for (kind, counts, silent, part) in [
            (&dropped, vec![rows(0)], true, ""),
            (&dropped, vec![rows(1)], false, "1 row)"),
            (&dropped, nothing.to_vec(), false, "If it is not empty"),
            (&made_required, vec![rows(3), values(3)], true, ""),
            (&made_required, vec![rows(3), values(1)], false, "2 NULL values"),
            (&recreated, vec![rows(3), values(0)], true, ""),
            (&recreated, vec![rows(3), values(2)], false, "2 values"),
        ] {
            let text = kind.inspected(&counts.into_iter().collect());
            assert_eq!(text.is_none(), silent, "{kind:?}: {text:?}");
            assert!(text.unwrap_or_default().contains(part), "{kind:?}");
        }
    }
}
