//! A service that brings its database up to date when it starts:
//! `DATABASE_URL=postgresql://… cargo run --example service [MIGRATIONS]`.
//!
//! Any number of its processes may start at once: one applies what is pending, the others wait. If the start-up is
//! aborted, drop the connection too; the next start goes on where this one stopped.

use std::path::Path;
use std::process::ExitCode;

use evt::db::lock::LOCK_TIMEOUT_MS;
use evt::db::{Connection, DatabaseUrl};
use evt::error::Error;
use evt::migrations::{ApplyOptions, Directory, MigrateError, Progress, Transactions, apply_pending, status};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods, reason = "an example program")]
async fn main() -> ExitCode {
    let Ok(url) = std::env::var("DATABASE_URL") else {
        eprintln!("DATABASE_URL is not set");
        return ExitCode::FAILURE;
    };
    let folder = std::env::args().nth(1).unwrap_or_else(|| "migrations".to_owned());
    match start(&url, Path::new(&folder)).await {
        Ok(applied) => {
            println!("{applied} migrations applied, ready to serve");
            ExitCode::SUCCESS
        }
        Err(error) => {
            // The code, what happened, where, and what to do.
            let error = Error::from(error);
            let code = error.code().map(|code| format!("{code}: ")).unwrap_or_default();
            eprintln!("cannot start: {code}{error}");
            if let Some(hint) = error.hint() {
                eprintln!("{hint}");
            }
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "an example program")]
pub(crate) async fn start(url: &str, folder: &Path) -> Result<usize, MigrateError> {
    let url: DatabaseUrl = url.parse().map_err(|error| evt::db::DbError::Protocol(format!("{error}")))?;
    let directory = Directory::read(folder)?;
    let mut db = Connection::open(&url).await?;
    let options = ApplyOptions {
        namespaces: vec![url.namespace().to_owned()],
        lock_timeout_ms: Some(3 * LOCK_TIMEOUT_MS),
        transactions: Transactions::Honest,
        external_tables: Vec::new(),
    };
    let applied = apply_pending(&mut db, &directory, &options, &mut async |progress: Progress<'_>| match progress {
        Progress::Waiting(waiting) => println!("another process migrates, {} s so far", waiting.waited.as_secs()),
        Progress::Applying(name) => println!("applying {name}"),
        Progress::Pending(_) | Progress::Applied(_) => {}
    })
    .await?;
    let now = status(&mut db, &directory).await?;
    for name in &now.missing {
        println!("{name} is in the database and not in this program");
    }
    db.close().await;
    Ok(applied.len())
}
