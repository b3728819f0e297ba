//! The lab: what its console prints, what its faults do, and what it leaves behind.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use suite::console::LabBuilder;
use suite::http::http_client;
use suite::{PATIENCE, RedisServer, eventually};

/// The lines that begin a command and those that a fault prints.
fn told(text: &str) -> Vec<&str> {
    let is_told = |line: &&str| line.starts_with("lab> ") || line.starts_with('(');
    text.lines().filter(is_told).collect()
}

/// What the lab printed behind a command, for example `open a`.
fn printed<'a>(text: &'a str, command: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("lab> {command}\n")).expect(command);
    rest.split("lab> ").next().unwrap_or(rest).trim_end()
}

#[test]
fn a_session_survives_what_another_client_does_and_its_node_does_not() {
    let script = "
        open a as mine
        open a
        call a mine calculate 100 50 add
        call a s2 calculate a=2 b=3 op=multiply
        read a mine calculator://history
        close a s2
        ping a s2
        kill a
        ping a mine
        start a
        ping a mine";
    let ran =
        LabBuilder::of("03-sessions").arguments(&["--nodes", "1"]).run(script);
    assert!(ran.success, "{}", ran.errors);
    let text = &ran.text;
    assert_eq!(printed(text, "open a as mine"), "mine is a session on a");
    assert_eq!(printed(text, "open a"), "s2 is a session on a");
    let history = printed(text, "read a mine calculator://history");
    assert!(history.contains("> mcp-session-id: [mine]\n"), "{history}");
    assert!(history.contains("\\\"result\\\":150.0}]"), "{history}");
    assert!(printed(text, "close a s2").contains("< 204 No Content"));
    assert!(printed(text, "ping a s2").contains("< 404 Not Found"));
    let dead = text.split("lab> kill a\n").nth(1).expect("it is killed");
    let refused =
        "(a is killed)\nlab> ping a mine\n> (no connection for POST ping)";
    assert!(dead.starts_with(refused), "{dead}");
    let again = dead.split("lab> start a\n(a is up again)\n").nth(1);
    assert!(again.expect("it starts").contains("< 404 Not Found"), "{dead}");
}

#[test]
fn a_script_ends_with_the_first_command_that_fails_and_shows_why() {
    let failing = [
        ("open", "usage: open NODE [as NAME]"),
        ("frobnicate", "there is no command `frobnicate`; `help` lists all"),
        ("open z", "there is no node z; there is a"),
        ("ping a s1", "there is no session s1; `open` opens one"),
        ("redis", "the nodes of this lab keep nothing in Redis"),
        ("slow redis 1s", "the nodes of this lab keep nothing in Redis"),
        ("open any", "`any` has no address yet; `balance` opens it"),
        ("start a", "a runs"),
        ("open a", "this server has no sessions; type - in the place of one"),
    ];
    for (command, sentence) in failing {
        let builder = LabBuilder::of("02-clean-architecture");
        let builder = builder.arguments(&["--nodes", "1"]);
        // An error of the server is what a script shows, and no failure of it.
        let script = format!("# a comment\nread a - x://y\n{command}\nping a -\n");
        let ran = builder.run(&script);
        assert!(!ran.success, "{command}");
        assert!(ran.text.contains("\"method not found\""), "{}", ran.text);
        assert!(ran.text.ends_with(&format!("lab> {command}\n{sentence}\n")));
        assert!(ran.errors.contains(&format!("failed: {command}")));
    }
}

#[test]
fn two_nodes_share_what_is_in_redis_and_the_lab_shows_how() {
    let script = "
        open a
        open b
        hammer 20 a b calculate 1 2 add
        redis
        call b s2 calculate 100 50 add
        redis
        ping b s1";
    let [first, second] = [(); 2].map(|()| {
        let ran = LabBuilder::of("05-redis").run(script);
        assert!(ran.success, "{}", ran.errors);
        ran.text
    });
    let hammered =
        "lab> hammer 20 a b calculate 1 2 add\n20 answered 200, total 20\n";
    assert!(first.contains(hammered), "{first}");
    let behind = |text: &str| text.rsplit_once("lab> call b").unwrap().1.to_owned();
    assert_eq!(behind(&first), behind(&second), "ids and times have names");
    let sent = behind(&first);
    let sent = sent.split("lab> redis\n").nth(1).unwrap();
    assert!(sent.starts_with("b > touch.lua mcp:{[s2]}"), "{sent}");
    assert!(sent.contains("b > HINCRBY mcp:totals add 1\nb < 21\n"), "{sent}");
    assert!(
        sent.contains("< 404 Not Found"),
        "b does not know the session: {sent}"
    );
}

#[test]
fn faults_of_redis_and_of_nodes_are_undone_by_command() {
    let script = "
        open a
        redis stop
        ping a s1
        redis start
        ping a s1
        open b
        slow redis 50ms
        ping a s1
        slow redis off
        pause a
        ping a s1
        resume a
        ping a s1
        balance
        drain a
        wait 500ms
        open any";
    let ran = LabBuilder::of("05-redis").run(script);
    assert!(ran.success, "{}{}", ran.text, ran.errors);
    let statuses: Vec<&str> =
        ran.text.lines().filter(|line| line.starts_with("< ")).collect();
    let statuses =
        statuses.iter().filter(|line| line.as_bytes()[2].is_ascii_digit());
    // b learns from its first command that its connection is gone.
    let ok = "< 200 OK";
    let failed = "< 500 Internal Server Error";
    assert_eq!(
        statuses.collect::<Vec<_>>(),
        [&failed, &ok, &ok, &ok, &ok],
        "{}",
        ran.text
    );
    let told = told(&ran.text);
    for fault in [
        "(Redis is stopped)",
        "(Redis is up again)",
        "(each command to Redis takes 50ms longer)",
        "(commands to Redis are no longer delayed)",
        "(a is paused)",
        "(no response within 2s)",
        "(a continues)",
        "(a is asked to end)",
    ] {
        assert!(told.contains(&fault), "no {fault} in {told:?}");
    }
    assert!(ran.text.ends_with("lab> open any\ns2 is a session on b\n"));
}

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
    let history = printed(&ran.text, "read a s1 calculator://history");
    assert!(history.contains("[2.0,3.0]"), "{history}");
    let shown = printed(&ran.text, "show");
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
    for child in started {
        let folder = format!("/proc/{child}");
        assert!(!Path::new(&folder).exists(), "process {child} still runs");
    }
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

#[test]
fn a_saved_run_is_a_transcript_and_a_diagram() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().to_str().unwrap();
    let builder = LabBuilder::of("03-sessions").arguments(&["--nodes", "1"]);
    let builder = builder.arguments(&["--saved", saved]);
    let ran = builder.run("open a\nping a s1\nshow\nsave my-run\nhelp save");
    assert!(ran.success, "{}", ran.errors);
    let file =
        |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(file("my-run.txt").trim_end(), printed(&ran.text, "show"));
    let diagram = file("my-run.mmd");
    let end = "    client->>a: POST ping\n    a-->>client: 200 {}\n";
    assert!(diagram.ends_with(end), "{diagram}");
}
