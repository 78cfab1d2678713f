//! Questions, in a real terminal: yes, no, Ctrl-C, Esc; and what happens where nobody can be asked.

use std::process::Command;
use std::time::Duration;

use expectrl::process::unix::WaitStatus;
use expectrl::{ControlCode, Eof, Expect as _, Session};
use libtest_mimic::{Failed, Trial};

use crate::migrations::project as migrations_project;
use crate::server::{TestDatabase, binaries, long_blocking, runtime};

/// Variables with their values.
type Environment = &'static [(&'static str, &'static str)];

/// Longest wait for a question. A machine under load may be slow; a question that never comes is a failure.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn tests() -> Vec<Trial> {
    CASES
        .iter()
        .map(|case| long_blocking(format!("terminal: {}", case.name), move |database| play(case, &database)))
        .chain(
            PLACES.iter().map(|case| {
                long_blocking(format!("terminal: init: {}", case.0), move |database| place(&database, case))
            }),
        )
        .chain([long_blocking("terminal: who is waited for is shown as long as it holds the lock", |database| {
            runtime().block_on(wait(&database));
        })])
        .chain(
            THROWN_AWAY
                .iter()
                .map(|case| Trial::test(format!("terminal: dev reset: {}", case.0), move || throw_away(case))),
        )
        .collect()
}

/// What a person does, in the order of the questions.
enum Answer {
    /// Types a text and Enter.
    Types(&'static str),
    /// Presses Ctrl-C.
    Interrupts,
    /// Presses Esc.
    Escapes,
}

use Answer::{Escapes, Interrupts, Types};

struct Case {
    name: &'static str,
    /// The project: one of those in [`project`].
    state: State,
    command: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
    /// Words of each question, and the answer.
    talk: &'static [(&'static str, Answer)],
    status: i32,
    /// Words that the whole output has to contain.
    says: &'static [&'static str],
    /// A question to the database afterwards, and its answer.
    then: (&'static str, &'static str),
}

/// How the database stands before the command.
#[derive(Clone, Copy)]
enum State {
    /// Empty, and no migrations.
    New,
    /// One migration is applied, and there is a row in `A`.
    Filled,
    /// The same, and the schema lacks the column `name` of `A`, which is not empty.
    Losing,
}

const TABLES: &str = "SELECT count(*) FROM pg_class WHERE relname = 'A'";
const ROWS: &str = "SELECT count(*) FROM \"A\"";
const COLUMNS: &str =
    "SELECT count(*) FROM pg_attribute WHERE attrelid = '\"A\"'::regclass AND attname = 'name' AND NOT attisdropped";
const DEV: &[&str] = &["migrate", "dev"];
const DRAFT: &[&str] = &["migrate", "dev", "--create-only", "--name", "draft"];
const RESET: &[&str] = &["migrate", "reset"];
const PUSH: &[&str] = &["db", "push"];
const VACUUM: &[&str] = &["db", "vacuum", "--full", "\"A\""];
const NAME: &str = "Name of the new migration:";
const LOSE: &str = "Create and apply this migration?";
const CREATE: &str = "Create this migration?";
const DROP: &str = "Drop all data";
const GO_ON: &str = "Go on?";

#[rustfmt::skip]
const CASES: &[Case] = &[
    // The name of a migration
    Case { name: "dev asks for a name", state: State::New, command: DEV, env: &[], talk: &[(NAME, Types("First Step"))], status: 0, says: &["_first_step", "in sync"], then: (TABLES, "1\n") },
    Case { name: "dev takes no name for an answer", state: State::New, command: DEV, env: &[], talk: &[(NAME, Types(""))], status: 0, says: &["in sync"], then: (TABLES, "1\n") },
    Case { name: "dev: Ctrl-C at the name", state: State::New, command: DEV, env: &[], talk: &[(NAME, Interrupts)], status: 130, says: &["Cancelled"], then: (TABLES, "0\n") },
    Case { name: "dev: Esc at the name", state: State::New, command: DEV, env: &[], talk: &[(NAME, Escapes)], status: 130, says: &["Cancelled"], then: (TABLES, "0\n") },
    Case { name: "dev does not ask for a name that is given", state: State::New, command: &["migrate", "dev", "--name", "given"], env: &[], talk: &[], status: 0, says: &["_given"], then: (TABLES, "1\n") },
    Case { name: "dev asks nothing in CI", state: State::New, command: DEV, env: &[("CI", "false")], talk: &[], status: 0, says: &["in sync"], then: (TABLES, "1\n") },
    Case { name: "dev asks nothing in a dumb terminal", state: State::New, command: DEV, env: &[("TERM", "dumb")], talk: &[], status: 0, says: &["in sync"], then: (TABLES, "1\n") },
    // Data that would be lost
    Case { name: "dev: yes to a loss", state: State::Losing, command: DEV, env: &[], talk: &[(LOSE, Types("y")), (NAME, Types("less"))], status: 0, says: &["_less"], then: (COLUMNS, "0\n") },
    Case { name: "dev: no to a loss", state: State::Losing, command: DEV, env: &[], talk: &[(LOSE, Types("n"))], status: 130, says: &["Cancelled"], then: (COLUMNS, "1\n") },
    Case { name: "dev: Enter to a loss is no", state: State::Losing, command: DEV, env: &[], talk: &[(LOSE, Types(""))], status: 130, says: &["Cancelled"], then: (COLUMNS, "1\n") },
    Case { name: "dev: Ctrl-C to a loss", state: State::Losing, command: DEV, env: &[], talk: &[(LOSE, Interrupts)], status: 130, says: &["Cancelled"], then: (COLUMNS, "1\n") },
    Case { name: "dev: a loss in CI", state: State::Losing, command: DEV, env: &[("CI", "1")], talk: &[], status: 1, says: &["no terminal to ask in"], then: (COLUMNS, "1\n") },
    Case { name: "dev: Esc to a loss", state: State::Losing, command: DEV, env: &[], talk: &[(LOSE, Escapes)], status: 130, says: &["Cancelled"], then: (COLUMNS, "1\n") },
    Case { name: "dev: yes, and no name for the migration", state: State::Losing, command: DEV, env: &[], talk: &[(LOSE, Types("y")), (NAME, Interrupts)], status: 130, says: &["Cancelled"], then: (COLUMNS, "1\n") },
    Case { name: "dev: yes to a draft that would lose data", state: State::Losing, command: DRAFT, env: &[], talk: &[(CREATE, Types("y"))], status: 0, says: &["is created and not applied"], then: (COLUMNS, "1\n") },
    Case { name: "dev: no to a draft that would lose data", state: State::Losing, command: DRAFT, env: &[], talk: &[(CREATE, Types("n"))], status: 130, says: &["Cancelled"], then: (COLUMNS, "1\n") },
    Case { name: "dev: Ctrl-C to a draft that would lose data", state: State::Losing, command: DRAFT, env: &[], talk: &[(CREATE, Interrupts)], status: 130, says: &["Cancelled"], then: (COLUMNS, "1\n") },
    Case { name: "dev: a draft that would lose data, in CI", state: State::Losing, command: DRAFT, env: &[("CI", "1")], talk: &[], status: 1, says: &["no terminal to ask in"], then: (COLUMNS, "1\n") },
    // Everything would be lost
    Case { name: "reset: yes", state: State::Filled, command: RESET, env: &[], talk: &[(DROP, Types("y"))], status: 0, says: &["is reset"], then: (ROWS, "0\n") },
    Case { name: "reset: no", state: State::Filled, command: RESET, env: &[], talk: &[(DROP, Types("n"))], status: 130, says: &["Cancelled"], then: (ROWS, "1\n") },
    Case { name: "reset: Enter is no", state: State::Filled, command: RESET, env: &[], talk: &[(DROP, Types(""))], status: 130, says: &["Cancelled"], then: (ROWS, "1\n") },
    Case { name: "reset: Ctrl-C", state: State::Filled, command: RESET, env: &[], talk: &[(DROP, Interrupts)], status: 130, says: &["Cancelled"], then: (ROWS, "1\n") },
    Case { name: "reset: Esc", state: State::Filled, command: RESET, env: &[], talk: &[(DROP, Escapes)], status: 130, says: &["Cancelled"], then: (ROWS, "1\n") },
    Case { name: "reset: in CI", state: State::Filled, command: RESET, env: &[("GITLAB_CI", "true")], talk: &[], status: 1, says: &["--force"], then: (ROWS, "1\n") },
    Case { name: "reset: an agent that said yes is stopped all the same", state: State::Filled, command: RESET, env: &[("CLAUDECODE", "1")], talk: &[(DROP, Types("y"))], status: 1, says: &["only a person can decide"], then: (ROWS, "1\n") },
    Case { name: "reset: forced, nothing is asked", state: State::Filled, command: &["migrate", "reset", "-f"], env: &[], talk: &[], status: 0, says: &["is reset"], then: (ROWS, "0\n") },
    // Push
    Case { name: "push: yes to a loss", state: State::Losing, command: PUSH, env: &[], talk: &[(GO_ON, Types("y"))], status: 0, says: &["in sync"], then: (COLUMNS, "0\n") },
    Case { name: "push: no to a loss", state: State::Losing, command: PUSH, env: &[], talk: &[(GO_ON, Types("n"))], status: 130, says: &["Cancelled"], then: (COLUMNS, "1\n") },
    Case { name: "push: Ctrl-C to a loss", state: State::Losing, command: PUSH, env: &[], talk: &[(GO_ON, Interrupts)], status: 130, says: &["Cancelled"], then: (COLUMNS, "1\n") },
    Case { name: "push: Enter to a loss is no", state: State::Losing, command: PUSH, env: &[], talk: &[(GO_ON, Types(""))], status: 130, says: &["Cancelled"], then: (COLUMNS, "1\n") },
    Case { name: "push: Esc to a loss", state: State::Losing, command: PUSH, env: &[], talk: &[(GO_ON, Escapes)], status: 130, says: &["Cancelled"], then: (COLUMNS, "1\n") },
    Case { name: "push: a loss in a dumb terminal", state: State::Losing, command: PUSH, env: &[("TERM", "dumb")], talk: &[], status: 1, says: &["--accept-data-loss"], then: (COLUMNS, "1\n") },
    Case { name: "push: a loss in CI", state: State::Losing, command: PUSH, env: &[("CI", "true")], talk: &[], status: 1, says: &["--accept-data-loss"], then: (COLUMNS, "1\n") },
    Case { name: "push: accepted, nothing is asked", state: State::Losing, command: &["db", "push", "--accept-data-loss"], env: &[], talk: &[], status: 0, says: &["in sync"], then: (COLUMNS, "0\n") },
    // Locking everybody out
    Case { name: "full vacuum: yes", state: State::Filled, command: VACUUM, env: &[], talk: &[(GO_ON, Types("y"))], status: 0, says: &["nobody can read or change"], then: (ROWS, "1\n") },
    Case { name: "full vacuum: no", state: State::Filled, command: VACUUM, env: &[], talk: &[(GO_ON, Types("n"))], status: 130, says: &["Cancelled"], then: (ROWS, "1\n") },
    Case { name: "full vacuum: Enter is no", state: State::Filled, command: VACUUM, env: &[], talk: &[(GO_ON, Types(""))], status: 130, says: &["Cancelled"], then: (ROWS, "1\n") },
    Case { name: "full vacuum: Ctrl-C", state: State::Filled, command: VACUUM, env: &[], talk: &[(GO_ON, Interrupts)], status: 130, says: &["Cancelled"], then: (ROWS, "1\n") },
    Case { name: "full vacuum: in CI", state: State::Filled, command: VACUUM, env: &[("CI", "1")], talk: &[], status: 1, says: &["--force"], then: (ROWS, "1\n") },
];

/// The same states without any terminal are in the live cases of `commands`.
fn play(case: &Case, database: &TestDatabase) {
    let project = project(case.state, database).expect("a project");
    let mut command = Command::new(env!("CARGO_BIN_EXE_evt"));
    command
        .args(case.command)
        .current_dir(project.path())
        .env_clear()
        .envs([("DATABASE_URL", database.text()), ("TERM", "xterm-256color".to_owned())])
        .envs(case.env.iter().copied());
    let (status, shown) = converse(command, case.talk, &database.text());
    assert_eq!(status, Some(case.status), "{shown}");
    for words in case.says {
        assert!(shown.contains(words), "`{words}` is not said: {shown}");
    }
    assert_eq!(database.ask(case.then.0), case.then.1, "{shown}");
}

/// Runs a command in a terminal, answers its questions (`{url}` in an answer is the database's), and returns its exit status and all that was to be seen.
fn converse(command: Command, talk: &[(&str, Answer)], url: &str) -> (Option<i32>, String) {
    let mut session = Session::spawn(command).expect("a terminal");
    session.set_expect_timeout(Some(PATIENCE));
    let mut shown = Vec::new();
    for (question, answer) in talk {
        let found = session
            .expect(*question)
            .unwrap_or_else(|error| panic!("`{question}` is not asked ({error}): {}", String::from_utf8_lossy(&shown)));
        shown.extend_from_slice(found.as_bytes());
        match answer {
            Types(text) => session.send(format!("{}\r", text.replace("{url}", url))).expect("a key"),
            Interrupts => session.send(ControlCode::EndOfText).expect("a key"),
            Escapes => session.send(ControlCode::Escape).expect("a key"),
        }
    }
    let rest = session.expect(Eof).expect("the end of the output");
    shown.extend_from_slice(rest.as_bytes());
    let status = match session.get_process().wait().expect("an exit status") {
        WaitStatus::Exited(_, status) => Some(status),
        _ => None,
    };
    (status, String::from_utf8_lossy(&shown).into_owned())
}

/// A deploy beside a run that holds the lock, until that ends.
async fn wait(database: &TestDatabase) {
    let mut holder = database.connect().await;
    evt::db::lock::acquire(&mut holder, 1000, &mut async |_| {}).await.expect("a free lock");
    holder.script(&"SET application_name = 'nightly'; SELECT 'long work'".into()).await.expect("answers");
    let project = migrations_project(&[("1_a", "CREATE TABLE a (id int)")]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_evt"));
    command.args(["migrate", "deploy", "--lock-timeout", "0"]).current_dir(project.path()).env_clear();
    command.envs([("DATABASE_URL", database.text().as_str()), ("TERM", "xterm")]);
    let mut session = Session::spawn(command).expect("a terminal");
    session.set_expect_timeout(Some(PATIENCE));
    for words in ["Waiting for another migration run to end", "application : nightly", "'long work'", "(1 s)"] {
        session.expect(words).unwrap_or_else(|error| panic!("`{words}` is not shown: {error}"));
    }
    evt::db::lock::release(&mut holder).await.expect("released");
    holder.close().await;
    session.expect("All migrations are applied (1 now).").expect("the deploy goes on");
    session.expect(Eof).expect("the end of the output");
}

/// Where the database of a new project is: a name, the environment, what is answered, the exit status, and the line of
/// `.env` then.
type PlaceCase = (&'static str, Environment, &'static [(&'static str, Answer)], i32, Option<&'static str>);

const PLACES: &[PlaceCase] = &[
    ("evt's own", &[], &[(WHERE, Types(""))], 0, Some("DATABASE_URL=\"local:.evt/db\"")),
    ("a URL that works", &[], &[(WHERE, Types(DOWN)), ("URL:", Types("{url}"))], 0, Some("DATABASE_URL=\"{url}\"")),
    ("a URL that does not", &[], &[(WHERE, Types(DOWN)), ("URL:", Types("mysql://x"))], 1, None),
    ("later", &[], &[(WHERE, Types(DOWN_TWICE))], 0, Some(PLACEHOLDER)),
    ("Ctrl-C at the place", &[], &[(WHERE, Interrupts)], 130, None),
    ("Esc at the URL", &[], &[(WHERE, Types(DOWN)), ("URL:", Escapes)], 130, None),
    ("nothing is asked in CI", &[("CI", "1")], &[], 0, Some(PLACEHOLDER)),
    ("nothing is asked in a dumb terminal", &[("TERM", "dumb")], &[], 0, Some(PLACEHOLDER)),
];

const PLACEHOLDER: &str = "DATABASE_URL=\"postgresql://user:password@localhost:5432/mydb?schema=public\"";

const WHERE: &str = "Where is the database?";

/// The key of the arrow that points down.
const DOWN: &str = "\u{1b}[B";
const DOWN_TWICE: &str = "\u{1b}[B\u{1b}[B";

fn place(database: &TestDatabase, (_, environment, talk, status, line): &PlaceCase) {
    let project = tempfile::tempdir().expect("a folder");
    let url = database.text();
    let mut command = Command::new(env!("CARGO_BIN_EXE_evt"));
    let path = binaries().unwrap_or_default();
    command
        .arg("init")
        .current_dir(project.path())
        .env_clear()
        .envs([("PATH", path.as_str()), ("TERM", "xterm-256color")])
        .envs(environment.iter().copied());
    let (ended, shown) = converse(command, talk, &url);
    assert_eq!(ended, Some(*status), "{shown}");
    let written = std::fs::read_to_string(project.path().join(".env")).ok();
    let line = line.map(|line| line.replace("{url}", &url));
    let found = written.as_deref().and_then(|text| text.lines().find(|line| line.starts_with("DATABASE_URL")));
    assert_eq!(found, line.as_deref(), "{shown}");
    assert_eq!(
        project.path().join("prisma").exists(),
        line.is_some(),
        "nothing is written before all is known: {shown}"
    );
}

/// The data of the local server: a name, the environment, what is answered, the exit status, whether it is gone then.
type LocalCase = (&'static str, Environment, &'static [(&'static str, Answer)], i32, bool);

const THROW: &str = "Throw all data in";

#[rustfmt::skip]
const THROWN_AWAY: &[LocalCase] = &[
    ("yes", &[], &[(THROW, Types("y"))], 0, true),
    ("no", &[], &[(THROW, Types("n"))], 130, false),
    ("Enter is no", &[], &[(THROW, Types(""))], 130, false),
    ("Ctrl-C", &[], &[(THROW, Interrupts)], 130, false),
    ("Esc", &[], &[(THROW, Escapes)], 130, false),
    ("in CI", &[("CI", "1")], &[], 1, false),
    ("in a dumb terminal", &[("TERM", "dumb")], &[], 1, false),
    ("an agent that said yes is stopped all the same", &[("CLAUDECODE", "1")], &[(THROW, Types("y"))], 1, false),
];

/// Without any terminal: `dev` has it.
fn throw_away((_, env, talk, status, gone): &LocalCase) -> Result<(), Failed> {
    let project = tempfile::tempdir()?;
    crate::server::open_to_all(project.path());
    let data = project.path().join(".evt/db/data");
    std::fs::create_dir_all(&data)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_evt"));
    command
        .args(["dev", "reset", "--folder", ".evt/db"])
        .current_dir(project.path())
        .env_clear()
        .env("TERM", "xterm-256color")
        .envs(env.iter().copied());
    let (ended, shown) = converse(command, talk, "");
    assert_eq!(ended, Some(*status), "{shown}");
    assert_eq!(!data.exists(), *gone, "{shown}");
    Ok(())
}

fn project(state: State, database: &TestDatabase) -> Result<tempfile::TempDir, Failed> {
    let folder = tempfile::tempdir()?;
    let schema = |fields: &str| {
        format!(
            "datasource db {{\n  provider = \"postgresql\"\n  url = env(\"DATABASE_URL\")\n}}\n\nmodel A {{\n  id Int @id\n{fields}}}\n"
        )
    };
    let write = |text: &str| std::fs::write(folder.path().join("schema.prisma"), text);
    write(&schema("  name String?\n"))?;
    if matches!(state, State::New) {
        return Ok(folder);
    }
    let migration = folder.path().join("migrations/1_init/migration.sql");
    std::fs::create_dir_all(migration.parent().unwrap_or(folder.path()))?;
    std::fs::write(
        &migration,
        "CREATE TABLE \"A\" (id integer NOT NULL, name text, CONSTRAINT \"A_pkey\" PRIMARY KEY (id));\n",
    )?;
    let output = Command::new(env!("CARGO_BIN_EXE_evt"))
        .args(["migrate", "deploy"])
        .current_dir(folder.path())
        .env_clear()
        .env("DATABASE_URL", database.text())
        .output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    database.ask("INSERT INTO \"A\" VALUES (1, 'x')");
    if matches!(state, State::Losing) {
        write(&schema(""))?;
    }
    Ok(folder)
}
