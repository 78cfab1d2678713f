//! Drift: every single change of a catalog is found and named, nothing else is, and the SQL that is shown works.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use evt::catalog::compare::{Comparison, ObjectChange, Source};
use evt::catalog::script::script;
use evt::catalog::{Catalog, compare, text};
use evt::db::{Connection, DatabaseUrl, create_database};
use evt::introspect::whole::{Extent, read_whole, read_whole_here};
use evt::sql::quote::Statement;
use libtest_mimic::Trial;

use crate::server::{TestDatabase, another, live, long};

const ZOO: &str = include_str!("../fixtures/drift/zoo.sql");
const NEUTRAL: &str = include_str!("../fixtures/drift/neutral.txt");
const CHANGES: &str = include_str!("../fixtures/drift/changes.txt");

pub(crate) fn tests() -> Vec<Trial> {
    vec![
        // A part of the kit on every version of the server, all of it once.
        live("drift: single changes are found and named", |database| find_changes(database, 12)),
        long("drift: every single change is found and named", |database| find_changes(database, 1)),
        live("drift: what changes nothing is no drift", |database| async move {
            let mut zoo = Zoo::make(&database).await;
            let before = zoo.read().await;
            // Who looks may do nothing but that.
            let looker = format!("{}_looker", zoo.role);
            zoo.run(&format!("CREATE ROLE {looker} LOGIN")).await;
            let url: DatabaseUrl = database.text_as(&looker).parse().expect("a URL");
            let mut looking = Connection::open(&url).await.expect("trusted");
            for line in NEUTRAL.lines() {
                let (name, sql) = line.split_once(" | ").expect("a name and SQL");
                // One by one: some statements refuse company.
                let statements: Vec<&str> = if sql.contains("$$") { vec![sql] } else { sql.split("; ").collect() };
                for statement in statements {
                    zoo.run(&statement.replace("{role}", &zoo.role)).await;
                }
                let after = read_whole(&mut looking, &extent()).await.expect("readable");
                let report = named(&compare(&before, &after, Source::SameDatabase));
                assert!(report.is_empty(), "a false alarm: {name}\n{report}");
            }
            looking.close().await;
            zoo.run(&format!("DROP ROLE {looker}")).await;
            zoo.drop().await;
        }),
        long("drift: a dump and its restore are no drift", |database| async move {
            let mut zoo = Zoo::make(&database).await;
            let before = zoo.read().await;
            let copy: DatabaseUrl = database.missing().parse().expect("a URL");
            create_database(&copy).await.expect("a second database");
            let restored = dump_and_restore(&database.text(), &database.missing());
            let mut other = Connection::open(&copy).await.expect("the copy");
            let after = read_whole(&mut other, &extent()).await.expect("readable");
            other.close().await;
            zoo.drop_in(&copy).await;
            assert!(restored.is_empty(), "{restored}");
            let report = named(&compare(&before, &after, Source::SameDatabase));
            assert!(report.is_empty(), "a false alarm:\n{report}");
            let twice = compare(&before, &text::read(&text::write(&after)).expect("a catalog"), Source::SameDatabase);
            assert!(twice.is_empty());
        }),
        upgrades(),
        long("drift: all that is shown as SQL goes both ways", |database| async move {
            /// Every case takes long; each run tries some. `drift: all` as the filter tries all.
            const STRIDE: usize = 6;
            let stride = if std::env::args().any(|argument| argument == "drift: all") { 1 } else { STRIDE };
            let mut zoo = Zoo::make(&database).await;
            let before = zoo.read().await;
            let mut wrong = String::new();
            for Case { name, sql } in cases(&zoo).step_by(stride) {
                zoo.run("BEGIN").await;
                zoo.run(&sql).await;
                let after = read_whole_here(&mut zoo.db, &extent()).await.expect(name);
                let comparison = compare(&before, &after, Source::SameDatabase);
                let undo = script(&comparison.reversed(), &after, &before, Source::SameDatabase);
                let undone = zoo.try_out(&undo, &before).await;
                zoo.run("ROLLBACK").await;
                zoo.run("BEGIN").await;
                let keep = script(&comparison, &before, &after, Source::SameDatabase);
                let kept = zoo.try_out(&keep, &after).await;
                zoo.run("ROLLBACK").await;
                for (direction, sql, outcome) in [("undo", undo, undone), ("keep", keep, kept)] {
                    // What no statement does is said in a comment, and is a person's. The server drops subscriptions
                    // outside of transactions only, and forgets rights in columns that become their owner's.
                    let known = ["subscription: added", "table: owner"].contains(&name);
                    if let Err(outcome) = outcome
                        && !(known || sql.contains("no statement"))
                    {
                        let _ = writeln!(wrong, "## {name}: {direction}\n{sql}=> {outcome}");
                    }
                }
            }
            zoo.drop().await;
            assert!(wrong.is_empty(), "{wrong}");
        }),
    ]
}

/// A new server gets what `pg_dump` wrote of the old one, and the snapshot that was taken there.
#[expect(clippy::disallowed_methods, reason = "the tests' own settings are environment variables")]
fn upgrades() -> Trial {
    let folders = std::env::var_os("EVT_TEST_UPGRADES");
    let is_given = folders.is_some();
    let test = long("drift: an upgrade by dump and restore is no drift", |database| async move {
        let mut zoo = Zoo::make(&database).await;
        let (before, major) = (zoo.read().await, zoo.db.server_major());
        let mut newer = Vec::new();
        for folder in std::env::split_paths(&folders.expect("the test is ignored without it")) {
            let (other, running) = another(&folder);
            let mut db = other.connect().await;
            let here = db.server_major();
            if here > major {
                db.script(&Statement::script(&format!("CREATE ROLE {}", zoo.role))).await.expect("a role");
                let restored = dump_and_restore(&database.text(), &other.text());
                assert!(restored.is_empty(), "{restored}");
                let kept = text::read(&text::write(&before)).expect("a catalog");
                let after = read_whole(&mut db, &extent()).await.expect("readable");
                let report = named(&compare(&kept, &after, Source::SameDatabase));
                assert!(report.is_empty(), "a false alarm from {major} to {here}:\n{report}");
                newer.push(here);
            }
            db.close().await;
            drop(running);
        }
        zoo.drop().await;
        assert!(!newer.is_empty(), "no server in EVT_TEST_UPGRADES is newer than {major}");
    });
    test.with_ignored_flag(!is_given)
}

/// Makes one of `stride` changes each, and looks as a role that may only read.
async fn find_changes(database: TestDatabase, stride: usize) {
    let mut zoo = Zoo::make(&database).await;
    let before = zoo.read().await;
    let mut reports = String::new();
    for Case { name, sql } in cases(&zoo).step_by(stride) {
        zoo.run("BEGIN").await;
        zoo.run(&sql).await;
        zoo.run(&format!("SET LOCAL ROLE {}", zoo.role)).await;
        let after = read_whole_here(&mut zoo.db, &extent()).await.expect(name);
        zoo.run("ROLLBACK").await;
        let report = named(&compare(&before, &after, Source::SameDatabase));
        assert!(!report.is_empty(), "not found: {name}\n{sql}");
        let _ = writeln!(reports, "{name}\n{report}");
    }
    zoo.drop().await;
    check_reports(&reports.replace(&database_role(&database), "{role}"), stride);
}

fn extent() -> Extent {
    Extent {
        namespaces: vec!["audit".to_owned(), "public".to_owned()],
        history: "public".to_owned(),
        without: Vec::new(),
    }
}

struct Case {
    name: &'static str,
    sql: String,
}

/// The cases that this version of the server knows.
fn cases(zoo: &Zoo) -> impl Iterator<Item = Case> + use<> {
    let (role, major) = (zoo.role.clone(), zoo.db.server_major());
    CHANGES.lines().filter_map(move |line| {
        let (name, sql) = line.split_once(" | ").expect("a name and SQL");
        let since = name.rsplit_once('(').and_then(|(_, rest)| rest.strip_suffix("+)")).map(str::parse);
        let since: u32 = since.map_or(0, |since| since.expect("a version"));
        (since <= major).then(|| Case { name, sql: sql.replace("{role}", &role) })
    })
}

/// What was found, in words that do not depend on the server's version.
fn named(comparison: &Comparison) -> String {
    let mut text = String::new();
    for (difference, follows) in comparison.with_followers() {
        let id = &difference.id;
        let _ = match &difference.change {
            _ if follows => Ok(()),
            ObjectChange::Added(_) => writeln!(text, "  + {id}"),
            ObjectChange::Removed(_) => writeln!(text, "  - {id}"),
            ObjectChange::Altered(changes) => {
                let names: Vec<&str> = changes.iter().map(|change| change.property.name()).collect();
                writeln!(text, "  ~ {id}: {}", names.join(", "))
            }
        };
    }
    text
}

fn check_reports(now: &str, stride: usize) {
    let path = fixture("changes.expected");
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if stride == 1 && crate::is_updating() {
        // Cases of newer servers stay as they are.
        let title = |report: &str| report.lines().next().map(str::to_owned);
        let here: Vec<_> = now.split_inclusive("\n\n").map(title).collect();
        let others = expected.split_inclusive("\n\n").filter(|report| !here.contains(&title(report)));
        std::fs::write(&path, format!("{now}{}", others.collect::<String>())).expect("written");
        return;
    }
    // A server reports the cases that it knows.
    let expected: Vec<&str> = expected.split_inclusive("\n\n").collect();
    for report in now.split_inclusive("\n\n") {
        assert!(expected.contains(&report), "not as expected:\n{report}");
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/drift").join(name)
}

fn database_role(database: &TestDatabase) -> String {
    format!("{}_reader", database.url.database())
}

/// A database with one of everything, and a role of its own.
pub(crate) struct Zoo {
    pub(crate) db: Connection,
    role: String,
}

impl Zoo {
    pub(crate) async fn make(database: &TestDatabase) -> Self {
        let role = database_role(database);
        let mut zoo = Self { db: database.connect().await, role };
        let sql = format!("SET client_min_messages = error; CREATE ROLE {}; {ZOO}", zoo.role);
        zoo.run(&sql.replace("{role}", &zoo.role)).await;
        zoo
    }

    async fn run(&mut self, sql: &str) {
        if let Err(error) = self.db.script(&Statement::script(sql)).await {
            panic!("{error}\n{sql}");
        }
    }

    async fn read(&mut self) -> Catalog {
        read_whole(&mut self.db, &extent()).await.expect("readable")
    }

    /// Runs SQL in the open transaction, and compares with what should come of it.
    async fn try_out(&mut self, sql: &str, expected: &Catalog) -> Result<(), String> {
        self.db.script(&"RESET ALL".into()).await.expect("settings of the session");
        self.db.script(&Statement::script(sql)).await.map_err(|error| error.to_string())?;
        let catalog = read_whole_here(&mut self.db, &extent()).await.expect("readable");
        let comparison = compare(expected, &catalog, Source::SameDatabase);
        if comparison.is_empty() { Ok(()) } else { Err(named(&comparison)) }
    }

    /// Also gives up what the role owns in another database.
    async fn drop_in(self, other: &DatabaseUrl) {
        let mut db = Connection::open(other).await.expect("the other database");
        let sql = format!("DROP OWNED BY {}", self.role);
        db.script(&Statement::script(&sql)).await.expect("nothing is the role's");
        db.close().await;
        self.drop().await;
    }

    pub(crate) async fn drop(mut self) {
        self.run(&format!("DROP OWNED BY {0}; DROP ROLE {0}", self.role)).await;
    }
}

/// Copies a database by `pg_dump` and `psql`; what they say, if they say something.
fn dump_and_restore(from: &str, to: &str) -> String {
    use std::process::{Command, Stdio};
    let mut dump =
        Command::new("pg_dump").arg(from).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("pg_dump");
    let text = dump.stdout.take().expect("its output");
    let psql =
        Command::new("psql").args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", to]).stdin(text).output().expect("psql");
    let dumped = dump.wait().expect("pg_dump");
    assert!(dumped.success());
    // Shells of types are announced.
    let said = String::from_utf8_lossy(&psql.stderr).into_owned();
    if psql.status.success() { String::new() } else { said }
}
