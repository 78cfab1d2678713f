//! Each command that asks a database, on both kinds of servers that evt runs itself. One of them serves one
//! connection at a time: a command that opened a second one beside the first would wait for itself, and fail.

use std::fs;
use std::process::{Command, Stdio};

use evt::db::url::ServerKind;
use libtest_mimic::{Failed, Trial};

use Step::{Run, Write};

use crate::server::{binaries, embedded, local_url, on_each_kind, open_to_all};

enum Step {
    /// A file of the project, and its text.
    Write(&'static str, &'static str),
    /// The arguments of evt, its exit status, and words of what it says.
    Run(&'static str, i32, &'static str),
}

const STEPS: &[Step] = &[
    Write("schema.prisma", "datasource db {\n  provider = \"postgresql\"\n}\n\nmodel kept {\n  id Int @id\n}\n"),
    Run("doctor", 0, "Nothing is in the way"),
    Run("migrate dev --name init", 0, "now in sync"),
    Run("migrate dev --name again", 0, "already in sync"),
    Run("migrate deploy --dry-run", 0, "No pending migrations"),
    Run("migrate deploy", 0, "No pending migrations"),
    Run("migrate status", 0, "No drift"),
    Write("evt.toml", "[migrations]\nseed = \"seed.sql\"\n"),
    Write("seed.sql", "INSERT INTO kept SELECT n FROM generate_series(1, 100) AS n;\n"),
    Run("db seed", 0, "The seed script is executed."),
    Write("drift.sql", "ALTER TABLE kept ADD COLUMN by_hand text;\n"),
    Run("db execute --file drift.sql", 0, "executed"),
    Run("migrate status", 1, "DROP COLUMN \"by_hand\""),
    Run("migrate dev --name drifted", 130, "by_hand"),
    Run("db pull", 0, "Introspected 1 model"),
    Run("db push", 0, "already in sync"),
    Run("migrate diff --from-migrations migrations --to-schema schema.prisma --script", 0, "ADD COLUMN"),
    Run("migrate diff --from-config-datasource --to-migrations migrations", 0, "by_hand"),
    Run("migrate diff --from-config-datasource --to-schema schema.prisma", 0, "No difference"),
    Run("migrate reset --force", 0, "The database is reset."),
    Run("migrate dev --name by_hand", 0, "now in sync"),
    Run("migrate log", 0, "migrate reset"),
    Run("db stats", 0, "kept"),
    Run("db vacuum --analyze", 0, "vacuumed"),
    Write("broken.sql", "SELEKT 1;\n"),
    Run("db execute --file broken.sql", 1, "at line 1, column 1"),
    Write(
        "schema.prisma",
        "datasource db {\n  provider = \"postgresql\"\n}\n\nmodel kept {\n  id Int @id\n  more Int?\n}\n",
    ),
    Run("migrate dev --name more --create-only", 0, "is created and not applied"),
    Run("db push --accept-data-loss", 0, "now in sync"),
    Run("migrate deploy --dry-run", 0, "1 migration would be applied"),
    Run("migrate deploy", 1, "P3018"),
    Run("migrate reset --force", 0, "The database is reset."),
    Write(
        "migrations/29990101000000_both/migration.sql",
        "CREATE TABLE t (id int);\nCREATE INDEX CONCURRENTLY i ON t (id);\nSELECT 1/0;\n",
    ),
    Run("migrate deploy", 1, "division by zero"),
    Run("migrate status", 1, "29990101000000_both"),
    Write(
        "migrations/29990101000000_both/migration.sql",
        "CREATE TABLE t (id int);\nCREATE INDEX CONCURRENTLY i ON t (id);\nSELECT 1;\n",
    ),
    Run("migrate resolve --applied 29990101000000_both", 0, "29990101000000_both"),
    Run("migrate status", 0, "up to date"),
    Write("seed.sql", "SELECT pg_catalog.pg_sleep(0);\n"),
    Run("db seed", 0, "executed"),
    Run("migrate export --to refinery --output refinery --dry-run", 0, "refinery"),
    Run("db pull --print", 0, "model t"),
    Run("validate", 0, "is valid"),
    Run("doctor", 0, "all applied"),
];

/// A history that makes an extension that is inside evt, and then one that is not.
const EXTENSIONS: &[Step] = &[
    Write(
        "schema.prisma",
        "datasource db {\n  provider   = \"postgresql\"\n  extensions = [citext]\n}\n\n\
         generator client {\n  provider        = \"prisma-client\"\n  output          = \"client\"\n  \
         previewFeatures = [\"postgresqlExtensions\"]\n}\n\nmodel named {\n  name String @id @db.Citext\n}\n",
    ),
    Run("migrate dev --name init", 0, "now in sync"),
    Run("migrate dev --name again", 0, "already in sync"),
    Run("migrate status", 0, "No drift"),
    Run("doctor", 0, "`citext` is there"),
    Run("migrate reset --force", 0, "The database is reset."),
    Write("migrations/29990101000000_crypto/migration.sql", "CREATE EXTENSION pgcrypto;\n"),
    Run("doctor", 1, "nothing can be added to the PostgreSQL inside evt"),
    Run("migrate deploy", 1, "extension \"pgcrypto\" is not available"),
    Run("migrate dev --name more", 1, "pgcrypto"),
];

pub(crate) fn tests() -> Vec<Trial> {
    let mut tests = on_each_kind("each command on a local server", ("long", "long embedded"), |kind| run(kind, STEPS));
    if embedded().is_some() {
        let name = "long embedded commands with extensions";
        tests.push(Trial::test(name, || run(ServerKind::Embedded, EXTENSIONS)));
    }
    tests
}

fn run(kind: ServerKind, steps: &[Step]) -> Result<(), Failed> {
    let folder = tempfile::Builder::new().prefix("evt-test-each-").tempdir()?;
    open_to_all(folder.path());
    let project = folder.path();
    for (number, step) in steps.iter().enumerate() {
        let (line, status, words) = match step {
            Run(line, status, words) => (line, status, words),
            Write(path, text) => {
                fs::create_dir_all(project.join(path).parent().unwrap_or(project))?;
                fs::write(project.join(path), text)?;
                continue;
            }
        };
        let output = Command::new(env!("CARGO_BIN_EXE_evt"))
            .args(line.split(' '))
            .current_dir(project)
            .env_clear()
            .envs([("DATABASE_URL", local_url(kind)), ("PATH", &binaries().unwrap_or_default())])
            .stdin(Stdio::null())
            .output()?;
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.code() == Some(*status) && said.contains(words), "step {number}, `evt {line}`: {said}");
    }
    Ok(())
}
