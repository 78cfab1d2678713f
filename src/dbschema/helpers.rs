//! Tables that tools keep for themselves.

use super::Table;

/// Tables that migration tools and Prisma's servers keep for themselves: their names, and columns that they have.
const HELPERS: [(&str, &[&str]); 3] = [
    (
        "_prisma_migrations",
        &[
            "id",
            "checksum",
            "finished_at",
            "migration_name",
            "logs",
            "rolled_back_at",
            "started_at",
            "applied_steps_count",
        ],
    ),
    (
        "_Migration",
        &[
            "revision",
            "name",
            "datamodel",
            "status",
            "applied",
            "rolled_back",
            "datamodel_steps",
            "database_migration",
            "errors",
            "started_at",
            "finished_at",
        ],
    ),
    ("_RelayId", &["id", "stablemodelidentifier"]),
];

/// Whether a table is one of these. A schema does not show it, and nothing drops it.
pub fn is_helper(table: &Table) -> bool {
    HELPERS.iter().any(|(name, columns)| {
        *name == table.name.name
            && columns.iter().all(|expected| {
                table.columns.iter().any(|column| {
                    column.name == *expected
                        || *expected == "stablemodelidentifier" && column.name.eq_ignore_ascii_case(expected)
                })
            })
    })
}
