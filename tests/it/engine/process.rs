//! The process: how it is started, what it says where, and how it ends.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use base64::Engine as _;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::server::{TestDatabase, live_blocking};

type LiveTest = fn(&TestDatabase);

pub(super) fn tests() -> Vec<Trial> {
    let live: [(&str, LiveTest); 5] = [
        ("cli commands, in both forms", database_commands),
        ("waits until a text is shown", waits_for_print),
        ("the lock lasts until the end", lock_lasts),
        ("a signal stops what runs", signal_stops),
        ("an error of a lost connection is not the end", connection_comes_back),
    ];
    let mut tests: Vec<Trial> = live
        .into_iter()
        .map(|(name, test)| live_blocking(format!("engine: {name}"), move |database| test(&database)))
        .collect();
    tests.push(Trial::test("engine: versions and wrong arguments", || {
        arguments();
        Ok(())
    }));
    tests.push(Trial::test("engine: what is no request", || {
        malformed();
        Ok(())
    }));
    tests.push(Trial::test("engine: crashes", || {
        crashes();
        Ok(())
    }));
    tests
}

/// A running engine.
pub(super) struct Engine {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    asked: u64,
}

fn evt(arguments: &[impl AsRef<std::ffi::OsStr>], folder: &Path, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evt"));
    command.args(arguments).current_dir(folder).env_clear().envs(variables.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Engine {
    pub(super) fn start(arguments: &[String], folder: &Path, variables: &[(&str, &str)]) -> Self {
        let words = [&["engine".to_owned()], arguments].concat();
        let mut child = evt(&words, folder, variables).spawn().expect("evt runs");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { input: child.stdin.take(), child, output, asked: 0 }
    }

    /// On a schema with nothing but a datasource.
    fn on(database: &TestDatabase, folder: &Path) -> Self {
        let text = format!("datasource db {{\n  provider = \"postgresql\"\n  url = \"{}\"\n}}\n", database.text());
        std::fs::write(folder.join("schema.prisma"), text).expect("a schema");
        Self::start(&["--datamodels".to_owned(), "schema.prisma".to_owned()], folder, &[])
    }

    fn say(&mut self, message: &Value) {
        let input = self.input.as_mut().expect("an open input");
        writeln!(input, "{message}").and_then(|()| input.flush()).expect("evt reads");
    }

    fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("evt writes");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("no JSON on stdout: {error}\n{line}"))
    }

    /// The texts that evt shows meanwhile, and its answer.
    pub(super) fn ask(&mut self, method: &str, params: Option<&Value>) -> (Vec<String>, Value) {
        self.request(method, params);
        let mut shown = Vec::new();
        loop {
            let message = self.hear();
            assert_eq!(message["jsonrpc"], "2.0", "{message}");
            if message.get("method").is_none() {
                assert_eq!(message["id"], json!(self.asked), "{message}");
                return (shown, message);
            }
            assert_eq!(message["method"], "print", "{message}");
            shown.push(message["params"]["content"].as_str().expect("a text").to_owned());
            self.say(&json!({ "id": message["id"], "jsonrpc": "2.0", "result": {} }));
        }
    }

    fn request(&mut self, method: &str, params: Option<&Value>) {
        self.asked += 1;
        let mut request = json!({ "id": self.asked, "jsonrpc": "2.0", "method": method });
        if let Some(params) = params {
            request["params"] = params.clone();
        }
        self.say(&request);
    }

    /// Closes its input and waits: the exit status and the log.
    pub(super) fn end(mut self) -> (Option<i32>, String) {
        drop(self.input.take());
        self.wait()
    }

    fn wait(self) -> (Option<i32>, String) {
        let output = self.child.wait_with_output().expect("evt ends");
        let log = String::from_utf8(output.stderr).expect("text");
        for line in log.lines() {
            assert!(serde_json::from_str::<Value>(line).is_ok(), "no JSON on stderr: {line}");
        }
        (output.status.code(), log)
    }
}

/// A list of migrations as Prisma's command line sends it.
pub(super) fn list(migrations: &[(&str, &str)]) -> Value {
    let one = |(name, script): &(&str, &str)| {
        let content = json!({ "tag": "ok", "value": script });
        json!({ "path": name, "migrationFile": { "path": "migration.sql", "content": content } })
    };
    json!({
        "baseDir": "/nowhere/migrations",
        "lockfile": { "path": "migration_lock.toml", "content": null },
        "shadowDbInitScript": "",
        "migrationDirectories": migrations.iter().map(one).collect::<Vec<_>>(),
    })
}

fn apply(migrations: &[(&str, &str)]) -> Value {
    json!({ "migrationsList": list(migrations), "filters": { "externalTables": [], "externalEnums": [] } })
}

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    evt(arguments, folder.path(), variables).stdin(Stdio::null()).output().expect("evt runs")
}

fn arguments() {
    let own = env!("CARGO_BIN_EXE_evt");
    let named = [("PRISMA_SCHEMA_ENGINE_BINARY", own)];
    for (words, variables) in
        [(&["engine", "--version"][..], &[][..]), (&["engine", "-V"], &[]), (&["-V"], &[]), (&["--version"], &named)]
    {
        let output = run(words, variables);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(said, format!("schema-engine-cli evt-{}\n", env!("CARGO_PKG_VERSION")), "{words:?}");
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{words:?}");
    }
    for words in [&["engine", "--help"][..], &["-d", "a", "--help"]] {
        let output = run(words, &[]);
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("Usage: evt engine"), "{words:?}");
    }
    for words in
        [&["engine", "--nonsense"][..], &["--datamodels", "a", "--nonsense"], &["cli", "nonsense"], &["engine", "more"]]
    {
        let output = run(words, &[]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{words:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("Usage:"), "{words:?}: {output:?}");
    }
    // Prisma's command line starts it without any argument where no schema matters.
    let output = run(&[], &named);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("Starting schema engine RPC server"));
    let output = run(&[], &[("PRISMA_SCHEMA_ENGINE_BINARY", own), ("RUST_LOG", "error")]);
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "the log says what it is asked for");
    let output = run(&["--datasource", "{\"url\": \"postgresql://u:hunter2@h/d\""], &[]);
    assert_eq!(output.status.code(), Some(101));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter2"), "{output:?}");
}

fn malformed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut engine = Engine::start(&[], folder.path(), &[]);
    for (line, id, code) in [
        ("nonsense", Value::Null, -32700),
        ("[]", Value::Null, -32600),
        ("{\"id\": 7}", json!(7), -32600),
        ("{\"id\": \"a\", \"method\": \"nonsense\"}", json!("a"), -32601),
        ("{\"id\": 8, \"method\": \"applyMigrations\"}", json!(8), -32602),
        ("{\"id\": 9, \"method\": \"applyMigrations\", \"params\": []}", json!(9), -32602),
        ("{\"id\": 10, \"method\": \"schemaPush\", \"params\": {\"force\": 1}}", json!(10), -32602),
        ("{\"id\": 11, \"method\": \"getDatabaseVersion\"}", json!(11), 4466),
    ] {
        let input = engine.input.as_mut().expect("an open input");
        // Blank lines are nothing, and answers to what was never asked are passed over.
        writeln!(input, "\n{{\"id\": 5, \"result\": {{}}}}\n{line}").expect("evt reads");
        let answer = engine.hear();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&id, &json!(code)), "{line}: {answer}");
        assert!(answer["error"]["message"].is_string(), "{answer}");
        assert_eq!(answer["error"].get("data").is_some(), code == 4466, "{answer}");
    }
    assert_eq!(engine.end().0, Some(0));
}

fn crashes() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut engine = Engine::start(&[], folder.path(), &[]);
    engine.request("debugPanic", None);
    let (status, log) = engine.wait();
    let last: Value = serde_json::from_str(log.lines().last().unwrap_or_default()).expect("a line of the log");
    assert_eq!((status, &last["level"], &last["fields"]["is_panic"]), (Some(101), &json!("ERROR"), &json!(true)));
    let message = last["fields"]["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("[src/") && last["fields"]["backtrace"].is_string(), "{last}");
    let output = run(&["--datamodels", "no-such-file.prisma"], &[]);
    assert_eq!(output.status.code(), Some(101));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-file.prisma"));
}

/// The last line of the log of a command, and its exit status.
fn command(arguments: &[&str]) -> (Option<i32>, Value) {
    let output = run(arguments, &[]);
    assert_eq!(output.stdout, b"", "{arguments:?}");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let (first, last) = (lines.first().expect("a first line"), lines.last().expect("a last line"));
    assert_eq!((&first["level"], &first["target"]), (&json!("INFO"), &json!("schema_engine")), "{log}");
    assert!(lines.len() > 1, "{log}");
    (output.status.code(), last.clone())
}

fn database_commands(database: &TestDatabase) {
    let (url, missing) = (database.text(), database.missing());
    let encoded = base64::prelude::BASE64_STANDARD.encode(&missing);
    let json = |url: &str| json!({ "url": url }).to_string();
    let name = format!("{}_new", database.url.database());
    let connected = "Connection successful".to_owned();
    let created = format!("Database '{name}' was successfully created.");
    let dropped = "The database was successfully dropped.".to_owned();
    for (arguments, expected) in [
        (vec!["cli", "--datasource", &url, "can-connect-to-database"], Ok(&connected)),
        (vec!["--datasource", &json(&url), "cli", "can-connect-to-database"], Ok(&connected)),
        (vec!["engine", "cli", "-d", &url, "can-connect-to-database"], Ok(&connected)),
        (vec!["cli", "--datasource", &missing, "can-connect-to-database"], Err("P1003")),
        (vec!["cli", "--datasource", &missing, "drop-database"], Err("P1003")),
        (vec!["cli", "--datasource", &encoded, "create-database"], Ok(&created)),
        (vec!["cli", "--datasource", &missing, "create-database"], Err("P1009")),
        (vec!["--datasource", &json(&missing), "cli", "can-connect-to-database"], Ok(&connected)),
        (vec!["--datasource", &json(&missing), "cli", "drop-database"], Ok(&dropped)),
        (vec!["--datasource", &json(&missing), "cli", "can-connect-to-database"], Err("P1003")),
        (vec!["cli", "--datasource", "mysql://h/d", "can-connect-to-database"], Err("P1013")),
        (vec!["cli", "--datasource", "postgresql://u@127.0.0.1:1/d", "can-connect-to-database"], Err("P1001")),
        (vec!["cli", "can-connect-to-database"], Err("")),
    ] {
        let (status, last) = command(&arguments);
        let said = (&last["level"], &last["target"], &last["fields"]["error_code"]);
        match expected {
            Ok(message) => {
                assert_eq!((status, said.0, &last["fields"]["message"]), (Some(0), &json!("INFO"), &json!(message)));
            }
            Err(code) => {
                let expected = (&json!("ERROR"), &json!("schema_engine::logger"), &json!(code));
                assert_eq!((status, said), (Some(1), expected), "{arguments:?} {last}");
                assert_eq!(last["fields"]["is_panic"], json!(false));
            }
        }
    }
}

const HISTORY: &str =
    "SELECT migration_name, finished_at IS NOT NULL, applied_steps_count, logs IS NULL FROM _prisma_migrations";

fn waits_for_print(database: &TestDatabase) {
    let folder = tempfile::tempdir().expect("a folder");
    let migrations = apply(&[("1_a", "CREATE TABLE a (id int)"), ("2_b", "CREATE TABLE b (id int)")]);
    let mut engine = Engine::on(database, folder.path());
    engine.request("applyMigrations", Some(&migrations));
    let question = engine.hear();
    assert_eq!(question["params"]["content"], "Applying migration `1_a`");
    assert_eq!(database.ask(HISTORY), "", "nothing of it has happened before it is shown");
    // What comes meanwhile waits for its turn, and another answer is not the one.
    engine.say(&json!({ "id": 70, "jsonrpc": "2.0", "method": "getDatabaseVersion" }));
    engine.say(&json!({ "id": 40, "jsonrpc": "2.0", "result": {} }));
    engine.say(&json!({ "id": question["id"], "jsonrpc": "2.0", "result": {} }));
    let second = engine.hear();
    assert_eq!((&second["id"], &second["params"]["content"]), (&json!(1), &json!("Applying migration `2_b`")));
    // Nobody can answer any more: evt ends without the second one.
    assert_eq!(engine.end().0, Some(0));
    assert_eq!(database.ask(HISTORY), "1_a | t | 1 | t\n");
    let mut engine = Engine::on(database, folder.path());
    let (shown, answer) = engine.ask("applyMigrations", Some(&migrations));
    assert_eq!(shown, ["Applying migration `2_b`"]);
    assert_eq!(answer["result"], json!({ "appliedMigrationNames": ["2_b"] }));
    assert_eq!(engine.end().0, Some(0));
}

const LOCKED: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 72707369 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

fn lock_lasts(database: &TestDatabase) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut engine = Engine::on(database, folder.path());
    engine.ask("getDatabaseVersion", None);
    assert_eq!(database.ask(LOCKED), "0\n");
    for _ in 0..2 {
        let (_, answer) = engine.ask("applyMigrations", Some(&apply(&[])));
        assert_eq!(answer["result"], json!({ "appliedMigrationNames": [] }));
        assert_eq!(database.ask(LOCKED), "1\n");
    }
    let arguments = ["--datamodels".to_owned(), "schema.prisma".to_owned()];
    let mut other = Engine::start(&arguments, folder.path(), &[("EVT_LOCK_TIMEOUT", "1")]);
    let (_, answer) = other.ask("applyMigrations", Some(&apply(&[])));
    assert_eq!(answer["error"]["data"]["error_code"], "P1002", "{answer}");
    assert_eq!(engine.end().0, Some(0));
    let (_, answer) = other.ask("applyMigrations", Some(&apply(&[])));
    assert_eq!(answer["result"], json!({ "appliedMigrationNames": [] }), "the lock is free again");
    assert_eq!(other.end().0, Some(0));
}

fn signal_stops(database: &TestDatabase) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut engine = Engine::on(database, folder.path());
    let script = "SELECT pg_notify('started', ''); SELECT pg_sleep(3600)";
    engine.request("applyMigrations", Some(&apply(&[("1_long", script)])));
    let question = engine.hear();
    engine.say(&json!({ "id": question["id"], "jsonrpc": "2.0", "result": {} }));
    // It runs as soon as its row is there and its backend is busy.
    let busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)%' AND state = 'active'
        AND pid <> pg_backend_pid() AND datname = current_database()";
    while database.ask(busy) != "1\n" {}
    let pid = rustix::process::Pid::from_child(&engine.child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a process");
    assert_eq!(engine.wait().0, Some(0));
    assert_eq!(database.ask(busy), "0\n", "the script does not go on without its engine");
    assert_eq!(database.ask(HISTORY), "1_long | f | 0 | f\n", "and the history says that it failed");
    let mut engine = Engine::on(database, folder.path());
    // Who answers listens to signals; before, one may be ignored, as whoever started the tests had it.
    engine.ask("getDatabaseVersion", None);
    let pid = rustix::process::Pid::from_child(&engine.child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("a process");
    engine.wait();
}

fn connection_comes_back(database: &TestDatabase) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut engine = Engine::on(database, folder.path());
    let script = "SELECT pg_terminate_backend(pg_backend_pid())";
    let (_, answer) = engine.ask("applyMigrations", Some(&apply(&[("1_end", script)])));
    assert_eq!(answer["error"]["data"]["error_code"], "P1017", "{answer}");
    let (_, answer) = engine.ask("applyMigrations", Some(&apply(&[("1_end", script)])));
    assert_eq!(answer["error"]["data"]["error_code"], "P3009", "{answer}");
    assert_eq!(engine.end().0, Some(0));
}
