//! How a database that was there before its migrations gets a history.

use std::fmt::Write as _;

use super::session::Session;
use crate::config::ProjectArgs;
use crate::error::Error;
use crate::migrations::{Directory, MigrateError};

/// The name of the migration that describes what is there: it comes before every name with a time.
const NAME: &str = "0_init";

/// Commands to copy that make what is in the database the first migration.
pub(super) fn first_migration(session: &Session, args: &ProjectArgs) -> String {
    let script = session.shown_directory().join(NAME).join("migration.sql");
    format!(
        "describe what is there in a first migration, and record that one as applied:\n\n  \
         evt migrate diff --from-empty --to-schema {} --script --output {}{}\n  {}",
        word(&session.shown_schema()),
        word(&script.display().to_string()),
        flags(args, false),
        resolve(NAME, args)
    )
}

/// An error with a way out that fits the project, if there are tables where a history should begin.
pub(super) fn advised(error: Error, session: &Session, directory: &Directory, args: &ProjectArgs) -> Error {
    if !matches!(error, Error::Migrate(MigrateError::NotEmpty { .. })) {
        return error;
    }
    let make = first_migration(session, args);
    let hint = match directory.migrations.first() {
        None => format!("to keep it, {make}"),
        Some(first) => format!(
            "record migrations whose tables are there already as applied, one by one:\n\n  {}\n\n\
             If there is none yet, {make}",
            resolve(&first.name, args)
        ),
    };
    Error::Advised { error: Box::new(error), hint }
}

fn resolve(name: &str, args: &ProjectArgs) -> String {
    format!("evt migrate resolve --applied {}{}", word(name), flags(args, true))
}

/// The flags by which the command found its project, for the next command.
fn flags(args: &ProjectArgs, with_schema: bool) -> String {
    let mut flags = String::new();
    let given = [("--schema", args.schema.as_ref().filter(|_| with_schema)), ("--config", args.config.as_ref())];
    for (flag, path) in given {
        if let Some(path) = path {
            let _ = write!(flags, " {flag} {}", word(&path.display().to_string()));
        }
    }
    flags
}

/// A word of a command line, quoted where a shell would take it apart.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./+@:,=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn words_for_a_shell() {
        for (text, expected) in [
            ("prisma/schema.prisma", "prisma/schema.prisma"),
            ("my app/schema.prisma", "'my app/schema.prisma'"),
            ("it's", r"'it'\''s'"),
            ("$HOME", "'$HOME'"),
            ("größe", "größe"),
            ("", "''"),
        ] {
            assert_eq!(word(text), expected, "{text}");
        }
    }
}
