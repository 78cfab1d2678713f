//! The extensions of the PostgreSQL inside evt: all can be made and used, and what was made with them is read again.

use std::fs;
use std::path::Path;

use evt::db::local::{Durability, LocalServer};
use evt::db::url::ServerKind;
use evt::sql::quote::Ident;
use libtest_mimic::{Failed, Trial};

use crate::server::{TestDatabase, embedded, program};

pub(crate) fn tests() -> Vec<Trial> {
    if embedded().is_none() {
        return Vec::new();
    }
    vec![
        Trial::test("long embedded extensions: each is made and used", each_is_used),
        Trial::test("long embedded extensions: the README names them", the_readme_names_them),
    ]
}

/// Extensions whose machine code runs for these: a table of its own, and what is asked of it.
const USES: [(&str, &str, &str, &str); 15] = [
    (
        "bloom",
        "(a int, b int); CREATE INDEX ON of_bloom USING bloom (a, b)",
        "SELECT count(*) FROM of_bloom WHERE a = 1",
        "0",
    ),
    (
        "btree_gin",
        "(v int); CREATE INDEX ON of_btree_gin USING gin (v)",
        "SELECT count(*) FROM of_btree_gin WHERE v = 1",
        "0",
    ),
    (
        "btree_gist",
        "(room int, during int4range, EXCLUDE USING gist (room WITH =, during WITH &&)); \
         INSERT INTO of_btree_gist VALUES (1, '[1,3)'), (1, '[3,4)'), (2, '[1,3)')",
        "SELECT count(*) FROM of_btree_gist WHERE room = 1",
        "2",
    ),
    (
        "citext",
        "(v citext UNIQUE); INSERT INTO of_citext VALUES ('Ada')",
        "SELECT v FROM of_citext WHERE v = 'ADA'",
        "Ada",
    ),
    ("cube", "(v cube); INSERT INTO of_cube VALUES ('(1,2)')", "SELECT v <-> '(1,4)' FROM of_cube", "2"),
    (
        "fuzzystrmatch",
        "(v text); INSERT INTO of_fuzzystrmatch VALUES ('kitten')",
        "SELECT levenshtein(v, 'sitting') FROM of_fuzzystrmatch",
        "3",
    ),
    ("hstore", "(v hstore); INSERT INTO of_hstore VALUES ('a=>1, b=>2')", "SELECT v -> 'b' FROM of_hstore", "2"),
    ("intarray", "(v int[]); INSERT INTO of_intarray VALUES ('{3,1,2}')", "SELECT sort(v) FROM of_intarray", "{1,2,3}"),
    ("isn", "(v isbn); INSERT INTO of_isn VALUES ('0-306-40615-2')", "SELECT v FROM of_isn", "0-306-40615-2"),
    (
        "ltree",
        "(v ltree); INSERT INTO of_ltree VALUES ('a.b.c')",
        "SELECT subpath(v, 1) FROM of_ltree WHERE v <@ 'a'",
        "b.c",
    ),
    (
        "pg_trgm",
        "(v text); INSERT INTO of_pg_trgm VALUES ('hello'); CREATE INDEX ON of_pg_trgm USING gin (v gin_trgm_ops)",
        "SELECT v FROM of_pg_trgm WHERE v % 'hallo'",
        "hello",
    ),
    (
        "pg_uuidv7",
        "(v uuid DEFAULT uuid_generate_v7()); INSERT INTO of_pg_uuidv7 DEFAULT VALUES",
        "SELECT substr(v::text, 15, 1) FROM of_pg_uuidv7",
        "7",
    ),
    ("seg", "(v seg); INSERT INTO of_seg VALUES ('1 .. 3')", "SELECT v @> '2' FROM of_seg", "true"),
    ("unaccent", "(v text); INSERT INTO of_unaccent VALUES ('Hôtel')", "SELECT unaccent(v) FROM of_unaccent", "Hotel"),
    (
        "vector",
        "(v vector(3)); INSERT INTO of_vector VALUES ('[1,2,3]'); CREATE INDEX ON of_vector USING hnsw (v vector_l2_ops)",
        "SELECT v <-> '[1,2,5]' FROM of_vector",
        "2",
    ),
];

type Damage = fn(&Path) -> std::io::Result<()>;

/// What a start may find of the files of extensions, besides all of them.
const FOUND: [(&str, Damage); 4] = [
    ("all there", |_| Ok(())),
    ("none, as in data made by an evt without extensions", |data| {
        fs::remove_file(data.join("extensions"))?;
        fs::remove_dir_all(data.join("tmp/pglite/lib"))?;
        fs::remove_dir_all(data.join("tmp/pglite/share"))
    }),
    ("what an interrupted start leaves", |data| {
        fs::remove_file(data.join("extensions"))?;
        fs::remove_dir_all(data.join("tmp/pglite/share"))?;
        fs::write(data.join("tmp/pglite/lib/postgresql/citext.so"), "half")
    }),
    ("those of another evt", |data| {
        fs::write(data.join("extensions"), "citext 4\n")?;
        fs::write(data.join("tmp/pglite/lib/postgresql/citext.so"), "else")
    }),
];

fn each_is_used() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (server, database) = serve(folder.path())?;
    let extensions = available(&database);
    let made = extensions.iter().map(|name| format!("CREATE EXTENSION IF NOT EXISTS {} CASCADE; ", Ident(name)));
    assert_eq!(database.ask(&made.collect::<String>()), "");
    let made = USES.iter().map(|(name, columns, ..)| format!("CREATE TABLE of_{name} {columns}; "));
    assert_eq!(database.ask(&made.collect::<String>()), "");
    server.stop()?;
    let asked = USES.map(|(name, _, question, _)| format!("SELECT '{name}', ({question})::text")).join(" UNION ALL ");
    let expected: Vec<String> = USES.iter().map(|(name, _, _, answer)| format!("{name} | {answer}")).collect();
    for (found, damage) in FOUND {
        damage(&folder.path().join("data"))?;
        let (server, database) = serve(folder.path())?;
        assert_eq!(database.ask(&asked).lines().collect::<Vec<_>>(), expected, "{found}");
        server.stop()?;
    }
    Ok(())
}

fn the_readme_names_them() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (_server, database) = serve(folder.path())?;
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"))?;
    let (_, list) = readme.split_once("The extensions inside are ").ok_or("a list of extensions")?;
    let list = list.split('.').next().unwrap_or_default();
    let named: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
    assert_eq!(named, available(&database));
    Ok(())
}

fn serve(folder: &Path) -> Result<(LocalServer, TestDatabase), Failed> {
    let server = LocalServer::start(&program(ServerKind::Embedded), folder, Durability::Kept)?;
    let url = server.url(&"local:here".parse()?);
    Ok((server, TestDatabase { url }))
}

fn available(database: &TestDatabase) -> Vec<String> {
    let names = database.ask("SELECT name FROM pg_available_extensions ORDER BY name COLLATE \"C\"");
    names.lines().map(str::to_owned).collect()
}
