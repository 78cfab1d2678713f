//! What benchmarks share that time evt beside another program on the same server.

use std::path::Path;
use std::time::Duration;

use evt::db::DatabaseUrl;
use evt::db::local::{Durability, LocalServer, SUPERUSER, ServerProgram};

/// The URL of `database`, which does not exist yet, on the server that `EVT_BENCH_DATABASE_URL` names, or on a private one
/// that runs as long as the second value lives.
pub(crate) fn server(database: &str) -> (DatabaseUrl, Option<(LocalServer, tempfile::TempDir)>) {
    if let Ok(text) = std::env::var("EVT_BENCH_DATABASE_URL") {
        let url: DatabaseUrl = text.parse().expect("EVT_BENCH_DATABASE_URL is a database URL");
        return (url.with_database(database), None);
    }
    let binaries = ServerProgram::find(std::env::var_os("PATH").as_deref()).expect("a PostgreSQL server");
    let folder = tempfile::Builder::new().prefix("evt-bench-").tempdir().expect("a folder");
    open_to_all(folder.path());
    let server = LocalServer::start(&binaries, folder.path(), Durability::Disposable).expect("a running server");
    let url: DatabaseUrl = "local:bench".parse().expect("a URL");
    let url = url.on_socket(server.socket_folder(), server.port(), SUPERUSER).with_database(database);
    (url, Some((server, folder)))
}

/// A server that runs as another user must be able to enter the folder.
fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755));
}

/// The time in the middle.
pub(crate) fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
