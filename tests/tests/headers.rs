//! The headers of a stateless request repeat what its body says, so that those who
//! stand between can route without reading it. What differs is refused.

use serde_json::{Value, json};
use suite::Outcome::{Accepted, Complete, Refused};
use suite::modern::VERSION;
use suite::probe::assert_all;
use suite::{Attempt, Caller, Node, NodeBuilder, Probe, Program};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// `Hello` and `calculate` as a header writes what it cannot write plainly.
const HELLO: &str = "=?base64?SGVsbG8=?=";
const CALCULATE: &str = "=?base64?Y2FsY3VsYXRl?=";

fn fixture() -> NodeBuilder {
    Node::builder().program(Program::CONFORMANCE)
}

fn sum() -> Value {
    let arguments = json!({ "a": 1, "b": 2, "op": "add" });
    json!({ "name": "calculate", "arguments": arguments })
}

fn mismatch(sent: impl Into<String>, attempt: Attempt) -> Probe {
    Probe::new(sent, attempt, Refused(400, -32020))
}

fn fine(sent: impl Into<String>, attempt: Attempt) -> Probe {
    Probe::new(sent, attempt, Complete)
}

/// Posts with header lines as they are written here, and returns the status and
/// the body. HTTP clients write names in one way only.
async fn post(node: &Node, lines: &str, body: &Value) -> (u16, Value) {
    let address = node.address();
    let body = body.to_string();
    let request = format!(
        "POST /mcp HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\n\
         Content-Length: {}\r\n{lines}\r\n{body}",
        body.len()
    );
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = exchange.await.unwrap_or_else(|error| panic!("{error}"));
    let status = answer.get(9..12).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let body = serde_json::from_str(body);
    (status.unwrap_or_default(), body.unwrap_or_default())
}

/// M074.
#[tokio::test]
async fn names_are_spelled_in_any_case_and_values_are_trimmed() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let call = caller.message("tools/call", sum());
    let version = format!("MCP-Protocol-Version: {VERSION}\r\n");
    for (lines, status) in [
        ("Mcp-Method: tools/call\r\nMcp-Name: calculate\r\n", 200),
        ("MCP-METHOD: tools/call\r\nMCP-NAME: calculate\r\n", 200),
        ("mcp-method: tools/call\r\nmcp-name: calculate\r\n", 200),
        ("Mcp-Method:tools/call\r\nMcp-Name: \t  calculate  \t\r\n", 200),
        ("Mcp-Method:   tools/call  \r\nMcp-Name:calculate\r\n", 200),
        ("Mcp-Method: TOOLS/CALL\r\nMcp-Name: calculate\r\n", 400),
        ("Mcp-Method: tools/call\r\nMcp-Name: Calculate\r\n", 400),
        ("Mcp-Method: tools/call\r\nMcp-Name: calculate.\r\n", 400),
        ("Mcp-Method: tools/call\r\nMcp-Name:\r\n", 400),
        ("Mcp-Method:\r\nMcp-Name: calculate\r\n", 400),
    ] {
        let lines = format!("{version}{lines}");
        let (came, body) = post(&node, &lines, &call).await;
        assert_eq!(came, status, "{lines}: {body}");
        let code = body["error"]["code"].as_i64();
        assert_eq!(code, (status == 400).then_some(-32020), "{lines}: {body}");
        assert_eq!(body["id"], call["id"], "{lines}: {body}");
    }
    let call = caller.message("tools/list", json!({}));
    let lines =
        format!("mcp-PROTOCOL-version:  {VERSION} \r\nmCP-mETHOD: tools/list\r\n");
    assert_eq!(post(&node, &lines, &call).await.0, 200);
}

/// M061, M065, M075: what is given twice could be read in two ways, unless both are
/// equal.
#[tokio::test]
async fn no_header_has_two_values() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let call = caller.message("tools/call", sum());
    let version = |name: &str| format!("MCP-Protocol-Version: {name}\r\n");
    let right = version(VERSION);
    let method = "Mcp-Method: tools/call\r\n";
    let name = "Mcp-Name: calculate\r\n";
    let old = version("2025-11-25");
    for (lines, status) in [
        (format!("{right}{method}{name}"), 200),
        (format!("{right}{old}{method}{name}"), 400),
        (format!("{old}{right}{method}{name}"), 400),
        (format!("{right}{right}{method}{name}"), 200),
        (format!("{right}{method}{method}{name}"), 200),
        (format!("{right}{method}{name}{name}"), 200),
        (format!("{right}{method}Mcp-Method: tools/list\r\n{name}"), 400),
        (format!("{right}{method}{name}Mcp-Name: other\r\n"), 400),
        (format!("{right}Mcp-Method: tools/call, tools/call\r\n{name}"), 200),
        (format!("{right}Mcp-Method: tools/call, tools/list\r\n{name}"), 400),
        (
            format!("MCP-Protocol-Version: {VERSION}, {VERSION}\r\n{method}{name}"),
            200,
        ),
    ] {
        let (came, body) = post(&node, &lines, &call).await;
        assert_eq!(came, status, "{lines}: {body}");
        let code = body["error"]["code"].as_i64();
        assert_eq!(code, (status == 400).then_some(-32020), "{lines}: {body}");
        assert_eq!(body["id"], call["id"], "{lines}: {body}");
    }
}

/// M067: only names and arguments may be encoded.
#[tokio::test]
async fn a_method_is_compared_as_it_is() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let list = caller.attempt(&caller.message("tools/list", json!({})));
    let encoded = "=?base64?dG9vbHMvbGlzdA==?=";
    let probes = vec![
        fine("plain", list.clone()),
        mismatch("base64", list.header("mcp-method", encoded)),
    ];
    assert_all(&node, probes).await;
}

/// M066: the name is repeated whatever else the parameters hold.
#[tokio::test]
async fn an_unrelated_member_does_not_spare_the_name() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let mut call = sum();
    call["uri"] = json!(1);
    let call = caller.attempt(&caller.message("tools/call", call));
    let explain = json!({ "operation": "add" });
    let prompt = json!({
        "name": "explain-calculation",
        "arguments": explain,
        "uri": ["x"],
    });
    let prompt = caller.attempt(&caller.message("prompts/get", prompt));
    let read = json!({ "uri": "calculator://constants", "name": 1 });
    let read = caller.attempt(&caller.message("resources/read", read));
    let mut probes = Vec::new();
    for (what, attempt) in
        [("a call", call), ("a prompt", prompt), ("a resource", read)]
    {
        let other = attempt.clone().header("mcp-name", "other");
        let without = attempt.without("mcp-name");
        probes.push(mismatch(format!("{what} by another name"), other));
        probes.push(mismatch(format!("{what} without a name"), without));
    }
    let nameless = caller.message("tools/call", json!({ "name": 1, "uri": "x" }));
    let nameless = caller.attempt(&nameless);
    probes.push(Probe::new("no name", nameless, Refused(200, -32602)));
    assert_all(&node, probes).await;
}

/// M066, M067, M075: strictly decoded, and compared with `name` or `uri`.
#[tokio::test]
async fn a_name_is_compared_after_it_was_decoded() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let call = caller.attempt(&caller.message("tools/call", sum()));
    let named = |name: &str| call.clone().header("mcp-name", name);
    let explain = json!({ "operation": "add" });
    let prompt = json!({ "name": "explain-calculation", "arguments": explain });
    let prompt = caller.attempt(&caller.message("prompts/get", prompt));
    let read = json!({ "uri": "calculator://constants" });
    let read = caller.attempt(&caller.message("resources/read", read));
    let base64 = "=?base64?Y2FsY3VsYXRvcjovL2NvbnN0YW50cw==?=";
    let mut probes = vec![
        fine("plain", call.clone()),
        fine("base64", named(CALCULATE)),
        fine("a prompt", prompt.clone()),
        fine("a resource", read.clone()),
        fine("a resource in base64", read.clone().header("mcp-name", base64)),
        mismatch("a prompt without", prompt.clone().without("mcp-name")),
        mismatch("another prompt", prompt.header("mcp-name", "explain_formula")),
        mismatch("a resource without", read.clone().without("mcp-name")),
        mismatch("another resource", read.header("mcp-name", "constants")),
    ];
    for wrong in [
        "=?base64?Y2FsY3VsYXRlLg==?=",
        "=?base64?Y2FsY3VsYXRl",
        "=?base64?Y2FsY3Vs!!YXRl?=",
        "=?base64?Y2FsY3VsYXR?=",
        "=?base64? Y2FsY3VsYXRl?=",
        "=?base64?//79?=",
        "=?base64??=",
        "=?BASE64?Y2FsY3VsYXRl?=",
        "=?Base64?Y2FsY3VsYXRl?=",
        "Y2FsY3VsYXRl",
        "calcul\u{e4}te",
    ] {
        probes.push(mismatch(wrong, named(wrong)));
    }
    assert_all(&node, probes).await;

    // What is not ASCII can only come in base64; nothing is there, in-band.
    let read = caller
        .message("resources/read", json!({ "uri": "calculator://h\u{e9}llo" }));
    let base64 = "=?base64?Y2FsY3VsYXRvcjovL2jDqWxsbw==?=";
    let read = caller.attempt(&read).header("mcp-name", base64);
    Probe::new("not ASCII", read, Refused(200, -32602)).assert().await;
}

/// M066: other methods have no name to repeat. A9: a notification needs no headers,
/// but those that it has must be right.
#[tokio::test]
async fn only_what_has_a_name_repeats_it() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let reference = json!({ "type": "ref/prompt", "name": "explain-calculation" });
    let argument = json!({ "name": "level", "value": "b" });
    let params = json!({ "ref": reference, "argument": argument });
    let complete = caller.attempt(&caller.message("completion/complete", params));
    assert!(!complete.sent().headers.iter().any(|(name, _)| name == "mcp-name"));
    let notification = json!({
        "jsonrpc": "2.0",
        "method": "notifications/cancelled",
        "params": { "requestId": 1, "_meta": {} },
    });
    let notification = node
        .attempt("POST")
        .json(&notification)
        .header("mcp-protocol-version", VERSION);
    let method = |name: &str| notification.clone().header("mcp-method", name);
    let probes = vec![
        fine("no name", complete),
        Probe::new("a notification", method("notifications/cancelled"), Accepted),
        mismatch("another method", method("notifications/initialized")),
    ];
    assert_all(&node, probes).await;
}

/// What is refused for its headers is not done.
#[tokio::test]
async fn a_refused_call_has_not_been_made() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let tape = caller.open_tape().await;
    let mut call = sum();
    call["arguments"]["tape_id"] = json!(tape);
    let call = caller.message("tools/call", call);
    let right = caller.attempt(&call);
    let probes = vec![
        mismatch("no name", right.clone().without("mcp-name")),
        mismatch("no method", right.clone().without("mcp-method")),
        mismatch("no version", right.without("mcp-protocol-version")),
    ];
    assert_all(&node, probes).await;
    let history = caller.read(&format!("calculator://tapes/{tape}/history")).await;
    assert_eq!(history.resource(), json!([]));
}

/// A call of the fixture's tool whose arguments are repeated in headers.
fn custom(caller: &Caller, arguments: Value, headers: &[(&str, &str)]) -> Attempt {
    let params = json!({ "name": "test_custom_header", "arguments": arguments });
    let call = caller.attempt(&caller.message("tools/call", params));
    let add = |call: Attempt, (name, value): &(&str, &str)| {
        call.header(&format!("mcp-param-{name}"), *value)
    };
    headers.iter().fold(call, add)
}

/// M067 to M070, M075: text.
#[tokio::test]
async fn a_repeated_argument_is_compared_after_it_was_decoded() {
    let node = fixture().start().await;
    let caller = Caller::new(&node);
    let with = |value: &str, header: &str| {
        custom(&caller, json!({ "value": value }), &[("value", header)])
    };
    let greeting = "Gr\u{fc}\u{df}e, \u{4e16}\u{754c}";
    let probes = vec![
        fine("plain", with("Hello", "Hello")),
        fine("base64", with("Hello", HELLO)),
        fine("not ASCII", with(greeting, "=?base64?R3LDvMOfZSwg5LiW55WM?=")),
        fine("spaces", with(" padded ", "=?base64?IHBhZGRlZCA=?=")),
        fine("only looks like base64", with("SGVsbG8=", "SGVsbG8=")),
        fine("no end mark", with("=?base64?SGVsbG8=", "=?base64?SGVsbG8=")),
        fine("nothing", with("", "")),
        mismatch("other text", with("Hello", "Goodbye")),
        mismatch("another case", with("Hello", "hello")),
        mismatch("other base64", with("Hello", CALCULATE)),
        mismatch("bad padding", with("Hello", "=?base64?SGVsbG8?=")),
        mismatch("no base64", with("Hello", "=?base64?SGVs!!!bG8=?=")),
        mismatch("no UTF-8", with("Hello", "=?base64?//79?=")),
        mismatch("raw bytes", with(greeting, greeting)),
        mismatch("nothing repeated", custom(&caller, json!({ "value": "x" }), &[])),
        mismatch(
            "before the arguments are",
            custom(
                &caller,
                json!({ "value": "x", "nobody": 1 }),
                &[("value", "y")],
            ),
        ),
    ];
    assert_all(&node, probes).await;
}

/// M071, M072: whole numbers by their value, truth by its name, and nothing is
/// expected of an argument that is not there.
#[tokio::test]
async fn numbers_and_truth_are_repeated_too() {
    let node = fixture().start().await;
    let caller = Caller::new(&node);
    let with = |name: &str, value: Value, header: &str| {
        let arguments = json!({ "value": "x", name: value });
        let name = if name == "nested" { "nested-value" } else { name };
        custom(&caller, arguments, &[("value", "x"), (name, header)])
    };
    let mut probes = vec![
        fine(
            "neither",
            custom(&caller, json!({ "value": "x" }), &[("value", "x")]),
        ),
        mismatch(
            "a number that is not repeated",
            custom(
                &caller,
                json!({ "value": "x", "number": 1 }),
                &[("value", "x")],
            ),
        ),
    ];
    for (name, value, header, is_fine) in [
        ("number", json!(42), "42", true),
        ("number", json!(42), "42.0", true),
        ("number", json!(-7), "-7", true),
        ("number", json!(0), "0", true),
        ("number", json!(9_007_199_254_740_991_i64), "9007199254740991", true),
        ("number", json!(42), "=?base64?NDI=?=", true),
        ("number", json!(42), "43", false),
        ("number", json!(42), "42.5", false),
        ("number", json!(42), "forty-two", false),
        ("number", json!(42), "", false),
        ("truth", json!(true), "true", true),
        ("truth", json!(false), "false", true),
        ("truth", json!(true), "false", false),
        ("truth", json!(true), "TRUE", false),
        ("truth", json!(true), "1", false),
        ("nested", json!({ "value": "deep" }), "deep", true),
        ("nested", json!({ "value": "deep" }), "shallow", false),
    ] {
        let sent = format!("{name} {value}: {header:?}");
        let attempt = with(name, value, header);
        probes.push(match is_fine {
            true => fine(sent, attempt),
            false => mismatch(sent, attempt),
        });
    }
    assert_all(&node, probes).await;
}

/// M073.
#[tokio::test]
async fn headers_that_no_argument_asks_for_are_ignored() {
    let node = fixture().start().await;
    let caller = Caller::new(&node);
    let stray = [("value", "x"), ("nobody", "\u{ff}"), ("other", "=?base64?!?=")];
    let simple = json!({ "name": "test_simple_text", "arguments": {} });
    let simple = caller.attempt(&caller.message("tools/call", simple));
    let probes = vec![
        fine("beside another", custom(&caller, json!({ "value": "x" }), &stray)),
        fine("of a tool without any", simple.header("mcp-param-value", "x")),
    ];
    assert_all(&node, probes).await;
}

/// Every `x-mcp-header` below `schema`, and whether it may stand there.
fn annotations(schema: &Value, may: bool, found: &mut Vec<(String, bool)>) {
    let Some(members) = schema.as_object() else { return };
    if let Some(header) = members.get("x-mcp-header") {
        let kinds = ["string", "integer", "boolean"];
        let kind = schema["type"].as_str().unwrap_or_default();
        let header = header.as_str().unwrap_or_default().to_owned();
        found.push((header, may && kinds.contains(&kind)));
    }
    for (name, member) in members {
        let (may, inner) = match (name.as_str(), member) {
            ("properties", Value::Object(all)) => (may, all.values().collect()),
            (_, Value::Array(all)) => (false, all.iter().collect()),
            (_, other) => (false, vec![other]),
        };
        for schema in inner {
            annotations(schema, may, found);
        }
    }
}

/// M076 to M078, M131.
#[tokio::test]
async fn own_tools_ask_for_headers_that_can_be() {
    for node in [Node::start().await, fixture().start().await] {
        let tools =
            Caller::new(&node).request("tools/list", json!({})).await.result();
        let mut count = 0;
        for tool in tools["tools"].as_array().into_iter().flatten() {
            let mut found = Vec::new();
            annotations(&tool["inputSchema"], true, &mut found);
            let mut names = Vec::new();
            for (name, is_right) in found {
                assert!(is_right, "{name} of {tool}");
                let is_token = |c: char| {
                    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
                };
                assert!(!name.is_empty() && name.chars().all(is_token), "{name:?}");
                for secret in ["password", "key", "token", "secret"] {
                    assert!(!name.to_lowercase().contains(secret), "{name}");
                }
                names.push(name.to_lowercase());
                count += 1;
            }
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all, "one name for two arguments of {tool}");
        }
        if tools.to_string().contains("test_custom_header") {
            assert!(count > 0, "the fixture has some");
        }
    }
}
