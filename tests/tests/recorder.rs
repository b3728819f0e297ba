//! The recorder itself: what its proxies do to messages, and what they write down.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use suite::climb::chapters;
use suite::http::http_client;
use suite::recorder::{CLIENT, REDIS, book};
use suite::{Client, Node, Pattern, Recorder, RedisServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A recorded server that takes any host.
async fn recorded() -> (Recorder, Node) {
    let recorder = Recorder::default();
    let node = Node::builder().set("ALLOWED_HOSTS", "127.0.0.1").start().await;
    let node = recorder.front(CLIENT, "server", node).await;
    (recorder, node)
}

/// A connection of a "node" to Redis through the recorder.
async fn line(recorder: &Recorder, node: &str, redis: &RedisServer) -> TcpStream {
    let url = recorder.redis(node, redis).await;
    let port: u16 = url.rsplit(':').next().unwrap().parse().unwrap();
    TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.unwrap()
}

fn words(words: &[&str]) -> Vec<u8> {
    let mut command = format!("*{}\r\n", words.len());
    for word in words {
        command.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    command.into_bytes()
}

async fn reply(stream: &mut TcpStream, length: usize) -> String {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Commands that come in one read or in ten, with bytes that are no text.
#[tokio::test]
async fn redis_gets_every_byte_however_it_was_sent() {
    let recorder = Recorder::default();
    let redis = RedisServer::start().await;
    let mut stream = line(&recorder, "node-1", &redis).await;
    let set = words(&["SET", "{k}", "a\r\n*1\0ü"]);
    let both = [set, words(&["GET", "{k}"])].concat();
    stream.write_all(&both).await.unwrap();
    let answer = "+OK\r\n$8\r\na\r\n*1\0ü\r\n";
    assert_eq!(reply(&mut stream, answer.len()).await, answer);
    for byte in words(&["GET", "{k}"]) {
        stream.write_all(&[byte]).await.unwrap();
        stream.flush().await.unwrap();
    }
    assert_eq!(reply(&mut stream, 14).await, answer[5..]);
    let text = recorder.transcript();
    assert_eq!(text.matches("> GET {k}").count(), 2, "{text}");
    assert!(text.starts_with("> SET {k} a"), "{text}");
}

/// Two nodes read, then both write: the lost update, made to happen.
#[tokio::test]
async fn a_held_message_waits_and_what_is_behind_it_too() {
    let recorder = Recorder::default();
    let redis = RedisServer::start().await;
    redis.command(&["SET", "{k}", "0"]).await;
    let mut one = line(&recorder, "node-1", &redis).await;
    let mut two = line(&recorder, "node-2", &redis).await;
    let mut held =
        recorder.hold(Pattern::from("node-1").to(REDIS).with("SET").with("one"));
    one.write_all(&words(&["SET", "{k}", "one"])).await.unwrap();
    one.write_all(&words(&["GET", "{k}"])).await.unwrap();
    held.arrived().await;
    two.write_all(&words(&["SET", "{k}", "two"])).await.unwrap();
    assert_eq!(reply(&mut two, 5).await, "+OK\r\n");
    assert_eq!(redis.command(&["GET", "{k}"]).await, "$3\r\ntwo");
    held.release().await;
    assert_eq!(reply(&mut one, 14).await, "+OK\r\n$3\r\none\r\n");
    let expected = "sequenceDiagram
    participant node_1 as node-1
    participant node_2 as node-2
    participant redis as redis
    Note over node_1,redis: held back: SET {k} one
    node_2->>redis: SET {k} two
    redis-->>node_2: OK
    node_1->>redis: SET {k} one
    redis-->>node_1: OK
    node_1->>redis: GET {k}
    redis-->>node_1: one
";
    assert_eq!(recorder.sequence(), expected);
}

#[tokio::test]
async fn a_held_message_can_be_cut_and_never_arrives() {
    let recorder = Recorder::default();
    let redis = RedisServer::start().await;
    let mut stream = line(&recorder, "node-1", &redis).await;
    let mut held = recorder.hold(Pattern::from("node-1").with("SET"));
    stream.write_all(&words(&["SET", "{k}", "1"])).await.unwrap();
    held.arrived().await;
    held.cut().await;
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap_or(0), 0, "it is closed");
    assert_eq!(redis.command(&["EXISTS", "{k}"]).await, ":0");
    let text = recorder.sequence();
    assert!(text.contains("node_1--xredis: the connection breaks"), "{text}");
    assert!(!text.contains("->>redis"), "{text}");
}

#[tokio::test]
async fn a_connection_can_be_cut_in_the_middle_of_an_answer() {
    let (recorder, node) = recorded().await;
    let client = recorder.quietly(Client::connect(&node)).await;
    recorder.cut_within(Pattern::from("server").with("\"result\""));
    let params = json!({ "uri": "calculator://history" });
    let message = suite::client::message(json!(7), "resources/read", params);
    let broken = client.attempt("POST").json(&message).try_send().await;
    broken.expect_err("half an answer is none");
    let text = recorder.transcript();
    assert!(text.ends_with("< (the connection breaks)\n"), "{text}");
    assert_eq!(client.ping().await.status, 200, "one rule, one message");
}

#[tokio::test]
async fn a_connection_can_be_cut_instead_of_a_request() {
    let (recorder, node) = recorded().await;
    let client = recorder.quietly(Client::connect(&node)).await;
    recorder.cut_instead(Pattern::from(CLIENT).with("tools/call"));
    let call = suite::client::message(
        json!(9),
        "tools/call",
        json!({ "name": "calculate", "arguments": { "a": 1, "b": 2, "op": "add" } }),
    );
    client.attempt("POST").json(&call).try_send().await.expect_err("cut");
    let history = client.read("calculator://history").await.resource();
    assert_eq!(history.as_array().map(Vec::len), Some(0), "{history}");
    let text = recorder.sequence();
    assert!(text.contains("client--xserver: the connection breaks"), "{text}");
}

/// Each event is one message, and a cut behind it loses nothing before it.
#[tokio::test]
async fn a_stream_can_be_cut_between_two_events() {
    let (recorder, node) = recorded().await;
    let client = recorder.quietly(Client::connect(&node)).await;
    recorder.cut_after(Pattern::from("server").with("id: g"));
    let mut stream = client.attempt("GET").open().await;
    let first = stream.event().await.expect("the priming event");
    assert!(first.id.is_some());
    assert_eq!(stream.event().await, None, "the connection is closed");
    let text = recorder.transcript();
    assert!(text.contains("< id: g1.[event-1]\n< data:"), "{text}");
    assert!(text.ends_with("< (the connection breaks)\n"), "{text}");
}

#[tokio::test]
async fn a_message_can_be_delayed() {
    let (recorder, node) = recorded().await;
    let client = recorder.quietly(Client::connect(&node)).await;
    let time = Duration::from_millis(300);
    recorder.delay(Pattern::from(CLIENT).with("ping"), time);
    let start = Instant::now();
    client.ping().await.result();
    assert!(start.elapsed() >= time, "{:?}", start.elapsed());
    let start = Instant::now();
    client.ping().await.result();
    assert!(start.elapsed() < time, "one rule, one message");
}

/// A node that dies in the middle of an answer.
#[tokio::test]
async fn a_node_that_is_killed_is_shown_as_killed() {
    let (recorder, mut node) = recorded().await;
    let client = recorder.quietly(Client::connect(&node)).await;
    let mut stream = client.attempt("GET").open().await;
    stream.event().await.expect("the priming event");
    recorder.killed("server");
    node.kill();
    assert_eq!(stream.event().await, None);
    let text = recorder.sequence();
    let end = "    Note over server: killed\n    \
               server--xclient: the connection breaks\n";
    assert!(text.ends_with(end), "{text}");
}

/// The same story twice, on two servers: other ids, other ports, the same text.
#[tokio::test]
async fn two_runs_of_a_story_give_the_same_text() {
    let mut texts = Vec::new();
    for _ in 0..2 {
        let (recorder, node) = recorded().await;
        let client = Client::connect(&node).await;
        let sum = json!({ "a": 1, "b": 2, "op": "add" });
        client.call_tool("calculate", sum).await.result();
        client.read("calculator://history").await.result();
        client.read(&format!("session://info/{}", client.session_id())).await;
        client.end_session().await;
        assert!(!recorder.transcript().contains(client.session_id()));
        texts.push(recorder.transcript() + &recorder.sequence());
    }
    assert_eq!(texts[0], texts[1]);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::copy(from, to).unwrap();
}

/// One character of an answer of chapter 01's server, against a copy of the book.
#[tokio::test]
async fn an_answer_that_changed_by_one_character_names_recording_and_page() {
    let root = chapters::root();
    let copied = tempfile::tempdir().unwrap();
    for file in ["recordings/01/calculate.snap", "src/01-hello-mcp.md"] {
        let file = Path::new("book").join(file);
        copy(&root.join(&file), &copied.path().join(&file));
    }
    let chapter = suite::climb::Chapter::find("01").unwrap();
    let (package, binary) = (chapter.package.leak(), chapter.binary.leak());
    let node = Node::builder().program(suite::Program { package, binary });
    let recorder = Recorder::default();
    let node = recorder.front(CLIENT, "server", node.start().await).await;
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"calculate","arguments":{"a":100,"b":50,"op":"add"}}}"#;
    let request = http_client().post(node.url()).body(body);
    request.header("content-type", "application/json").send().await.unwrap();
    let said = recorder.transcript();
    book::keep(copied.path(), "01/calculate", &said);

    let changed = said.replacen("= 150", "= 151", 1);
    assert_ne!(changed, said);
    let folder = copied.path().to_owned();
    let failed = std::thread::spawn(move || {
        book::keep(&folder, "01/calculate", &changed);
    });
    let message = failed.join().expect_err("one character makes it fail");
    let message = message.downcast_ref::<String>().unwrap();
    assert!(message.contains("01/calculate"), "{message}");
    assert!(message.contains("01-hello-mcp.md"), "{message}");
}
