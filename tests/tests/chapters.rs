//! What holds of the server of every chapter, whatever else it cannot do yet.
#![allow(clippy::unwrap_used)]

use std::io::pipe;
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use serde_json::{Value, json};
use suite::climb::Chapter;
use suite::climb::chapters::FINAL;
use suite::{Attempt, Exchange, Node, PATIENCE, Program, eventually};

/// The servers of all chapters. `final` has stories of its own.
fn programs() -> Vec<Program> {
    let program = |Chapter { package, binary, .. }: Chapter| {
        let (package, binary) = (package.leak(), binary.leak());
        Program { package, binary }
    };
    let chapters = Chapter::all().into_iter();
    chapters.filter(|chapter| chapter.number < FINAL).map(program).collect()
}

/// A client of a server, in a session if the server has any.
struct Visitor {
    node: Node,
    session: Option<String>,
}

impl Visitor {
    async fn meet(program: Program) -> Self {
        let node = Node::builder().program(program).start().await;
        let params = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": { "name": "visitor", "version": "1" },
        });
        let mut visitor = Self { node, session: None };
        let initialize = request("1", "initialize", &params.to_string());
        let opened = visitor.post(&initialize).await;
        visitor.session = opened.header("mcp-session-id").map(str::to_owned);
        visitor
    }

    async fn post(&self, body: &str) -> Exchange {
        let post = self.node.attempt("POST").body(body);
        let post = post.header("content-type", "application/json");
        let post = post.header("accept", "application/json, text/event-stream");
        match &self.session {
            Some(session) => post.header("mcp-session-id", session).send().await,
            None => post.send().await,
        }
    }
}

fn request(id: &str, method: &str, params: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#
    )
}

/// To JSON Schema `1.0` is an integer, and some clients' only number is a double.
#[tokio::test]
async fn an_integer_may_be_written_with_a_fraction_of_nothing() {
    for program in programs() {
        let visitor = Visitor::meet(program).await;
        let answer = visitor.post(&request("1.0", "ping", "{}")).await.response();
        assert_eq!(answer["id"], 1, "{program:?}");
    }
}

/// Some clients write `null` for what they leave out.
#[tokio::test]
async fn parameters_that_are_null_are_absent() {
    for program in programs() {
        let visitor = Visitor::meet(program).await;
        let answer = visitor.post(&request("1", "tools/list", "null")).await;
        assert!(answer.result()["tools"].is_array(), "{program:?}");
        let params = r#"{"name":"calculate","arguments":null}"#;
        let answer = visitor.post(&request("2", "tools/call", params)).await;
        assert_eq!(answer.result()["isError"], true, "{program:?}");
    }
}

/// A model reads a result and tries again; an error of the protocol stops at its
/// client.
#[tokio::test]
async fn arguments_that_cannot_be_read_are_a_result_that_names_them() {
    for program in programs() {
        let visitor = Visitor::meet(program).await;
        for (arguments, named) in [
            (r#"{"a":1,"b":2,"op":"add","a":3}"#, "a"),
            (r#"{"a":1,"b":2,"op":"\ud800"}"#, "op"),
            (r#"[1,2,"add"]"#, "a and b"),
        ] {
            let params =
                format!(r#"{{"name":"calculate","arguments":{arguments}}}"#);
            let answer = visitor.post(&request("1", "tools/call", &params)).await;
            let text = answer.failure();
            assert!(text.contains(named), "{program:?}: {arguments}: {text}");
        }
    }
}

/// The reader of standard error is gone before the first line.
#[tokio::test]
async fn a_log_that_nobody_reads_stops_no_server() {
    for program in programs() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let mut command = Command::new(program.path());
        let command = command.env_clear().env("PORT", port.port().to_string());
        let mut child = command.stderr(writer).spawn().unwrap();
        let listens = eventually("the server listens", PATIENCE, async || {
            let connected = TcpStream::connect(port).ok();
            assert_eq!(child.try_wait().unwrap(), None, "{program:?}");
            connected
        });
        listens.await;
        let ping: Value =
            serde_json::from_str(&request("1", "ping", "{}")).unwrap();
        let answer = Attempt::new(port, "POST").json(&ping).send().await;
        assert!(answer.status < 500, "{program:?}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// One sentence, not the `Debug` form of an error.
#[tokio::test]
async fn a_server_that_cannot_listen_says_so_in_a_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = taken.local_addr().unwrap();
    for program in programs() {
        let mut server = Command::new(program.path());
        server.env("HOST", "127.0.0.1").env("PORT", place.port().to_string());
        let ended = server.output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(!ended.status.success(), "{program:?}");
        let begin = format!("cannot listen on {place}: Address already in use");
        assert!(said.starts_with(&begin), "{program:?}: {said}");
        assert!(said.ends_with(". Choose another PORT\n"), "{program:?}: {said}");
    }
}

#[tokio::test]
async fn a_server_without_its_redis_says_so_in_a_sentence() {
    let nothing = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let program = programs().into_iter().last().unwrap();
    let mut server = Command::new(program.path());
    server.env("USE_REDIS", "true").env("REDIS_URL", format!("redis://{nothing}"));
    let ended = server.output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    let begin = format!("cannot connect to Redis at {nothing}: ");
    assert!(said.starts_with(&begin) && said.lines().count() == 1, "{said}");
    assert!(!said.contains(['{', '"']), "{said}");
}
