//! A PostgreSQL that encrypts and asks for passwords, one for the whole run: it has certificates of an authority made
//! for the occasion, listens on TCP, and lets nobody in without proof.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use evt::db::local::{Durability, LocalServer, SUPERUSER, ServerProgram};
use evt::db::{Connection, DatabaseUrl};
use evt::sql::quote::Statement;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};

use crate::server::{binaries, open_to_all, runtime};

/// Every printable character of ASCII that means something somewhere, a space, and letters beyond ASCII.
pub(crate) const AWKWARD: &str = r#"p@ss:w/rd?x#y[z]!$&'()*+,;=%25"<>\^`{|}~ äß€"#;

static SERVER: Mutex<Option<LocalServer>> = Mutex::new(None);
static GUARDED: OnceLock<Guarded> = OnceLock::new();

/// The server and the files of its clients.
pub(crate) struct Guarded {
    folder: tempfile::TempDir,
    socket_folder: PathBuf,
    pub(crate) port: u16,
}

/// The running server.
pub(crate) fn guarded() -> &'static Guarded {
    GUARDED.get_or_init(start)
}

/// Stops it if it runs; called when all tests are done.
pub(crate) fn stop() {
    let server = SERVER.lock().map(|mut server| server.take());
    drop(server);
    if let Some(guarded) = GUARDED.get() {
        let _ = fs::remove_dir_all(guarded.folder.path());
    }
}

impl Guarded {
    /// A file for clients: `ca.pem`, `other-ca.pem`, `client.pem`, `client.key`, `stranger.pem`, `stranger.key`.
    pub(crate) fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// The port for one who comes through the socket as the superuser, which needs no password.
    pub(crate) fn superuser(&self) -> DatabaseUrl {
        let text =
            format!("postgresql://{SUPERUSER}@localhost:{}/postgres?host={}", self.port, self.socket_folder.display());
        text.parse().expect("a URL")
    }

    /// Runs a script as the superuser.
    pub(crate) fn run(&self, sql: &str) {
        runtime().block_on(async {
            let mut db = Connection::open(&self.superuser()).await.expect("the guarded server");
            db.script(&Statement::script(sql)).await.expect(sql);
            db.close().await;
        });
    }

    /// Whether it also listens on the loopback address of IPv6, which not every machine has.
    pub(crate) fn has_ipv6(&self) -> bool {
        TcpStream::connect(("::1", self.port)).is_ok()
    }
}

fn start() -> Guarded {
    let folder = tempfile::Builder::new().prefix("evt-test-guarded-").tempdir().expect("a folder");
    open_to_all(folder.path());
    let found = ServerProgram::in_folder(Path::new(&binaries().expect("server programs"))).expect("server programs");
    // A port that was free a moment ago; whoever takes it in between makes the next attempt necessary.
    let server = (0..5)
        .find_map(|_| {
            let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).ok()?.port();
            let settings = [format!("port={port}"), "listen_addresses=127.0.0.1,::1".to_owned()];
            LocalServer::start_with(&found, folder.path(), Durability::Disposable, &settings).ok()
        })
        .expect("a server");
    make_certificates(folder.path());
    let (socket_folder, port) = (server.socket_folder().to_owned(), server.port());
    *SERVER.lock().expect("no panic") = Some(server);
    let guarded = Guarded { folder, socket_folder, port };
    // Who may come how: the first rule that fits decides (PostgreSQL documentation, "The pg_hba.conf File").
    own(
        &guarded.folder.path().join("data"),
        "pg_hba.conf",
        "\
        local all postgres trust\n\
        hostnossl all encrypted_only all reject\n\
        hostssl all certified all cert\n\
        host all barred all reject\n\
        host postgres without_postgres,without_both all reject\n\
        host template1 without_both all reject\n\
        host all all all scram-sha-256\n",
    );
    let password = AWKWARD.replace('\'', "''");
    guarded.run("ALTER SYSTEM SET ssl = on");
    guarded.run("ALTER SYSTEM SET ssl_ca_file = 'ca.pem'");
    guarded.run(&format!(
        "CREATE ROLE plain LOGIN PASSWORD 'secret-of-plain'; CREATE ROLE encrypted_only LOGIN PASSWORD 'secret-of-tls'; \
         CREATE ROLE without_postgres LOGIN CREATEDB PASSWORD 'secret'; \
         CREATE ROLE without_both LOGIN CREATEDB PASSWORD 'secret'; CREATE ROLE certified LOGIN; CREATE ROLE barred LOGIN PASSWORD 'secret-of-barred'; \
         CREATE ROLE \"we:ird @user/\" LOGIN CREATEDB PASSWORD '{password}'; SELECT pg_reload_conf()"
    ));
    wait_for_tls(&guarded);
    guarded
}

/// Reloading takes a moment; a new connection shows whether it is over.
fn wait_for_tls(guarded: &Guarded) {
    let url: DatabaseUrl =
        format!("postgresql://plain:secret-of-plain@127.0.0.1:{}/postgres?sslmode=require", guarded.port)
            .parse()
            .expect("a URL");
    let open = || runtime().block_on(async { Connection::open(&url).await.map(drop) });
    let mut last = open();
    for _ in 0..1000 {
        if last.is_ok() {
            return;
        }
        std::thread::yield_now();
        last = open();
    }
    panic!("the server does not encrypt: {last:?}");
}

/// An authority, a server certificate for `localhost` only, a client's, and another authority with another client.
fn make_certificates(folder: &Path) {
    let authority = authority("authority of the tests");
    let stranger = self::authority("another authority");
    let data = folder.join("data");
    let (certificate, key) = leaf(&authority, "localhost", &["localhost"]);
    own(&data, "server.crt", &certificate);
    own(&data, "server.key", &key);
    own(&data, "ca.pem", &authority.pem());
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("a file for clients");
    write("ca.pem", &authority.pem());
    write("other-ca.pem", &stranger.pem());
    for (name, issuer) in [("client", &authority), ("stranger", &stranger)] {
        let (certificate, key) = leaf(issuer, "certified", &[]);
        write(&format!("{name}.pem"), &certificate);
        write(&format!("{name}.key"), &key);
    }
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut parameters = CertificateParams::new(Vec::new()).expect("no names");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().expect("a key")).expect("an authority")
}

fn leaf(issuer: &CertifiedIssuer<'_, KeyPair>, name: &str, hosts: &[&str]) -> (String, String) {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut parameters = CertificateParams::new(hosts).expect("host names");
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate().expect("a key");
    let certificate = parameters.signed_by(&key, issuer).expect("a certificate");
    (certificate.pem(), key.serialize_pem())
}

/// Writes a file that belongs to the server's user, who alone may read it: a key that others could read is refused.
fn own(data: &Path, name: &str, text: &str) {
    let path = data.join(name);
    fs::write(&path, text).expect("a file of the server");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions");
    let owner = fs::metadata(data).expect("the data folder");
    chown(&path, Some(owner.uid()), Some(owner.gid())).expect("an owner");
}
