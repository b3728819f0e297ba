//! The transcripts in the book, recorded from the chapters' own servers. What
//! differs from run to run gets a name; long lines are broken for the page.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use suite::{
    Node, Program,
    climb::{Chapter, chapters},
    http::http_client,
};

/// The width of a page's code.
const WIDTH: usize = 84;

fn program(id: &str) -> Program {
    let chapter = Chapter::find(id).unwrap_or_else(|| panic!("no chapter {id}"));
    Program { package: chapter.package.leak(), binary: chapter.binary.leak() }
}

/// A client that writes down what it sent and what came back.
struct Recorder {
    url: String,
    http: reqwest::Client,
    session: Option<String>,
    sessions: Vec<String>,
    text: String,
}

impl Recorder {
    fn new(node: &Node) -> Self {
        let (sessions, text) = Default::default();
        let (url, http) = (node.url(), http_client());
        Self { url, http, session: None, sessions, text }
    }

    /// Sends a request without writing it down, and says what would have been written.
    async fn quietly(&mut self, method: &str, body: &str) -> String {
        let written = std::mem::take(&mut self.text);
        self.send(method, body).await;
        std::mem::replace(&mut self.text, written)
    }

    async fn post(&mut self, body: &str) {
        self.send("POST", body).await;
    }

    async fn send(&mut self, method: &str, body: &str) {
        let sent = method.parse().unwrap_or_else(|_| panic!("{method}"));
        let mut request = self.http.request(sent, &self.url);
        self.line('>', &format!("{method} /mcp"));
        if let Some(session) = self.session.clone() {
            request = request.header("mcp-session-id", &session);
            self.line('>', &format!("mcp-session-id: {session}"));
        }
        if !body.is_empty() {
            self.line('>', body);
            request = request.header("content-type", "application/json");
        }
        let answer = request.body(body.to_owned()).send().await;
        let answer = answer.unwrap_or_else(|error| panic!("no answer: {error:?}"));
        self.line('<', &answer.status().to_string());
        let session = answer.headers().get("mcp-session-id");
        if let Some(session) = session.and_then(|value| value.to_str().ok()) {
            let session = session.to_owned();
            self.sessions.push(session.clone());
            self.line('<', &format!("mcp-session-id: {session}"));
            self.session = Some(session);
        }
        let text = answer.text().await.unwrap_or_default();
        if !text.is_empty() {
            self.line('<', &text);
        }
        self.text.push('\n');
    }

    fn remark(&mut self, text: &str) {
        self.text.push_str(&format!("{text}\n\n"));
    }

    fn line(&mut self, side: char, text: &str) {
        let mut text = text.to_owned();
        for (index, id) in self.sessions.iter().enumerate() {
            text = text.replace(id, &format!("[session-{}]", index + 1));
        }
        self.text.push_str(&broken(side, &text));
    }

    /// Keeps the recording below the book.
    fn keep(self, name: &str) {
        keep(name, self.text.trim_end());
    }
}

/// Broken after commas, so that it stays readable.
fn broken(side: char, text: &str) -> String {
    let (mut lines, mut line) = (String::new(), String::new());
    for part in text.split_inclusive(',') {
        if line.len() + part.len() > WIDTH - 4 {
            lines.push_str(&format!("{side} {line}\n"));
            line = "  ".to_owned();
        }
        line.push_str(part);
    }
    lines + &format!("{side} {line}\n")
}

fn keep(name: &str, text: &str) {
    let (chapter, name) =
        name.split_once('/').unwrap_or_else(|| panic!("{name} is no name"));
    let mut settings = insta::Settings::clone_current();
    settings
        .set_snapshot_path(chapters::root().join("book/recordings").join(chapter));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

async fn start(id: &str) -> Node {
    Node::builder().program(program(id)).start().await
}

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"curl","version":"8"}}}"#;

fn calculate(id: u8, a: u8, op: &str, b: u8) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"calculate","arguments":{{"a":{a},"b":{b},"op":"{op}"}}}}}}"#
    )
}

fn read(id: u8, uri: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"resources/read","params":{{"uri":"{uri}"}}}}"#
    )
}

#[tokio::test]
async fn chapter_01_calculates() {
    let node = start("01").await;
    let mut recorder = Recorder::new(&node);
    recorder.post(&calculate(1, 100, "add", 50)).await;
    recorder.keep("01/calculate");

    let mut recorder = Recorder::new(&node);
    recorder.post(&calculate(2, 1, "divide", 0)).await;
    recorder.keep("01/divide-by-zero");
}

/// What a program answers to lines on its standard input, until its input ends.
fn over_stdio(id: &str, arguments: &[&str], lines: &[&str]) -> String {
    let mut child = Command::new(program(id).path())
        .args(arguments)
        .env("PORT", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("chapter {id} does not start: {error}"));
    let mut text = String::new();
    if let Some(mut input) = child.stdin.take() {
        for line in lines {
            let _ = writeln!(input, "{line}");
            text.push_str(&broken('>', line));
        }
    }
    // A server that serves HTTP goes on when its input has ended. Once it says that
    // it listens, it has been given every chance to read.
    if arguments.is_empty()
        && let Some(errors) = child.stderr.take()
    {
        let _ = BufReader::new(errors).lines().next();
        let _ = child.kill();
    }
    let output = child.wait_with_output();
    let output = output.unwrap_or_else(|error| panic!("no output: {error}"));
    match String::from_utf8_lossy(&output.stdout).trim_end() {
        "" => text.push_str("(no answer)"),
        answers => {
            for answer in answers.lines() {
                text.push_str(&broken('<', answer));
            }
        }
    }
    text
}

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

#[tokio::test]
async fn chapter_01_does_not_hear_a_pipe_and_chapter_02_does() {
    keep("02/silence", &over_stdio("01", &[], &[PING]));
    let call = calculate(2, 7, "divide", 2);
    keep("02/stdio", over_stdio("02", &["--stdio"], &[PING, &call]).trim_end());
}

#[tokio::test]
async fn chapter_02_forgets_and_chapter_03_remembers() {
    let node = start("02").await;
    let mut recorder = Recorder::new(&node);
    recorder.post(&calculate(2, 100, "add", 50)).await;
    recorder.post(&read(3, "calculator://history")).await;
    recorder.keep("03/forgotten");

    let node = start("03").await;
    let mut recorder = Recorder::new(&node);
    recorder.post(INITIALIZE).await;
    recorder.post(&calculate(2, 100, "add", 50)).await;
    recorder.post(&read(3, "calculator://history")).await;
    recorder.keep("03/remembered");

    let mut recorder = Recorder::new(&node);
    recorder.quietly("POST", INITIALIZE).await;
    recorder.send("DELETE", "").await;
    recorder.post(PING).await;
    recorder.session = None;
    recorder.post(PING).await;
    recorder.keep("03/ended");
}

#[tokio::test]
async fn chapter_03_lets_no_session_go_and_chapter_04_does() {
    let node = start("03").await;
    let mut recorder = Recorder::new(&node);
    recorder.post(INITIALIZE).await;
    let first = recorder.session.clone();
    for _ in 0..1000 {
        recorder.quietly("POST", INITIALIZE).await;
    }
    recorder.remark("(1,000 more handshakes, and no client comes back)");
    recorder.session = first;
    recorder.post(PING).await;
    recorder.keep("04/never-gone");

    let node = Node::builder().program(program("04")).set("SESSION_TIMEOUT", 2000);
    let node = node.start().await;
    let mut recorder = Recorder::new(&node);
    recorder.quietly("POST", INITIALIZE).await;
    let idle = recorder.session.clone();
    recorder.quietly("POST", INITIALIZE).await;
    let busy = recorder.session.clone();
    recorder.sessions.clear();
    recorder.sessions.extend([busy.unwrap_or_default()]);
    recorder.sessions.extend(idle.clone());
    let stats = read(3, "calculator://stats");
    recorder.post(&stats).await;
    recorder.remark("(two seconds later; the first session has gone on asking)");
    let alone = r#"\"activeSessions\":1"#;
    suite::eventually("the idle session expires", suite::PATIENCE, async || {
        recorder.quietly("POST", &stats).await.contains(alone).then_some(())
    })
    .await;
    recorder.post(&stats).await;
    recorder.session = idle;
    recorder.post(PING).await;
    recorder.keep("04/expired");
}
