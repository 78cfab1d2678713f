//! A configuration file that has to be executed: by the Node.js or Bun found in `PATH`.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::environment::Environment;
use super::javascript::Value;
use crate::db::url::redact;

/// Longest run of a configuration file. It may connect to a vault, but not wait for ever.
const LONGEST_RUN: Duration = Duration::from_secs(30);

/// Loads the module in the first argument and prints what it exports as JSON behind a mark of its own. TypeScript goes
/// through the project's own loader where the runtime cannot read it.
const SCRIPT: &str = include_str!("runtime.mjs");

/// What stands before the JSON on its line, so that the module may print too.
const MARK: &str = "\u{1}evt-config\u{1}";

/// Runtimes in the order in which they are tried, each with the arguments before the script's text.
const RUNTIMES: &[(&str, &[&str])] =
    &[("node", &["--no-warnings", "--input-type=module", "--eval"]), ("bun", &["--eval"])];

/// Why no runtime could say what the file exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RunError {
    /// None is in `PATH`.
    NoRuntime,
    /// It ran and failed.
    Failed { runtime: &'static str, reason: String },
}

/// Runs the file with the environment's variables in the working directory and returns its default export.
pub(super) fn run(file: &Path, cwd: &Path, environment: &Environment) -> Result<Value, RunError> {
    let mut failure = RunError::NoRuntime;
    for (runtime, arguments) in RUNTIMES {
        let mut command = Command::new(runtime);
        command.args(*arguments).arg(SCRIPT).arg(file).current_dir(cwd).envs(environment.from_files());
        match output(&mut command) {
            Ok(Some(text)) => match exported(&text) {
                Ok(value) => return Ok(value),
                Err(reason) => failure = RunError::Failed { runtime, reason },
            },
            Ok(None) => {
                let reason = format!("it took longer than {} seconds", LONGEST_RUN.as_secs());
                failure = RunError::Failed { runtime, reason };
            }
            Err(_) => {} // not in PATH, or not executable
        }
    }
    Err(failure)
}

/// Standard output of a command; `None` if it took too long.
fn output(command: &mut Command) -> std::io::Result<Option<String>> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let stdout = child.stdout.take();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stdout.map(|mut stdout| stdout.read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > LONGEST_RUN {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(Some(reader.join().unwrap_or_default()))
}

fn exported(output: &str) -> Result<Value, String> {
    let unreadable = || "it printed nothing that evt understands".to_owned();
    let text = output.rsplit_once(MARK).map(|(_, text)| text).ok_or_else(unreadable)?;
    let answer: Json = serde_json::from_str(text.lines().next().unwrap_or_default()).map_err(|_| unreadable())?;
    match answer.get("error").and_then(Json::as_str) {
        Some(error) => Err(redact(error.lines().next().unwrap_or_default()).into_owned()),
        None => Ok(answer.get("value").map_or(Value::Undefined, value)),
    }
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Boolean(*truth),
        Json::Number(number) => Value::Number(number.as_f64().unwrap_or_default()),
        Json::String(text) => missing_variable(text).unwrap_or_else(|| Value::Text(text.clone())),
        Json::Array(list) => Value::List(list.iter().map(value).collect()),
        Json::Object(entries) => Value::Object(entries.iter().map(|(key, json)| (key.clone(), value(json))).collect()),
    }
}

/// What `env("NAME")` of a variable without value left in a text: `unset NAME` or `empty NAME` between marks.
fn missing_variable(text: &str) -> Option<Value> {
    let (_, rest) = text.split_once('\u{1}')?;
    let (word, name) = rest.split_once('\u{1}')?.0.split_once(' ')?;
    Some(Value::MissingVariable { name: name.to_owned(), empty: word == "empty" })
}
