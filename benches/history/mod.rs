//! A project with a long history, for benchmarks that run the binary on it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use evt::db::{Connection, DatabaseUrl, create_database};
use evt::sql::quote::{Ident, Statement};

/// Migrations as a project of some years has them: a table for each four: new tables, new columns, indexes, keys, and some data that is moved.
pub(crate) fn scripts(count: usize) -> Vec<(String, String)> {
    (0..count)
        .map(|number| {
            let table = number / 4;
            let sql = match number % 4 {
                0 => format!(
                    "-- CreateTable\nCREATE TABLE \"T{table}\" (\n    \"id\" SERIAL NOT NULL,\n    \"name\" TEXT NOT NULL,\n    \
                     \"at\" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,\n\n    CONSTRAINT \"T{table}_pkey\" PRIMARY KEY (\"id\")\n);\n"
                ),
                1 => format!(
                    "-- AlterTable\nALTER TABLE \"T{table}\" ADD COLUMN     \"parent\" INTEGER,\nADD COLUMN     \"n\" INTEGER NOT NULL DEFAULT 0;\n"
                ),
                2 => format!(
                    "-- CreateIndex\nCREATE INDEX \"T{table}_name_idx\" ON \"T{table}\"(\"name\");\n\n-- AddForeignKey\n\
                     ALTER TABLE \"T{table}\" ADD CONSTRAINT \"T{table}_parent_fkey\" FOREIGN KEY (\"parent\") REFERENCES \"T{table}\"(\"id\") ON DELETE SET NULL ON UPDATE CASCADE;\n"
                ),
                _ => format!(
                    "INSERT INTO \"T{table}\" (\"name\") SELECT 'name ' || n FROM generate_series(1, 20) AS n;\n\
                     UPDATE \"T{table}\" SET \"n\" = \"id\" * 2;\n"
                ),
            };
            (format!("2024{number:010}_step"), sql)
        })
        .collect()
}

/// A project with these migrations.
pub(crate) fn write_project(folder: &Path, scripts: &[(String, String)]) {
    let schema = "datasource db {\n  provider = \"postgresql\"\n  url = env(\"DATABASE_URL\")\n}\n";
    std::fs::write(folder.join("schema.prisma"), schema).expect("the schema");
    for (name, script) in scripts {
        let path = folder.join("migrations").join(name);
        std::fs::create_dir_all(&path).expect("a migration's folder");
        std::fs::write(path.join("migration.sql"), script).expect("a script");
    }
}

/// Makes the database anew.
pub(crate) async fn make(url: &DatabaseUrl) {
    remove(url).await;
    create_database(url).await.expect("a database");
}

/// Drops the database.
pub(crate) async fn remove(url: &DatabaseUrl) {
    let mut db = Connection::open(&url.with_database("postgres")).await.expect("a connection");
    let sql = Statement::built(format!("DROP DATABASE IF EXISTS {}", Ident(url.database())));
    db.script(&sql).await.expect("the database goes");
}

/// Runs evt, which has to end with that status, and returns how long the process took.
pub(crate) fn evt(url: &DatabaseUrl, project: &Path, arguments: &[&str], status: i32) -> Duration {
    let host = url.host().expect("a server");
    let (user, port, database) = (url.user().unwrap_or_default(), url.port(), url.database());
    let text = format!("postgresql://{user}@localhost:{port}/{database}?host={host}&sslmode=disable");
    let start = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_evt"))
        .args(arguments)
        .current_dir(project)
        .env("DATABASE_URL", text)
        .stdin(Stdio::null())
        .output()
        .expect("evt runs");
    let elapsed = start.elapsed();
    assert_eq!(output.status.code(), Some(status), "{}", String::from_utf8_lossy(&output.stderr));
    elapsed
}
