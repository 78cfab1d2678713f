//! How scripts are taken apart.

use super::*;

/// One letter a segment: `t` in a transaction, `a` alone.
fn shape(script: &str) -> String {
    shape_of(script, plan(script))
}

fn shape_of(script: &str, plan: Plan) -> String {
    match plan {
        Plan::Whole { .. } => "whole".to_owned(),
        Plan::AsIs(AsIsReason::OwnTransactions { .. }) => "own".to_owned(),
        Plan::AsIs(AsIsReason::Uncertain { .. }) => "uncertain".to_owned(),
        Plan::AsIs(AsIsReason::Data { .. }) => "data".to_owned(),
        Plan::AsIs(AsIsReason::Asked) => "asked".to_owned(),
        Plan::Segments(segments) => {
            let joined: String = segments.iter().map(|segment| &script[segment.range.clone()]).collect();
            assert_eq!(joined, script, "nothing is lost");
            segments.iter().map(|segment| if segment.alone.is_some() { 'a' } else { 't' }).collect()
        }
    }
}

#[test]
fn plans() {
    for (script, expected) in [
        ("", "whole"),
        ("-- only a comment", "whole"),
        ("CREATE TABLE a (id int); CREATE INDEX i ON a (id)", "whole"),
        ("CREATE INDEX CONCURRENTLY i ON a (id)", "a"),
        ("CREATE TABLE a (id int);\nCREATE INDEX CONCURRENTLY i ON a (id);\nDROP TABLE b; DROP TABLE c;", "tat"),
        ("create unique index concurrently on a (id); vacuum a", "aa"),
        ("DROP INDEX CONCURRENTLY IF EXISTS i;", "a"),
        ("REINDEX TABLE CONCURRENTLY a", "a"),
        ("REINDEX TABLE a", "whole"),
        ("BEGIN; DROP TABLE a; COMMIT;", "whole"),
        ("DROP TABLE a; begin work; DROP TABLE b; END TRANSACTION; -- done", "whole"),
        ("BEGIN; DROP TABLE a; COMMIT; DROP TABLE b", "tt"),
        ("BEGIN; DROP TABLE a; COMMIT; BEGIN; DROP TABLE b; COMMIT; VACUUM; START TRANSACTION; COMMIT", "ttat"),
        ("BEGIN; SAVEPOINT s; DROP TABLE a; ROLLBACK TO s; RELEASE s; COMMIT;", "whole"),
        ("SAVEPOINT s; DROP TABLE a", "own"),
        ("BEGIN; DROP TABLE a", "own"),
        ("BEGIN; BEGIN; COMMIT", "own"),
        ("DROP TABLE a; COMMIT", "own"),
        ("BEGIN; VACUUM; COMMIT", "own"),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE; DROP TABLE a; COMMIT", "own"),
        ("BEGIN; DROP TABLE a; COMMIT AND CHAIN; COMMIT", "own"),
        ("BEGIN; DROP TABLE a; PREPARE TRANSACTION 'x'", "own"),
        ("DROP TABLE a; ROLLBACK", "own"),
        ("PREPARE x AS SELECT 1", "whole"),
        ("SELECT 'BEGIN; COMMIT'; -- COMMIT;\n/* ROLLBACK; /* nested */ */ SELECT 1", "whole"),
        ("DO $$ BEGIN PERFORM 1; END $$; SELECT $a$ ; COMMIT; $a$", "whole"),
        ("DO $$ BEGIN COMMIT; END $$", "a"),
        ("DO $$ BEGIN UPDATE \"Commit\" SET a = 'commit'; -- commit;\nEND $$", "whole"),
        ("DO 'BEGIN rollback and chain; END'", "a"),
        ("DO $$ BEGIN CALL p(); END $$", "a"),
        ("DO LANGUAGE plpython3u $$ plpy.commit() $$", "a"),
        ("CALL p()", "a"),
        (
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 1",
            "whole",
        ),
        ("CREATE RULE r AS ON INSERT TO a DO (DELETE FROM b; DELETE FROM c); SELECT 1", "whole"),
        ("ALTER TYPE e ADD VALUE 'x'", "whole"),
        ("ALTER TYPE e ADD VALUE 'x'; ALTER TYPE e ADD VALUE 'y';", "whole"),
        ("ALTER TYPE e ADD VALUE 'x'; ALTER TABLE a ALTER c SET DEFAULT 'x'", "tt"),
        ("CREATE TYPE e AS ENUM (); ALTER TYPE e ADD VALUE 'x'; SELECT enum_range(NULL::e)", "tt"),
        ("BEGIN; ALTER TYPE e ADD VALUE 'x'; ALTER TABLE a ALTER c SET DEFAULT 'x'; COMMIT;", "whole"),
        ("REINDEX (VERBOSE, CONCURRENTLY) TABLE a", "a"),
        ("SELECT 'never closed", "uncertain"),
        ("SELECT (1", "uncertain"),
        ("SELECT 1)", "uncertain"),
        ("SELECT $x$ never closed", "uncertain"),
        ("SET standard_conforming_strings = off; SELECT 'a\\'; COMMIT; --'", "uncertain"),
        ("COPY a FROM stdin;", "data"),
        ("COPY a FROM stdin;\n1\n\\.\n", "uncertain"),
        ("\\connect other", "uncertain"),
        ("SELECT E'it\\'s; COMMIT'; SELECT 1", "whole"),
    ] {
        assert_eq!(shape(script), expected, "{script}");
    }
}

#[test]
fn plans_as_somebody_wants() {
    use ConflictReason::{OwnTransactions, RefusesTransaction, Uncertain};
    type Expected = Result<&'static str, (usize, ConflictReason)>;
    let cases: &[(&str, Mode, Expected)] = &[
        ("SELECT 1; SELECT 2", Mode::Segments, Ok("tt")),
        ("SELECT 1", Mode::Segments, Ok("t")),
        ("SELECT 1; VACUUM; BEGIN; SELECT 2; SELECT 3; COMMIT", Mode::Segments, Ok("tat")),
        ("SELECT 1; VACUUM", Mode::Whole, Err((10, RefusesTransaction))),
        ("SELECT 1; ROLLBACK", Mode::Whole, Err((10, OwnTransactions))),
        ("BEGIN; SELECT 1; COMMIT; SELECT 2", Mode::Whole, Err((24, OwnTransactions))),
        ("ALTER TYPE e ADD VALUE 'x'; SELECT 'x'", Mode::Whole, Ok("whole")),
        ("SELECT 1; SELECT 'x", Mode::Whole, Err((17, Uncertain))),
        ("SELECT 1; SELECT 'x", Mode::AsIs, Ok("asked")),
        ("SELECT 1; ROLLBACK", Mode::Segments, Err((10, OwnTransactions))),
    ];
    for (script, mode, expected) in cases {
        let found = plan_as(script, *mode).map(|plan| shape_of(script, plan));
        let found = found.as_deref().map_err(|conflict| (conflict.at, conflict.reason));
        assert_eq!(found, *expected, "{script} as {mode:?}");
    }
}

#[test]
fn own_transactions_are_blanked_in_place() {
    let script = "-- ä\nBEGIN\n;SELECT 'ü';\nCOMMIT;\nSELECT 2";
    let Plan::Segments(segments) = plan(script) else { panic!("two parts") };
    let sent: String = segments.iter().map(|segment| blanked(script, segment.range.clone(), &segment.own)).collect();
    assert_eq!(sent, "-- ä\n     \n SELECT 'ü';\n       \nSELECT 2");
}

#[test]
fn names_of_indexes() {
    for (script, expected) in [
        ("CREATE INDEX CONCURRENTLY i ON a (id)", Some("i")),
        ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"I x\" ON a (id)", Some("\"I x\"")),
        ("CREATE INDEX CONCURRENTLY ON a (id)", None),
    ] {
        let Plan::Segments(segments) = plan(script) else { panic!("{script}") };
        assert_eq!(segments[0].alone, Some(Alone::CreateIndex(expected.map(str::to_owned))), "{script}");
    }
    let Plan::Segments(segments) = plan("DROP INDEX CONCURRENTLY IF EXISTS s.\"I\"") else { panic!() };
    assert_eq!(segments[0].alone, Some(Alone::DropIndex(Some("s.\"I\"".to_owned()))));
}
