//! Databases, roles and sessions that are not as one expects them: reading works all the same.

use evt::db::{Connection, DatabaseUrl};
use evt::dbschema::DbSchema;
use evt::introspect::{IntrospectError, Scope, introspect};
use evt::maintenance::stats::{StatsScope, stats};
use evt::migrations::history::History;
use evt::sql::quote::Ident;
use libtest_mimic::Trial;

use crate::server::{TestDatabase, live, run};

pub(crate) fn tests() -> Vec<Trial> {
    vec![
        live("odd: session settings of the database", settings),
        live("odd: a backslash where strings are not standard", backslashes),
        live("odd: objects that shadow those of the server", shadows),
        live("odd: search paths", search_paths),
        live("odd: a role without any right", no_rights),
        live("odd: names", names),
        live("odd: encodings", encodings),
        live("odd: 1600 columns, dropped ones, temporary tables, a broken index", tables),
        live("odd: somebody changes the database meanwhile", meanwhile),
    ]
}

async fn read(db: &mut Connection) -> DbSchema {
    let scope = Scope { namespaces: vec!["public".to_owned()], default_namespace: "public".to_owned() };
    let schema = introspect(db, &scope).await.expect("a readable database");
    stats(db, StatsScope::default()).await.expect("readable statistics");
    schema
}

/// Tables whose defaults and conditions print differently under different settings.
const RICH: &str = r#"
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE TABLE "Rich" (
        id serial PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT '2020-02-01 12:00:00+00',
        day date DEFAULT '2020-02-01',
        span interval DEFAULT '1 day 02:03:04',
        bytes bytea DEFAULT '\x00ff41',
        price money DEFAULT 12.5,
        ratio float8 DEFAULT 0.1,
        path text DEFAULT E'a\\b''c',
        mood mood DEFAULT 'ok',
        tags text[] DEFAULT ARRAY['a', 'b,"c'],
        at2 timestamp DEFAULT now(),
        CHECK (day > '2020-01-31')
    );
    CREATE INDEX partial ON "Rich" (day) WHERE day > '2020-02-03' AND path <> E'\\';
    CREATE VIEW seen AS SELECT id, '1 day'::interval AS span FROM "Rich" WHERE mood = 'ok';
"#;

/// Settings belong to a role or to a database; what is read is the same under all of them.
async fn settings(database: TestDatabase) {
    let mut db = database.with(RICH).await;
    let expected = read(&mut db).await;
    let name = Ident(database.url.database()).to_string();
    let settings = [
        "DateStyle = 'SQL, DMY'",
        "IntervalStyle = 'sql_standard'",
        "TimeZone = 'Asia/Tokyo'",
        "bytea_output = 'escape'",
        "quote_all_identifiers = on",
        "standard_conforming_strings = off",
        "escape_string_warning = off",
        "extra_float_digits = -15",
        "row_security = off",
        "statement_timeout = '5min'",
        "default_transaction_read_only = on",
        "default_transaction_isolation = 'serializable'",
        "default_transaction_deferrable = on",
        "client_encoding = 'LATIN1'",
        "array_nulls = off",
        "transform_null_equals = on",
        "search_path = ''",
        "lock_timeout = 1000",
        "enable_hashjoin = off",
        "enable_mergejoin = off",
    ];
    for setting in settings {
        run(&mut db, &format!("ALTER DATABASE {name} SET {setting}")).await;
    }
    let mut odd = database.connect().await;
    let seen = read(&mut odd).await;
    assert_eq!(seen, expected);
}

/// What evt itself writes survives `standard_conforming_strings = off`.
async fn backslashes(database: TestDatabase) {
    let mut db = database.connect().await;
    let name = Ident(database.url.database()).to_string();
    run(&mut db, &format!("ALTER DATABASE {name} SET standard_conforming_strings = off")).await;
    run(&mut db, &format!("ALTER DATABASE {name} SET backslash_quote = on")).await;
    let url = database.url.with_namespace(r"back\'slash");
    let mut db = Connection::open(&url).await.expect("a connection");
    db.ensure_namespace().await.expect("a namespace");
    let history = History::read(&mut db, r"back\'slash").await.expect("a history");
    assert!(!history.exists());
    let rows = db.rows(&r"SELECT 1 AS one FROM pg_namespace WHERE nspname = E'back\\''slash'".into()).await;
    assert_eq!(rows.expect("a question").len(), 1);
    // Tables beside it are found whatever the name of the namespace.
    let tables = evt::migrations::apply_pending(
        &mut db,
        &evt::migrations::Directory::read(&std::env::temp_dir().join("evt-no-such-folder")).expect("an empty folder"),
        &evt::migrations::ApplyOptions {
            namespaces: vec![r"x\' OR true --".to_owned()],
            lock_timeout_ms: None,
            transactions: evt::migrations::Transactions::Honest,
            external_tables: Vec::new(),
        },
        &mut async |_| (),
    )
    .await;
    assert_eq!(tables.expect("nothing to do"), Vec::<String>::new());
}

/// Tables, functions and operators named as the server's own, in front of them in the search path.
async fn shadows(database: TestDatabase) {
    let mut db = database.with(RICH).await;
    run(
        &mut db,
        "CREATE FUNCTION public.never(oid, oid) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT false';
         CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = public.never);
         CREATE FUNCTION public.quote_ident(text) RETURNS text LANGUAGE sql AS 'SELECT ''x''::text';
         CREATE FUNCTION public.set_config(text, text, bool) RETURNS text LANGUAGE sql AS 'SELECT ''x''::text';
         CREATE FUNCTION public.count(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
         CREATE FUNCTION public.pg_get_expr(pg_node_tree, oid) RETURNS text LANGUAGE sql AS 'SELECT ''x''::text';
         CREATE DOMAIN public.regclass AS text;
         CREATE DOMAIN public.text AS int",
    )
    .await;
    let expected = read(&mut db).await;
    assert_eq!(expected.tables.len(), 1);
    let name = Ident(database.url.database()).to_string();
    run(&mut db, &format!("CREATE TABLE public.pg_class (id int); CREATE TABLE public.pg_namespace (id int); ALTER DATABASE {name} SET search_path = public, pg_catalog")).await;
    let mut odd = database.connect().await;
    let mut seen = read(&mut odd).await;
    assert_eq!(seen.tables.len(), 3);
    seen.tables.retain(|table| table.name.name == "Rich");
    assert_eq!(seen, expected);
}

async fn search_paths(database: TestDatabase) {
    let mut db = database.with(RICH).await;
    let expected = read(&mut db).await;
    let name = Ident(database.url.database()).to_string();
    for path in ["''", "\"$user\"", "nowhere", "pg_temp, public", "\"$user\", public, nowhere"] {
        run(&mut db, &format!("ALTER DATABASE {name} SET search_path = {path}")).await;
        assert_eq!(read(&mut database.connect().await).await, expected, "{path}");
    }
}

/// The catalog is open to everybody: a role that may not use the namespace nor read a table sees what an owner sees.
async fn no_rights(database: TestDatabase) {
    let mut db = database.with(RICH).await;
    let expected = read(&mut db).await;
    let role = database.url.database().to_owned();
    run(&mut db, &format!("REVOKE ALL ON SCHEMA public FROM PUBLIC; REVOKE ALL ON \"Rich\" FROM PUBLIC; CREATE ROLE {role}; SET ROLE {role}")).await;
    let scope = Scope { namespaces: vec!["public".to_owned()], default_namespace: "public".to_owned() };
    let seen = introspect(&mut db, &scope).await;
    let statistics = stats(&mut db, StatsScope::default()).await;
    run(&mut db, &format!("RESET ROLE; DROP ROLE {role}")).await;
    let mut seen = seen.expect("a readable database");
    // Without the right USAGE the server does not look into the namespace, and names in expressions come out qualified.
    assert!(seen.views[0].definition.contains("public.\"Rich\""));
    seen.views.clone_from(&expected.views);
    assert_eq!(seen, expected);
    assert_eq!(statistics.expect("readable statistics").tables.len(), 1);
}

async fn names(database: TestDatabase) {
    let long = "a".repeat(63);
    let wide = "ü".repeat(31);
    let mut db = database.connect().await;
    let names = [
        "größe",
        "日本",
        "with \"quotes\"",
        "it's",
        "new\nline",
        "tab\there",
        "\u{1f600}",
        "a.b",
        " ",
        "back\\slash",
        "%s",
        &long,
        &wide,
    ];
    for name in names {
        let column = Ident(name);
        run(
            &mut db,
            &format!(
                "CREATE TABLE {column} ({column} int PRIMARY KEY, other text DEFAULT 'x', r int REFERENCES {column})"
            ),
        )
        .await;
    }
    let seen = read(&mut db).await;
    for name in names {
        let table = seen.tables.iter().find(|table| table.name.name == name).unwrap_or_else(|| panic!("no {name:?}"));
        assert_eq!(table.columns[0].name, name);
        assert_eq!(table.foreign_keys[0].referenced_table.name, name, "{name:?}");
    }
    assert_eq!(seen.tables.len(), names.len());
}

/// Databases in other encodings; in one without any, names may be no text at all, which is said.
async fn encodings(database: TestDatabase) {
    let mut db = database.connect().await;
    for (encoding, name, expected) in
        [("LATIN1", "größe", true), ("SQL_ASCII", "größe", true), ("SQL_ASCII", "\\xe9", false)]
    {
        let url = beside(&database, &mut db, encoding).await;
        let mut other = Connection::open(&url).await.expect("the other database");
        if expected {
            run(&mut other, &format!("CREATE TABLE \"{name}\" (\"{name}\" int DEFAULT 1)")).await;
        } else {
            run(&mut other, "SET client_encoding = 'SQL_ASCII'; DO $$ BEGIN EXECUTE 'CREATE TABLE ' || quote_ident(convert_from('\\xe9', 'SQL_ASCII')) || ' (a int)'; END $$; RESET client_encoding").await;
        }
        let scope = Scope { namespaces: vec!["public".to_owned()], default_namespace: "public".to_owned() };
        let seen = introspect(&mut other, &scope).await;
        match (expected, seen) {
            (true, Ok(seen)) => {
                assert_eq!((seen.tables[0].name.name.as_str(), seen.tables[0].columns[0].name.as_str()), (name, name));
            }
            (false, Err(error)) => {
                let text = format!("{error} {:?}", std::error::Error::source(&error).map(ToString::to_string));
                assert!(text.contains("0xe9"), "{text}");
                let hint = evt::error::Error::from(error).hint().unwrap_or_default();
                assert!(hint.contains("rename"), "{hint}");
            }
            (_, seen) => panic!("{encoding}: {seen:?}"),
        }
        other.close().await;
    }
}

/// A database beside the test's own that is dropped together with it.
async fn beside(database: &TestDatabase, db: &mut Connection, encoding: &str) -> DatabaseUrl {
    let name = format!("{}_new", database.url.database());
    run(db, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    run(db, &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"))
        .await;
    database.url.with_database(&name)
}

async fn tables(database: TestDatabase) {
    let columns: Vec<String> = (1..=1600).map(|number| format!("c{number} int")).collect();
    let mut db = database.with(&format!("CREATE TABLE wide ({})", columns.join(", "))).await;
    run(
        &mut db,
        "CREATE TABLE dropped (a int, b int, c int, d int);
         ALTER TABLE dropped DROP COLUMN a, ADD PRIMARY KEY (d), ADD FOREIGN KEY (b) REFERENCES dropped (d), ADD UNIQUE (c, b);
         ALTER TABLE dropped DROP COLUMN c;
         ALTER TABLE dropped ADD COLUMN e text;
         CREATE TEMP TABLE passing (id int); CREATE TEMP TABLE wide (id int);
         CREATE INDEX broken ON dropped (e);
         UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass",
    )
    .await;
    let seen = read(&mut db).await;
    let names: Vec<(&str, usize)> =
        seen.tables.iter().map(|table| (table.name.name.as_str(), table.columns.len())).collect();
    assert_eq!(names, [("dropped", 3), ("wide", 1600)]);
    let dropped = &seen.tables[0];
    assert_eq!(dropped.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["b", "d", "e"]);
    assert_eq!(dropped.foreign_keys[0].columns, ["b"]);
    assert_eq!(dropped.foreign_keys[0].referenced_columns, ["d"]);
}

/// Tables, columns and views come and go while they are read. What is read is some moment; nothing breaks.
async fn meanwhile(database: TestDatabase) {
    let mut db = database.with("CREATE TABLE stays (id int PRIMARY KEY, a text DEFAULT 'x')").await;
    let mut other = database.connect().await;
    let scope = Scope { namespaces: vec!["public".to_owned()], default_namespace: "public".to_owned() };
    let changes = async {
        for number in 0..60 {
            run(
                &mut other,
                &format!(
                    "CREATE TABLE t{number} (id serial PRIMARY KEY, e text DEFAULT 'x' || 'y'); CREATE VIEW v{number} AS SELECT * FROM t{number};"
                ),
            )
            .await;
            run(&mut other, &format!("CREATE INDEX ON t{number} ((id + 1)); ALTER TABLE stays ADD c{number} int DEFAULT 1; ALTER TABLE stays DROP c{number}")).await;
            run(&mut other, &format!("DROP VIEW v{number}; DROP TABLE t{number}")).await;
        }
    };
    let reads = async {
        let mut done = 0;
        loop {
            match introspect(&mut db, &scope).await {
                Ok(seen) => assert!(seen.tables.iter().any(|table| table.name.name == "stays")),
                Err(IntrospectError::Changed { .. }) => {}
                Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error).map(ToString::to_string)),
            }
            stats(&mut db, StatsScope::default()).await.expect("statistics");
            done += 1;
            if done > 1000 {
                break;
            }
        }
    };
    // Reads go on until the changes are made.
    tokio::select! { () = changes => {}, () = reads => {} }
}
