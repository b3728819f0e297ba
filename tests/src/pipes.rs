//! A server that speaks over standard input and output.

use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Process, Stderr};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use crate::client::message;
use crate::node::ended;
use crate::{PATIENCE, eventually};

/// A server process and its two pipes. Dropping it kills it.
#[derive(Debug)]
pub struct Pipes {
    process: Process,
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
    lines: Option<UnboundedReceiver<String>>,
}

impl Pipes {
    pub(crate) fn start(command: &mut Command, stderr: Stderr) -> Self {
        let (process, input, output) = Process::piped(command, stderr)
            .unwrap_or_else(|error| panic!("{error}"));
        Self { process, input: Some(input), output: Some(output), lines: None }
    }

    /// The same process, which leads a group that ends with it.
    pub(crate) fn leading_group(self) -> Self {
        Self { process: self.process.leading_group(), ..self }
    }

    /// Writes one line.
    pub fn write(&mut self, line: impl AsRef<[u8]>) {
        let line = [line.as_ref(), b"\n"].concat();
        let written = self.input.as_mut().map(|input| input.write_all(&line));
        assert!(matches!(written, Some(Ok(()))), "the server does not read");
    }

    /// Writes a message.
    pub fn send(&mut self, message: &Value) {
        self.write(message.to_string());
    }

    /// Writes a request.
    pub fn request(&mut self, id: impl Into<Value>, method: &str, params: Value) {
        self.send(&message(id.into(), method, params));
    }

    /// Writes a call of a tool.
    pub fn call(&mut self, id: impl Into<Value>, tool: &str, arguments: Value) {
        let params = json!({ "name": tool, "arguments": arguments });
        self.request(id, "tools/call", params);
    }

    /// Writes a notification.
    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The next line, or `None` at the end. Nothing is read before the first
    /// call of this.
    pub async fn line(&mut self) -> Option<String> {
        if let Some(output) = self.output.take() {
            let (sender, receiver) = unbounded_channel();
            self.lines = Some(receiver);
            thread::spawn(move || {
                let lines = BufReader::new(output).lines().map_while(Result::ok);
                lines.map(|line| sender.send(line)).all(|sent| sent.is_ok())
            });
        }
        let next = timeout(PATIENCE, self.lines.as_mut()?.recv()).await;
        next.unwrap_or_else(|_| panic!("no line within {PATIENCE:?}"))
    }

    /// The next message; every line is one.
    pub async fn message(&mut self) -> Value {
        let line = self.line().await.unwrap_or_else(|| {
            panic!("the output has ended\n{}", self.process.output())
        });
        serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{error} in the line {line:?}"))
    }

    /// The next message with this method; others before it are passed over.
    pub async fn expect(&mut self, method: &str) -> Value {
        loop {
            let message = self.message().await;
            if message["method"] == method {
                return message;
            }
        }
    }

    /// The next response; what the server says on its own is passed over.
    pub async fn response(&mut self) -> Value {
        loop {
            let message = self.message().await;
            if message.get("method").is_none() {
                return message;
            }
        }
    }

    /// The whole handshake; the result of `initialize`.
    pub async fn handshake(&mut self, version: &str, capabilities: Value) -> Value {
        let params = json!({
            "protocolVersion": version,
            "capabilities": capabilities,
            "clientInfo": { "name": "suite", "version": "1.0.0" },
        });
        self.request("handshake", "initialize", params);
        let mut opened = self.response().await;
        self.notify("notifications/initialized", json!({}));
        opened["result"].take()
    }

    /// Fails the story if the server does not answer a ping.
    pub async fn assert_alive(&mut self) {
        self.request("alive", "ping", json!({}));
        let pong = json!({ "jsonrpc": "2.0", "id": "alive", "result": {} });
        assert_eq!(self.response().await, pong);
    }

    /// Closes the server's input: the client is gone.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// Closes the server's output: nobody reads it any more.
    pub fn close_output(&mut self) {
        self.output = None;
    }

    /// Waits until the server has said this to stderr.
    pub async fn says(&self, text: &str) {
        eventually(text, PATIENCE, async || {
            self.process.output().contains(text).then_some(())
        })
        .await;
    }

    /// How much memory the server has used at most, in bytes.
    pub fn peak_bytes(&self) -> u64 {
        self.process.peak_bytes()
    }

    /// Writes lines from a thread of its own, until the server has read all of them
    /// or is gone: how many it has taken so far is counted.
    pub fn pour(&mut self, lines: Vec<Vec<u8>>) -> Arc<AtomicUsize> {
        let taken = Arc::new(AtomicUsize::new(0));
        let count = taken.clone();
        if let Some(mut input) = self.input.take() {
            thread::spawn(move || {
                let mut written = |line: &Vec<u8>| input.write_all(line).is_ok();
                for _ in lines.iter().take_while(|line| written(line)) {
                    count.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        taken
    }

    /// SIGKILL: it is gone, and what it has written can still be read.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        self.process.terminate();
    }

    /// Waits for the server to end by itself.
    pub async fn wait(&mut self, within: Duration) -> ExitStatus {
        ended(&mut self.process, within).await
    }

    /// Fails the story if the server does not end in good order, in time.
    pub async fn assert_ends(&mut self, within: Duration) {
        let status = self.wait(within).await;
        assert!(status.success(), "{status}: {}", self.process.output());
    }
}
