//! Since chapter 01: JSON-RPC over HTTP, the handshake, one tool.

use serde_json::json;

use super::scenario;
use crate::Body;
use crate::climb::chapters::FINAL;
use crate::climb::visitor::VERSION;
use crate::climb::{Answer, Change, Outcome, Scenario, Stage};

const HANDSHAKE: &str = "handshake: versions, capabilities";
const MESSAGES: &str = "JSON-RPC over HTTP";
const CALCULATE: &str = "a tool: calculate";

const SESSIONS: Change =
    Change { since: 3, why: "requests have a session ID, and there are resources" };
const SURFACE: Change =
    Change { since: FINAL, why: "more tools, with structured results" };

pub static ALL: &[Scenario] = &[
    scenario!(1, HANDSHAKE, "client and server agree on a version", agree)
        .changes(&[SESSIONS, SURFACE]),
    scenario!(
        1,
        HANDSHAKE,
        "an unknown version is answered with a version that the server supports",
        propose_another_version
    ),
    scenario!(
        1,
        HANDSHAKE,
        "notifications/initialized is accepted without a response",
        accept_a_notification
    )
    .changes(&[SESSIONS]),
    scenario!(
        1,
        MESSAGES,
        "a response has the id of its request, with the same type",
        echo_ids
    ),
    scenario!(1, MESSAGES, "a ping is answered with an empty result", ping),
    scenario!(
        1,
        MESSAGES,
        "an unknown method is an error with a code of its own",
        refuse_an_unknown_method
    ),
    scenario!(
        1,
        MESSAGES,
        "a body that is not JSON, or not a message, is rejected with 400",
        refuse_what_is_no_message
    ),
    scenario!(
        1,
        MESSAGES,
        "GET opens a stream, or is not allowed",
        refuse_get_or_stream
    ),
    scenario!(
        1,
        CALCULATE,
        "the list of tools describes how to call calculate",
        list_tools
    )
    .changes(&[SESSIONS, SURFACE]),
    scenario!(
        1,
        CALCULATE,
        "calculate adds, subtracts, multiplies and divides",
        calculate
    )
    .changes(&[SESSIONS, SURFACE]),
    scenario!(
        1,
        CALCULATE,
        "an impossible calculation has a result that explains why",
        explain_failures
    )
    .changes(&[SESSIONS]),
    scenario!(
        1,
        CALCULATE,
        "a call of an unknown tool is a protocol error",
        refuse_an_unknown_tool
    ),
];

/// L021, L022
async fn agree(stage: &mut Stage) -> Outcome {
    let answer = stage.stranger().initialize(VERSION).await?;
    stage.note(&answer);
    let result = answer.result()?;
    let version = result["protocolVersion"].as_str().unwrap_or_default();
    answer.check(is_a_date(version), "a protocolVersion such as 2025-11-25")?;
    let info = &result["serverInfo"];
    let named = info["name"].is_string() && info["version"].is_string();
    answer.check(named, "serverInfo with name and version")?;
    let tools = &result["capabilities"]["tools"];
    answer.check(tools.is_object(), "capabilities with tools: {}")
}

fn is_a_date(version: &str) -> bool {
    version.len() == 10
        && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// L023
async fn propose_another_version(stage: &mut Stage) -> Outcome {
    let answer = stage.stranger().initialize("1999-01-01").await?;
    let version = answer.result()?["protocolVersion"].take();
    let another =
        version.as_str().is_some_and(|v| is_a_date(v) && v != "1999-01-01");
    answer.check(another, "another protocolVersion, not an error")
}

/// L011, L039
async fn accept_a_notification(stage: &mut Stage) -> Outcome {
    let visitor = stage.visitor().await?;
    let answer = visitor.notify("notifications/initialized").await?;
    stage.note(&answer);
    answer.status(&[202])?;
    let silent = answer.exchange.body == Body::Empty;
    answer.check(silent, "202 without a body: a notification is never answered")
}

/// L003, L005
async fn echo_ids(stage: &mut Stage) -> Outcome {
    let visitor = stage.visitor().await?;
    for id in [json!(0), json!(7), json!("7"), json!("a b")] {
        let answer = visitor.request_as(id.clone(), "ping", json!({})).await?;
        let expected = format!("the id {id}, with its type");
        answer.check(answer.response()?["id"] == id, &expected)?;
    }
    Ok(())
}

/// L083
async fn ping(stage: &mut Stage) -> Outcome {
    let answer = stage.visitor().await?.request("ping", json!({})).await?;
    answer.check(answer.result()? == json!({}), "an empty result: {}")
}

/// L009
async fn refuse_an_unknown_method(stage: &mut Stage) -> Outcome {
    let visitor = stage.visitor().await?;
    let answer = visitor.request("tools/destroy", json!({})).await?;
    answer.error(-32601)
}

/// L003, L009, L042
async fn refuse_what_is_no_message(stage: &mut Stage) -> Outcome {
    let visitor = stage.visitor().await?;
    for (body, code) in [
        ("hello", -32700),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping""#, -32700),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1}"#, -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
    ] {
        let answer = visitor.post(body).await?;
        answer.status(&[400])?;
        answer.error(code)?;
    }
    Ok(())
}

/// L051
async fn refuse_get_or_stream(stage: &mut Stage) -> Outcome {
    let visitor = stage.visitor().await?;
    let opened = visitor.attempt("GET").try_open().await;
    let stream =
        opened.map_err(|error| format!("GET\n  got no answer: {error}"))?;
    let kind =
        stream.headers.get("content-type").and_then(|kind| kind.to_str().ok());
    match (stream.status, kind) {
        (405, _) => Ok(()),
        (200, Some(kind)) if kind.starts_with("text/event-stream") => Ok(()),
        (status, kind) => Err(format!(
            "GET\n  answered  {status}, {}\n  expected  405, or an event stream",
            kind.unwrap_or("no content type")
        )),
    }
}

/// L095, L097
async fn list_tools(stage: &mut Stage) -> Outcome {
    let answer = stage.visitor().await?.request("tools/list", json!({})).await?;
    stage.note(&answer);
    let result = answer.result()?;
    let mut tools = result["tools"].as_array().into_iter().flatten();
    let tool = tools.find(|tool| tool["name"] == "calculate");
    let tool = tool.ok_or_else(|| answer.complain("a tool named calculate"))?;
    let schema = &tool["inputSchema"];
    answer.check(schema["type"] == "object", "an inputSchema of type object")?;
    for argument in ["a", "b", "op"] {
        let has = schema["properties"][argument].is_object();
        answer
            .check(has, &format!("the argument {argument} in the inputSchema"))?;
    }
    Ok(())
}

async fn calculate(stage: &mut Stage) -> Outcome {
    let visitor = stage.visitor().await?;
    let first = visitor.calculate(100.0, "add", 50.0).await?;
    stage.note(&first);
    expect_text(&first, "100 add 50 = 150")?;
    for (a, op, b, text) in [
        (1.0, "subtract", 1.5, "1 subtract 1.5 = -0.5"),
        (0.1, "multiply", 3.0, "0.1 multiply 3 = 0.30000000000000004"),
        (7.0, "divide", 2.0, "7 divide 2 = 3.5"),
    ] {
        expect_text(&visitor.calculate(a, op, b).await?, text)?;
    }
    Ok(())
}

fn expect_text(answer: &Answer, text: &str) -> Outcome {
    answer.check(answer.text()? == text, &format!("the text {text:?}"))
}

/// L106
async fn explain_failures(stage: &mut Stage) -> Outcome {
    let visitor = stage.visitor().await?;
    let by_zero = visitor.calculate(1.0, "divide", 0.0).await?;
    stage.note(&by_zero);
    by_zero.check(by_zero.failure()?.contains('b'), "a text that names b")?;
    visitor.calculate(1e300, "multiply", 1e300).await?.failure()?;
    for arguments in [
        json!({ "a": 1, "b": 2 }),
        json!({ "a": "1", "b": 2, "op": "add" }),
        json!({ "a": 1, "b": 2, "op": "modulo" }),
        json!({ "a": 1, "b": 2, "op": "add", "c": 3 }),
    ] {
        visitor.call("calculate", arguments).await?.failure()?;
    }
    Ok(())
}

/// L105
async fn refuse_an_unknown_tool(stage: &mut Stage) -> Outcome {
    stage.visitor().await?.call("translate", json!({})).await?.error(-32602)
}
