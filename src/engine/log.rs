//! The log on standard error: one JSON object on a line, in the form of the `tracing` library, which Prisma's command
//! line looks into when something goes wrong.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::config::Environment;
use crate::config::environment::RUST_LOG;
use crate::db::url::redact;
use crate::output::Output;

/// What identifies the build, where Prisma's engine names its commit.
pub(super) const BUILD: &str = concat!("evt-", env!("CARGO_PKG_VERSION"));

/// The target of ordinary lines.
const ENGINE: &str = "schema_engine";

/// The target of the line that says why a command failed: Prisma's command line looks for it.
const LOGGER: &str = "schema_engine::logger";

/// How much is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Off,
    Error,
    Warn,
    Info,
}

/// Where the log goes, as far as it is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Log {
    level: Level,
}

impl Log {
    /// As the environment wants it; without a word about it, everything.
    pub(super) fn of(environment: &Environment) -> Self {
        Self { level: environment.filled(RUST_LOG).map_or(Level::Info, level) }
    }

    /// Panics are a line of the log and end the process with 101, by which Prisma's command line knows a crash.
    pub(super) fn catch_panics(environment: &Environment) {
        let environment = environment.clone();
        std::panic::set_hook(Box::new(move |info| {
            let text = info.payload_as_str().unwrap_or("no text");
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            let backtrace = std::backtrace::Backtrace::capture().to_string();
            let fields = json!({
                "is_panic": true,
                "error_code": "",
                "message": format!("[{place}] {text}"),
                "backtrace": backtrace,
                "location": place,
            });
            write(&mut Output::of_process(&environment), "ERROR", LOGGER, fields);
            // The process is in no state to go on.
            std::process::exit(i32::from(crate::error::Exit::Crashed.status()));
        }));
    }

    /// The first line.
    pub(super) fn started(self, out: &mut Output, message: &str) {
        if self.level >= Level::Info {
            write(out, "INFO", ENGINE, json!({ "message": message, "git_hash": BUILD }));
        }
    }

    /// The first line of a command: whoever reads the log passes over it, so that it has to be there.
    pub(super) fn started_command(out: &mut Output) {
        write(out, "INFO", ENGINE, json!({ "message": "Starting schema engine CLI", "git_hash": BUILD }));
    }

    /// The last line of a command that did what it should. The caller looks for its words.
    pub(super) fn done(out: &mut Output, message: &str) {
        write(out, "INFO", ENGINE, json!({ "message": message }));
    }

    /// The last line of a command that failed.
    pub(super) fn refused(out: &mut Output, code: &str, message: &str) {
        write(out, "ERROR", LOGGER, json!({ "is_panic": false, "error_code": code, "message": message }));
    }

    /// A request failed; the answer says so too.
    pub(super) fn failed(self, out: &mut Output, method: &str, message: &str) {
        if self.level >= Level::Info {
            write(out, "INFO", ENGINE, json!({ "message": format!("{method} failed: {message}"), "method": method }));
        }
    }

    /// The process cannot work at all.
    pub(super) fn crashed(self, out: &mut Output, message: &str) {
        if self.level >= Level::Error {
            write(out, "ERROR", LOGGER, json!({ "is_panic": true, "error_code": "", "message": message }));
        }
    }
}

fn write(out: &mut Output, level: &str, target: &str, fields: Value) {
    let fields = match fields {
        Value::Object(fields) => fields,
        other => Map::from_iter([("message".to_owned(), other)]),
    };
    let clean = |value: Value| match value {
        Value::String(text) => Value::String(redact(&text).into_owned()),
        other => other,
    };
    let fields: Map<String, Value> = fields.into_iter().map(|(name, value)| (name, clean(value))).collect();
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
    out.log(&json!({ "timestamp": now, "level": level, "fields": fields, "target": target }));
}

/// What `RUST_LOG` says about this program (`env_logger` and `tracing-subscriber` document the form): levels, each for
/// everything or, behind a `=`, for a target.
fn level(text: &str) -> Level {
    let level = |word: &str| match word.to_ascii_lowercase().as_str() {
        "off" => Some(Level::Off),
        "error" => Some(Level::Error),
        "warn" => Some(Level::Warn),
        "info" | "debug" | "trace" => Some(Level::Info),
        _ => None,
    };
    let parts: Vec<(&str, Option<Level>)> = text
        .split(',')
        .map(|part| match part.trim().split_once('=') {
            Some((target, word)) => (target, level(word)),
            None => ("", level(part.trim())),
        })
        .collect();
    let about = |target: &str| parts.iter().rev().find(|part| part.0 == target).and_then(|part| part.1);
    about(ENGINE).or_else(|| about("")).unwrap_or(Level::Error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_decides_how_much_is_written() {
        for (text, expected) in [
            ("info", Level::Info),
            ("WARN", Level::Warn),
            ("off", Level::Off),
            ("trace", Level::Info),
            ("error,schema_engine=info", Level::Info),
            ("schema_engine=off,info", Level::Off),
            ("other=debug", Level::Error),
            ("?", Level::Error),
        ] {
            assert_eq!(level(text), expected, "{text}");
        }
    }
}
