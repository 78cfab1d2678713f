//! Reading, checking, showing and printing any text: nothing panics, every finding lies in its file, printing settles
//! and changes nothing that a valid schema means.
//!
//! `cargo +nightly fuzz run psl -s none -- -dict=fuzz/psl.dict`. A line `---` begins another file of the same schema.
#![no_main]

use evt::lower::lower;
use evt::psl::{Ast, Diagnostics, FileId, PslSchema, Source, format, format_until_settled, parse, render, validate};
use libfuzzer_sys::fuzz_target;

/// The trees of these texts, the schema that they are if they are one, and all findings.
fn read(texts: &[String]) -> (Vec<Ast>, Option<PslSchema>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let mut files = Vec::new();
    for (id, text) in (0u32..).zip(texts) {
        let (file, found) = parse(Source { id: FileId(id), path: format!("{id}.prisma"), text: text.clone() });
        files.push(file);
        diagnostics.extend(found);
    }
    let (schema, found) = validate(&files);
    diagnostics.extend(found);
    (files, schema, diagnostics)
}

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let texts: Vec<String> = text.split("\n---\n").map(str::to_owned).collect();
    let (files, schema, diagnostics) = read(&texts);
    assert_eq!(schema.is_some(), !diagnostics.has_errors());
    for diagnostic in &diagnostics {
        let span = diagnostic.span;
        let file = &texts[span.file.0 as usize];
        assert!(file.get(span.start as usize..span.end as usize).is_some(), "{diagnostic:?} is not in the text");
    }
    render(&diagnostics, &files, true);

    let printed = format(&files);
    if let Some(schema) = schema {
        // What it means for a database stays the same.
        let again = read(&printed).1.expect("what is printed of a valid schema is valid");
        assert_eq!(lower(&schema, "public"), lower(&again, "public"));
    }
    // Broken text may take more rounds than anybody waits for: each may mend what the next one can complete.
    let settled = format_until_settled(&files);
    if !diagnostics.has_errors() {
        assert_eq!(settled, format(&read(&settled).0));
    }
});
