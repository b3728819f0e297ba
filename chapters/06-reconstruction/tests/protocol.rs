//! The contracts: what is a message, and what is not.

use ch06_reconstruction::protocol::errors::{INVALID_REQUEST, PARSE_ERROR};
use ch06_reconstruction::protocol::jsonrpc::{
    Message, Request, RequestId, error_message, result_message,
};
use ch06_reconstruction::protocol::to_raw;
use ch06_reconstruction::protocol::version::{VERSIONS, negotiate};
use serde_json::json;

fn parse(body: &str) -> Result<Message, i32> {
    Message::parse(body.as_bytes()).map_err(|error| error.code)
}

/// L002, L005: `1` is not `"1"`.
#[test]
fn an_id_keeps_its_type() {
    for (sent, id, written) in [
        ("1", RequestId::Number(1), "1"),
        ("0", RequestId::Number(0), "0"),
        // To JSON Schema this is an integer.
        ("1.0", RequestId::Number(1), "1"),
        (r#""1""#, RequestId::String("1".into()), r#""1""#),
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":{sent},"method":"ping"}}"#);
        let Ok(Message::Request(Request { id: read, .. })) = parse(&body) else {
            panic!("{body} is a request");
        };
        assert_eq!(read, id);
        let answer = result_message(&read, &to_raw(&json!({})));
        let expected =
            format!(r#"{{"jsonrpc":"2.0","id":{written},"result":{{}}}}"#);
        assert_eq!(answer.get(), expected);
    }
}

/// L003: an absent id makes a notification, a null one is an error.
#[test]
fn a_null_id_is_not_an_absent_one() {
    let absent = parse(r#"{"jsonrpc":"2.0","method":"ping"}"#);
    assert!(matches!(absent, Ok(Message::Notification(_))));
    for id in ["null", "1.5", "1e300", "true", "[1]", "{}"] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        assert_eq!(parse(&body).err(), Some(INVALID_REQUEST), "{id}");
    }
}

/// L009: two codes, for bodies that are no JSON and for JSON that is no message.
#[test]
fn what_is_not_json_is_told_from_what_is_not_a_message() {
    for body in ["", "hello", r#"{"jsonrpc":"2.0""#] {
        assert_eq!(parse(body).err(), Some(PARSE_ERROR), "{body}");
    }
    for body in [
        "[]",
        r#""ping""#,
        r#"{"jsonrpc":"2.0","id":1}"#,
        r#"{"id":1,"method":"ping"}"#,
        r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":2}"#,
        r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
    ] {
        assert_eq!(parse(body).err(), Some(INVALID_REQUEST), "{body}");
    }
}

/// L007: an error without an id, where it could not be read.
#[test]
fn an_error_has_the_id_of_its_request_or_none() {
    let error = Message::parse(b"hello").expect_err("not JSON");
    let id = RequestId::String("a".into());
    assert!(error_message(Some(&id), &error).get().contains(r#""id":"a""#));
    assert!(!error_message(None, &error).get().contains("id\""));
}

/// L022 to L024: never an error.
#[test]
fn a_version_that_we_speak_is_answered_with_itself() {
    for version in VERSIONS {
        assert_eq!(negotiate(version), version);
    }
    for other in ["2026-07-28", "1999-01-01", ""] {
        assert_eq!(negotiate(other), "2025-11-25");
    }
}
