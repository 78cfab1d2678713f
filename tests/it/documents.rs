//! The documents and the code say the same; the rooms import only what they may.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};

pub(crate) fn tests() -> Vec<Trial> {
    vec![
        Trial::test("rooms: imports follow the map", imports_follow_the_map),
        Trial::test("rooms: pure ones do no IO", pure_rooms_do_no_io),
        Trial::test("rooms: only output writes to the terminal", only_output_writes),
        Trial::test("architecture: names every room, and nothing that is gone", architecture_is_true),
    ]
}

/// Who may import whom. The order is the way of the data; `error` and the command line may see everything.
const ROOMS: [(&str, &[&str]); 17] = [
    ("psl", &["dbschema", "lower", "diff", "sql"]),
    ("lower", &["psl", "dbschema", "diff", "sql"]),
    ("dbschema", &["psl", "lower", "diff", "sql"]),
    ("catalog", &["sql"]),
    ("diff", &["psl", "lower", "dbschema", "sql"]),
    ("sql", &["psl", "lower", "dbschema", "diff"]),
    ("db", &["sql"]),
    ("introspect", &["psl", "lower", "dbschema", "catalog", "diff", "sql", "db"]),
    ("safety", &["psl", "lower", "dbschema", "diff", "sql", "db"]),
    ("migrations", &["psl", "lower", "dbschema", "catalog", "diff", "sql", "db", "introspect", "safety"]),
    ("maintenance", &["psl", "dbschema", "sql", "db"]),
    ("typed_sql", &["psl", "sql", "db"]),
    ("config", &["psl", "db"]),
    ("generate", &["psl", "dbschema", "sql", "config"]),
    (
        "output",
        &["psl", "lower", "dbschema", "catalog", "diff", "sql", "db", "safety", "migrations", "config", "error"],
    ),
    (
        "engine",
        &[
            "psl",
            "lower",
            "dbschema",
            "diff",
            "sql",
            "db",
            "introspect",
            "safety",
            "migrations",
            "typed_sql",
            "config",
            "output",
            "error",
        ],
    ),
    (
        "error",
        &[
            "psl",
            "db",
            "introspect",
            "maintenance",
            "safety",
            "migrations",
            "config",
            "sql",
            "diff",
            "generate",
            "typed_sql",
        ],
    ),
];

const PURE: [&str; 6] = ["psl", "lower", "dbschema", "catalog", "diff", "sql"];

fn imports_follow_the_map() -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for (room, allowed) in ROOMS {
        for (path, text) in files_of(room) {
            for imported in imported_rooms(&text) {
                if imported != room && !allowed.contains(&imported.as_str()) {
                    wrong.push(format!("{}: `{room}` may not import `{imported}`", path.display()));
                }
            }
        }
    }
    none(&wrong)
}

fn pure_rooms_do_no_io() -> Result<(), Failed> {
    let forbidden = ["tokio", "std::fs", "std::env", "std::net", "std::process", "std::time::SystemTime"];
    let mut wrong = Vec::new();
    for room in PURE {
        for (path, text) in files_of(room) {
            for word in forbidden.iter().filter(|word| code_lines(&text).any(|line| line.contains(*word))) {
                wrong.push(format!("{}: `{room}` is pure and may not use `{word}`", path.display()));
            }
        }
    }
    none(&wrong)
}

fn only_output_writes() -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for (path, text) in rust_files(&source()) {
        let room = path.strip_prefix(source()).unwrap_or(&path).to_string_lossy().into_owned();
        if room.starts_with("output") {
            continue;
        }
        for word in ["println!", "eprintln!", "print!(", "io::stdout", "io::stderr"] {
            // Asking whether a stream is a terminal writes nothing to it.
            let writes = |line: &str| line.contains(word) && !line.contains("is_terminal");
            if code_lines(&text).any(writes) {
                wrong.push(format!("{}: `{word}` belongs into output", path.display()));
            }
        }
    }
    none(&wrong)
}

fn architecture_is_true() -> Result<(), Failed> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    let named: BTreeSet<&str> =
        text.split('`').skip(1).step_by(2).filter(|word| word.starts_with("src/") && !word.contains('*')).collect();
    let mut wrong: Vec<String> = named
        .iter()
        .filter(|path| !root().join(path).exists())
        .map(|path| format!("ARCHITECTURE.md names `{path}`, which does not exist"))
        .collect();
    for entry in fs::read_dir(source())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let stem = name.trim_end_matches(".rs");
        let rooms = [format!("src/{stem}.rs"), format!("src/{stem}/"), format!("src/{stem}")];
        if !rooms.iter().any(|room| named.contains(room.as_str())) {
            wrong.push(format!("ARCHITECTURE.md does not name `src/{name}`"));
        }
    }
    none(&wrong)
}

fn none(wrong: &[String]) -> Result<(), Failed> {
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// The files of a room: `src/<room>.rs` and everything below `src/<room>/`.
fn files_of(room: &str) -> Vec<(PathBuf, String)> {
    let mut files = rust_files(&source().join(room));
    let file = source().join(format!("{room}.rs"));
    if let Ok(text) = fs::read_to_string(&file) {
        files.push((file, text));
    }
    assert!(!files.is_empty(), "the room `{room}` has no files");
    files
}

fn rust_files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            files.push((path, text));
        }
    }
    files
}

/// The rooms behind `crate::`, also in nested imports such as `crate::{db, sql::quote}`.
fn imported_rooms(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    let code: String = code_lines(text).collect::<Vec<_>>().join("\n");
    for rest in code.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut expecting = true;
            for (index, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => expecting = true,
                    c if expecting && depth == 0 && c.is_alphabetic() => {
                        rooms.insert(identifier(&group[index..]));
                        expecting = false;
                    }
                    _ => {}
                }
            }
        } else {
            rooms.insert(identifier(rest));
        }
    }
    rooms
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Lines that are neither comments nor documentation.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

fn source() -> PathBuf {
    root().join("src")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
