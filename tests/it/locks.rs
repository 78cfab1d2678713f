//! The table of locks against servers: each statement runs in a transaction, and another session looks at its locks.

use evt::db::Connection;
use evt::sql::locks::{LockMode, MODES, Target, Work, effects};
use evt::sql::quote::Statement;
use libtest_mimic::Trial;

use crate::server::live;

const SETUP: &str =
    "CREATE TABLE a (id int PRIMARY KEY, n int, t text DEFAULT 'x', CONSTRAINT positive CHECK (n > 0) NOT VALID);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a, plain int);
CREATE TABLE c (id int, n int NOT NULL, v varchar(10));
CREATE UNIQUE INDEX c_key ON c (n);
CREATE INDEX c_id ON c (id);
CREATE TABLE p (id int, at int) PARTITION BY RANGE (at);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE p2 (id int, at int);
CREATE VIEW v AS SELECT id FROM a;
CREATE MATERIALIZED VIEW m AS SELECT id FROM a;
CREATE UNIQUE INDEX m_id ON m (id);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE INSERT ON c FOR EACH ROW EXECUTE FUNCTION f();
CREATE RULE ru AS ON DELETE TO c DO INSTEAD NOTHING;
CREATE POLICY po ON c USING (true);
CREATE SEQUENCE s;
CREATE TYPE mood AS ENUM ('sad');
CREATE SCHEMA other;
ALTER TABLE a ADD CONSTRAINT self FOREIGN KEY (n) REFERENCES a NOT VALID;
INSERT INTO a SELECT n, n FROM generate_series(1, 10) AS n;";

/// Statements that can run in a transaction on what `SETUP` makes.
const STATEMENTS: &[&str] = &[
    "CREATE TABLE x (id int)",
    "CREATE TABLE x (id int PRIMARY KEY REFERENCES a, b int REFERENCES \"b\" (id), c int REFERENCES x (id))",
    "CREATE TABLE x (y int) INHERITS (a)",
    "CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (10) TO (20)",
    "CREATE TABLE x AS SELECT 1 AS id",
    "ALTER TABLE a ADD COLUMN x int",
    "ALTER TABLE a ADD x int DEFAULT 1, ADD COLUMN IF NOT EXISTS y text NOT NULL DEFAULT 'y'",
    "ALTER TABLE a ADD COLUMN x timestamptz DEFAULT now()",
    "ALTER TABLE a ADD COLUMN x timestamptz DEFAULT CURRENT_TIMESTAMP",
    "ALTER TABLE a ADD COLUMN x double precision DEFAULT random()",
    "ALTER TABLE a ADD COLUMN x serial",
    "ALTER TABLE a ADD COLUMN x int GENERATED ALWAYS AS IDENTITY",
    "ALTER TABLE a ADD COLUMN x int GENERATED ALWAYS AS (id + 1) STORED",
    "ALTER TABLE a ADD COLUMN x int UNIQUE",
    "ALTER TABLE c ADD COLUMN x int REFERENCES a",
    "ALTER TABLE a DROP COLUMN t",
    "ALTER TABLE a ALTER COLUMN n TYPE bigint",
    "ALTER TABLE c ALTER v SET DATA TYPE varchar(20)",
    "ALTER TABLE c ALTER v TYPE text USING v::text",
    "ALTER TABLE a ALTER COLUMN t SET DEFAULT 'y'",
    "ALTER TABLE a ALTER COLUMN t DROP DEFAULT",
    "ALTER TABLE a ALTER COLUMN n SET NOT NULL",
    "ALTER TABLE c ALTER COLUMN n DROP NOT NULL",
    "ALTER TABLE a ALTER COLUMN n SET STATISTICS 100",
    "ALTER TABLE a ALTER COLUMN n SET (n_distinct = 5)",
    "ALTER TABLE a ALTER COLUMN n RESET (n_distinct)",
    "ALTER TABLE a ALTER COLUMN t SET STORAGE EXTERNAL",
    "ALTER TABLE a ALTER COLUMN t SET COMPRESSION pglz",
    "ALTER TABLE a ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY",
    "ALTER TABLE c ADD CONSTRAINT x FOREIGN KEY (id) REFERENCES a (id)",
    "ALTER TABLE c ADD FOREIGN KEY (id) REFERENCES a NOT VALID",
    "ALTER TABLE a ADD CONSTRAINT x CHECK (id > 0)",
    "ALTER TABLE a ADD CONSTRAINT x CHECK (id > 0) NOT VALID",
    "ALTER TABLE a ADD UNIQUE (n)",
    "ALTER TABLE c ADD CONSTRAINT x UNIQUE USING INDEX c_key",
    "ALTER TABLE c ADD PRIMARY KEY (n)",
    "ALTER TABLE c ADD CONSTRAINT x PRIMARY KEY USING INDEX c_key",
    "ALTER TABLE c ADD CONSTRAINT x EXCLUDE USING btree (id WITH =)",
    "ALTER TABLE a VALIDATE CONSTRAINT positive",
    "ALTER TABLE a DROP CONSTRAINT positive",
    "ALTER TABLE a RENAME COLUMN n TO nn",
    "ALTER TABLE a RENAME TO aa",
    "ALTER TABLE a RENAME CONSTRAINT positive TO negative",
    "ALTER TABLE a SET SCHEMA other",
    "ALTER TABLE a OWNER TO CURRENT_USER",
    "ALTER TABLE c ENABLE TRIGGER tr",
    "ALTER TABLE c DISABLE TRIGGER ALL",
    "ALTER TABLE c DISABLE RULE ru",
    "ALTER TABLE c ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE c FORCE ROW LEVEL SECURITY",
    "ALTER TABLE c CLUSTER ON c_key",
    "ALTER TABLE c SET WITHOUT CLUSTER",
    "ALTER TABLE c SET (fillfactor = 70)",
    "ALTER TABLE c RESET (fillfactor)",
    "ALTER TABLE c SET UNLOGGED",
    "ALTER TABLE p2 INHERIT x2",
    "ALTER TABLE c REPLICA IDENTITY FULL",
    "ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20)",
    "ALTER TABLE p DETACH PARTITION p1",
    "CREATE INDEX ON a (n)",
    "CREATE UNIQUE INDEX IF NOT EXISTS x ON ONLY a USING btree (n) WHERE n > 0",
    "CREATE TRIGGER x BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()",
    "CREATE POLICY x ON a USING (true)",
    "CREATE RULE x AS ON DELETE TO a DO INSTEAD NOTHING",
    "CREATE VIEW x AS SELECT 1 AS one",
    "CREATE OR REPLACE VIEW v AS SELECT id FROM a WHERE id > 1",
    "ALTER TRIGGER tr ON c RENAME TO tr2",
    "ALTER POLICY po ON c USING (false)",
    "ALTER VIEW v RENAME TO v2",
    "ALTER TYPE mood ADD VALUE 'glad'",
    "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'",
    "ALTER SEQUENCE s RESTART",
    "DROP INDEX c_id",
    "DROP TRIGGER tr ON c",
    "DROP POLICY po ON c",
    "DROP RULE ru ON c",
    "DROP TABLE c",
    "DROP TABLE IF EXISTS p2, \"c\"",
    "DROP VIEW v",
    "DROP MATERIALIZED VIEW m",
    "TRUNCATE TABLE c, p2",
    "COMMENT ON TABLE a IS 'x'",
    "COMMENT ON COLUMN public.a.n IS 'x'",
    "COMMENT ON VIEW v IS 'x'",
    "INSERT INTO a (id) VALUES (100)",
    "UPDATE a SET t = 'y'",
    "DELETE FROM p2",
    "SELECT 1",
    "LOCK TABLE a IN SHARE MODE",
    "LOCK a",
    "ANALYZE a",
    "CLUSTER c USING c_key",
    "REINDEX TABLE c",
    "REINDEX INDEX c_id",
    "REFRESH MATERIALIZED VIEW m",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY m",
    "GRANT SELECT ON a TO PUBLIC",
    "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TYPE x AS ENUM ('a')",
    "CREATE SCHEMA x",
    "CREATE SEQUENCE x",
];

/// Statements that refuse a transaction: what they ask for first shows while somebody else stands in the way.
const ALONE: &[(&str, &str)] = &[
    ("CREATE INDEX CONCURRENTLY x ON a (n)", "a"),
    ("DROP INDEX CONCURRENTLY c_id", "c"),
    ("REINDEX TABLE CONCURRENTLY c", "c"),
    ("REINDEX INDEX CONCURRENTLY c_id", "c"),
    ("VACUUM a", "a"),
    ("VACUUM (ANALYZE) a (n)", "a"),
    ("VACUUM FULL a", "a"),
    ("ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY", "p"),
];

/// How often is looked whether a statement waits.
const PATIENCE: usize = 5000;

pub(crate) fn tests() -> Vec<Trial> {
    vec![
        live("locks: statements in a transaction take what the table says", |database| async move {
            let mut db = database.with(SETUP).await;
            db.script(&"CREATE TABLE x2 (id int, at int)".into()).await.expect("one more table");
            let mut observer = database.connect().await;
            let pid = pid_of(&mut db).await;
            let mut wrong = Vec::new();
            for statement in STATEMENTS {
                let nodes = files(&mut observer).await;
                let sql = format!("BEGIN; {statement}");
                if let Err(error) = db.script(&Statement::script(&sql)).await {
                    wrong.push(format!("{statement}: {error}"));
                } else {
                    let found = held(&mut observer, &pid).await;
                    let now = files(&mut db).await;
                    wrong.extend(compare(statement, &found, &nodes, &now));
                }
                db.script(&"ROLLBACK".into()).await.expect("the end");
            }
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        }),
        live("locks: statements that refuse a transaction ask for what the table says", |database| async move {
            let mut blocker = database.with(SETUP).await;
            let mut observer = database.connect().await;
            for (statement, table) in ALONE {
                let lock = format!("BEGIN; LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE");
                blocker.script(&Statement::script(&lock)).await.expect("the lock");
                let mut db = database.connect().await;
                let pid = pid_of(&mut db).await;
                let canceller = db.canceller();
                let script = Statement::script(statement);
                let (outcome, found) = tokio::join!(db.script(&script), async {
                    let mut found = Vec::new();
                    for _ in 0..PATIENCE {
                        found = asked(&mut observer, &pid).await;
                        if !found.is_empty() {
                            break;
                        }
                    }
                    let _ = canceller.cancel().await;
                    found
                });
                assert!(outcome.is_err(), "{statement} was not in anybody's way");
                blocker.script(&"ROLLBACK".into()).await.expect("the end");
                let claimed = effects(statement);
                let modes: Vec<LockMode> = claimed.locks.iter().map(|lock| lock.mode).collect();
                assert_eq!(found.iter().map(|(_, mode)| *mode).collect::<Vec<_>>(), modes, "{statement}");
            }
        }),
        Trial::test("locks: what is not known is said to be unknown", || {
            for statement in [
                "ALTER TABLE a FROBNICATE",
                "DO $$ BEGIN END $$",
                "CALL p()",
                "EXPLAIN SELECT 1",
                "WITH x AS (SELECT 1) DELETE FROM a",
                "",
                "CREATE",
                "ALTER TABLE",
            ] {
                assert!(effects(statement).unknown.is_some(), "{statement}: {:?}", effects(statement));
            }
            Ok(())
        }),
    ]
}

async fn pid_of(db: &mut Connection) -> String {
    let rows = db.rows(&"SELECT pg_backend_pid() AS pid".into()).await.expect("an answer");
    rows[0].get("pid").unwrap_or_default().to_owned()
}

/// The files of all tables, by which a rewrite shows.
async fn files(db: &mut Connection) -> Vec<(String, String)> {
    let sql = "SELECT oid::text AS oid, relname, pg_relation_filenode(oid)::text AS file FROM pg_class \
               WHERE relkind IN ('r', 'm') AND relnamespace::regnamespace::text IN ('public', 'other') ORDER BY 1";
    let rows = db.rows(&Statement::script(sql)).await.expect("an answer");
    let text = |row: &evt::db::TextRow, column| row.get(column).unwrap_or_default().to_owned();
    rows.iter().map(|row| (text(row, "oid"), text(row, "file"))).collect()
}

/// The strongest lock on each table that others can see.
async fn held(observer: &mut Connection, pid: &str) -> Vec<(String, LockMode)> {
    locks(observer, pid, "granted").await
}

async fn asked(observer: &mut Connection, pid: &str) -> Vec<(String, LockMode)> {
    locks(observer, pid, "NOT granted").await
}

async fn locks(observer: &mut Connection, pid: &str, which: &str) -> Vec<(String, LockMode)> {
    let sql = format!(
        "SELECT c.relname AS name, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation \
         WHERE l.pid = {pid} AND {which} AND l.locktype = 'relation' AND c.relkind IN ('r', 'p', 'm', 'v') \
         AND c.relnamespace = 'public'::regnamespace AND l.mode <> 'AccessShareLock' ORDER BY 1"
    );
    let mut found: Vec<(String, LockMode)> = Vec::new();
    for row in observer.rows(&Statement::script(&sql)).await.expect("an answer") {
        let (name, mode) = (row.get("name").unwrap_or_default(), row.get("mode").unwrap_or_default());
        let mode = MODES.iter().find(|(_, _, text)| *text == mode).expect("a known mode").0;
        match found.last_mut() {
            Some((last, strongest)) if last == name => *strongest = mode.max(*strongest),
            _ => found.push((name.to_owned(), mode)),
        }
    }
    found
}

fn compare(
    statement: &str,
    found: &[(String, LockMode)],
    before: &[(String, String)],
    after: &[(String, String)],
) -> Vec<String> {
    let claimed = effects(statement);
    let mut wrong = Vec::new();
    let mut expected: Vec<(String, LockMode)> = claimed
        .locks
        .iter()
        .map(|lock| {
            let name = match &lock.target {
                Target::Relation(name) => name.rsplit('.').next().unwrap_or(name).trim_matches('"').to_owned(),
                Target::TableOfIndex(_) => "c".to_owned(),
            };
            (name, lock.mode)
        })
        .collect();
    expected.sort();
    // Where the list says itself that it is not complete, what it has must be there.
    let same = match claimed.unknown {
        None => expected == found,
        Some(_) => expected.iter().all(|lock| found.contains(lock)),
    };
    if !same {
        wrong.push(format!("{statement}: says {expected:?}, the server {found:?}"));
    }
    let rewritten = before.iter().filter(|(oid, file)| after.iter().any(|(now, other)| now == oid && other != file));
    let rewritten = rewritten.count() > 0;
    let works: Vec<Work> = claimed.locks.iter().map(|lock| lock.work).collect();
    let says = works.contains(&Work::Rewrite);
    let may = works.contains(&Work::MayRewrite);
    if rewritten != says && !may {
        wrong.push(format!("{statement}: rewrites {rewritten}, says {works:?}"));
    }
    wrong
}
