//! A generator as a child process: one request a line on its stdin, one answer a line on its stderr
//! (spec/psl.md section 10.4).

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

use serde::Serialize;
use serde_json::Value;

/// How a generator is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// A command for the shell.
    Shell(String),
    /// A script for Node.js, with arguments.
    Node(PathBuf, Vec<OsString>),
}

/// Why a generator gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It could not be started.
    #[error("it cannot be started: {0}")]
    Start(#[source] std::io::Error),
    /// It ended, or closed its streams, before it answered. Holds what it said.
    #[error("it ended without an answer ({status}){}", said(talk))]
    Ended {
        /// The exit status, or what is known of it.
        status: String,
        /// What it wrote to stderr beside answers.
        talk: String,
    },
    /// It answered with an error.
    #[error("{0}")]
    Refused(String),
}

fn said(talk: &str) -> String {
    if talk.is_empty() { String::new() } else { format!(":\n{}", talk.trim_end()) }
}

/// A question to a generator.
#[derive(Serialize)]
struct Request<'a, T> {
    jsonrpc: &'static str,
    method: &'static str,
    params: &'a T,
    id: u64,
}

/// A running generator. It is ended when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    answers: BufReader<std::process::ChildStderr>,
    talk: String,
    requests: u64,
}

impl Process {
    /// Starts a generator in `folder`. `variables` are set in addition to those of this process, and `path` replaces PATH.
    ///
    /// # Errors
    /// If the shell or Node.js cannot be started.
    pub fn start(
        start: &Start,
        folder: &std::path::Path,
        variables: &[(String, String)],
        path: Option<&OsString>,
    ) -> Result<Self, ProcessError> {
        let mut command = match start {
            Start::Shell(text) if cfg!(windows) => {
                let mut command = Command::new("cmd");
                command.arg("/C").arg(text);
                command
            }
            Start::Shell(text) => {
                let mut command = Command::new("sh");
                command.arg("-c").arg(text);
                command
            }
            Start::Node(script, arguments) => {
                let mut command = Command::new("node");
                command.arg(script).args(arguments);
                command
            }
        };
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        if let Some(path) = path {
            command.env("PATH", path);
        }
        command.env("PRISMA_GENERATOR_INVOCATION", "true").current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::inherit()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(ProcessError::Start)?;
        let stderr = child.stderr.take().ok_or_else(|| ProcessError::Start(std::io::ErrorKind::BrokenPipe.into()))?;
        let stdin = child.stdin.take();
        Ok(Self { child, stdin, answers: BufReader::new(stderr), talk: String::new(), requests: 0 })
    }

    /// Asks for what the generator says of itself; `Null` if it says nothing.
    ///
    /// # Errors
    /// If it ends, or answers with an error.
    pub fn manifest(&mut self, generator: &Value) -> Result<Value, ProcessError> {
        let answer = self.ask("getManifest", generator)?;
        Ok(answer.get("manifest").cloned().unwrap_or_default())
    }

    /// Lets it generate.
    ///
    /// # Errors
    /// If it ends, or answers with an error.
    pub fn generate(&mut self, options: &impl Serialize) -> Result<(), ProcessError> {
        self.ask("generate", options).map(|_| ())
    }

    fn ask(&mut self, method: &'static str, parameters: &impl Serialize) -> Result<Value, ProcessError> {
        self.requests += 1;
        let id = self.requests;
        // One write: the document of a large schema has megabytes, in pieces of a few bytes.
        let request = serde_json::to_string(&Request { jsonrpc: "2.0", method, params: parameters, id });
        let request = request.map_err(|error| ProcessError::Refused(error.to_string()))? + "\n";
        let Some(mut stdin) = self.stdin.take() else { return Err(self.ended()) };
        // A generator that talks much before it reads must not wait for us while we wait for it.
        let (answer, stdin) = std::thread::scope(|scope| {
            let writer = scope.spawn(move || {
                // If it is gone, its stderr ends, which says more.
                let _ = stdin.write_all(request.as_bytes()).and_then(|()| stdin.flush());
                stdin
            });
            let answer = self.answer(id);
            (answer, writer.join().ok())
        });
        self.stdin = stdin;
        let answer = answer.ok_or_else(|| self.ended())?;
        if let Some(error) = answer.get("error") {
            let message = error.get("message").and_then(Value::as_str).map_or_else(|| error.to_string(), str::to_owned);
            return Err(ProcessError::Refused(message));
        }
        Ok(answer.get("result").cloned().unwrap_or_default())
    }

    /// Reads up to the answer with this number; keeps what is no answer.
    fn answer(&mut self, id: u64) -> Option<Value> {
        let mut line = Vec::new();
        loop {
            line.clear();
            if self.answers.read_until(b'\n', &mut line).ok()? == 0 {
                return None;
            }
            match serde_json::from_slice::<Value>(&line) {
                Ok(answer) if answer.get("id").and_then(Value::as_u64) == Some(id) => return Some(answer),
                Ok(_) | Err(_) => self.talk.push_str(&String::from_utf8_lossy(&line)),
            }
        }
    }

    fn ended(&mut self) -> ProcessError {
        self.stdin = None;
        let status = match self.child.wait() {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        ProcessError::Ended { status, talk: std::mem::take(&mut self.talk) }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
