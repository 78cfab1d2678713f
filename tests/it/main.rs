//! One test binary: every module lists its tests, so that those that need a server can be reported as ignored.

mod bridge;
mod codes;
mod commands;
mod config;
mod corpus;
mod crowd;
mod dev;
mod diagrams;
mod diff;
mod doctor;
mod engine;
mod documents;
mod dmmf;
mod drift;
mod each_command;
mod example;
mod examples;
mod extensions;
mod format;
mod guarded;
mod interrupt;
mod introspect;
mod kill;
mod killed;
mod local;
mod locks;
mod maintenance;
mod migrations;
mod odd;
mod parse;
mod pooler;
mod readme;
mod regression;
mod records;
mod roundtrip;
mod round_trips;
mod rust_types;
mod safety;
mod secrets;
mod samples;
mod server;
mod split;
mod shapes;
mod terminal;
mod tls;
mod typed_sql;
mod validate;
mod watch;

/// Whether a developer asks for the expectations of today, by `UPDATE=1`.
#[expect(clippy::disallowed_methods, reason = "the tests' own settings are environment variables")]
fn is_updating() -> bool {
    std::env::var_os("UPDATE").is_some()
}

fn main() {
    // Tests that take minutes are there only if somebody asks: `cargo test --test it -- --sweep "sweep "`.
    let (sweep, given): (Vec<String>, Vec<String>) = std::env::args().partition(|argument| argument == "--sweep");
    let arguments = libtest_mimic::Arguments::from_iter(given);
    let tests = [
        parse::tests(),
        roundtrip::tests(),
        validate::tests(),
        format::tests(),
        diagrams::tests(),
        diff::tests(),
        safety::tests(),
        interrupt::tests(),
        introspect::tests(),
        config::tests(),
        local::tests(),
        maintenance::tests(),
        migrations::tests(),
        bridge::tests(),
        codes::tests(),
        kill::tests(),
        killed::tests(),
        crowd::tests(),
        dev::tests(),
        each_command::tests(),
        locks::tests(),
        if sweep.is_empty() {
            Vec::new()
        } else {
            [kill::sweep(), killed::sweep(), crowd::sweep(), diff::sweep()].into_iter().flatten().collect()
        },
        odd::tests(),
        pooler::tests(),
        samples::tests(),
        regression::tests(),
        commands::tests(),
        doctor::tests(),
        engine::tests(),
        secrets::tests(),
        split::tests(),
        terminal::tests(),
        tls::tests(),
        typed_sql::tests(),
        watch::tests(),
        corpus::tests(),
        documents::tests(),
        drift::tests(),
        readme::tests(),
        shapes::tests(),
        records::tests(),
        example::tests(),
        dmmf::tests(),
        examples::tests(),
        extensions::tests(),
        round_trips::tests(),
        rust_types::tests(),
    ];
    let mut tests: Vec<_> = tests.into_iter().flatten().collect();
    tests.push(server::inside::no_entry_is_stale(&tests));
    let conclusion = libtest_mimic::run(&arguments, tests);
    server::stop();
    guarded::stop();
    conclusion.exit();
}
