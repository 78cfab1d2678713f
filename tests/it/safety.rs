//! What is said about data before a database is changed: each case of `tests/fixtures/safety/*.case` has a schema, rows
//! for its database, and the schema to come.
//!
//! A case starts with `=== name`. Its sections are `-- from.prisma --`, `-- data.sql --`, `-- to.prisma --` and
//! `-- findings --`, what evt says; `UPDATE=1` rewrites the last. What Prisma says is recorded in
//! `tests/fixtures/safety/prisma-*.json` by `tests/oracle/safety.mjs`; a case with a section `-- deviation --` says why
//! evt finds something else. `evt db push` is asked too. Each script is then executed, which has to fail where evt says
//! so, and to work where it says nothing.

mod push;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use evt::db::Connection;
use evt::dbschema::DbSchema;
use evt::diff::External;
use evt::introspect::{Scope, introspect};
use evt::migrations::Steps;
use evt::safety::{Consequence, Consequences, FindingKind};
use evt::sql::quote::Statement;
use libtest_mimic::Trial;

use crate::diff::{Case, lowered};
use crate::server::TestDatabase;

const RECORDED: &str = "prisma-7.10.1.json";
const LEAST: usize = 60;

pub(crate) fn tests() -> Vec<Trial> {
    let files = case_files();
    let mut trials: Vec<Trial> = files
        .iter()
        .map(|file| {
            let topic = topic(file);
            let file = file.clone();
            crate::server::live(format!("safety: {topic}"), move |database| compare(database, file))
        })
        .collect();
    trials.push(crate::server::live("safety: what a schema cannot express survives", survival));
    trials.push(crate::server::live("safety: the server decides what expressions mean", meanings));
    trials.push(Trial::test("safety: enough databases are compared", move || {
        let cases = files.iter().map(|file| cases(file).len()).sum::<usize>();
        assert!(cases >= LEAST, "{cases}");
        Ok(())
    }));
    trials
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/safety")
}

fn case_files() -> Vec<PathBuf> {
    crate::diff::case_files_in(&folder())
}

fn topic(file: &Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn cases(file: &Path) -> Vec<Case> {
    Case::all(&std::fs::read_to_string(file).expect("a fixture is readable"))
}

/// What Prisma said about one case.
struct Recorded {
    warnings: BTreeSet<String>,
    unexecutable: BTreeSet<String>,
}

impl Recorded {
    /// `command` is `dev` or `push`.
    fn of(answers: &serde_json::Value, name: &str, command: &str) -> Self {
        let answer = answers.get(name).and_then(|answer| answer.get(command));
        let answer = answer.unwrap_or_else(|| panic!("{name} is not recorded, run tests/oracle/safety.mjs"));
        let texts = |what: &str| {
            let list = answer.get(what).and_then(|list| list.as_array()).expect("a list");
            list.iter().map(|fact| fact.as_str().expect("a text").to_owned()).collect()
        };
        Self { warnings: texts("warnings"), unexecutable: texts("unexecutable") }
    }
}

async fn compare(database: TestDatabase, file: PathBuf) {
    let text = std::fs::read_to_string(folder().join(RECORDED)).expect("the recorded answers are there");
    let answers: serde_json::Value = serde_json::from_str(&text).expect("the recorded answers are JSON");
    let mut db = database.connect().await;
    let mut wrong = Vec::new();
    for case in cases(&file) {
        let name = format!("{}::{}", topic(&file), case.name());
        let [recorded, pushed] = ["dev", "push"].map(|command| Recorded::of(&answers, &name, command));
        let steps = Box::pin(steps(&mut db, &case)).await;
        let consequences = steps.consequences(&mut db).await.expect("the database can be looked at");
        let facts = |list: &[Consequence]| list.iter().map(fact).collect::<BTreeSet<_>>();
        let mut same = agree(&recorded.warnings, &facts(&consequences.warnings))
            && agree(&recorded.unexecutable, &facts(&consequences.unexecutable));
        match Box::pin(push::answers(&database, &mut db, &case, &pushed)).await {
            Ok(pushes_the_same) => same &= pushes_the_same,
            Err(message) => wrong.push(format!("{}: {message}", case.name())),
        }
        if same == case.section("deviation").is_some() {
            wrong.push(format!(
                "{}: {}\n  Prisma: {:?} {:?}\n  evt:    {:?} {:?}",
                case.name(),
                if same { "says that it deviates, but does not" } else { "differs" },
                recorded.warnings,
                recorded.unexecutable,
                facts(&consequences.warnings),
                facts(&consequences.unexecutable),
            ));
        }
        // Where nothing is said the push has done it.
        if !consequences.is_empty()
            && let Err(message) = prove(&mut db, &steps, &consequences).await
        {
            wrong.push(format!("{}: {message}", case.name()));
        }
        let mut said = String::new();
        for (word, list) in [("warning", &consequences.warnings), ("unexecutable", &consequences.unexecutable)] {
            for consequence in list {
                let _ = writeln!(said, "{word} {}: {}", consequence.finding.step, consequence.message);
            }
        }
        case.compare(&file, &[("findings", said)]);
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is said is true: what cannot be executed is refused by the server.
async fn prove(db: &mut Connection, steps: &Steps, consequences: &Consequences) -> Result<(), String> {
    let outcome = evt::migrations::push::execute(db, &steps.script).await;
    match outcome {
        Ok(_) if !consequences.unexecutable.is_empty() => Err("the server executes it all the same".to_owned()),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The steps to the case's second schema from a database that has the first one and the rows.
async fn steps(db: &mut Connection, case: &Case) -> Steps {
    let [from, to] = ["from.prisma", "to.prisma"].map(|side| lowered(case.section(side).expect("both sides")));
    script(db, "DROP SCHEMA IF EXISTS public CASCADE; DROP SCHEMA IF EXISTS a CASCADE; CREATE SCHEMA public;").await;
    let empty = DbSchema { namespaces: vec!["public".to_owned()], ..DbSchema::empty("public") };
    script(db, &Steps::between(&empty, &from, &External::default()).script.to_string()).await;
    script(db, case.section("data.sql").unwrap_or_default()).await;
    let scope = Scope { namespaces: to.namespaces.clone(), default_namespace: "public".to_owned() };
    let live = Box::pin(introspect(db, &scope)).await.expect("the database can be read");
    Steps::between(&live, &to, &External::default())
}

async fn script(db: &mut Connection, sql: &str) {
    if let Err(error) = db.script(&Statement::script(sql)).await {
        panic!("{error}\n{sql}");
    }
}

/// In the form in which Prisma's answers are recorded.
fn fact(consequence: &Consequence) -> String {
    let kind = &consequence.finding.kind;
    // Prisma says the same of an optional column that is made anew as of a new one.
    let name = match kind {
        FindingKind::RecreatedRequired { was_nullable: true, .. } => "required-column",
        kind => kind.name(),
    };
    let parts = kind.parts();
    let parts = if parts.is_empty() { "-".to_owned() } else { parts.join(",") };
    let extent = consequence.extent.map_or_else(|| "-".to_owned(), |extent| extent.to_string());
    [&consequence.finding.step.to_string(), name, &kind.object().name, &parts, &extent].join(" | ")
}

/// Whether both have the same facts. Where Prisma tells no number, any will do.
fn agree(recorded: &BTreeSet<String>, found: &BTreeSet<String>) -> bool {
    recorded.len() == found.len()
        && recorded.iter().all(|fact| match fact.strip_suffix("| -") {
            Some(start) => found.iter().any(|other| other.starts_with(start)),
            None => found.contains(fact),
        })
}

/// A database with every kind of object that no schema file shows, beside what `BEFORE` shows.
const OBJECTS: &str = r#"
CREATE EXTENSION IF NOT EXISTS citext;
CREATE SCHEMA apart;
CREATE TABLE apart.other (id integer PRIMARY KEY);
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TYPE pair AS (a integer, b integer);
CREATE SEQUENCE standalone START 7;
CREATE COLLATION german (provider = libc, locale = 'C');
CREATE TABLE "User" (
    "id" serial CONSTRAINT "User_pkey" PRIMARY KEY,
    "email" text NOT NULL,
    "name" text,
    "age" integer CONSTRAINT adult CHECK ("age" > 17),
    "twice" integer GENERATED ALWAYS AS ("age" * 2) STORED,
    "gone" text,
    CONSTRAINT one_each EXCLUDE USING btree ("email" WITH =)
);
CREATE TABLE "Log" ("id" integer NOT NULL, "day" date NOT NULL, CONSTRAINT "Log_pkey" PRIMARY KEY ("id", "day"))
    PARTITION BY RANGE ("day");
CREATE TABLE log_2024 PARTITION OF "Log" FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE log_rest PARTITION OF "Log" DEFAULT;
CREATE INDEX lower_email ON "User" (lower("email"));
CREATE INDEX adults ON "User" ("name") WHERE "age" > 20;
CREATE INDEX covering ON "User" ("name") INCLUDE ("age") WHERE "name" <> '';
CREATE STATISTICS name_and_age ON "name", "age" FROM "User";
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE PROCEDURE nothing() LANGUAGE sql AS $$ SELECT 1 $$;
CREATE AGGREGATE total (integer) (sfunc = int4pl, stype = integer);
CREATE OPERATOR === (leftarg = integer, rightarg = integer, function = int4eq);
CREATE CAST (pair AS text) WITH INOUT;
CREATE TRIGGER touched BEFORE UPDATE OF "name" ON "User" FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE "User" ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON "User" USING ("email" = current_user);
CREATE RULE no_delete AS ON DELETE TO "Log" DO INSTEAD NOTHING;
CREATE VIEW names AS SELECT "name" FROM "User";
CREATE MATERIALIZED VIEW ages AS SELECT "age", count(*) FROM "User" GROUP BY 1;
CREATE UNIQUE INDEX ages_once ON ages ("age");
CREATE PUBLICATION news FOR TABLE "User";
COMMENT ON TABLE "User" IS 'people';
COMMENT ON COLUMN "User"."email" IS 'where to write';
COMMENT ON VIEW names IS 'just names';
COMMENT ON CONSTRAINT adult ON "User" IS 'the law';
ALTER TABLE "User" ALTER COLUMN "name" SET STATISTICS 500, ALTER COLUMN "name" SET STORAGE EXTERNAL;
ALTER TABLE "User" SET (fillfactor = 70);
GRANT SELECT ON "User", names TO PUBLIC;
INSERT INTO "User" ("email", "name", "age") VALUES ('a@b.c', 'A', 18), ('d@e.f', NULL, NULL);
"#;

const BEFORE: &str = r#"
model User {
  id    Int     @id @default(autoincrement())
  email String
  name  String?
  age   Int?
  twice Int?    @default(dbgenerated("(age * 2)"))
  gone  String?
}

model Log {
  id  Int
  day DateTime @db.Date

  @@id([id, day])
}
"#;

/// Changes of many kinds, beside the objects.
const AFTER: &str = r#"
enum Kind {
  person
  robot
}

model User {
  id      Int      @id @default(autoincrement())
  email   String   @unique
  name    String?  @default("nobody")
  age     Int?
  twice   Int?     @default(dbgenerated("(age * 2)"))
  kind    Kind     @default(person)
  made    DateTime @default(now())
  posts   Post[]
  logs    Log[]

  @@index([name, age])
}

model Post {
  id     Int  @id @default(autoincrement())
  author User @relation(fields: [by], references: [id])
  by     Int
}

model Log {
  id   Int
  day  DateTime @db.Date
  who  Int?
  user User?    @relation(fields: [who], references: [id])
  note String?

  @@id([id, day])
  @@index([note])
}
"#;

/// Every object that no schema file shows, as the catalog describes it.
const SURVIVORS: &str = r#"
SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype IN ('c', 'x') AND connamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'policy', polname, pg_get_expr(polqual, polrelid) FROM pg_policy
UNION ALL SELECT 'routine', p.proname, p.prokind::text FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL SELECT 'rule', rulename, pg_get_ruledef(oid) FROM pg_rewrite
    WHERE ev_class IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
UNION ALL SELECT 'statistics', stxname, pg_get_statisticsobjdef(oid) FROM pg_statistic_ext
UNION ALL SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indexrelid::regclass::text IN ('lower_email', 'adults', 'covering', 'ages_once', 'one_each')
UNION ALL SELECT 'relation', c.relname, concat_ws(' ', c.relkind, c.reloptions, c.relacl, c.relrowsecurity,
        pg_get_expr(c.relpartbound, c.oid))
    FROM pg_class c WHERE relnamespace IN ('public'::regnamespace, 'apart'::regnamespace) AND relkind IN ('r', 'p', 'v', 'm', 'S')
    AND relname NOT IN ('Post', 'Post_id_seq')
UNION ALL SELECT 'type', typname, typtype::text FROM pg_type
    WHERE typnamespace = 'public'::regnamespace AND typtype IN ('c', 'd') AND typname IN ('positive', 'pair')
UNION ALL SELECT 'column', attname, concat(attgenerated, ' ', attstorage, ' ', COALESCE(attstattarget, -1))
    FROM pg_attribute WHERE attrelid = '"User"'::regclass AND attname IN ('twice', 'name')
UNION ALL SELECT 'comment', description, objsubid::text FROM pg_description WHERE description IN
    ('people', 'where to write', 'just names', 'the law')
UNION ALL SELECT 'publication', pubname, '' FROM pg_publication
UNION ALL SELECT 'published', pubname, tablename FROM pg_publication_tables
UNION ALL SELECT 'other', oprname, '' FROM pg_operator WHERE oprnamespace = 'public'::regnamespace AND oprname = '==='
UNION ALL SELECT 'other', collname, '' FROM pg_collation WHERE collnamespace = 'public'::regnamespace
UNION ALL SELECT 'other', extname, '' FROM pg_extension
UNION ALL SELECT 'cast', castsource::regtype::text, casttarget::regtype::text FROM pg_cast WHERE oid >= 16384
    AND castsource = 'pair'::regtype
ORDER BY 1, 2, 3
"#;

/// As `db push` does it, and as `migrate dev` does, whose steps start from what the migrations make.
async fn survival(database: TestDatabase) {
    let mut db = database.connect().await;
    let scope = Scope { namespaces: vec!["public".to_owned()], default_namespace: "public".to_owned() };
    script(&mut db, OBJECTS).await;
    let before = survivors(&mut db).await;
    assert!(before.lines().count() > 35, "{before}");

    let quiet = steps_to(&mut db, BEFORE, &scope).await;
    assert!(quiet.is_empty(), "nothing that a schema shows has changed: {}", quiet.script);

    let steps = steps_to(&mut db, AFTER, &scope).await;
    let sql = steps.script.to_string();
    let drops: Vec<&str> = sql.lines().filter(|line| line.contains("DROP")).collect();
    assert_eq!(drops, [r#"ALTER TABLE "User" DROP COLUMN "gone","#], "{sql}");
    let consequences = steps.consequences(&mut db).await.expect("the database can be looked at");
    assert!(consequences.is_empty(), "{consequences:?}");
    evt::migrations::push::execute(&mut db, &steps.script).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(survivors(&mut db).await, before);

    let rest = steps_to(&mut db, AFTER, &scope).await;
    assert!(rest.is_empty(), "{}", rest.script);
}

async fn survivors(db: &mut Connection) -> String {
    let rows = db.rows(&Statement::script(SURVIVORS)).await.expect("the catalog can be read");
    rows.iter().map(|row| row.values().join(" | ") + "\n").collect()
}

async fn steps_to(db: &mut Connection, schema: &str, scope: &Scope) -> Steps {
    let live = Box::pin(introspect(db, scope)).await.expect("the database can be read");
    Steps::between(&live, &lowered(schema), &External::default())
}

/// Defaults whose texts alone do not show that they stay: the type of the column, and what somebody writes.
const DEFAULTS: [(&str, &str); 24] = [
    ("Int", "1 + 1"),
    ("Int", "public.answer()"),
    ("Int", "answer( )"),
    ("Int", "CASE WHEN 1 = 1 THEN 1 ELSE 2 END"),
    ("Int", "coalesce(NULL, 5)"),
    ("Int", "extract(year from date '2020-01-01')::int"),
    ("Int", "position('b' in 'abc')"),
    ("Int", "CAST('5' AS int) * 2"),
    ("Int", "length($$it's$$)"),
    ("String", "upper('x') || lower('Y')"),
    ("String", "overlay('abc' placing 'x' from 1)"),
    ("String", "trim(both 'x' from 'xax')"),
    ("String", "substring('abc' from 2 for 1)"),
    ("String", "E'a\\\\tb'"),
    ("String", "md5(random()::text)"),
    ("String @db.VarChar(20)", "current_user::text || '!'"),
    ("DateTime", "now() + interval '1 day'"),
    ("DateTime", "(now() at time zone 'utc')"),
    ("DateTime", "(current_date + 7)::timestamp"),
    ("DateTime", "date_trunc('month', now())"),
    ("Float", "sqrt(2) / 2"),
    ("Int[]", "array_fill(0, array[3])"),
    ("String[]", "string_to_array('a,b', ',')"),
    ("Json", "jsonb_build_object('a', 1)"),
];

/// Predicates of the same kind.
const PREDICATES: [&str; 14] = [
    "v = 'a'",
    "b IN (1, 2)",
    "b NOT IN (1,2)",
    "dt > '2020-01-01'",
    "B > 3",
    "b BETWEEN 1 AND 5 AND v LIKE 'a%'",
    "NOT (c AND b > 3)",
    "c IS NOT TRUE",
    "lower(v) = 'a'",
    "coalesce(b, 0) > public.answer()",
    "e = 'A' OR e IN ('B')",
    "e <> ALL (ARRAY['A'::\"E\"])",
    "v ~ '^a' AND v IS NOT NULL",
    "(dt AT TIME ZONE 'utc') > '2020-01-01'",
];

/// What the server made of expressions is what the schema says, to the eyes of whoever asks it.
async fn meanings(database: TestDatabase) {
    let mut db = database.connect().await;
    let scope = Scope { namespaces: vec!["public".to_owned()], default_namespace: "public".to_owned() };
    script(&mut db, "CREATE FUNCTION answer() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT 42 $$;").await;
    script(&mut db, "CREATE FUNCTION constant() RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT 42 $$;").await;
    let mut schema = String::from("generator g {\n  provider = \"x\"\n  previewFeatures = [\"partialIndexes\"]\n}\n");
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    schema.push_str("enum E {\n  A\n  B\n}\nmodel T {\n  id Int @id\n  b Int?\n  c Boolean?\n  v String? @db.VarChar(9)\n  dt DateTime?\n  e E?\n");
    for (nth, (ty, text)) in DEFAULTS.iter().enumerate() {
        let (scalar, native) = ty.split_once(' ').unwrap_or((ty, ""));
        let _ = writeln!(schema, "  d{nth} {scalar} @default(dbgenerated(\"{}\")) {native}", quoted(text));
    }
    for (nth, text) in PREDICATES.iter().enumerate() {
        let text = quoted(&text.replace("public.answer()", "public.constant()"));
        let _ = writeln!(schema, "  @@index([id], map: \"i{nth}\", where: raw(\"{text}\"))");
    }
    schema.push_str("}\n");
    let target = lowered(&schema);
    let live = Box::pin(introspect(&mut db, &scope)).await.expect("the database can be read");
    script(&mut db, &Steps::between(&live, &target, &External::default()).script.to_string()).await;

    let live = Box::pin(introspect(&mut db, &scope)).await.expect("the database can be read");
    let unasked = Steps::between(&live, &target, &External::default());
    let asked = Steps::asking(&mut db, &live, &target, &External::default()).await.expect("the server can be asked");
    assert!(asked.is_empty(), "{}\nof those that the texts leave:\n{}", asked.script, unasked.script);
    assert!(!unasked.is_empty(), "the texts alone tell it all, so that nothing is proved");

    // What is different stays different.
    let other =
        lowered(&schema.replace("coalesce(NULL, 5)", "coalesce(NULL, 6)").replace("c IS NOT TRUE", "c IS TRUE"));
    let asked = Steps::asking(&mut db, &live, &other, &External::default()).await.expect("the server can be asked");
    assert_eq!(asked.changes.len(), 3, "a default, and an index that goes and comes\n{}", asked.script);
}
