//! The lab as a process: its ports, its terminal, its other clients, and what it leaves
//! behind.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use suite::console::LabBuilder;
use suite::http::http_client;
use suite::{PATIENCE, RedisServer, eventually};

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"other","version":"1"}}}"#;
const CALCULATE: &str = r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"calculate","arguments":{"a":2,"b":3,"op":"add"}}}"#;

/// Sends a message; the session that the response opens.
async fn post(url: &str, session: &str, body: &'static str) -> Option<String> {
    let mut request = http_client().post(url).body(body);
    request = request.header("content-type", "application/json");
    if !session.is_empty() {
        request = request.header("mcp-session-id", session);
    }
    let answer = request.send().await.expect("an answer");
    let opened = answer.headers().get("mcp-session-id");
    opened.map(|id| id.to_str().unwrap().to_owned())
}

/// The address of node a, from what the lab tells the reader.
async fn address_of_a(errors: &Path) -> String {
    eventually("node a listens", PATIENCE * 3, async || {
        let text = std::fs::read_to_string(errors).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("node a  "))?;
        Some(line.to_owned())
    })
    .await
}

#[tokio::test]
async fn another_client_of_the_lab_is_recorded_and_its_session_has_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let errors = folder.path().join("errors");
    let builder = LabBuilder::of("03-sessions").errors_into(&errors);
    let mut lab = builder.start();
    let url = address_of_a(&errors).await;
    let session = post(&url, "", INITIALIZE).await.expect("a session is opened");
    post(&url, &session, CALCULATE).await;
    lab.type_line("read a s1 calculator://history");
    lab.type_line("show");
    lab.type_line("quit");
    let ran = lab.end();
    assert!(ran.success, "{}", ran.text);
    let (history, shown) = ran.text.split_once("lab> show\n").unwrap();
    assert!(history.contains("[2.0,3.0]"), "{history}");
    assert!(shown.contains("2 add 3 = 5"), "{shown}");
}

/// The processes that a process has started.
fn children(id: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten();
    let lists = tasks.flatten().map(|task| {
        std::fs::read_to_string(task.path().join("children")).unwrap_or_default()
    });
    let words = lists.flat_map(|list| {
        list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    });
    words.filter_map(|word| word.parse().ok()).collect()
}

fn is_running(id: u32) -> bool {
    Path::new(&format!("/proc/{id}")).exists()
}

#[tokio::test]
async fn an_interrupt_ends_what_the_lab_started_and_nothing_else() {
    let foreign = RedisServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let errors = folder.path().join("errors");
    let lab = LabBuilder::of("05-redis").errors_into(&errors).start();
    address_of_a(&errors).await;
    let id = lab.child.id();
    eventually("Redis and two nodes run", PATIENCE, async || {
        (children(id).len() == 3).then_some(())
    })
    .await;
    let started = children(id);
    let lab_id = rustix::process::Pid::from_child(&lab.child);
    rustix::process::kill_process(lab_id, rustix::process::Signal::INT).unwrap();
    assert!(!lab.end().success, "it was interrupted");
    assert!(started.iter().all(|child| !is_running(*child)));
    assert_eq!(foreign.command(&["PING"]).await, "+PONG");
}

#[test]
fn a_taken_port_is_named_and_the_next_one_is_used() {
    // If this fails, another program has it, which is as good.
    let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 1453));
    let builder = LabBuilder::of("03-sessions").arguments(&["--nodes", "1"]);
    let ran = builder.run("open a");
    assert!(ran.success, "{}", ran.errors);
    assert!(ran.errors.contains("port 1453 is taken"), "{}", ran.errors);
    assert!(!ran.errors.contains("127.0.0.1:1453/"), "{}", ran.errors);
}

#[test]
fn an_absent_redis_is_one_sentence() {
    let builder = LabBuilder::of("05-redis").environment("PATH", "/nowhere");
    let ran = builder.run("open a");
    assert!(!ran.success);
    let sentence = ran.errors.lines().last().unwrap_or_default();
    assert!(
        sentence.starts_with("lab: this chapter needs redis-server"),
        "{sentence}"
    );
    assert_eq!(ran.text, "", "no command was run");
}

/// A terminal, and what was printed on it.
struct Terminal {
    keys: File,
    side: File,
    printed: Arc<Mutex<String>>,
}

impl Terminal {
    fn open() -> Self {
        let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keys).unwrap();
        unlockpt(&keys).unwrap();
        let name = ptsname(&keys, Vec::new()).unwrap().into_string().unwrap();
        let side = File::options().read(true).write(true).open(name).unwrap();
        let keys = File::from(keys);
        let printed = Arc::<Mutex<String>>::default();
        let (mut reader, text) = (keys.try_clone().unwrap(), printed.clone());
        thread::spawn(move || {
            let mut bytes = [0; 1024];
            while let Ok(length @ 1..) = reader.read(&mut bytes) {
                let part = String::from_utf8_lossy(&bytes[..length]).into_owned();
                text.lock().unwrap().push_str(&part);
            }
        });
        Self { keys, side, printed }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    async fn shows(&self, text: &str) {
        eventually(text, PATIENCE * 3, async || {
            self.printed.lock().unwrap().contains(text).then_some(())
        })
        .await;
    }

    /// Whether it prints what is typed, as a shell expects it.
    fn echoes(&self) -> bool {
        tcgetattr(&self.side).unwrap().local_modes.contains(LocalModes::ECHO)
    }
}

#[tokio::test]
async fn at_a_terminal_tab_completes_the_arrow_repeats_and_ctrl_c_ends_all() {
    let mut terminal = Terminal::open();
    assert!(terminal.echoes());
    let lab = LabBuilder::of("03-sessions").at_terminal(&terminal.side).start();
    terminal.shows("lab> ").await;
    let nodes = children(lab.child.id());
    assert_eq!(nodes.len(), 2);
    terminal.press("op\t a\r");
    terminal.shows("s1 is a session on a").await;
    // Up, and the line again.
    terminal.press("\u{1b}[A\r");
    terminal.shows("s2 is a session on a").await;
    terminal.press("\u{3}");
    assert!(lab.end().success);
    assert!(terminal.echoes(), "the terminal is as it was");
    assert!(nodes.iter().all(|node| !is_running(*node)));
}

#[tokio::test]
async fn a_signal_while_the_lab_reads_leaves_the_terminal_as_it_was() {
    let terminal = Terminal::open();
    let lab = LabBuilder::of("03-sessions").at_terminal(&terminal.side).start();
    terminal.shows("lab> ").await;
    eventually("it reads keys", PATIENCE, async || {
        (!terminal.echoes()).then_some(())
    })
    .await;
    let nodes = children(lab.child.id());
    let id = rustix::process::Pid::from_child(&lab.child);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    lab.end();
    assert!(terminal.echoes());
    assert!(nodes.iter().all(|node| !is_running(*node)));
}
