//! The generator `evt-rust`: what it makes compiles here, and reads and writes rows.
//!
//! The modules in `tests/fixtures/rust` are made of the schemas beside them and of the example; `UPDATE=1` makes them anew.

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use evt::dbschema::DbSchema;
use evt::diff::diff;
use evt::generate::rust::{DateTimes, Options, module};
use evt::lower::lower;
use evt::psl::PslSchema;
use evt::sql::{Naming, render};
use libtest_mimic::{Failed, Trial};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Row};

use crate::example::{example, valid};
use crate::is_updating;
use crate::server::{TestDatabase, live};

mod example_rows {
    include!("../fixtures/rust/example.rs");
}
mod every_type_time {
    include!("../fixtures/rust/every_type_time.rs");
}
mod every_type_chrono {
    include!("../fixtures/rust/every_type_chrono.rs");
}
mod every_type_jiff {
    // evt itself uses a later version than tokio-postgres knows.
    use jiff_0_2 as jiff;

    include!("../fixtures/rust/every_type_jiff.rs");
}

pub(crate) fn tests() -> Vec<Trial> {
    let mut tests: Vec<Trial> = modules()
        .into_iter()
        .map(|made| Trial::test(format!("rust types: {} is up to date", made.name), move || is_up_to_date(&made)))
        .collect();
    let formatted = Trial::test("rust types: rustfmt changes nothing", rustfmt_changes_nothing);
    tests.push(formatted.with_ignored_flag(Command::new("rustfmt").arg("--version").output().is_err()));
    tests.push(Trial::test("rust types: the README shows what is compiled", readme_shows_what_is_compiled));
    tests.push(live("rust types: rows of the example", example_is_read_and_written));
    tests.push(live("rust types: every type, with time", every_type_with_time));
    tests.push(live("rust types: every type, with chrono", every_type_with_chrono));
    tests.push(live("rust types: every type, with jiff", every_type_with_jiff));
    tests
}

/// A generated module.
struct Made {
    name: String,
    text: String,
}

fn modules() -> Vec<Made> {
    let one = |name: &str, schema: &PslSchema, datetime| Made {
        name: format!("{name}.rs"),
        text: module(schema, &Options { datetime, ..Options::default() }),
    };
    let every_type = every_type();
    let mut modules = vec![one("example", &valid(&example()), DateTimes::Time)];
    modules
        .extend(DateTimes::ALL.map(|datetime| one(&format!("every_type_{}", datetime.name()), &every_type, datetime)));
    modules
}

fn every_type() -> PslSchema {
    valid(&std::fs::read_to_string(folder().join("every_type.prisma")).expect("a fixture"))
}

fn is_up_to_date(made: &Made) -> Result<(), Failed> {
    let path = folder().join(&made.name);
    if is_updating() {
        return Ok(std::fs::write(path, &made.text)?);
    }
    let text = std::fs::read_to_string(path)?;
    let difference = || similar::TextDiff::from_lines(&text, &made.text).unified_diff().to_string();
    if text == made.text { Ok(()) } else { Err(difference().into()) }
}

/// In rustfmt's own style, not in that of this project.
fn rustfmt_changes_nothing() -> Result<(), Failed> {
    let empty = tempfile::tempdir()?;
    std::fs::write(empty.path().join("rustfmt.toml"), "")?;
    let mut texts = modules();
    for sample in ["extensions", "film_rental", "music_shop"] {
        let text = std::fs::read_to_string(folder().join(format!("../samples/{sample}.prisma")))?;
        texts.push(Made { name: sample.to_owned(), text: module(&valid(&text), &Options::default()) });
        let options = Options { serde: false, ..Options::default() };
        texts.push(Made { name: format!("{sample} without serde"), text: module(&valid(&text), &options) });
    }
    let mut wrong = String::new();
    for Made { name, text } in texts {
        let file = empty.path().join("module.rs");
        std::fs::write(&file, text)?;
        let mut rustfmt = Command::new("rustfmt");
        rustfmt
            .args(["--check", "--edition", "2024", "--color", "never", "--config-path"])
            .arg(empty.path())
            .arg(&file);
        let output = rustfmt.stdin(Stdio::null()).output()?;
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            wrong.extend([name.as_str(), ": ", &*String::from_utf8_lossy(&said)]);
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.into()) }
}

/// A struct of a generated module.
trait Stored: TryFrom<Row, Error = tokio_postgres::Error> + Serialize + DeserializeOwned + PartialEq + Debug {
    const TABLE: &'static str;
    const SELECT: &'static str;
    const INSERT: &'static str;
    fn values(&self) -> Vec<&(dyn ToSql + Sync)>;
}

macro_rules! stored {
    ($module:ident: $($name:ident)*) => {
        $(impl Stored for $module::$name {
            const TABLE: &'static str = Self::TABLE;
            const SELECT: &'static str = Self::SELECT;
            const INSERT: &'static str = Self::INSERT;
            fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
                self.params().into()
            }
        })*
    };
}

stored!(example_rows: User Session App Room Participant Prize Winner);

/// What is to hold with each of the crates for dates and times.
macro_rules! every_type_with {
    ($test:ident, $module:ident) => {
        stored!($module: Numbers Texts Times RStruct Option Vec Ticket
            Anameaslongasitcanbeinpostgresqlwhichissixtythreebytesaltogethe);

        async fn $test(database: TestDatabase) {
            use $module::*;

            let client = prepared(&database, &every_type()).await;
            let rows = std::fs::read_to_string(folder().join("every_type.sql")).expect("a fixture");
            client.batch_execute(&rows).await.unwrap_or_else(|error| panic!("every_type.sql: {error:?}"));
            // Rows are written in any order.
            client.batch_execute("SET session_replication_role = replica").await.expect("a setting");
            let numbers = stays_the_same::<Numbers>(&client).await;
            let texts = stays_the_same::<Texts>(&client).await;
            let times = stays_the_same::<Times>(&client).await;
            let structs = stays_the_same::<RStruct>(&client).await;
            stays_the_same::<$module::Option>(&client).await;
            stays_the_same::<$module::Vec>(&client).await;
            stays_the_same::<Ticket>(&client).await;
            stays_the_same::<Anameaslongasitcanbeinpostgresqlwhichissixtythreebytesaltogethe>(&client).await;

            // Types that the module brings.
            assert_eq!(numbers[0].price, Money2(1234));
            assert_eq!(numbers[1].price, Money2(i64::MIN));
            assert_eq!(texts[0].xml, Xml("<a b=\"1\">ü</a>".to_owned()));
            let west: std::vec::Vec<i32> = times.iter().map(|times| times.time_there.offset_s).collect();
            assert_eq!(west, [5 * 3600 + 1800, -(15 * 3600 + 59 * 60 + 59)]);
            assert_eq!(structs[0].state, Some(OrderState::Sent));
            assert_eq!((structs[0].self_, structs[0].self_2, structs[0].self_3, structs[0].crate_), (2, 3, 4, 5));

            // An update puts back what something else changed, and nothing more.
            let before = content::<Numbers>(&client).await;
            client.batch_execute("UPDATE \"Numbers\" SET small = 5, prices = '{}' WHERE id = 1").await.expect("SQL");
            assert_ne!(content::<Numbers>(&client).await, before);
            assert_eq!(client.execute(Numbers::UPDATE, &numbers[0].params()).await.expect("an update"), 1);
            assert_eq!(content::<Numbers>(&client).await, before);

            // The database makes what it can make.
            let made = Numbers::try_from(client.query_one(Numbers::INSERT_NEW, &numbers[0].new_params()).await.expect("a row"));
            let made = made.expect("a row of numbers");
            assert_eq!(Numbers { id: 1, ..made }, numbers[0]);
            let made = client.query_one(Texts::INSERT_NEW, &texts[0].new_params()).await.expect("a row");
            assert_ne!(Texts::try_from(made).expect("a row of texts").id, texts[0].id);
            let tickets = Ticket { id: 0 };
            let made = client.query_one(Ticket::INSERT_NEW, &tickets.new_params()).await.expect("a row");
            assert_eq!(Ticket::try_from(&made).expect("a ticket").id, 1);

            // NULL is no list.
            client.batch_execute("UPDATE \"Option\" SET strings = NULL").await.expect("SQL");
            let options = read::<$module::Option>(&client).await;
            assert!(options[0].strings.is_empty());

            let open = client.query(OpenOrder::SELECT, &[]).await.expect("a view");
            assert_eq!(open.len(), 1);
            assert_eq!(OpenOrder::try_from(&open[0]).expect("an order").state, Some(OrderState::Sent));

            // A value of an enum in a condition, alone and in a list.
            let sql = format!("{} WHERE async = $1 AND levels = $2", RStruct::SELECT);
            let found = client.query(&sql, &[&Level::Low, &vec![Level::Low, Level::High]]).await.expect("rows");
            assert_eq!(found.len(), 1);
            let labels: std::vec::Vec<_> = OrderState::ALL.iter().map(|state| state.as_str()).collect();
            assert_eq!(labels, ["NEW", "in work", "it's \"sent\" – größe", "self"]);
        }
    };
}

every_type_with!(every_type_with_time, every_type_time);
every_type_with!(every_type_with_chrono, every_type_chrono);
every_type_with!(every_type_with_jiff, every_type_jiff);

/// A connection to a database with the tables of a schema.
async fn prepared(database: &TestDatabase, schema: &PslSchema) -> Client {
    let to = lower(schema, "public");
    let from = DbSchema { namespaces: vec!["public".to_owned()], ..DbSchema::empty("public") };
    let sql = render(&diff(&from, &to), Naming::for_target(&to)).to_string();
    let config = database.url.config().expect("a server that can be reached");
    let (client, connection) = config.connect(NoTls).await.expect("the test's own database");
    tokio::spawn(connection);
    client.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    client
}

async fn read<T: Stored>(client: &Client) -> Vec<T> {
    let rows = client.query(T::SELECT, &[]).await.unwrap_or_else(|error| panic!("{}: {error:?}", T::SELECT));
    rows.into_iter().map(|row| T::try_from(row).unwrap_or_else(|error| panic!("{}: {error:?}", T::TABLE))).collect()
}

/// All that is in a table, as the server prints it.
async fn content<T: Stored>(client: &Client) -> String {
    let sql = format!("SELECT string_agg(t::text, E'\\n' ORDER BY t::text) FROM {} AS t", T::TABLE);
    client.query_one(&sql, &[]).await.expect("a table").get(0)
}

/// Reads all rows of a table, writes them again into the empty table, and compares what the server says; passes them
/// through JSON.
async fn stays_the_same<T: Stored>(client: &Client) -> Vec<T> {
    let before = content::<T>(client).await;
    let rows = read::<T>(client).await;
    assert!(!rows.is_empty(), "{} is empty", T::TABLE);
    client.batch_execute(&format!("DELETE FROM {}", T::TABLE)).await.expect("an empty table");
    for row in &rows {
        let written = client.execute(T::INSERT, &row.values()).await;
        assert_eq!(written.unwrap_or_else(|error| panic!("{}: {error:?}", T::TABLE)), 1);
        let json = serde_json::to_string(row).expect("JSON");
        // JSON knows neither infinity nor the difference between NULL and a `null` in an optional column.
        if !json.contains("\"double\":null") {
            let again: T = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
            assert_eq!(serde_json::to_string(&again).expect("JSON"), json);
        }
    }
    assert_eq!(content::<T>(client).await, before, "{}", T::TABLE);
    assert_eq!(read::<T>(client).await, rows);
    rows
}

/// The program of the README.
async fn as_in_the_readme(
    client: &Client,
    room: example_rows::Room,
) -> Result<(example_rows::Room, Vec<example_rows::Room>), tokio_postgres::Error> {
    use example_rows::{Room, RoomStatus};

    let room = Room::try_from(client.query_one(Room::INSERT_NEW, &room.new_params()).await?)?;
    let active = format!("{} WHERE status = $1", Room::SELECT);
    let rows = client.query(&active, &[&RoomStatus::Active]).await?;
    let rooms = rows.iter().map(Room::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok((room, rooms))
}

fn readme_shows_what_is_compiled() -> Result<(), Failed> {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"))?;
    let (_, program) = readme.split_once("```rust\nlet room").ok_or("no program that begins with `let room`")?;
    let (program, _) = program.split_once("```").ok_or("no end")?;
    let here = include_str!("rust_types.rs").replace("\n    ", "\n");
    let program = format!("let room{program}");
    if here.contains(&program) { Ok(()) } else { Err(format!("not in this file:\n{program}").into()) }
}

/// A row of each table, made in Rust.
async fn example_is_read_and_written(database: TestDatabase) {
    use example_rows::{App, Participant, ParticipantRole, Prize, Room, RoomStatus, Session, User, Winner};

    let client = prepared(&database, &valid(&example())).await;
    let then = time::Date::from_calendar_date(2024, time::Month::February, 29).expect("a date");
    let then = then.with_hms_milli(12, 34, 56, 789).expect("a time");
    let text = |text: &str| text.to_owned();
    let user = User {
        id: text("u1"),
        email: text("ada@example.org"),
        email_verified: None,
        name: Some(text("Ada")),
        avatar_url: None,
        provider: text("google"),
        provider_id: text("1"),
        last_login_at: Some(then),
        created_at: then,
        updated_at: then,
        deleted_at: None,
    };
    let app = App {
        id: text("a1"),
        app_id: text("quiz"),
        name: text("Quiz"),
        description: None,
        version: text("1.0"),
        manifest: serde_json::json!({ "rounds": 3, "ü": null }),
        is_active: true,
        created_at: then,
        updated_at: then,
        deleted_at: None,
    };
    let room = Room {
        id: text("r1"),
        app_id: app.id.clone(),
        name: text("Friday"),
        description: None,
        status: RoomStatus::Active,
        is_public: false,
        max_participants: Some(12),
        app_settings: serde_json::json!([]),
        starts_at: Some(then),
        ends_at: None,
        created_at: then,
        updated_at: then,
        deleted_at: None,
    };
    let participant = Participant {
        id: text("p1"),
        user_id: user.id.clone(),
        room_id: room.id.clone(),
        role: ParticipantRole::Moderator,
        metadata: None,
        joined_at: then,
        created_at: then,
        updated_at: then,
        deleted_at: None,
    };
    for (sql, values) in [
        (User::INSERT, user.values()),
        (App::INSERT, app.values()),
        (Room::INSERT, room.values()),
        (Participant::INSERT, participant.values()),
    ] {
        assert_eq!(client.execute(sql, &values).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")), 1);
    }
    assert_eq!(read::<User>(&client).await, std::slice::from_ref(&user));
    assert_eq!(read::<App>(&client).await, [app]);
    assert_eq!(read::<Participant>(&client).await, std::slice::from_ref(&participant));
    let sql = format!("{} WHERE status = $1", Room::SELECT);
    for (status, expected) in [(RoomStatus::Active, &[room.clone()][..]), (RoomStatus::Draft, &[])] {
        let rows = client.query(&sql, &[&status]).await.expect("rooms");
        let rooms: Vec<Room> = rows.into_iter().map(|row| row.try_into().expect("a room")).collect();
        assert_eq!(rooms, expected);
    }

    let second = Room { id: text("r2"), ..room.clone() };
    let (second, rooms) = as_in_the_readme(&client, second).await.expect("rooms");
    assert!(second.created_at > then);
    assert_eq!(rooms, [room.clone(), second]);

    // What the database makes is not what was in the struct.
    let prize = Prize {
        id: text("z1"),
        room_id: room.id.clone(),
        name: text("Cup"),
        description: None,
        quantity: 2,
        metadata: Some(serde_json::json!("gold")),
        created_at: then,
        updated_at: then,
        deleted_at: None,
    };
    let made = client.query_one(Prize::INSERT_NEW, &prize.new_params()).await.expect("a prize");
    let made = Prize::try_from(&made).expect("a prize");
    assert!(made.created_at > then);
    assert_eq!(Prize { created_at: then, ..made }, prize);
    let changed = Prize { quantity: 1, metadata: None, ..prize };
    assert_eq!(client.execute(Prize::UPDATE, &changed.params()).await.expect("an update"), 1);
    assert_eq!(read::<Prize>(&client).await, [changed]);

    let winner = Winner {
        id: text("w1"),
        room_id: room.id,
        participant_id: participant.id,
        prize_id: text("z1"),
        metadata: None,
        won_at: then,
        created_at: then,
        updated_at: then,
        deleted_at: None,
    };
    let session = Session {
        id: text("s1"),
        user_id: user.id,
        token: text("t"),
        user_agent: None,
        ip_address: None,
        expires_at: then,
        created_at: then,
        updated_at: then,
    };
    client.execute(Winner::INSERT, &winner.params()).await.expect("a winner");
    client.execute(Session::INSERT, &session.params()).await.expect("a session");
    stays_the_same::<Winner>(&client).await;
    stays_the_same::<Session>(&client).await;
    let json = serde_json::to_value(&winner).expect("JSON");
    assert_eq!((&json["participantId"], &json["metadata"]), (&"p1".into(), &serde_json::Value::Null));
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rust")
}
