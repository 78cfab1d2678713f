//! Prints what evt finds in each schema file of a folder, for `compare.mjs`: JSON lines of name, rules (6 or 7), text, the
//! lines with errors and with warnings, the formatted text, and whether that differs from Prisma's on purpose.
#![allow(
    missing_docs,
    clippy::print_stdout,
    dead_code,
    reason = "a program, not an API; it shares modules with the tests"
)]

#[path = "../it/format/inputs.rs"]
mod inputs;
#[path = "../it/format/mutate.rs"]
mod mutate;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use evt::psl::{FileId, Severity, Source, format, parse, validate};

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let mut paths: Vec<PathBuf> = Vec::new();
    collect(Path::new(&folder), &mut paths)?;
    for path in paths {
        let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
        let source = Source { id: FileId(0), path: "schema.prisma".to_owned(), text: text.clone() };
        let (tree, mut diagnostics) = parse(source);
        let files = [tree];
        diagnostics.extend(validate(&files).1);
        let lines = |severity| -> BTreeSet<usize> {
            let found = diagnostics.iter().filter(|it| it.severity == severity);
            found.map(|it| text[..it.span.start as usize].matches('\n').count() + 1).collect()
        };
        let line = serde_json::json!({
            "name": path.display().to_string(),
            "rules": inputs::rules(&text),
            "text": text,
            "errors": lines(Severity::Error),
            "warnings": lines(Severity::Warning),
            "formatted": format(&files)[0],
            "onPurpose": inputs::differs_on_purpose(&files[0]),
        });
        println!("{line}");
    }
    Ok(())
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|it| Ok(it?.path())).collect::<std::io::Result<_>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() { collect(&path, paths)? } else { paths.push(path) }
    }
    Ok(())
}
