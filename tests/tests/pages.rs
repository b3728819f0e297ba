//! The commands on the chapters' pages do what the pages say, against the chapter's
//! own server.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use suite::climb::chapters::root;
use suite::{Node, Program};
use testkit::RedisServer;
use testkit::programs::ensure_installed;

/// The `curl` blocks of a page's section, in order, for one shell.
fn commands(page: &str, section: &str) -> String {
    let path = root().join("book/src").join(page);
    let text = std::fs::read_to_string(path).unwrap();
    let start = text.find(&format!("\n## {section}\n")).unwrap() + 1;
    let text = &text[start..];
    let end = text.find("\n## ").unwrap_or(text.len());
    let blocks = text[..end].split("```console\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap());
    blocks.filter(|block| block.contains("curl")).collect()
}

/// The shells that readers have.
fn shells() -> [PathBuf; 2] {
    ["bash", "zsh"].map(|shell| ensure_installed(shell).unwrap())
}

/// Pastes them into a shell, with the address of a node in the place of the page's.
fn paste(shell: &Path, node: &Node, commands: &str) -> String {
    let page = "http://127.0.0.1:1453/mcp";
    assert!(commands.contains(page), "{commands}");
    let output = Command::new(shell)
        .arg("-c")
        .arg(commands.replace(page, &node.url()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn shows_in_order(output: &str, expected: &[&str]) {
    let mut rest = output;
    for text in expected {
        let place = rest.find(text);
        let place = place.unwrap_or_else(|| panic!("no {text} (more) in {output}"));
        rest = &rest[place + text.len()..];
    }
}

async fn server_of(package: &'static str) -> Node {
    let program = Program { package, binary: package };
    Node::builder().program(program).start().await
}

#[tokio::test]
async fn page_01_calculates() {
    for shell in shells() {
        let node = server_of("ch01-hello-mcp").await;
        let output = paste(&shell, &node, &commands("01-hello-mcp.md", "Run it"));
        shows_in_order(&output, &["\"100 add 50 = 150\""]);
    }
}

#[tokio::test]
async fn page_03_shows_what_is_forgotten_and_what_is_remembered() {
    for shell in shells() {
        let node = server_of("ch02-clean-architecture").await;
        let output =
            paste(&shell, &node, &commands("03-sessions.md", "What breaks"));
        shows_in_order(&output, &["\"100 add 50 = 150\"", "\"method not found\""]);

        let node = server_of("ch03-sessions").await;
        let output = paste(&shell, &node, &commands("03-sessions.md", "Run it"));
        let expected = [
            "\"100 add 50 = 150\"",
            r#"[{\"inputs\":[100.0,50.0],\"operation\":\"add\",\"result\":150.0}]"#,
            "204 No Content",
            "404 Not Found",
            "\"session not found\"",
            "400 Bad Request",
            "\"Mcp-Session-Id is required\"",
        ];
        shows_in_order(&output, &expected);
    }
}

#[tokio::test]
async fn page_04_forgets_the_session_that_is_idle() {
    for shell in shells() {
        let node = server_of("ch03-sessions").await;
        // A thousand are the page's point, and not this test's.
        let leak = commands("04-store-trait.md", "What breaks");
        let output = paste(&shell, &node, &leak.replace("[1-1000]", "[1-10]"));
        assert_eq!(output.split_whitespace().collect::<Vec<_>>(), ["10", "200"]);

        let package = "ch04-store-trait";
        let program = Program { package, binary: package };
        let node = Node::builder().program(program).set("SESSION_TIMEOUT", 2000);
        let node = node.start().await;
        let output = paste(&shell, &node, &commands("04-store-trait.md", "Run it"));
        let active = |count| format!(r#"\"activeSessions\":{count}"#);
        let (two, one) = (active(2), active(1));
        shows_in_order(
            &output,
            &[&two, &one, "404 Not Found", "session not found"],
        );
    }
}

#[tokio::test]
async fn page_05_draws_the_keys_that_are_in_redis() {
    assert_eq!(keys_of("ch05-redis").await, drawn("05-redis.md"));
}

#[tokio::test]
async fn page_06_draws_the_keys_that_are_in_redis() {
    assert_eq!(keys_of("ch06-reconstruction").await, drawn("06-reconstruction.md"));
}

/// The keys in the Redis of a chapter's server, and whether they expire.
async fn keys_of(package: &'static str) -> Vec<String> {
    let redis = RedisServer::start(&[]).unwrap();
    let program = Program { package, binary: package };
    let node = Node::builder().program(program).set("USE_REDIS", true);
    let node = node.set("REDIS_URL", redis.url()).start().await;
    let client = node.connect().await;
    let sum = json!({ "a": 100, "b": 50, "op": "add" });
    client.call_tool("calculate", sum).await;

    let keys = redis.run(&["KEYS", "*"]).unwrap();
    let mut found: Vec<String> = keys
        .lines()
        .map(|key| {
            let kind = redis.run(&["TYPE", key]).unwrap();
            let expires = redis.run(&["PTTL", key]).unwrap().trim() != "-1";
            let fate = if expires { "expire together" } else { "never expire" };
            let (head, tail) = key.split_once('{').unwrap_or((key, ""));
            let tail =
                tail.split_once('}').map(|(_, tail)| format!("{{ID}}{tail}"));
            format!("{head}{} {} {fate}", tail.unwrap_or_default(), kind.trim())
        })
        .collect();
    found.sort();
    found
}

/// The lines of a page that show a key, its type and what becomes of it. A word of two
/// lines stands beside the second.
fn drawn(page: &str) -> Vec<String> {
    let path = root().join("book/src").join(page);
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<&str> =
        text.lines().filter(|line| line.starts_with("  mcp:")).collect();
    let mut found = Vec::new();
    for pair in lines.chunks(2) {
        let fate = pair.last().unwrap().rsplit("} ").next().unwrap();
        for line in pair {
            let words: Vec<&str> = line.split_whitespace().collect();
            found.push(format!("{} {} {fate}", words[0], words[1]));
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn the_page_about_redis_prints_what_it_says() {
    ensure_installed("redis-server").unwrap();
    let path = root().join("book/src/redis.md");
    let text = std::fs::read_to_string(path).unwrap();
    let blocks = text.split("```console\n").skip(1);
    let blocks: String =
        blocks.map(|rest| rest.split("```").next().unwrap()).collect();
    for shell in shells() {
        let port = testkit::ports::free_port().to_string();
        let output = Command::new(shell)
            .arg("-c")
            .arg(blocks.replace("6400", &port))
            .output()
            .unwrap();
        let output = String::from_utf8(output.stdout).unwrap();
        shows_in_order(&output, &["PONG", "3\nOK\n2 add 2\n3 add 3\n", "5\n"]);
    }
}
