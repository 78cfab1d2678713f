//! `evt doctor`: every kind of trouble that can be made is named, and nothing else is.

use std::io::Write as _;
use std::net::TcpListener;
use std::process::Command;

use libtest_mimic::Trial;
use serde_json::Value;

use crate::guarded::guarded;
use crate::pooler::{Pooler, has_pgbouncer};
use crate::server::{TestDatabase, live_blocking, of_programs};

const SCHEMA: &str =
    "datasource db {\n  provider = \"postgresql\"\n  url = env(\"DATABASE_URL\")\n}\n\nmodel A {\n  id Int @id\n}\n";

pub(crate) fn tests() -> Vec<Trial> {
    let mut tests = vec![
        alone("doctor: a name that nobody knows", unknown_name),
        alone("doctor: something else listens there", stranger),
    ];
    let guarded: [(&str, fn()); 4] = [
        ("wrong password", wrong_password),
        ("a certificate for another host", wrong_host),
        ("no encryption is accepted", unencrypted),
        ("a role that may not come", barred),
    ];
    tests.extend(guarded.into_iter().map(|(name, test)| of_programs(alone(&format!("live doctor: {name}"), test))));
    let live: [(&str, LiveTest); 11] = [
        ("all is well", all_is_well),
        ("a database that does not exist", missing_database),
        ("no right to create tables", no_rights),
        ("a namespace that cannot be made", no_namespace),
        ("tables of others", tables_of_others),
        ("nothing can be written", read_only),
        ("extensions that the server lacks, or that only a superuser may add", extensions),
        ("a failed migration", failed_migration),
        ("the lock is held", lock_held),
        ("shadow databases", shadow),
        ("more than one thing", several),
    ];
    tests.extend(live.into_iter().map(|(name, test)| live_blocking(format!("doctor: {name}"), move |db| test(&db))));
    let pooler = live_blocking("doctor: a pooler in transaction mode", |database| pooler(&database));
    tests.push(of_programs(pooler.with_ignored_flag(!has_pgbouncer())));
    tests
}

type LiveTest = fn(&TestDatabase);

/// A test without a database of its own.
fn alone(name: &str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

/// A project and what the doctor says about it.
struct Patient {
    folder: tempfile::TempDir,
    url: String,
}

impl Patient {
    fn new(url: impl Into<String>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("schema.prisma"), SCHEMA).expect("a schema");
        Self { folder, url: url.into() }
    }

    fn with(self, path: &str, text: &str) -> Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
        self
    }

    /// What `evt doctor --json` says.
    fn examine(&self) -> Findings {
        let output = Command::new(env!("CARGO_BIN_EXE_evt"))
            .args(["doctor", "--json"])
            .current_dir(self.folder.path())
            .env_clear()
            .env("DATABASE_URL", &self.url)
            .output()
            .expect("evt runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = String::from_utf8_lossy(&output.stderr);
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}\n{said}"));
        assert_eq!(value["version"], 1, "{text}");
        assert_eq!(output.status.success(), value["ok"] == true, "{text}");
        for check in value["checks"].as_array().expect("checks") {
            if check["state"] == "failed" || check["state"] == "warning" {
                assert!(check["hint"].is_string(), "no hint for what is not in order: {check}");
            }
        }
        Findings { value, text }
    }
}

struct Findings {
    value: Value,
    text: String,
}

impl Findings {
    /// Asserts how a check ended, with words that are in what was found, its code or its hint.
    #[track_caller]
    fn has(&self, name: &str, state: &str, words: &[&str]) -> &Self {
        let checks = self.value["checks"].as_array().expect("checks");
        let check = checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no check {name}"));
        let all = check.to_string();
        assert_eq!(check["state"], state, "{name}: {}", self.text);
        for word in words {
            assert!(all.replace("\\\"", "\"").contains(word), "{name} does not say `{word}`: {all}");
        }
        self
    }

    /// Asserts that nothing but these checks is in the way.
    #[track_caller]
    fn only(&self, names: &[&str]) {
        let checks = self.value["checks"].as_array().expect("checks");
        let failed: Vec<&str> = checks
            .iter()
            .filter(|check| check["state"] == "failed")
            .filter_map(|check| check["name"].as_str())
            .collect();
        assert_eq!(failed, names, "{}", self.text);
    }
}

fn unknown_name() {
    let found = Patient::new("postgresql://u:hunter2@nowhere.invalid/db").examine();
    found.has("name", "failed", &["nowhere.invalid", "P1001"]).has("port", "skipped", &[]).only(&["name"]);
}

/// A web server, as far as anybody can tell.
fn stranger() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let found = Patient::new(format!("postgresql://u:hunter2@127.0.0.1:{port}/db")).examine();
    found.has("port", "failed", &["something else than PostgreSQL"]).only(&["port"]);
}

fn wrong_password() {
    let found = Patient::new(format!("postgresql://plain:not-it@localhost:{}/postgres", guarded().port)).examine();
    found.has("tls", "ok", &["encrypted"]).has("login", "failed", &["P1000", "plain"]).only(&["login"]);
    assert!(!found.text.contains("not-it"), "the password is shown");
}

fn wrong_host() {
    let guarded = guarded();
    let (port, authority) = (guarded.port, guarded.file("ca.pem"));
    let parameters = format!("sslmode=verify-full&sslrootcert={authority}");
    let found =
        Patient::new(format!("postgresql://plain:secret-of-plain@127.0.0.1:{port}/postgres?{parameters}")).examine();
    found.has("tls", "failed", &["P1011", "not valid for name"]).has("name", "skipped", &["address"]).only(&["tls"]);
    let found =
        Patient::new(format!("postgresql://plain:secret-of-plain@localhost:{port}/postgres?{parameters}")).examine();
    found.has("tls", "ok", &["for this host"]).has("login", "ok", &["plain"]);
}

fn unencrypted() {
    let port = guarded().port;
    let url = format!("postgresql://encrypted_only:secret-of-tls@localhost:{port}/postgres?sslmode=disable");
    Patient::new(url).examine().has("tls", "skipped", &["sslmode=disable"]).has("login", "failed", &["P1010"]);
}

fn barred() {
    let port = guarded().port;
    let found = Patient::new(format!("postgresql://barred:secret-of-barred@localhost:{port}/postgres")).examine();
    found.has("login", "failed", &["P1010", "barred"]).only(&["login"]);
}

fn all_is_well(database: &TestDatabase) {
    let found = Patient::new(database.text()).with("migrations/1_a/migration.sql", "SELECT 1;").examine();
    found
        .has("settings", "ok", &[])
        .has("schema", "ok", &["schema.prisma"])
        .has("url", "ok", &["DATABASE_URL"])
        .has("login", "ok", &[])
        .has("version", "ok", &["PostgreSQL"])
        .has("session", "ok", &[])
        .has("rights", "ok", &["public"])
        .has("extensions", "skipped", &["none"])
        .has("history", "ok", &["1 migration in the folder, 1 pending"])
        .has("lock", "ok", &[])
        .has("shadow", "ok", &[])
        .only(&[]);
    // Looking changes nothing.
    assert_eq!(database.ask("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), "0\n");
}

/// A role of the test's own, named after its database, dropped together with what it owns.
struct Role<'a> {
    database: &'a TestDatabase,
    name: String,
}

impl<'a> Role<'a> {
    fn new(database: &'a TestDatabase) -> Self {
        let name = format!("{}_role", database.url.database());
        database.ask(&format!("CREATE ROLE {name} LOGIN"));
        Self { database, name }
    }

    /// The URL of the test's database for this role.
    fn url(&self) -> String {
        self.database.text().replacen("postgresql://postgres@", &format!("postgresql://{}@", self.name), 1)
    }
}

impl Drop for Role<'_> {
    fn drop(&mut self) {
        let name = &self.name;
        self.database.ask(&format!("REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}; DROP ROLE {name}"));
    }
}

fn missing_database(database: &TestDatabase) {
    Patient::new(database.missing())
        .examine()
        .has("login", "ok", &[])
        .has("database", "warning", &["does not exist", "may create it", "migrate deploy"])
        .has("rights", "skipped", &["no database yet"])
        .only(&[]);
    let role = Role::new(database);
    let url = role.url().replace(database.url.database(), "evt_no_such_database");
    let url = url.replacen("evt_no_such_database_role", &role.name, 1);
    Patient::new(url).examine().has("database", "failed", &["P1003", "CREATEDB"]).only(&["database"]);
}

fn no_rights(database: &TestDatabase) {
    database.ask("REVOKE ALL ON SCHEMA public FROM PUBLIC");
    let role = Role::new(database);
    Patient::new(role.url())
        .examine()
        .has("rights", "failed", &["may not create tables", "GRANT USAGE, CREATE ON SCHEMA"])
        .has("shadow", "warning", &["may not create databases", "CREATEDB"])
        .only(&["rights"]);
    database.ask(&format!("GRANT USAGE, CREATE ON SCHEMA public TO {}", role.name));
    Patient::new(role.url()).examine().has("rights", "ok", &[]).only(&[]);
}

fn no_namespace(database: &TestDatabase) {
    let url = format!("{}&schema=app", database.text());
    Patient::new(url.as_str()).examine().has("rights", "ok", &["does not exist", "may create it"]).only(&[]);
    let role = Role::new(database);
    let url = format!("{}&schema=app", role.url());
    let found = Patient::new(url).examine();
    found.has("rights", "failed", &["may not create it", "CREATE SCHEMA"]).only(&["rights"]);
    assert_eq!(database.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'app'"), "0\n");
}

fn tables_of_others(database: &TestDatabase) {
    let role = Role::new(database);
    database.ask(&format!("GRANT ALL ON SCHEMA public TO {}; CREATE TABLE theirs (id int)", role.name));
    Patient::new(role.url()).examine().has("rights", "warning", &["public.theirs", "GRANT <owner>"]).only(&[]);
    database.ask("CREATE TABLE _prisma_migrations (id int)");
    let found = Patient::new(role.url()).examine();
    found.has("rights", "failed", &["GRANT SELECT, INSERT, UPDATE"]).has("history", "skipped", &[]).only(&["rights"]);
}

fn read_only(database: &TestDatabase) {
    let url = format!("{}&options=-c%20default_transaction_read_only=on", database.text());
    Patient::new(url)
        .examine()
        .has("session", "failed", &["read-only", "default_transaction_read_only"])
        .only(&["session"]);
}

fn extensions(database: &TestDatabase) {
    let script = |name: &str| format!("CREATE EXTENSION IF NOT EXISTS \"{name}\";");
    let found = Patient::new(database.text()).with("migrations/1_a/migration.sql", &script("no_such_thing")).examine();
    found.has("extensions", "failed", &["no_such_thing", "install"]).only(&["extensions"]);
    let found = Patient::new(database.text()).with("migrations/1_a/migration.sql", &script("plpgsql")).examine();
    found.has("extensions", "ok", &["`plpgsql` is there"]).only(&[]);
    // Whatever this server has that only a superuser may add.
    let untrusted = database.ask(
        "SELECT a.name FROM pg_available_extensions a \
         JOIN pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version \
         WHERE v.superuser AND NOT v.trusted AND a.installed_version IS NULL ORDER BY 1 LIMIT 1",
    );
    let Some(untrusted) = untrusted.lines().next() else { return };
    let role = Role::new(database);
    database.ask(&format!("GRANT ALL ON SCHEMA public TO {}", role.name));
    let patient = Patient::new(role.url()).with("migrations/1_a/migration.sql", &script(untrusted));
    patient.examine().has("extensions", "failed", &[untrusted, "superuser", "CREATE EXTENSION"]).only(&["extensions"]);
}

/// One that stays failed is in the way; one that goes on where it stopped is not.
fn failed_migration(database: &TestDatabase) {
    let patient = Patient::new(database.text()).with("migrations/1_a/migration.sql", "BEGIN; COMMIT; SELECT nonsense;");
    let deploy = Command::new(env!("CARGO_BIN_EXE_evt"))
        .args(["migrate", "deploy"])
        .current_dir(patient.folder.path())
        .env_clear()
        .env("DATABASE_URL", &patient.url)
        .output()
        .expect("evt runs");
    assert!(!deploy.status.success());
    patient.examine().has("history", "warning", &["1_a", "stopped half-way", "goes on"]).only(&[]);
    database.ask("UPDATE _prisma_migrations SET logs = 'as Prisma leaves it'");
    patient.examine().has("history", "failed", &["P3009", "1_a", "migrate status"]).only(&["history"]);
}

fn lock_held(database: &TestDatabase) {
    let url = format!("{}&application_name=somebody%20else", database.text());
    crate::server::runtime().block_on(async {
        let url: evt::db::DatabaseUrl = url.parse().expect("a URL");
        let mut db = evt::db::Connection::open(&url).await.expect("a connection");
        evt::db::lock::acquire(&mut db, 0, &mut async |_| {}).await.expect("the lock");
        let patient = Patient::new(database.text());
        let found = patient.examine();
        found.has("lock", "failed", &["P1002", "somebody else", "pg_terminate_backend("]).only(&["lock"]);
        db.close().await;
    });
}

fn shadow(database: &TestDatabase) {
    let with = |shadow: &str| {
        let schema = SCHEMA.replace(
            "env(\"DATABASE_URL\")\n",
            &format!("env(\"DATABASE_URL\")\n  shadowDatabaseUrl = \"{shadow}\"\n"),
        );
        Patient::new(database.text()).with("schema.prisma", &schema).examine()
    };
    // Literally the same is an invalid schema already; the same database written differently is not.
    let same = format!("{}&application_name=x", database.text());
    with(&same).has("shadow", "failed", &["the database itself"]).only(&["shadow"]);
    with(&database.missing()).has("shadow", "warning", &["cannot be reached", "only `evt migrate dev`"]).only(&[]);
    with(&database.text().replace(database.url.database(), "postgres"))
        .has("shadow", "ok", &["can be reached"])
        .only(&[]);
}

fn several(database: &TestDatabase) {
    let role = Role::new(database);
    database.ask("REVOKE ALL ON SCHEMA public FROM PUBLIC");
    let found =
        Patient::new(role.url()).with("migrations/1_a/migration.sql", "CREATE EXTENSION no_such_thing;").examine();
    found.only(&["rights", "extensions"]);
    let broken = Patient::new(database.text()).with("schema.prisma", "model A {\n  id Strng @id\n}\n").examine();
    broken.has("schema", "failed", &["Strng", "evt validate"]).has("rights", "ok", &[]).only(&["schema"]);
}

fn pooler(database: &TestDatabase) {
    let pooler = Pooler::start(database, "transaction");
    let found = Patient::new(pooler.url(database, "pgbouncer=true")).examine();
    found
        .has("url", "warning", &["pgbouncer=true", "directUrl"])
        .has("session", "failed", &["pooler", "pool_mode = session"])
        .only(&["session"]);
    let found = Patient::new(pooler.url(database, "sslmode=require")).examine();
    found.has("tls", "failed", &["P1011", "does not offer"]).only(&["tls"]);
    let found = Patient::new(pooler.url(database, "")).examine();
    found.has("tls", "warning", &["nothing is encrypted"]).only(&["session"]);
    drop(pooler);
    let pooler = Pooler::start(database, "session");
    Patient::new(pooler.url(database, "")).examine().has("session", "ok", &[]).only(&[]);
}
