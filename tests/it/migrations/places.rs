//! Where an error is shown.

use evt::migrations::MigrateError;
use libtest_mimic::Trial;

use super::{apply, migrations};
use crate::server::live;

/// Where an error is shown, for each mode and kind of error; `@` marks the place in the script.
pub(super) fn tests() -> Vec<Trial> {
    let line = "CREATE TABLE a (id int);\n";
    [
        ("a position", "SELECT 1;\nSELECT @nope FROM pg_class;", &[][..]),
        ("a position in segments", "VACUUM;\nSELECT 1;\nSELECT 'ü', @nope FROM pg_class;", &[]),
        ("a statement without a position", "SELECT 'ü';\n\n  @SELECT 1 / 0;\nSELECT 2;", &["22012"]),
        ("a statement in segments", "SELECT 1; VACUUM;\nSELECT 2;\n@SELECT 1 / 0;", &["22012"]),
        ("a statement in a script as it is", "-- evt: as-is\nSELECT 1;\n@SELECT 1 / 0;", &["22012"]),
        (
            "a line of a block",
            "SELECT 1;\nDO $x$\nBEGIN\n  @PERFORM 1 / 0;\nEND $x$;",
            &["CONTEXT", "inline_code_block"],
        ),
        (
            "a query in a block",
            "DO $$ BEGIN\n  @EXECUTE 'SELECT nope FROM pg_class';\nEND $$;",
            &["QUERY:\n1 | SELECT nope FROM pg_class\n  |        ^\nCONTEXT", "42703"],
        ),
        (
            "a function",
            "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN\n\
             RAISE EXCEPTION 'no' USING HINT = 'try', DETAIL = 'more'; END $$;\n@SELECT f();",
            &["DETAIL: more", "HINT: try", "CONTEXT: PL/pgSQL function f() line 2 at RAISE", "P0001"],
        ),
        ("behind a transaction of its own", "BEGIN;\nSELECT 1;\nCOMMIT;\nSELECT 2;\n@SELECT 1 / 0;", &["22012"]),
    ]
    .into_iter()
    .map(|(name, script, expected)| {
        live(format!("apply: the place of an error: {name}"), move |database| async move {
            let script = format!("{line}{script}").replacen(
                &format!("{line}-- evt: as-is\n"),
                &format!("-- evt: as-is\n{line}"),
                1,
            );
            let before = &script[..script.find('@').expect("a mark")];
            let at = (before.matches('\n').count() + 1, before.chars().rev().take_while(|c| *c != '\n').count() + 1);
            let folder = migrations(&[("1_a", &script.replace('@', ""))]);
            let mut db = database.connect().await;
            let error = apply(&mut db, folder.path(), None).await.expect_err(name);
            let text = error.to_string();
            let MigrateError::Script(error) = error else { panic!("{text}") };
            let place = error.place.as_ref().map(|place| (place.line, place.column));
            assert_eq!(place, Some(at), "{text}");
            for part in expected {
                assert!(text.contains(part), "{part} is missing in {text}");
            }
        })
    })
    .collect()
}
