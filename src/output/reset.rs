//! Why `migrate dev` stops.

use super::backticked;
use crate::diff::summary;
use crate::migrations::dev::ResetReason;

/// Why a development database would have to be emptied, for people. `advice` says how one without a history gets one.
pub fn reset_reason(reason: &ResetReason, advice: &str) -> String {
    let quoted = |names: &[String]| backticked(names.iter().map(String::as_str));
    match reason {
        ResetReason::Failed(names) => format!("Failed in this database and not resolved: {}.", quoted(names)),
        ResetReason::Edited(names) => format!("Edited after being applied to this database: {}.", quoted(names)),
        ResetReason::Missing(names) => {
            format!("Applied to this database, but not in the migrations folder: {}.", quoted(names))
        }
        ResetReason::Diverged { last_common: Some(last), missing } => format!(
            "The migrations folder and the database have different histories behind `{last}`. Only the database has: {}.",
            quoted(missing)
        ),
        ResetReason::Diverged { last_common: None, missing } => format!(
            "The migrations folder and the database have no migration in common. Only the database has: {}.",
            quoted(missing)
        ),
        ResetReason::Drift { changes, first_use } => {
            let first = if *first_use {
                &format!("\nThis database has no migration history yet. {advice}").trim_end().to_owned()
            } else {
                ""
            };
            let gap = if first.is_empty() { "" } else { "\n" };
            format!(
                "Drift: the database is not what its migrations make. Somebody changed it by other means, or a \
                 migration was changed. From what it should be to what it is:\n{first}{gap}{}",
                summary(changes).trim_end()
            )
        }
    }
}
