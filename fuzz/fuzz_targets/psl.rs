//! Reading, checking, showing and printing any text: never panics, and printing settles.
//! `cargo +nightly fuzz run psl`
#![no_main]

use evt::psl::{Ast, FileId, Source, format, parse, render, validate};
use libfuzzer_sys::fuzz_target;

fn read(text: String) -> Ast {
    parse(Source { id: FileId(0), path: "schema.prisma".to_owned(), text }).0
}

fn print(text: String) -> String {
    format(&[read(text)]).swap_remove(0)
}

fuzz_target!(|text: String| {
    let files = [read(text)];
    let (_, diagnostics) = validate(&files);
    render(&diagnostics, &files, true);
    // Prisma's layout may need a few rounds: each may mend what the next one can complete.
    let mut printed = format(&files).swap_remove(0);
    for _ in 0..4 {
        printed = print(printed);
    }
    assert_eq!(printed, print(printed.clone()));
});
