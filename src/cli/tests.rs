//! The command line is what Prisma users type.

use super::*;

#[test]
fn arguments_are_consistent() {
    Cli::command().debug_assert();
}

/// The examples in the help are command lines that are understood.
#[test]
fn examples_are_understood() {
    fn look(command: &clap::Command, path: &str) {
        for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
            let path = format!("{path} {}", below.get_name());
            look(below, &path);
            if !does_something(below) {
                continue;
            }
            let help = below.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples: Vec<&str> = help.lines().skip(1).map(str::trim).collect();
            assert!(help.starts_with("Examples:\n") && !examples.is_empty(), "`{path}` has no examples");
            for example in examples {
                assert!(example.starts_with(&path), "`{example}` is no example of `{path}`");
                // What follows is for the shell.
                let words = example.split(['<', '>', '|']).next().unwrap_or_default().split_whitespace();
                let words = words.map(|word| word.trim_matches('"'));
                assert!(Cli::try_parse_from(words).is_ok(), "`{example}` is not understood");
            }
        }
    }
    look(&Cli::command(), "evt");
}

/// What Prisma 6 and 7 accept, command by command; every flag alone.
const FLAGS: &[(&str, &[&str])] = &[
    (
        "init",
        &[
            "--datasource-provider postgresql",
            "--url postgresql://h/db",
            "--generator-provider x",
            "--output x",
            "--preview-feature views",
            "--with-model",
        ],
    ),
    ("validate", &["--schema x"]),
    ("format", &["--schema x", "--check"]),
    (
        "generate",
        &[
            "--schema x",
            "--watch",
            "--sql",
            "--generator x",
            "--generator x --generator y",
            "--no-hints",
            "--require-models",
            "--no-engine",
            "--allow-no-models",
            "--data-proxy",
            "--accelerate",
            "--postinstall",
        ],
    ),
    ("version", &["--json"]),
    ("debug", &["--schema x"]),
    ("introspect", &["--schema x", "--force", "--print", "--url x"]),
    (
        "db pull",
        &[
            "--schema x",
            "--force",
            "--print",
            "--schemas a,b",
            "--url x",
            "--composite-type-depth 3",
            "--composite-type-depth -1",
        ],
    ),
    ("db push", &["--schema x", "--accept-data-loss", "--force-reset", "--skip-generate", "--url x"]),
    ("db execute", &["--schema x", "--file x", "--stdin", "--url x"]),
    ("db seed", &["--schema x", "-- one --two three"]),
    ("seed", &["--schema x", "-- one"]),
    (
        "migrate dev",
        &[
            "--schema x",
            "--name x",
            "--name=x",
            "-n x",
            "-n=x",
            "--create-only",
            "--skip-generate",
            "--skip-seed",
            "--url x",
        ],
    ),
    ("migrate deploy", &["--schema x"]),
    ("migrate status", &["--schema x"]),
    ("migrate resolve", &["--schema x", "--applied x", "--rolled-back x", "--applied="]),
    ("migrate reset", &["--schema x", "--force", "-f", "--skip-generate", "--skip-seed"]),
    (
        "migrate diff",
        &[
            "--from-empty",
            "--to-empty",
            "--from-schema x",
            "--to-schema x",
            "--from-schema-datamodel x",
            "--to-schema-datamodel x",
            "--from-schema-datasource x",
            "--to-schema-datasource x",
            "--from-config-datasource",
            "--to-config-datasource",
            "--from-url x",
            "--to-url x",
            "--from-migrations x",
            "--to-migrations x",
            "--shadow-database-url x",
            "--script",
            "-o x",
            "--output x",
            "--exit-code",
        ],
    ),
];

/// What goes with every command.
const EVERYWHERE: &[&str] = &["--config x", "--config=x", "--telemetry-information x"];

fn understands(line: &str) -> bool {
    Cli::try_parse_from(std::iter::once("evt").chain(line.split(' '))).is_ok()
}

#[test]
fn flags_of_prisma() {
    for (command, flags) in FLAGS {
        assert!(understands(command), "evt {command}");
        for flag in flags.iter().chain(EVERYWHERE) {
            assert!(understands(&format!("{command} {flag}")), "evt {command} {flag}");
        }
        assert!(!understands(&format!("{command} --nonsense")), "evt {command} --nonsense");
        if !matches!(*command, "init" | "seed" | "db seed") {
            // Prisma looks at no argument without a flag, and at none behind one; evt says so, and looks on.
            assert!(understands(&format!("{command} extra")), "evt {command} extra");
        }
        if !matches!(*command, "init" | "version" | "debug") {
            assert!(understands(&format!("{command} --preview-feature")), "evt {command} --preview-feature");
        }
    }
    for flags in ["--experimental", "--early-access", "--preview-feature", "--telemetry-information x"] {
        assert!(understands(&format!("{flags} validate")), "evt {flags} validate");
    }
}
