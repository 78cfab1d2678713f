//! What findings say, with and without knowledge of the data.

use super::counts::{Counts, Question};
use super::finding::{Dependent, FindingKind, ForeignKeyValues, MissingDefault, Removal, Severity, UniqueValues};
use crate::dbschema::QualifiedName;
use crate::sql::quote::Ident;

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
            Self::UniqueIndex { table, columns, .. } => format!(
                "A unique constraint on the columns `[{}]` of the table `{}` is added. If there are duplicates, this fails.",
                columns.join(","),
                table.name
            ),
            Self::RemovedValues { enumeration, values, .. } => format!(
                "The values [{}] of the enum `{}` are removed. If rows still use them, this fails.",
                values.join(","),
                enumeration.name
            ),
            Self::RequiredColumn { table, column, default } => {
                let (reason, advice) = match default {
                    MissingDefault::Absent => (" without a default value", String::new()),
                    MissingDefault::OfClient => (
                        "; its default is made by the client, so that existing rows have none",
                        format!(" {ADD_IN_STEPS}"),
                    ),
                    MissingDefault::Empty => (
                        "; its default gives no value, so that existing rows have none",
                        format!(" {WRITE_EXPRESSION}"),
                    ),
                };
                format!(
                    "The required column `{column}` is added to the table `{}`{reason}. This is not possible if the table is not empty.{advice}",
                    table.name
                )
            }
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
            Self::DuplicateKeys { table, columns, .. } => format!(
                "The columns `[{}]` of the table `{}` become its primary key. This fails if rows have the same values.",
                columns.join(","),
                table.name
            ),
            Self::Orphans { table, columns, referenced_table, values, .. } => {
                let reason = match values {
                    ForeignKeyValues::Comparable { .. } => {
                        format!(
                            "This fails if rows refer to some that the table `{}` does not have.",
                            referenced_table.name
                        )
                    }
                    ForeignKeyValues::NothingThere { .. } => format!(
                        "This fails if rows refer to anything, because the table `{}` has nothing to refer to yet.",
                        referenced_table.name
                    ),
                    ForeignKeyValues::Unknown => format!(
                        "Its values are made in the same migration. This fails if the table `{}` does not have them.",
                        referenced_table.name
                    ),
                };
                format!(
                    "A foreign key on the columns `[{}]` of the table `{}` is added. {reason}",
                    columns.join(","),
                    table.name
                )
            }
            Self::InTheWay { object, column, removal, objects } => {
                in_the_way(&cannot(object, column.as_deref(), *removal), objects)
            }
            Self::TakenAlong { table, column, objects } => format!(
                "With the column `{column}` of the table `{}` {} {}, which the schema does not show. If you still need {}, make {} again afterwards.",
                table.name,
                if objects.len() == 1 { "goes" } else { "go" },
                list(&objects.iter().collect::<Vec<_>>()),
                it(objects.len()),
                it(objects.len())
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
            Self::UniqueIndex { table, columns, values: UniqueValues::Countable } => {
                let values = columns.iter().map(|column| Ident(column).to_string()).collect();
                vec![Question::Repeated(table.clone(), values)]
            }
            Self::DuplicateKeys { table, values, .. } => vec![Question::Repeated(table.clone(), values.clone())],
            Self::UniqueIndex { values: UniqueValues::AllNull | UniqueValues::Unknown, .. }
            | Self::InTheWay { .. }
            | Self::TakenAlong { .. } => Vec::new(),
            Self::RemovedValues { values, columns, .. } => {
                columns.iter().map(|column| Question::Using(column.clone(), values.clone())).collect()
            }
            Self::Orphans { table, referenced_table, values, .. } => vec![match values {
                ForeignKeyValues::Comparable { referencing, referenced } => Question::Unmatched {
                    table: table.clone(),
                    referencing: referencing.clone(),
                    referenced_table: referenced_table.clone(),
                    referenced: referenced.clone(),
                },
                ForeignKeyValues::NothingThere { referencing } => Question::Filled(table.clone(), referencing.clone()),
                ForeignKeyValues::Unknown => Question::Rows(table.clone()),
            }],
        }
    }

    /// How much of the data is concerned; `None` if that was not counted.
    pub fn extent(&self, counts: &Counts) -> Option<u64> {
        match self {
            Self::DroppedTable { table }
            | Self::DroppedPrimaryKey { table }
            | Self::RequiredColumn { table, .. }
            | Self::RecreatedRequired { table, .. } => counts.rows(table),
            Self::DroppedColumn { table, column }
            | Self::RiskyCast { table, column, .. }
            | Self::FirstElementOnly { table, column }
            | Self::RecreatedColumn { table, column } => counts.non_null(table, column),
            Self::MadeRequired { table, column } => {
                Some(counts.rows(table)?.saturating_sub(counts.non_null(table, column)?))
            }
            Self::UniqueIndex { values: UniqueValues::AllNull, .. } => Some(0),
            Self::InTheWay { objects, .. } | Self::TakenAlong { objects, .. } => u64::try_from(objects.len()).ok(),
            Self::UniqueIndex { values: UniqueValues::Unknown, .. } => None,
            Self::UniqueIndex { values: UniqueValues::Countable, .. }
            | Self::RemovedValues { .. }
            | Self::DuplicateKeys { .. }
            | Self::Orphans { .. } => self.questions().iter().map(|question| counts.answer(question)).sum(),
        }
    }

    /// How bad it is when so much of the data is concerned.
    pub(super) const fn severity_at(&self, extent: Option<u64>) -> Severity {
        match (self, extent) {
            // It is known to fail.
            (Self::UniqueIndex { .. } | Self::RemovedValues { .. }, Some(_)) => Severity::Unexecutable,
            _ => self.severity(),
        }
    }

    /// What it says when so much of the data is concerned.
    pub(super) fn confirmed(&self, extent: u64) -> String {
        match self {
            Self::DroppedPrimaryKey { .. }
            | Self::FirstElementOnly { .. }
            | Self::InTheWay { .. }
            | Self::TakenAlong { .. }
            | Self::Orphans { values: ForeignKeyValues::Unknown, .. } => self.worst_case(),
            Self::DroppedTable { table } => {
                format!("You drop the table `{}`, which is not empty ({}).", table.name, rows_text(extent))
            }
            Self::DroppedColumn { table, column } => format!(
                "You drop the column `{column}` of the table `{}`, which still has {}.",
                table.name,
                values_text(extent)
            ),
            Self::RiskyCast { table, column, from, to } => format!(
                "You change the column `{column}` of the table `{}`, which has {}. They are cast from `{from}` to `{to}`, which may lose some of them or fail.",
                table.name,
                values_text(extent)
            ),
            Self::RecreatedColumn { table, column } => format!(
                "The column `{column}` of the table `{}` is dropped and made anew, which loses its {}.",
                table.name,
                values_text(extent)
            ),
            Self::UniqueIndex { table, columns, .. } => format!(
                "A unique constraint on the columns `[{}]` of the table `{}` cannot be added, because {}.",
                columns.join(","),
                table.name,
                repeated_text(extent)
            ),
            Self::DuplicateKeys { table, columns, .. } => format!(
                "The columns `[{}]` of the table `{}` cannot become its primary key, because {}.",
                columns.join(","),
                table.name,
                repeated_text(extent)
            ),
            Self::RemovedValues { enumeration, values, .. } => format!(
                "The values [{}] of the enum `{}` cannot be removed, because they are still used in {}.",
                values.join(","),
                enumeration.name,
                rows_text(extent)
            ),
            Self::RequiredColumn { table, column, default } => {
                let (without, advice) = match default {
                    MissingDefault::Absent => ("a default value", String::new()),
                    MissingDefault::OfClient => ("a default value", format!(" {ADD_IN_STEPS}")),
                    MissingDefault::Empty => ("a default that gives a value", format!(" {WRITE_EXPRESSION}")),
                };
                format!(
                    "The required column `{column}` cannot be added to the table `{}` without {without}, because the table has {}.{advice}",
                    table.name,
                    rows_text(extent)
                )
            }
            Self::MadeRequired { table, column } => format!(
                "The column `{column}` of the table `{}` cannot become required, because it has {}.",
                table.name,
                plural(extent, "NULL value", "NULL values")
            ),
            Self::RecreatedRequired { table, column, was_nullable: true } => format!(
                "The column `{column}` of the table `{}` cannot be made anew as a required one without a default value, because the table has {}.",
                table.name,
                rows_text(extent)
            ),
            Self::RecreatedRequired { table, column, was_nullable: false } => format!(
                "The type of the column `{column}` of the table `{}` cannot change: there is no cast, and a new required column needs values for {}.",
                table.name,
                rows_text(extent)
            ),
            Self::Orphans { table, columns, referenced_table, values, .. } => {
                let foreign_key =
                    format!("The foreign key on the columns `[{}]` of the table `{}`", columns.join(","), table.name);
                if matches!(values, ForeignKeyValues::NothingThere { .. }) {
                    format!(
                        "{foreign_key} cannot be added, because {}, and the table `{}` has nothing to refer to yet. Add the key once it has.",
                        plural(extent, "row refers to something", "rows refer to something"),
                        referenced_table.name
                    )
                } else {
                    format!(
                        "{foreign_key} cannot be added, because {} the table `{}` does not have.",
                        plural(extent, "row refers to one that", "rows refer to some that"),
                        referenced_table.name
                    )
                }
            }
        }
    }
}

fn cannot(object: &QualifiedName, column: Option<&str>, removal: Removal) -> String {
    let column = column.unwrap_or_default();
    match removal {
        Removal::Table => format!("The table `{}` cannot be dropped", object.name),
        Removal::Column => format!("The column `{column}` of the table `{}` cannot be dropped", object.name),
        Removal::ColumnType => {
            format!("The type of the column `{column}` of the table `{}` cannot change", object.name)
        }
        Removal::Enum => format!("The enum `{}` cannot be dropped or replaced", object.name),
    }
}

fn in_the_way(cannot: &str, objects: &[Dependent]) -> String {
    let of = |kind: &str| objects.iter().filter(move |object| object.kind == kind).collect::<Vec<_>>();
    let (keys, parents) = (of("partition key"), of("parent table"));
    let others: Vec<&Dependent> =
        objects.iter().filter(|object| !keys.contains(object) && !parents.contains(object)).collect();
    let (mut reasons, mut advice) = (Vec::new(), Vec::new());
    if !others.is_empty() {
        let (depend, it) = (if others.len() == 1 { "depends" } else { "depend" }, it(others.len()));
        reasons.push(format!("{} {depend} on it", list(&others)));
        advice.push(format!("Drop {it} before, and make {it} again afterwards."));
    }
    for key in keys {
        reasons.push(format!("it is part of the partition key of `{}`", key.identity));
        advice.push("PostgreSQL cannot do that: make a new table and move the rows.".to_owned());
    }
    for parent in parents {
        reasons.push(format!("it comes from the parent table `{}`", parent.identity));
        advice.push("Change it there.".to_owned());
    }
    format!("{cannot}, because {}. {}", reasons.join(" and "), advice.join(" "))
}

/// `the a`, `the a and the b`, `the a, the b and the c`.
fn list(objects: &[&Dependent]) -> String {
    let words: Vec<String> =
        objects.iter().map(|object| format!("the {} `{}`", object.kind, object.identity)).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

const fn it(number: usize) -> &'static str {
    if number == 1 { "it" } else { "them" }
}

const ADD_IN_STEPS: &str = "Add the column as an optional one, fill it, then make it required.";
const WRITE_EXPRESSION: &str = "Write the expression that makes the values into `dbgenerated(\"…\")`.";

fn rows_text(rows: u64) -> String {
    plural(rows, "row", "rows")
}

fn repeated_text(repeated: u64) -> String {
    plural(repeated, "value occurs more than once", "values occur more than once")
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
        for (kind, counts, extent, part) in [
            (&dropped, vec![rows(0)], Some(0), ""),
            (&dropped, vec![rows(1)], Some(1), "1 row)"),
            (&dropped, nothing.to_vec(), None, "If it is not empty"),
            (&made_required, vec![rows(3), values(3)], Some(0), ""),
            (&made_required, vec![rows(3), values(1)], Some(2), "2 NULL values"),
            (&recreated, vec![rows(3), values(0)], Some(0), ""),
            (&recreated, vec![rows(3), values(2)], Some(2), "2 values"),
        ] {
            let found = kind.extent(&counts.into_iter().collect());
            assert_eq!(found, extent, "{kind:?}");
            let text = found.map_or_else(|| kind.worst_case(), |extent| kind.confirmed(extent));
            assert!(text.contains(part), "{kind:?}: {text}");
        }
    }
}
