//! Tests that need what the PostgreSQL inside evt lacks. All others run on it, also those that are new.
//!
//! With `EVT_TEST_SERVER_BIN=embedded`, `cargo test --test it -- "live "` and `-- "long "` run all that can; `--ignored
//! "needs "` runs these, some of which wait for each other for 30 s.

use libtest_mimic::{Failed, Trial};

/// What is lacking, and the tests that need it, by the beginnings of their names.
const NEEDS: [(&str, &[&str]); 6] = [
    // The test looks into the database while the connection that it tests is open, or several runs meet.
    (
        "several connections",
        &[
            "live apply: what a script told the session holds in all its segments",
            "live bridge: there and back again",
            "live bridge: what does not fit is refused",
            "live bridge: what refinery did is taken over",
            "live bridge: with its history refinery finds nothing to do",
            "live code: P1002",
            "live crowd: ",
            "live doctor: the lock is held",
            "live engine: the lock lasts until the end",
            "live engine: waits until a text is shown",
            "live lock",
            "live odd: a backslash where strings are not standard",
            "live odd: objects that shadow those of the server",
            "live odd: search paths",
            "live odd: somebody changes the database meanwhile",
            "live records: 16 first uses at once",
            "live records: a run that did not get the lock failed",
            "live records: tables of the first version are brought to this one",
            "live safety: ",
            "live stats: a locked table is not waited for",
            "live vacuum: a locked table is left out",
            "long bridge: ",
            "long crowd: ",
            "long histories: hoppscotch",
            "long kill: ",
            "long terminal: who is waited for is shown",
        ],
    ),
    // Whoever connects is the superuser.
    (
        "roles",
        &[
            "live code: P3000",
            "live code: P3014",
            "live code: P3016",
            "live doctor: a database that does not exist",
            "live doctor: a namespace that cannot be made",
            "live doctor: extensions that the server lacks",
            "live doctor: more than one thing",
            "live doctor: no right to create tables",
            "live doctor: tables of others",
            "live engine: codes of missing rights",
            "live records: without rights the run is not recorded",
        ],
    ),
    // Nobody can cancel a statement or end a session, and there are no timeouts.
    (
        "an end of statements",
        &[
            "live commands: codes",
            "live engine: a signal stops what runs",
            "live engine: an error of a lost connection is not the end",
            "live engine: database",
            "live interrupt: ",
            "live vacuum: ends early and cleanly",
        ],
    ),
    (
        "an extension that is not inside",
        &[
            "live diff::database::extension that cannot be moved",
            "live diff::database::extension with a name that the language lacks",
            "live diff::database::extensions that are missing",
            "long histories: amplication",
            "long histories: umami",
            "long pull: the history of amplication",
            "long pull: the history of umami",
        ],
    ),
    // A shadow database is one of a second server, of which the outcome tells.
    (
        "a shadow database beside",
        &["live cache: ", "live commands: doctor", "live diagnose: ", "live doctor: shadow databases", "live shadow: "],
    ),
    // It is built without libxml2 and without conversions between encodings.
    (
        "XML or another encoding",
        &[
            "live diff::xml ",
            "live drift: ",
            "live introspect::defaults::other texts",
            "live introspect::lists::texts with lengths",
            "live odd: encodings",
            "live odd: session settings of the database",
            "live pull::defaults::other texts",
            "live pull::lists::texts with lengths",
            "live pull::rows::bytes, json, bits and addresses as defaults",
            "live rust types: every type",
            "live sample: an object of each kind",
            "long diff: ",
            "long drift: ",
        ],
    ),
];

/// What a test of this name needs that is not there.
pub(super) fn lacking(name: &str) -> Option<&'static str> {
    let entry = NEEDS.iter().find(|(_, tests)| tests.iter().any(|start| name.starts_with(start)));
    entry.map(|(what, _)| *what)
}

/// A test that each entry is about a test.
pub(crate) fn no_entry_is_stale(trials: &[Trial]) -> Trial {
    let names: Vec<&str> = trials.iter().map(Trial::name).collect();
    let starts = NEEDS.iter().flat_map(|(_, tests)| *tests);
    let stale: Vec<&str> = starts.copied().filter(|start| !names.iter().any(|name| name.starts_with(start))).collect();
    let outcome = if stale.is_empty() { Ok(()) } else { Err(Failed::from(format!("there is no test {stale:?}"))) };
    Trial::test("inside: what is lacking is needed by tests that are there", move || outcome)
}
