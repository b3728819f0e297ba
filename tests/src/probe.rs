//! A request, and how it must be answered.

use serde_json::{Value, json};

use crate::{Attempt, Body, Exchange, Node, modern};

/// All that the server speaks, newest first.
pub const SPOKEN: [&str; 4] =
    ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"];

/// The codes that an error of the stateless era may have: JSON-RPC's own, and the
/// three that the protocol defines.
const CODES: [i64; 8] =
    [-32700, -32600, -32601, -32602, -32603, -32020, -32021, -32022];

/// How a request must be answered.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// A session of this version is opened.
    Session(&'static str),
    /// A complete result of the stateless era.
    Complete,
    /// Nothing: 202.
    Accepted,
    /// 405, and these methods in `Allow`.
    NotAllowed(&'static str),
    /// An error with this status and code.
    Refused(u16, i64),
    /// -32022: this version is not spoken.
    NotSpoken(&'static str),
}

/// A request, and how it must be answered.
#[derive(Debug)]
pub struct Probe {
    /// What is sent, in words.
    pub sent: String,
    attempt: Attempt,
    outcome: Outcome,
    id: Id,
    saying: &'static str,
}

/// The id of the answer.
#[derive(Debug)]
enum Id {
    Is(Value),
    Absent,
    Open,
}

impl Probe {
    /// The answer repeats the id of the request, if it has one that can be.
    pub fn new(
        sent: impl Into<String>,
        attempt: Attempt,
        outcome: Outcome,
    ) -> Self {
        let message = serde_json::from_slice::<Value>(&attempt.sent().body);
        let id = message.map(|m| m["id"].clone()).unwrap_or_default();
        let id = match id.is_string() || id.is_i64() || id.is_u64() {
            true => Id::Is(id),
            false => Id::Absent,
        };
        Self { sent: sent.into(), attempt, outcome, id, saying: "" }
    }

    /// Whether the answer repeats the id is left open.
    pub fn whatever_id(self) -> Self {
        Self { id: Id::Open, ..self }
    }

    /// The body contains this.
    pub fn saying(self, words: &'static str) -> Self {
        Self { saying: words, ..self }
    }

    /// Sends the request, and fails the story if the answer is another one.
    pub async fn assert(self) -> Exchange {
        let Self { sent, attempt, outcome, id, saying } = self;
        let answer = attempt.send().await;
        let body = &answer.body;
        let status = match outcome {
            Outcome::Session(_) | Outcome::Complete => 200,
            Outcome::Accepted => 202,
            Outcome::NotAllowed(_) => 405,
            Outcome::Refused(status, _) => status,
            Outcome::NotSpoken(_) => 400,
        };
        assert_eq!(answer.status, status, "{sent}: status of {body:?}");
        let session = answer.header("mcp-session-id");
        match outcome {
            Outcome::Session(_) => {
                let session = session.unwrap_or_default();
                assert_eq!(session.len(), 36, "{sent}: {session:?} is no UUID");
            }
            _ => assert_eq!(session, None, "{sent}: a session id"),
        }
        match outcome {
            Outcome::Accepted => {
                assert_eq!(answer.body, Body::Empty, "{sent}");
                return answer;
            }
            Outcome::NotAllowed(methods) => {
                assert_eq!(answer.header("allow"), Some(methods), "{sent}");
                return answer;
            }
            _ => {}
        }
        assert_eq!(answer.content_type(), Some("application/json"), "{sent}");
        let response = answer.response();
        assert_eq!(response["jsonrpc"], "2.0", "{sent}");
        match id {
            Id::Is(id) => assert_eq!(response["id"], id, "{sent}: id"),
            Id::Absent => assert_eq!(response.get("id"), None, "{sent}: id"),
            Id::Open => {}
        }
        assert!(response.to_string().contains(saying), "{sent}: {response}");
        match outcome {
            Outcome::Session(version) => assert_session(&sent, &answer, version),
            Outcome::Complete => assert_complete(&sent, &answer),
            Outcome::Refused(_, code) => assert_refused(&sent, &answer, code),
            Outcome::NotSpoken(version) => {
                assert_refused(&sent, &answer, -32022);
                let data = json!({ "supported": SPOKEN, "requested": version });
                assert_eq!(answer.error()["data"], data, "{sent}");
            }
            Outcome::Accepted | Outcome::NotAllowed(_) => {}
        }
        answer
    }
}

fn assert_session(sent: &str, answer: &Exchange, version: &str) {
    let result = answer.result();
    assert_eq!(result["protocolVersion"], version, "{sent}");
    assert!(result["capabilities"].is_object(), "{sent}");
    assert!(result["serverInfo"]["name"].is_string(), "{sent}");
}

fn assert_complete(sent: &str, answer: &Exchange) {
    let result = answer.result();
    assert_eq!(result["resultType"], "complete", "{sent}: {result}");
    let server = &result["_meta"][modern::key("serverInfo")];
    assert!(server["name"].is_string(), "{sent}: {result}");
}

fn assert_refused(sent: &str, answer: &Exchange, code: i64) {
    assert!(CODES.contains(&code), "M011: {code} is nobody's");
    let error = answer.error();
    assert_eq!(error["code"], code, "{sent}: {error}");
    let sentence = error["message"].as_str();
    assert!(sentence.is_some_and(|s| !s.is_empty()), "{sent}: no sentence");
}

/// Asserts every probe and that the server has taken no harm; names all that fail,
/// not only the first.
pub async fn assert_all(node: &Node, probes: Vec<Probe>) {
    let mut failed = Vec::new();
    for probe in probes {
        let sent = probe.sent.clone();
        if tokio::spawn(probe.assert()).await.is_err() {
            failed.push(sent);
        }
    }
    assert!(failed.is_empty(), "{} failed: {failed:#?}", failed.len());
    node.assert_alive().await;
}
