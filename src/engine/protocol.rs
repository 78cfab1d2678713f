//! JSON-RPC 2.0 over standard input and output, one message on a line.
//!
//! Both sides may ask; evt's only question is `print`, whose answer it waits for. A library would bring more than this
//! needs: no batches, no notifications, and every request is answered before the next one is looked at.

use std::collections::VecDeque;
use std::io::BufRead as _;
use std::rc::Rc;

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::output::Output;

/// Codes of errors that have to do with the protocol (JSON-RPC 2.0 specification, "Error object").
pub(super) const PARSE_ERROR: i32 = -32700;
pub(super) const INVALID_REQUEST: i32 = -32600;
pub(super) const METHOD_NOT_FOUND: i32 = -32601;
pub(super) const INVALID_PARAMS: i32 = -32602;

/// What the other side wants.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    /// A number or a text; the answer carries the same.
    pub(super) id: Value,
    pub(super) method: String,
    /// `null` if there are none.
    pub(super) params: Value,
}

/// A line that came in.
#[derive(Debug, Clone, PartialEq)]
enum Message {
    Request(Request),
    /// The answer to a question of ours.
    Response {
        id: Value,
    },
    /// Neither, and the error to answer with.
    Malformed {
        id: Value,
        code: i32,
        message: String,
    },
}

/// The other side.
pub(super) struct Peer<'o> {
    pub(super) out: &'o mut Output,
    lines: UnboundedReceiver<String>,
    /// What came while an answer was waited for.
    waiting: VecDeque<Message>,
    /// How many questions were asked.
    asked: u64,
    /// Told when an answer can no longer come.
    ended: Rc<Notify>,
}

impl<'o> Peer<'o> {
    /// The process at the other end of standard input.
    pub(super) fn of_process(out: &'o mut Output) -> Self {
        let (sender, lines) = unbounded_channel();
        // A thread of its own: a read of standard input cannot be given up, and must not keep this process from ending.
        std::thread::spawn(move || {
            let lines = std::io::stdin().lock().split(b'\n');
            for line in lines.map_while(Result::ok) {
                if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        });
        Self { out, lines, waiting: VecDeque::new(), asked: 0, ended: Rc::default() }
    }

    /// Waits for what can no longer come: an answer to a question after the other side has closed its end.
    pub(super) fn ended(&self) -> Rc<Notify> {
        Rc::clone(&self.ended)
    }

    /// The next request; `None` if there will be none. What is no request is answered here.
    pub(super) async fn next(&mut self) -> Option<Request> {
        loop {
            match self.receive().await? {
                Message::Request(request) => return Some(request),
                Message::Response { .. } => {}
                Message::Malformed { id, code, message } => self.refuse(&id, code, &message),
            }
        }
    }

    async fn receive(&mut self) -> Option<Message> {
        if let Some(message) = self.waiting.pop_front() {
            return Some(message);
        }
        self.read().await
    }

    async fn read(&mut self) -> Option<Message> {
        loop {
            let line = self.lines.recv().await?;
            if !line.trim().is_empty() {
                return Some(message(&line));
            }
        }
    }

    /// Lets the other side show a text to people, and waits until it has. One line break at the end goes.
    ///
    /// Never returns if the other side is gone: what waits for it is given up then.
    pub(super) async fn print(&mut self, text: &str) {
        let id = self.asked;
        self.asked += 1;
        let content = text.strip_suffix('\n').unwrap_or(text);
        self.out.json(&json!({ "jsonrpc": "2.0", "method": "print", "params": { "content": content }, "id": id }));
        loop {
            match self.read().await {
                Some(Message::Response { id: answered }) if answered == json!(id) => return,
                Some(Message::Response { .. }) => {}
                Some(other) => self.waiting.push_back(other),
                None => {
                    self.ended.notify_one();
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    /// Answers with a result, which may be `null`.
    pub(super) fn answer(&mut self, id: &Value, result: &Value) {
        self.out.json(&json!({ "jsonrpc": "2.0", "result": result, "id": id }));
    }

    /// Answers with an error of the protocol.
    pub(super) fn refuse(&mut self, id: &Value, code: i32, message: &str) {
        self.fail(id, &json!({ "code": code, "message": message }));
    }

    /// Answers with an error.
    pub(super) fn fail(&mut self, id: &Value, error: &Value) {
        self.out.json(&json!({ "jsonrpc": "2.0", "error": error, "id": id }));
    }
}

fn message(line: &str) -> Message {
    let value: Value = match serde_json::from_str(line) {
        Ok(value) => value,
        Err(error) => {
            let message = format!("this line is no JSON: {error}");
            return Message::Malformed { id: Value::Null, code: PARSE_ERROR, message };
        }
    };
    let id = value.get("id").cloned().unwrap_or(Value::Null);
    match value.get("method").and_then(Value::as_str) {
        Some(method) => {
            let params = value.get("params").cloned().unwrap_or(Value::Null);
            Message::Request(Request { id, method: method.to_owned(), params })
        }
        None if value.get("result").is_some() || value.get("error").is_some() => Message::Response { id },
        None => {
            let message = "this is no JSON-RPC request: an object with `id`, `method` and `params` is".to_owned();
            Message::Malformed { id, code: INVALID_REQUEST, message }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_messages() {
        let request = |id: Value, params: Value| Message::Request(Request { id, method: "reset".to_owned(), params });
        for (line, expected) in [
            (r#"{"id":1,"jsonrpc":"2.0","method":"reset"}"#, request(json!(1), Value::Null)),
            (r#"{"id":"a","method":"reset","params":null}"#, request(json!("a"), Value::Null)),
            (r#"{"id":2,"method":"reset","params":{},"more":1}"#, request(json!(2), json!({}))),
            (r#"{"id":0,"jsonrpc":"2.0","result":{}}"#, Message::Response { id: json!(0) }),
        ] {
            assert_eq!(message(line), expected, "{line}");
        }
        for (line, expected_id, expected) in [
            ("{", Value::Null, PARSE_ERROR),
            ("[]", Value::Null, INVALID_REQUEST),
            ("1", Value::Null, INVALID_REQUEST),
            (r#"{"id":3}"#, json!(3), INVALID_REQUEST),
            (r#"{"id":4,"method":5}"#, json!(4), INVALID_REQUEST),
        ] {
            let Message::Malformed { id, code, .. } = message(line) else { panic!("`{line}` is malformed") };
            assert_eq!((id, code), (expected_id, expected), "{line}");
        }
    }
}
