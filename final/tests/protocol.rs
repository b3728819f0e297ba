//! The protocol room, through its public door.

use mcp_server::protocol::body::{Body, MAX_DEPTH, ParseError};
use mcp_server::protocol::completion::Completion;
use mcp_server::protocol::elicitation::ElicitResult;
use mcp_server::protocol::jsonrpc::{Message, Request, RequestId, result_message};
use mcp_server::protocol::method::Method;
use mcp_server::protocol::pagination::{PAGE_SIZE, page};
use mcp_server::protocol::raw::canonical;
use mcp_server::protocol::version::{Era, MODERN, Version};
use mcp_server::protocol::{RawJson, to_raw};
use serde_json::json;

fn request(text: &str) -> Request {
    match Body::parse(text.as_bytes()) {
        Ok(Body::Single(Message::Request(request))) => request,
        other => panic!("not a request: {other:?}"),
    }
}

/// L005: ids come back with the type and value they had.
#[test]
fn ids_keep_their_type_and_value() {
    for id in ["0", "1", "-7", "9223372036854775807", "18446744073709551615"] {
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        let answer = result_message(&request(&text).id, &to_raw(&()));
        assert!(answer.get().contains(&format!(r#""id":{id},"#)), "{answer}");
    }
    let text = r#"{"jsonrpc":"2.0","id":"1","method":"ping"}"#;
    assert_eq!(request(text).id, RequestId::String("1".into()));
}

/// A client whose only number is a double may write an integer like this.
#[test]
fn a_whole_number_is_an_id_however_it_is_written() {
    for (id, answered) in [
        ("1.0", "1"),
        ("-0.0", "0"),
        ("1e3", "1000"),
        ("-2.50e1", "-25"),
        ("9007199254740991.0", "9007199254740991"),
    ] {
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        let answer = result_message(&request(&text).id, &to_raw(&()));
        assert!(answer.get().contains(&format!(r#""id":{answered},"#)), "{answer}");
    }
}

/// L003: a null id is refused, and so is a fraction.
#[test]
fn an_id_is_a_string_or_a_whole_number() {
    for id in ["null", "1.5", "1e300", "9007199254740993.0", "{}", "[1]", "true"] {
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        let error = Body::parse(text.as_bytes()).unwrap_err();
        assert!(matches!(error, ParseError::Shape { id: None, .. }), "{id}");
    }
}

/// L007: the id of a malformed message is kept if it could be read.
#[test]
fn a_malformed_message_keeps_its_id() {
    for text in [
        r#"{"jsonrpc":"1.0","id":5,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":5,"method":7}"#,
        r#"{"jsonrpc":"2.0","id":5}"#,
        r#"{"jsonrpc":"2.0","id":5,"method":"ping","result":{}}"#,
    ] {
        let Err(ParseError::Shape { id, .. }) = Body::parse(text.as_bytes()) else {
            panic!("accepted: {text}");
        };
        assert_eq!(id, Some(RequestId::Number(5.into())), "{text}");
    }
}

/// L002: parameters have names, also in a notification; there may be none.
#[test]
fn parameters_are_an_object_or_absent() {
    let message = |id: &str, params: &str| {
        let text =
            format!(r#"{{"jsonrpc":"2.0",{id}"method":"x","params":{params}}}"#);
        Body::parse(text.as_bytes())
    };
    for params in ["[]", r#"[{"_meta":{}}]"#, "1", "true", r#""{}""#, r#" [{}]"#] {
        let (id, rule) = (Some(RequestId::Number(5.into())), "params is an object");
        let error = message(r#""id":5,"#, params).unwrap_err();
        assert_eq!(error, ParseError::Shape { id, rule }, "{params}");
        let Ok(Body::Single(Message::Notification(told))) = message("", params)
        else {
            panic!("L011: a notification is not answered: {params}");
        };
        assert!(told.params.is_none(), "{params}");
    }
    for params in ["{}", " \n{}", r#"{"a":[1]}"#, "null"] {
        assert!(message("", params).is_ok(), "{params}");
        assert!(message(r#""id":5,"#, params).is_ok(), "{params}");
    }
}

/// L009, L033: what is not UTF-8 JSON is a parse error, what is not an
/// object is an invalid request.
#[test]
fn syntax_is_told_apart_from_shape() {
    for bytes in [&b""[..], b"{", b"nonsense", b"{\"a\":\"\xff\"}", b"{} {}"] {
        assert_eq!(Body::parse(bytes).unwrap_err(), ParseError::Syntax);
    }
    for text in ["1", "\"x\"", "null", "[]", "{}"] {
        let error = Body::parse(text.as_bytes()).unwrap_err();
        assert!(matches!(error, ParseError::Shape { .. }), "{text}");
    }
}

#[test]
fn depth_is_counted_outside_strings_only() {
    let nested = |n| format!("{}{}", "[".repeat(n), "]".repeat(n));
    let with = |params: String| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{{"a":{params}}}}}"#
        )
    };
    assert!(Body::parse(with(nested(MAX_DEPTH - 2)).as_bytes()).is_ok());
    assert_eq!(
        Body::parse(with(nested(MAX_DEPTH - 1)).as_bytes()).unwrap_err(),
        ParseError::TooDeep
    );
    let quoted = format!(r#""\"{}""#, "[".repeat(1000));
    assert!(Body::parse(with(quoted).as_bytes()).is_ok());
}

/// An array's elements are judged one by one, and an array is not a message.
#[test]
fn each_message_of_a_batch_stands_alone() {
    let text = r#"[{"jsonrpc":"2.0","id":1,"method":"ping"},["2.0",1,"ping"]]"#;
    let Ok(Body::Batch(messages)) = Body::parse(text.as_bytes()) else {
        panic!("not a batch");
    };
    assert!(messages[0].is_ok());
    assert!(messages[1].is_err());
}

/// L208: what 2025-03-26 does not know, it does not know either.
#[test]
fn the_oldest_version_is_served_like_the_next_one() {
    let [oldest, next] = [Version::V2024_11_05, Version::V2025_03_26];
    assert!(oldest < next);
    assert_eq!(Era::parse("2024-11-05"), Some(Era::Stateful(oldest)));
    let [oldest, next] = [oldest, next].map(Era::Stateful);
    let knows = |era: Era| {
        [
            era.has_batches(),
            era.has_structured_content(),
            era.has_priming(),
            era.has_elicitation(),
        ]
    };
    assert_eq!(knows(oldest), knows(next));
    assert_eq!(knows(oldest), [true, false, false, false]);
    for method in Method::ALL {
        assert_eq!(oldest.has_request(*method), next.has_request(*method));
    }
}

/// What does not differ in meaning is one text, so that a state fits it.
#[test]
fn equal_values_have_one_canonical_form() {
    for (text, expected) in [
        (
            r#"{ "b" : [1, 2.50, {}], "a" : "\u0041" }"#,
            r#"{"a":"A","b":[1,2.5,{}]}"#,
        ),
        (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
        (r#"[ "\ud800", 1e400, null ]"#, r#"["\ud800",1e400,null]"#),
    ] {
        let raw: RawJson = serde_json::from_str(text).unwrap();
        let mut written = String::new();
        canonical(&raw, &mut written);
        assert_eq!(written, expected, "{text}");
    }
}

/// L158: what a person did not fill in may be `null`, and a form is flat: what is
/// nested would cost many times its length.
#[test]
fn the_answer_to_a_form_is_flat() {
    for (content, is_form) in [
        (json!(null), true),
        (json!({}), true),
        (json!({ "a": "x", "b": 1.5, "c": true, "d": ["x", "y"] }), true),
        (json!({ "a": {} }), false),
        (json!({ "a": [[]] }), false),
        (json!({ "a": [{}] }), false),
        (json!({ "a": vec![0; 101] }), false),
        (json!([]), false),
        (json!("x"), false),
    ] {
        let answer = json!({ "action": "decline", "content": content }).to_string();
        let read = serde_json::from_str::<ElicitResult>(&answer);
        assert_eq!(read.is_ok(), is_form, "{answer}");
    }
    assert!(serde_json::from_str::<ElicitResult>(r#"{"action":"cancel"}"#).is_ok());
}

/// L022, L023, L024: the requested version if spoken, else the latest
/// stateful one.
#[test]
fn negotiation_answers_with_the_requested_or_the_latest_version() {
    assert_eq!(Version::negotiate("2024-11-05"), Version::V2024_11_05);
    assert_eq!(Version::negotiate("2025-03-26"), Version::V2025_03_26);
    assert_eq!(Version::negotiate("2025-06-18"), Version::V2025_06_18);
    assert_eq!(Version::negotiate("1999-01-01"), Version::V2025_11_25);
    assert_eq!(Version::negotiate(MODERN), Version::V2025_11_25);
}

/// L134, L136: relevance first, and never more than a hundred.
#[test]
fn prefixes_come_first_and_the_rest_is_counted() {
    let found = Completion::matching("RO", ["roots", "zero", "one", "Rome"]);
    assert_eq!(found.values, ["roots", "Rome", "zero"]);

    let many = Completion::matching("", (0..250).map(|n| n.to_string()));
    assert_eq!((many.values.len(), many.total, many.has_more), (100, 250, true));
}

/// L138, L139, L140: every item once, an end, and no page for a forged cursor.
#[test]
fn pages_cover_the_list_once() {
    let items: Vec<usize> = (0..PAGE_SIZE * 2 + 50).collect();
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = page(&items, cursor.as_deref()).unwrap();
        seen.extend_from_slice(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, items);
    for forged in ["", "nonsense", "YXQ6MjUw", "YXQ6MTg0NDY3NDQwNzM3MDk1NTE2MTU"] {
        assert_eq!(page(&items, Some(forged)), None, "{forged:?}");
    }
}
