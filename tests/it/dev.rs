//! `evt dev`: a server that is kept running, in the foreground and in the background.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use evt::db::url::ServerKind;
use evt::db::{Connection, DatabaseUrl};
use evt::sql::quote::Statement;
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::server::{binaries, local_url, on_each_kind, open_to_all, patient, runtime};

type Test = fn(&Project) -> Result<(), Failed>;

/// A folder, and the kind of the server in it.
struct Project {
    folder: tempfile::TempDir,
    kind: ServerKind,
}

impl Deref for Project {
    type Target = Path;

    fn deref(&self) -> &Path {
        self.folder.path()
    }
}

pub(crate) fn tests() -> Vec<Trial> {
    let tests: [(&str, Test); 7] = [
        ("serves until it is stopped, and tells who comes", serves),
        ("goes on in the background until it is stopped", background),
        ("a crash loses nothing", crash),
        ("applies migrations first", migrates),
        ("strangers at the port are told apart from clients", strangers),
        ("other commands share the server", shared),
        ("who has to wait is told so", waits),
    ];
    tests
        .into_iter()
        .flat_map(|(name, test)| {
            on_each_kind(&format!("dev: {name}"), ("live", "long embedded"), move |kind| {
                let folder = tempfile::Builder::new().prefix("evt-test-dev-").tempdir()?;
                open_to_all(folder.path());
                let project = Project { folder, kind };
                let outcome = test(&project);
                // A test that fails in between leaves nothing running.
                evt(&project, &["stop"])?;
                outcome
            })
        })
        .chain([Trial::test("readme: the commands of dev", readme)])
        .collect()
}

/// Every command in the README's block about it is one that a test here runs.
fn readme() -> Result<(), Failed> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"))?;
    let commands = text.lines().filter_map(|line| line.strip_prefix("evt dev"));
    let commands: Vec<&str> = commands.map(|line| line.split('#').next().unwrap_or_default().trim()).collect();
    assert_eq!(commands, ["", "--detach --migrate", "status --json", "stop", "reset"]);
    Ok(())
}

fn serves(project: &Project) -> Result<(), Failed> {
    let (child, address) = foreground(project, &[])?;
    let url = text(&address, "url");
    assert_eq!(ask(&url, "CREATE TABLE kept (id int); SELECT 'made' AS answer")?, "made");
    let refused = evt(project, &[])?;
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains(&url), "who finds it running is told where: {}", said(&refused));

    let (status, talk) = terminate(child)?;
    assert_eq!(status, Some(0), "{talk}");
    for words in ["connection 1 of postgres to postgres", "connection 1 ended after", "Stopped"] {
        assert!(talk.contains(words), "{words}: {talk}");
    }
    assert_eq!(talk.contains("one connection at a time"), project.kind == ServerKind::Embedded, "{talk}");
    assert!(!project.join(".evt/db/data/postmaster.pid").exists(), "the server is stopped");

    let (child, again) = foreground(project, &[])?;
    assert!(text(&again, "url") == url || taken(&address), "programs find it where it was");
    assert_eq!(ask(&text(&again, "url"), "SELECT count(*) AS answer FROM kept")?, "0");
    terminate(child)?;
    Ok(())
}

fn background(project: &Project) -> Result<(), Failed> {
    assert_eq!(status(project)?, (Some(1), Value::Bool(false)));
    let started = evt(project, &["--detach"])?;
    assert_eq!(started.status.code(), Some(0), "{}", said(&started));
    let url = String::from_utf8(started.stdout.clone())?.trim().to_owned();
    assert_eq!(status(project)?, (Some(0), Value::Bool(true)));
    assert_eq!(ask(&url, "CREATE TABLE kept (id int); SELECT 'made' AS answer")?, "made");
    let second = evt(project, &["--detach"])?;
    assert_eq!(second.status.code(), Some(1), "one is enough: {}", said(&second));

    let asked = evt(project, &["reset"])?;
    assert_eq!(asked.status.code(), Some(1), "nobody can be asked: {}", said(&asked));
    assert_eq!(ask(&url, "SELECT count(*) AS answer FROM kept")?, "0");
    let reset = evt(project, &["reset", "--force"])?;
    assert_eq!(reset.status.code(), Some(0), "{}", said(&reset));
    assert_eq!(status(project)?, (Some(1), Value::Bool(false)));
    assert!(!project.join(".evt/db/data").exists());

    let again = evt(project, &["--detach"])?;
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    let url = String::from_utf8(again.stdout)?.trim().to_owned();
    assert_eq!(ask(&url, "SELECT count(*) AS answer FROM pg_class WHERE relname = 'kept'")?, "0");
    let stopped = evt(project, &["stop"])?;
    assert!(said(&stopped).contains("stopped"), "{}", said(&stopped));
    assert_eq!(evt(project, &["stop"])?.status.code(), Some(0), "there is nothing to stop any more");
    Ok(())
}

fn crash(project: &Project) -> Result<(), Failed> {
    let (mut child, address) = foreground(project, &[])?;
    let url = text(&address, "url");
    ask(&url, "CREATE TABLE kept (id int); INSERT INTO kept VALUES (1); SELECT '' AS answer")?;
    child.kill()?;
    child.wait()?;
    assert_eq!(status(project)?, (Some(1), Value::Bool(false)), "what the file says counts no more");
    let (child, address) = foreground(project, &[])?;
    assert_eq!(ask(&text(&address, "url"), "SELECT count(*) AS answer FROM kept")?, "1");
    let (status, talk) = terminate(child)?;
    assert_eq!(status, Some(0), "{talk}");
    assert!(!project.join(".evt/db/data/postmaster.pid").exists(), "the server that was left behind is stopped, too");
    Ok(())
}

fn migrates(project: &Project) -> Result<(), Failed> {
    fs::write(project.join("schema.prisma"), "datasource db {\n  provider = \"postgresql\"\n}\n")?;
    fs::create_dir_all(project.join("migrations/1_init"))?;
    fs::write(project.join("migrations/1_init/migration.sql"), "CREATE TABLE made (id int);\n")?;
    let started = evt(project, &["--detach", "--migrate"])?;
    assert_eq!(started.status.code(), Some(0), "{}", said(&started));
    let address: Value = serde_json::from_slice(&evt(project, &["status", "--json"])?.stdout)?;
    assert_eq!(ask(&text(&address, "url"), "SELECT count(*) AS answer FROM made")?, "0");
    Ok(())
}

fn strangers(project: &Project) -> Result<(), Failed> {
    let (child, address) = foreground(project, &[])?;
    let port = u16::try_from(address["port"].as_u64().ok_or("a port")?)?;
    // Somebody who only looks whether the port is open says nothing, and neither does evt.
    drop(TcpStream::connect(("127.0.0.1", port))?);
    let mut stranger = TcpStream::connect(("127.0.0.1", port))?;
    stranger.write_all(b"GET / HTTP/1.1\r\n\r\n")?;
    let mut answer = Vec::new();
    let _ = stranger.read_to_end(&mut answer);
    assert!(answer.is_empty());
    // A client that asks for encryption first is told that there is none, and comes in.
    let plain = format!("{}?sslmode=prefer", text(&address, "url"));
    assert_eq!(ask(&plain, "SELECT 'in' AS answer")?, "in");
    let (_, talk) = terminate(child)?;
    assert_eq!(talk.matches("a connection failed").count(), 1, "{talk}");
    Ok(())
}

fn shared(project: &Project) -> Result<(), Failed> {
    let (child, address) = foreground(project, &[])?;
    let script = project.join("script.sql");
    fs::write(&script, "CREATE TABLE shared (id int);")?;
    let output = command(project).args(["db", "execute", "--file", "script.sql", "--url", "local:.evt/db"]).output()?;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let url = text(&address, "url");
    assert_eq!(ask(&url, "DROP TABLE shared; SELECT 'dropped' AS answer")?, "dropped");
    // Also by that URL, which does not say that evt runs the server: the second one replays what the first one made.
    for (name, field) in [("first", ""), ("second", "  more Int?\n")] {
        let schema =
            format!("datasource db {{\n  provider = \"postgresql\"\n}}\n\nmodel A {{\n  id Int @id\n{field}}}\n");
        fs::write(project.join("schema.prisma"), schema)?;
        let output = command(project).args(["migrate", "dev", "--name", name, "--url", &patient(&url)]).output()?;
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        fs::remove_dir_all(project.join(".evt/cache"))?;
    }
    terminate(child)?;
    Ok(())
}

fn waits(project: &Project) -> Result<(), Failed> {
    let (mut child, address) = foreground(project, &[])?;
    let mut talk = BufReader::new(child.stderr.take().ok_or("its stderr")?).lines().map_while(Result::ok);
    let url: DatabaseUrl = patient(&text(&address, "url")).parse()?;
    let runtime = runtime();
    let first = runtime.block_on(Connection::open(&url))?;
    let second = std::thread::spawn(move || crate::server::runtime().block_on(Connection::open(&url)).map(drop));
    let came = talk.find(|line| line.contains("connection 2 of postgres to postgres")).ok_or("the second one")?;
    let waits = came.contains("it waits until connection 1 is closed");
    assert_eq!(waits, project.kind == ServerKind::Embedded, "{came}");
    runtime.block_on(first.close());
    second.join().map_err(|_| "the second one's thread")??;
    terminate(child)?;
    drop(talk);
    Ok(())
}

/// Starts it in the foreground and waits until it has said where it is.
fn foreground(project: &Project, arguments: &[&str]) -> Result<(Child, Value), Failed> {
    let mut command = command(project);
    command.args(["dev", "--json"]).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().ok_or("its stdout")?).read_line(&mut line)?;
    if let Ok(address) = serde_json::from_str(&line) {
        return Ok((child, address));
    }
    let output = child.wait_with_output()?;
    Err(said(&output).into())
}

/// Whether somebody else has the port meanwhile: other tests connect all the time.
fn taken(address: &Value) -> bool {
    let port = address["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap_or_default();
    TcpListener::bind(("127.0.0.1", port)).is_err()
}

/// Asks it to stop as the system does, and returns its exit status and what it said.
fn terminate(child: Child) -> Result<(Option<i32>, String), Failed> {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status()?.success());
    let output = child.wait_with_output()?;
    Ok((output.status.code(), said(&output)))
}

fn status(project: &Project) -> Result<(Option<i32>, Value), Failed> {
    let output = evt(project, &["status", "--json"])?;
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    Ok((output.status.code(), answer["running"].clone()))
}

/// Runs `evt dev …` to its end.
fn evt(project: &Project, arguments: &[&str]) -> Result<Output, Failed> {
    Ok(command(project).arg("dev").args(arguments).output()?)
}

fn command(project: &Project) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evt"));
    command.current_dir(&**project).env_clear().stdin(Stdio::null());
    command.envs([("PATH", binaries().unwrap_or_default().as_str()), ("DATABASE_URL", local_url(project.kind))]);
    command
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Runs a script whose last statement has one row with one column, `answer`.
fn ask(url: &str, sql: &str) -> Result<String, Failed> {
    let url: DatabaseUrl = patient(url).parse()?;
    runtime().block_on(async {
        let mut db = Connection::open(&url).await?;
        let rows = db.rows(&Statement::script(sql)).await?;
        db.close().await;
        let row = rows.last().ok_or("a row")?;
        Ok(row.get("answer").unwrap_or_default().to_owned())
    })
}
