//! The form of what is said, whatever it is about.

use serde_json::{Value, json};
use suite::client::message;
use suite::{Body, Client, Node, NodeBuilder, Program};

/// The conformance server; its calls become streams at once.
fn fixture() -> NodeBuilder {
    Node::builder().program(Program::CONFORMANCE).set("SSE_AFTER", 1)
}

/// A sentence that fits on one line of a log.
const SHORT: usize = 100;

fn assert_is_id(id: &Value, of: &Value) {
    assert!(id.is_string() || id.is_i64() || id.is_u64(), "the id of {of}");
}

fn assert_is_error(error: &Value) {
    assert!(error["code"].is_i64(), "the code of {error}");
    let sentence = error["message"].as_str().unwrap_or_default();
    assert!((1..SHORT).contains(&sentence.len()), "the message of {error}");
    assert!(!sentence.contains('\n'), "one sentence: {error}");
    let members = ["code", "message", "data"];
    for name in error.as_object().into_iter().flat_map(|error| error.keys()) {
        assert!(members.contains(&name.as_str()), "{name} in {error}");
    }
}

/// Which of the four forms a message has, and that it has it in all parts.
fn form_of(message: &Value) -> &'static str {
    assert_eq!(message["jsonrpc"], "2.0", "{message}");
    assert!(!message.to_string().contains("\"_meta\""), "nothing is added");
    let has = |name: &str| message.get(name).is_some();
    match (has("method"), has("id"), has("result"), has("error")) {
        (true, true, false, false) => {
            assert_is_id(&message["id"], message);
            "request"
        }
        (true, false, false, false) => {
            assert!(message["params"].is_object(), "{message}");
            "notification"
        }
        (false, true, true, false) => {
            assert_is_id(&message["id"], message);
            assert!(message["result"].is_object(), "{message}");
            "result"
        }
        (false, _, false, true) => {
            assert_is_error(&message["error"]);
            "error"
        }
        _ => panic!("no JSON-RPC message: {message}"),
    }
}

/// A bit of everything that a server says.
async fn everything_said(node: &Node) -> Vec<Value> {
    let builder = Client::builder().capabilities(json!({ "elicitation": {} }));
    let opened = builder.initialize(node).await;
    let mut said = opened.messages();
    let client = builder.opened(node, &opened);
    client.initialized().await;
    let watched = json!({ "uri": "test://watched-resource" });
    for (method, params) in [
        ("ping", json!({})),
        ("tools/list", json!({})),
        ("resources/list", json!({})),
        ("prompts/list", json!({})),
        ("resources/subscribe", watched),
        ("tools/call", json!({ "name": "test_tool_with_logging" })),
        ("tools/call", json!({ "name": "test_error_handling" })),
        ("tools/call", json!({ "name": "test_panic" })),
        ("tools/call", json!({ "name": "nothing" })),
        ("tools/call", json!({ "name": 7 })),
        ("resources/read", json!({ "uri": "test://nothing" })),
        ("no/such/method", json!({})),
    ] {
        said.extend(client.request(method, params).await.messages());
    }
    let call = client.start_call_with_progress(
        "test_tool_with_progress",
        json!({}),
        "token",
    );
    said.extend(call.await.rest().await.messages());

    let mut call = client
        .start_call("test_elicitation", json!({ "message": "Who are you?" }))
        .await;
    let question = call.expect("elicitation/create").await;
    client.answer(&question, json!({ "action": "cancel" })).await;
    said.push(question);
    said.extend(call.rest().await.messages());

    let mut stream = client.listen().await;
    client.call_tool("test_slow", json!({ "millis": 0 })).await;
    said.push(stream.expect("notifications/resources/updated").await);

    for refused in [
        node.attempt("POST").body("{"),
        node.attempt("POST").json(&json!([])),
        node.attempt("GET"),
        client.attempt("POST").header("mcp-protocol-version", "1999-01-01"),
        client.attempt("POST").header("accept", "text/plain"),
        client.attempt("GET").header("last-event-id", "nonsense"),
    ] {
        said.extend(refused.send().await.messages());
    }
    said
}

/// L002, L003, L006, L008, L010, L012, L018.
#[tokio::test]
async fn every_message_has_one_of_the_four_forms_of_json_rpc() {
    let node = fixture().start().await;
    let said = everything_said(&node).await;
    let forms: Vec<_> = said.iter().map(form_of).collect();
    let count = |form| forms.iter().filter(|found| **found == form).count();
    assert_eq!(count("request"), 1);
    assert!(count("notification") > 3 + 3, "{forms:?}");
    assert!(count("result") >= 10, "{forms:?}");
    assert_eq!(count("error"), 5 + 6, "{forms:?}");
}

/// L007: the same id, or none where it could not be read.
#[tokio::test]
async fn an_error_names_the_request_that_it_answers() {
    let node = Node::start().await;
    let client = node.connect().await;
    for id in [json!(7), json!("seven"), json!("")] {
        let refused =
            client.request_as(id.clone(), "no/such/method", json!({})).await;
        assert_eq!(refused.response()["id"], id);
    }
    let unreadable = client.attempt("POST").body(r#"{"id":7,"#).send().await;
    assert_eq!(
        unreadable.response().get("id").unwrap_or(&Value::Null),
        &json!(null)
    );
}

/// L011, L039, L073, L078, L080, L082, L171: whatever it says, and whether or not
/// it makes sense. The handshake's request had the id 1, a ping the id 2.
#[tokio::test]
async fn a_notification_is_taken_and_never_answered() {
    let node = Node::start().await;
    let client = node.connect().await;
    client.request_as(2, "ping", json!({})).await.result();
    let cancelled = "notifications/cancelled";
    for (method, params) in [
        ("notifications/initialized", json!({})),
        ("notifications/roots/list_changed", json!({})),
        ("notifications/progress", json!({ "progressToken": 1, "progress": 1 })),
        ("notifications/no/such/thing", json!({ "anything": [1, 2, 3] })),
        ("ping", json!({})),
        ("tools/call", json!({ "name": "calculate" })),
        (cancelled, json!({ "requestId": 1, "reason": "the handshake" })),
        (cancelled, json!({ "requestId": 2, "reason": "it is over" })),
        (cancelled, json!({ "requestId": "never sent" })),
        (cancelled, json!({})),
        (cancelled, json!({ "requestId": { "not": "an id" } })),
        (cancelled, json!({ "requestId": null, "reason": 7 })),
        (cancelled, json!(["no", "object"])),
    ] {
        let shown = params.to_string();
        let answer = client.notify(method, params).await;
        assert_eq!(answer.status, 202, "{method} {shown}: {:?}", answer.body);
        assert_eq!(answer.body, Body::Empty, "{method} {shown}");
    }
    let bare = json!({ "jsonrpc": "2.0", "method": cancelled });
    assert_eq!(client.post(&bare).await.status, 202);
    assert_eq!(client.ping().await.result(), json!({}), "the session is well");
}

/// L018: `_meta` may hold anything, also under names that the protocol reserves.
#[tokio::test]
async fn what_is_in_meta_is_not_relied_upon() {
    let node = Node::start().await;
    let client = node.connect().await;
    for meta in [
        json!({}),
        json!({ "progressToken": { "not": "a token" } }),
        json!({ "progressToken": 1.5 }),
        json!({ "io.modelcontextprotocol/related-task": 7 }),
        json!({ "modelcontextprotocol.io/x": [1], "mcp.dev/y": null, "": {} }),
        json!({ "com.example/own": { "deep": { "er": true } } }),
    ] {
        let shown = meta.to_string();
        let arguments = json!({ "a": 1, "b": 2, "op": "add", "stream": true });
        let params = json!({
            "name": "calculate", "arguments": arguments, "_meta": meta,
        });
        let answer = client.request("tools/call", params).await;
        assert_eq!(answer.text(), "1 add 2 = 3", "{shown}");
        assert_eq!(answer.messages().len(), 1, "no progress: {shown}");
    }
}

/// L189: the server has not declared tasks, so it does not know what they are.
#[tokio::test]
async fn a_call_that_asks_for_a_task_is_an_ordinary_call() {
    let node = Node::start().await;
    let client = node.connect().await;
    let params = json!({
        "name": "calculate",
        "arguments": { "a": 1, "b": 2, "op": "add" },
        "task": { "ttl": 60_000 },
    });
    let answer = client.request("tools/call", params).await;
    assert_eq!(answer.text(), "1 add 2 = 3");
    assert_eq!(answer.result().get("task"), None);
    for method in ["tasks/get", "tasks/result", "tasks/list", "tasks/cancel"] {
        let refused = client.request(method, json!({ "taskId": "1" })).await;
        assert_eq!(refused.code(), -32601, "{method}");
    }
}

fn assert_is_base64(data: &Value, of: &Value) {
    let data = data.as_str().unwrap_or_default();
    let text = data.trim_end_matches('=');
    let is_digit = |c: char| c.is_ascii_alphanumeric() || "+/".contains(c);
    assert!(!text.is_empty() && text.chars().all(is_digit), "data of {of}");
    assert!(
        data.len().is_multiple_of(4) && data.len() - text.len() < 3,
        "end of {of}"
    );
}

/// What a resource's content must be, embedded or read.
fn assert_is_resource(resource: &Value) {
    let uri = resource["uri"].as_str().unwrap_or_default();
    assert!(uri.split_once("://").is_some_and(|(scheme, _)| !scheme.is_empty()));
    assert!(resource["mimeType"].as_str().is_some_and(|kind| kind.contains('/')));
    match (&resource["text"], &resource["blob"]) {
        (Value::String(_), Value::Null) => {}
        (Value::Null, blob) => assert_is_base64(blob, resource),
        _ => panic!("both text and blob: {resource}"),
    }
}

fn assert_is_content(content: &Value) {
    let kind = content["type"].as_str().unwrap_or_default();
    match kind {
        "text" => assert!(content["text"].is_string(), "{content}"),
        "image" | "audio" => {
            assert_is_base64(&content["data"], content);
            let mime_type = content["mimeType"].as_str().unwrap_or_default();
            assert!(mime_type.starts_with(&format!("{kind}/")), "{content}");
        }
        "resource" => assert_is_resource(&content["resource"]),
        _ => panic!("unknown content: {content}"),
    }
}

/// L102, L119, L122, L123.
#[tokio::test]
async fn pictures_sounds_and_resources_come_whole_and_with_their_type() {
    let node = Node::start_fixture().await;
    let opened = Client::builder().initialize(&node).await;
    assert!(opened.result()["capabilities"]["resources"].is_object());
    let client = Client::builder().opened(&node, &opened);
    let mut kinds = Vec::new();
    for tool in [
        "test_image_content",
        "test_audio_content",
        "test_embedded_resource",
        "test_multiple_content_types",
    ] {
        let content = client.call_tool(tool, json!({})).await.result();
        let content = content["content"].as_array().cloned().unwrap_or_default();
        content.iter().for_each(assert_is_content);
        kinds.extend(content.iter().map(|block| block["type"].to_string()));
    }
    for (name, arguments) in [
        ("test_prompt_with_image", json!({})),
        (
            "test_prompt_with_embedded_resource",
            json!({ "resourceUri": "test://embedded" }),
        ),
    ] {
        let params = json!({ "name": name, "arguments": arguments });
        let prompt = client.request("prompts/get", params).await.result();
        for said in prompt["messages"].as_array().into_iter().flatten() {
            assert_is_content(&said["content"]);
            kinds.push(said["content"]["type"].to_string());
        }
    }
    for kind in ["\"image\"", "\"audio\"", "\"resource\"", "\"text\""] {
        assert!(kinds.iter().any(|found| found == kind), "{kind} in {kinds:?}");
    }
    for uri in ["test://static-text", "test://static-binary"] {
        let read = client.read(uri).await.result();
        assert_is_resource(&read["contents"][0]);
        assert_eq!(read["contents"][0]["uri"], uri);
    }
}

/// L067, L207: the session knows its version, whichever it is.
#[tokio::test]
async fn without_a_version_header_the_sessions_version_is_spoken() {
    let node = Node::start().await;
    let sum = json!({ "a": 1, "b": 2, "op": "add" });
    let params = json!({ "name": "calculate", "arguments": sum });
    let call = message(json!(5), "tools/call", params);
    for (version, structured) in
        [("2025-03-26", false), ("2025-06-18", true), ("2025-11-25", true)]
    {
        let client = Client::builder().version(version).connect(&node).await;
        let post = client.attempt("POST").json(&call);
        let answer = post.without("mcp-protocol-version").send().await;
        let result = answer.result();
        assert_eq!(result.get("structuredContent").is_some(), structured);
        let stream = client.attempt("GET").without("mcp-protocol-version");
        assert_eq!(stream.open().await.status, 200, "{version}");
        let end = client.attempt("DELETE").without("mcp-protocol-version");
        assert_eq!(end.send().await.status, 204, "{version}");
    }
}
