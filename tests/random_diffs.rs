//! Random differences on a live server, as many as one likes. The test suite tries a few of them.
//!
//! ```text
//! cargo run --example random_diffs -- pairs 300 [seed [server-folder]]
//! cargo run --example random_diffs -- pairs 120..300 [seed [server-folder]]
//! cargo run --example random_diffs -- walk 300 [seed [server-folder]]
//! ```
//!
//! `pairs` tries that many pairs of schemas, or those of these numbers, each on an empty database; `walk` takes that many steps from one schema
//! to the next on one database with rows. The server is a private one, from the programs in `server-folder` or else
//! from those of the machine.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::disallowed_methods,
    dead_code,
    reason = "a program, not an API; it shares modules with the tests"
)]

#[path = "it/diff"]
mod diff {
    pub(crate) mod catalog;
    pub(crate) mod pg_dump;
    pub(crate) mod proof;
    pub(crate) mod random;
}

use std::path::Path;

use evt::db::local::{Durability, LocalServer, SUPERUSER, ServerProgram};
use evt::db::{Connection, DatabaseUrl};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seed = arguments.get(2).map_or(Ok(1), |text| text.parse::<u64>())?;
    let count = arguments.get(1).map_or("300", String::as_str);
    let (first, end) = count.split_once("..").unwrap_or(("0", count));
    let numbers = first.parse::<u64>()?..end.parse::<u64>()?;
    let steps = usize::try_from(numbers.end)?;
    let binaries = match arguments.get(3) {
        Some(folder) => ServerProgram::in_folder(Path::new(folder))?,
        None => ServerProgram::find(std::env::var_os("PATH").as_deref())?,
    };
    let folder = tempfile::Builder::new().prefix("evt-random-").tempdir()?;
    open_to_all(folder.path())?;
    let server = LocalServer::start(&binaries, folder.path(), Durability::Disposable)?;
    let local: DatabaseUrl = "local:random".parse()?;
    let url = local.on_socket(server.socket_folder(), server.port(), SUPERUSER).with_database("postgres");
    let text = format!(
        "postgresql://{SUPERUSER}@localhost:{}/postgres?host={}",
        server.port(),
        server.socket_folder().display()
    );
    let outcome = tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut db = Connection::open(&url).await.map_err(|error| error.to_string())?;
        match arguments.first().map(String::as_str) {
            Some("pairs") => diff::random::pairs::try_pairs(&mut db, &text, numbers, seed).await,
            Some("walk") => diff::random::walk::walk(&mut db, &text, seed, steps, 10).await,
            _ => Err("say `pairs` or `walk`".to_owned()),
        }
    });
    drop(server);
    match outcome {
        Ok(tally) => println!("{tally:?}"),
        Err(message) => {
            println!("{message}");
            return Err("failed".into());
        }
    }
    Ok(())
}

/// A server that runs as another user must be able to enter the folder.
fn open_to_all(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))
}
