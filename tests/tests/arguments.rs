//! What callers send as arguments: nulls, doubles, broken text, and far too much. Each
//! is told by name and rule, and costs little.

use serde_json::json;
use suite::{Caller, Client, Exchange, Node, NodeBuilder};

/// The default of `MAX_BODY`.
const MAX_BODY: usize = 1 << 20;
const MIB: u64 = 1 << 20;

async fn session(node: NodeBuilder) -> (Node, Client) {
    let node = node.start().await;
    let client = node.connect().await;
    (node, client)
}

/// Sends parameters exactly as they are written.
async fn send(client: &Client, method: &str, params: &str) -> Exchange {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":9,"method":"{method}","params":{params}}}"#
    );
    client.attempt("POST").body(body).send().await
}

async fn call(client: &Client, tool: &str, arguments: &str) -> Exchange {
    let params = format!(r#"{{"name":"{tool}","arguments":{arguments}}}"#);
    send(client, "tools/call", &params).await
}

/// L106: what is JSON but no text, no double or given twice is a failure that the
/// model can read, and the sentence is true.
#[tokio::test]
async fn what_json_can_write_and_nothing_can_hold_is_named() {
    let (_node, client) =
        session(Node::builder().set("SAMPLE_TOOL_NAME", "print_it")).await;
    for (tool, arguments, rule) in [
        (
            "calculate",
            r#"{"a":1,"b":2,"op":"\ud800"}"#,
            "op must be valid Unicode text",
        ),
        ("print_it", r#"{"value":"x\udfffy"}"#, "value must be valid Unicode text"),
        (
            "batch_calculate",
            r#"{"calculations":[{"a":1,"b":2,"op":"add"},{"a":1,"b":2,"op":"\ud800"}]}"#,
            "calculations[1].op must be valid Unicode text",
        ),
        (
            "calculate",
            r#"{"a":1,"b":2,"op":"add","\ud800":1}"#,
            "arguments must not have a name that is not valid Unicode text",
        ),
        ("calculate", r#"{"a":1,"b":2,"op":"add","a":3}"#, "a is given twice"),
        (
            "batch_calculate",
            r#"{"calculations":[{"a":1,"b":2,"op":"add","op":"add"}]}"#,
            "calculations[0].op is given twice",
        ),
        ("calculate", r#"{"a":1,"b":1e400,"op":"add"}"#, "b must be below 1.8e308"),
        (
            "calculate",
            r#"{"a":-1e400,"b":1,"op":"add"}"#,
            "a must be above -1.8e308",
        ),
        ("calculate", r#"{"a":[1],"b":1,"op":"add"}"#, "a must be of type number"),
        ("calculate", r#"{"a":null,"b":1,"op":"add"}"#, "a must be of type number"),
        ("calculate", r#"[]"#, "arguments must be of type object"),
        ("demo_progress", r#"{"steps":2.5}"#, "steps must be of type integer"),
    ] {
        assert_eq!(call(&client, tool, arguments).await.failure(), rule);
    }
}

/// Many clients write `null` for what they leave out.
#[tokio::test]
async fn null_is_absent_for_whatever_is_optional() {
    let (node, client) = session(Node::builder().set("PROGRESS_INTERVAL", 1)).await;
    for (tool, arguments, text) in [
        (
            "advanced_calculate",
            r#"{"operation":"sqrt","value":9,"base":null}"#,
            "sqrt(9) = 3",
        ),
        ("calculate", r#"{"a":1,"b":2,"op":"add","stream":null}"#, "1 add 2 = 3"),
        ("demo_progress", r#"{"steps":null}"#, "all 5 steps done"),
        ("demo_progress", "null", "all 5 steps done"),
    ] {
        assert_eq!(call(&client, tool, arguments).await.text(), text);
    }
    let caller = Caller::new(&node);
    let sum =
        json!({ "a": 1, "b": 2, "op": "add", "stream": null, "tape_id": null });
    let sum = caller.call_tool("calculate", sum).await;
    assert_eq!(sum.result()["structuredContent"]["result"], 3, "{sum:?}");
    for (method, params) in [
        ("tools/list", r#"{"cursor":null,"_meta":null}"#),
        ("ping", "null"),
        (
            "prompts/get",
            r#"{"name":"explain_formula","arguments":{"formula":"x","context":null}}"#,
        ),
        (
            "completion/complete",
            r#"{"ref":{"type":"ref/prompt","name":"explain_formula"},
                "argument":{"name":"formula","value":""},"context":null}"#,
        ),
        (
            "completion/complete",
            r#"{"ref":{"type":"ref/prompt","name":"explain_formula"},
                "argument":{"name":"formula","value":""},
                "context":{"arguments":{"context":null}}}"#,
        ),
    ] {
        let answer = send(&client, method, params).await;
        assert!(answer.result().is_object(), "{method} {params}: {answer:?}");
    }
}

/// The name of the argument and the rule that it breaks, as for a tool.
#[tokio::test]
async fn a_bad_argument_of_a_prompt_is_named() {
    let (_node, client) = session(Node::builder()).await;
    for (arguments, rule) in [
        ("null", "formula is required"),
        ("{}", "formula is required"),
        (r#"{"formula":null}"#, "formula is required"),
        (r#"{"formula":7}"#, "formula must be of type string"),
        (r#"{"formula":"\ud800"}"#, "formula must be valid Unicode text"),
        (r#"{"formula":"a","formula":"b"}"#, "formula is given twice"),
        (r#"[]"#, "arguments must be of type object"),
    ] {
        let params =
            format!(r#"{{"name":"explain_formula","arguments":{arguments}}}"#);
        let refused = send(&client, "prompts/get", &params).await;
        assert_eq!(refused.code(), -32602, "{arguments}");
        assert_eq!(refused.error()["message"], rule, "{arguments}");
    }
}

/// The longest body that begins and ends like this.
fn fill(start: &str, item: &str, end: &str) -> String {
    let count = (MAX_BODY - start.len() - end.len()) / (item.len() + 1);
    let items = vec![item; count].join(",");
    format!("{start}{items}{end}")
}

/// As many different members as fit into a megabyte.
fn names() -> String {
    let names = (0..80_000).map(|n| format!("\"{n:05}\":1"));
    names.collect::<Vec<_>>().join(",")
}

/// Bodies that cost many times their length if they are built before they are judged.
fn large_bodies() -> Vec<(&'static str, String)> {
    let calculate = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{
        "name":"calculate","arguments":"#;
    let batch = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{
        "name":"batch_calculate","arguments":{"calculations":["#;
    let prompt = r#"{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{
        "name":"explain_formula","arguments":{"formula":["#;
    let initialize = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{
        "protocolVersion":7,"clientInfo":{"name":"n","version":"1"},
        "capabilities":{"experimental":["#;
    let many = names();
    let member = r#"{"":0}"#;
    vec![
        ("numbers in a batch", fill(batch, "0", "]}}}")),
        ("objects in a batch", fill(batch, "{}", "]}}}")),
        ("members in a batch", fill(batch, member, "]}}}")),
        (
            "an array for a number",
            fill(&format!("{calculate}{{\"a\":["), member, "]}}}"),
        ),
        ("an array for arguments", fill(&format!("{calculate}["), member, "]}}")),
        ("unknown arguments", format!("{calculate}{{{many}}}}}}}")),
        ("the same argument", fill(&format!("{calculate}{{"), r#""a":0"#, "}}}")),
        ("an array for a prompt", fill(prompt, member, "]}}}")),
        ("capabilities", fill(initialize, member, "]}}}")),
        ("an array for a version", fill(r#"{"jsonrpc":["#, member, "]}")),
        ("an array for an id", fill(r#"{"jsonrpc":"2.0","id":["#, member, "]}")),
        ("an array for a method", fill(r#"{"id":1,"method":["#, member, "]}")),
        ("an array of messages", fill("[", "0", "]")),
    ]
}

/// What is refused costs a few times its body: it is not built before it is judged,
/// and its errors are counted while they are found.
#[tokio::test]
async fn what_is_refused_is_not_built_first() {
    let (node, client) = session(Node::builder()).await;
    client.ping().await;
    for (sent, body) in large_bodies() {
        let before = node.forget_peak();
        let attempt = client.attempt("POST").body(body.clone());
        let refused = attempt.send().await;
        let grown = node.peak_bytes().saturating_sub(before);
        let answer = refused.response();
        let is_refused =
            answer["error"].is_object() || answer["result"]["isError"] == true;
        assert!(is_refused, "{sent}: {answer}");
        assert!(answer.to_string().len() < 4096, "{sent}: {answer}");
        println!("{sent}: {} KiB more", grown / 1024);
        assert!(grown < 8 * MIB, "{sent}: {} KiB more", grown / 1024);
    }
}

/// The longest text that a tool takes, in the form that costs most.
#[tokio::test]
async fn the_longest_request_costs_at_most_64_mib() {
    let (node, client) =
        session(Node::builder().set("SAMPLE_TOOL_NAME", "print_it")).await;
    let before = node.forget_peak();
    for unit in ["x", "\u{e9}", "\\u0001", "\\n"] {
        let text = unit.repeat((MAX_BODY - 300) / unit.len());
        let arguments = format!(r#"{{"value":"{text}"}}"#);
        let printed = call(&client, "print_it", &arguments).await;
        assert!(printed.text().starts_with("test string print: "));
    }
    let grown = node.peak_bytes().saturating_sub(before);
    println!("{} KiB more", grown / 1024);
    assert!(grown <= 64 * MIB, "{} KiB more", grown / 1024);
}

/// A model reads a tool's result; many clients raise a protocol error as an exception.
/// The stateless era has a code of its own (M021).
#[tokio::test]
async fn a_model_is_told_that_its_client_cannot_be_asked() {
    let (node, client) = session(Node::builder()).await;
    let told = client.call_tool("confirm_clear", json!({})).await.failure();
    assert!(told.contains("elicitation"), "{told}");
    let caller = Caller::new(&node);
    let tape = caller.open_tape().await;
    let refused =
        caller.call_tool("confirm_clear", json!({ "tape_id": tape })).await;
    assert_eq!((refused.status, refused.code()), (400, -32021));
}
