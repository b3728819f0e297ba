//! One request at a time: what every answer of the stateless era says, and that
//! nothing is remembered between two of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use suite::Outcome::{Complete, Refused};
use suite::modern::{complete, key};
use suite::probe::{SPOKEN, assert_all};
use suite::{Caller, Exchange, Node, NodeBuilder, Probe, Program};

const ALICE: &str = "alice-has-a-long-token";
const BOB: &str = "bob-has-another-token";

fn fixture() -> NodeBuilder {
    Node::builder().program(Program::CONFORMANCE)
}

/// A request of every kind, and whether its answer may be kept for a while.
fn requests() -> [(&'static str, Value, bool); 9] {
    let reference = json!({ "type": "ref/prompt", "name": "explain-calculation" });
    let argument = json!({ "name": "level", "value": "b" });
    [
        ("server/discover", json!({}), true),
        ("tools/list", json!({}), true),
        ("prompts/list", json!({}), true),
        ("resources/list", json!({}), true),
        ("resources/templates/list", json!({}), true),
        ("resources/read", json!({ "uri": "calculator://constants" }), true),
        ("tools/call", sum(1), false),
        ("prompts/get", explain(json!({ "operation": "add" })), false),
        (
            "completion/complete",
            json!({ "ref": reference, "argument": argument }),
            false,
        ),
    ]
}

fn sum(a: usize) -> Value {
    let arguments = json!({ "a": a, "b": 1, "op": "add" });
    json!({ "name": "calculate", "arguments": arguments })
}

/// M006, M007, M022, M080, M084, M086 to M088, A2.
#[tokio::test]
async fn every_result_says_what_it_is_who_gave_it_and_how_long_it_holds() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    for (method, params, may_be_kept) in requests() {
        let answer = caller.request(method, params).await;
        let result = complete(&answer);
        let server = &result["_meta"][key("serverInfo")];
        for member in ["name", "version"] {
            assert!(server[member].is_string(), "{method}: {result}");
        }
        assert!(result.get("serverInfo").is_none(), "{method}: {result}");
        assert_eq!(answer.header("mcp-session-id"), None, "{method}");
        let (time, scope) = (&result["ttlMs"], &result["cacheScope"]);
        if may_be_kept {
            assert!(time.as_u64().is_some_and(|time| time > 0), "{method}: {time}");
            assert_eq!(scope, "public", "{method}");
        } else {
            assert!(time.is_null() && scope.is_null(), "{method}: {result}");
        }
    }
    let tape = caller.open_tape().await;
    let history = format!("calculator://tapes/{tape}/history");
    let read = complete(&caller.read(&history).await);
    assert_eq!(read["ttlMs"], 0, "it changes with every calculation: {read}");
    assert_eq!(read["cacheScope"], "private", "{read}");
}

/// M001, M034 to M036, M083, M085, M125, M138, M144, M148, D019, A6.
#[tokio::test]
async fn discovery_names_what_is_there_and_nothing_else() {
    for node in [Node::start().await, fixture().start().await] {
        let caller = Caller::new(&node);
        let found = complete(&caller.request("server/discover", json!({})).await);
        assert_eq!(found["supportedVersions"], json!(SPOKEN));
        let capabilities = &found["capabilities"];
        for (capability, list) in [
            ("tools", "tools/list"),
            ("prompts", "prompts/list"),
            ("resources", "resources/list"),
        ] {
            assert!(capabilities[capability].is_object(), "{capabilities}");
            let listed = complete(&caller.request(list, json!({})).await);
            let list = listed[capability].as_array();
            assert!(list.is_some_and(|list| !list.is_empty()), "{listed}");
        }
        assert!(capabilities["completions"].is_object(), "{capabilities}");
        assert!(capabilities.get("tasks").is_none(), "{capabilities}");
        let extensions = capabilities["extensions"].as_object();
        for name in extensions.into_iter().flat_map(|all| all.keys()) {
            assert!(name.contains('/'), "M035: {name}");
        }
    }
}

/// M090, M091, M126, M127, M138, M144: by nobody's name, connection or history.
#[tokio::test]
async fn lists_are_the_same_for_everybody_at_any_time() {
    let tokens = format!("alice={ALICE},bob={BOB}");
    let node = Node::builder().set("API_TOKENS", tokens).start().await;
    let alice = Caller::new(&node).with_token(ALICE);
    let bob = alice.apart().with_token(BOB);
    for (method, params, _) in &requests()[..6] {
        let first = complete(&alice.request(method, params.clone()).await);
        alice.open_tape().await;
        alice.request("tools/call", sum(1)).await.result();
        let named = json!({ "name": "another", "version": "9" });
        let named = bob.with_forms().with_meta(&key("clientInfo"), named);
        for other in [&alice, &alice.apart(), &bob, &named] {
            let again = complete(&other.request(method, params.clone()).await);
            assert_eq!(again, first, "{method}");
        }
    }
}

/// M003, M004.
#[tokio::test]
async fn ids_come_back_as_they_were_given() {
    let node = fixture().set("SSE_AFTER", 1).start().await;
    let caller = Caller::new(&node);
    let slow = json!({ "name": "test_slow", "arguments": { "millis": 20 } });
    for id in [
        json!(0),
        json!("0"),
        json!(-1),
        json!("server-discover-probe-1"),
        json!("listen:0"),
        json!(1_790_000_000_123_u64),
        json!(i64::MAX),
    ] {
        for (method, params, status) in [
            ("tools/list", json!({}), 200),
            ("tools/call", slow.clone(), 200),
            ("no/such/method", json!({}), 404),
        ] {
            let message = caller.message_as(id.clone(), method, params);
            let answer = caller.post(&message).await;
            assert_eq!(answer.status, status, "{method}");
            assert_eq!(answer.response()["id"], id, "{method}");
        }
    }
}

/// Nobody knows of whom an id is, so two callers may use the same one at once.
#[tokio::test]
async fn an_id_belongs_to_its_request_only() {
    let node = fixture().set("SSE_AFTER", 1).start().await;
    let caller = Caller::new(&node);
    let slow = json!({ "name": "test_slow", "arguments": { "millis": 300 } });
    let message = caller.message_as(7, "tools/call", slow);
    let running = caller.attempt(&message).open().await;
    assert!(running.is_stream());
    let list = caller.message_as(7, "tools/list", json!({}));
    complete(&caller.post(&list).await);
    assert_eq!(running.rest().await.text(), "That took 300 ms.");
}

/// M018, M019, M023, M026, M062.
#[tokio::test]
async fn an_envelope_is_complete_or_refused() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let list =
        |caller: &Caller| caller.attempt(&caller.message("tools/list", json!({})));
    let saying = |name: &str, value: Value| list(&caller.with_meta(name, value));
    let mut probes = vec![
        Probe::new(
            "no clientInfo",
            list(&caller.without_meta(&key("clientInfo"))),
            Complete,
        ),
        Probe::new(
            "no capabilities",
            list(&caller.without_meta(&key("clientCapabilities"))),
            Refused(400, -32602),
        ),
        Probe::new(
            "no version",
            list(&caller.without_meta(&key("protocolVersion")))
                .header("mcp-protocol-version", SPOKEN[0]),
            Refused(400, -32602),
        ),
    ];
    for (name, value) in [
        (key("protocolVersion"), json!(20_260_728)),
        (key("protocolVersion"), json!(null)),
        (key("clientCapabilities"), json!([])),
        (key("clientCapabilities"), json!("elicitation")),
        (key("clientCapabilities"), json!(null)),
        (key("logLevel"), json!(7)),
        (key("logLevel"), json!("INFO")),
    ] {
        let attempt =
            saying(&name, value.clone()).header("mcp-protocol-version", SPOKEN[0]);
        let sent = format!("{name}: {value}");
        probes.push(Probe::new(sent, attempt, Refused(400, -32602)));
    }
    let extension = json!({ "extensions": { "com.example/other": { "a": 1 } } });
    for (name, value) in [
        (key("clientCapabilities"), extension),
        (key("clientCapabilities"), json!({ "unheard-of": {} })),
        (key("not-defined-yet"), json!({ "a": [1] })),
        ("com.example/own".to_owned(), json!(null)),
        ("progressToken".to_owned(), json!("t")),
        (key("logLevel"), json!("debug")),
    ] {
        let sent = format!("{name}: {value}");
        probes.push(Probe::new(sent, saying(&name, value), Complete));
    }
    assert_all(&node, probes).await;
}

/// M014, M020, M021: on the same connection, one after the other.
#[tokio::test]
async fn what_one_request_declares_does_not_hold_for_the_next() {
    let node = fixture().start().await;
    let caller = Caller::new(&node);
    let able = caller.with_capabilities(json!({ "sampling": {} }));
    let call = async |caller: &Caller| {
        caller.call_tool("test_missing_capability", json!({})).await
    };
    for _ in 0..2 {
        call(&able).await.result();
        let refused = call(&caller).await;
        assert_eq!((refused.status, refused.code()), (400, -32021));
        let needed = &refused.error()["data"]["requiredCapabilities"];
        assert_eq!(needed, &json!({ "sampling": {} }));
    }
}

/// M021: the status is the error's, in whichever form it comes.
#[tokio::test]
async fn an_error_keeps_its_status_when_only_a_stream_is_accepted() {
    let node = fixture().start().await;
    let caller = Caller::new(&node).with_accept("text/event-stream");
    let refused = caller.call_tool("test_missing_capability", json!({})).await;
    assert_eq!(refused.content_type(), Some("text/event-stream"));
    assert_eq!((refused.status, refused.code()), (400, -32021));
    let unknown = caller.call_tool("nobody", json!({})).await;
    assert_eq!(unknown.content_type(), Some("text/event-stream"));
    assert_eq!((unknown.status, unknown.code()), (200, -32602), "in-band");
}

fn explain(arguments: Value) -> Value {
    json!({ "name": "explain-calculation", "arguments": arguments })
}

/// M012, M135, M140, M142, M146, M147, M150, A7.
#[tokio::test]
async fn what_is_wrong_with_the_parameters_is_said_in_band() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let read = |uri: &str| ("resources/read", json!({ "uri": uri }));
    let session = "session://info/11111111-2222-4333-8444-555555555555";
    let missing = [
        "calculator://history",
        "calculator://history/11111111-2222-4333-8444-555555555555",
        session,
        "session://events",
        "calculator://nothing",
        "file:///etc/passwd",
        "../../etc/passwd",
        "not a uri",
    ];
    for (method, params) in missing.map(read) {
        let answer = caller.request(method, params.clone()).await;
        assert_eq!((answer.status, answer.code()), (200, -32602), "{params}");
        assert_eq!(answer.error()["data"]["uri"], params["uri"]);
    }
    for (method, params) in [
        ("tools/call", json!({ "name": "nobody", "arguments": {} })),
        ("prompts/get", json!({ "name": "nobody" })),
        ("prompts/get", json!({ "name": "explain-calculation" })),
        ("prompts/get", explain(json!({ "operation": 7 }))),
        ("prompts/get", explain(json!({ "operation": "add", "level": "x" }))),
        ("tools/list", json!({ "cursor": "nowhere" })),
        ("resources/list", json!({ "cursor": "nowhere" })),
    ] {
        let answer = caller.request(method, params.clone()).await;
        assert_eq!((answer.status, answer.code()), (200, -32602), "{params}");
    }
}

/// M133, M135, M136: the model can read what it did wrong.
#[tokio::test]
async fn bad_arguments_are_a_failure_of_the_tool() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    for (arguments, named) in [
        (json!({ "a": 1, "b": 2 }), "op"),
        (json!({ "a": "one", "b": 2, "op": "add" }), "a"),
        (json!({ "a": 1, "b": 2, "op": "add", "c": 3 }), "c"),
        (json!({ "a": 1, "b": 0, "op": "divide" }), "0"),
    ] {
        let answer = caller.call_tool("calculate", arguments).await;
        assert_eq!(complete(&answer)["isError"], true);
        assert!(answer.failure().contains(named), "{}", answer.failure());
    }
}

/// M089, M127, M150: the seam of a list that has several pages is tested where
/// there are some; an empty cursor is one like any other.
#[tokio::test]
async fn a_list_is_read_to_its_end() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let mut names = BTreeSet::new();
    let mut params = json!({});
    loop {
        let page = complete(&caller.request("tools/list", params.clone()).await);
        assert_eq!(page["cacheScope"], "public", "of every page");
        for tool in page["tools"].as_array().into_iter().flatten() {
            let name = tool["name"].as_str().unwrap_or_default().to_owned();
            assert!(names.insert(name), "listed twice: {tool}");
        }
        match &page["nextCursor"] {
            Value::Null => break,
            cursor => params = json!({ "cursor": cursor }),
        }
    }
    assert!(names.contains("open_tape") && names.contains("confirm_clear"));
}

/// M129, M130, M134: what tools say of themselves holds for what they do.
#[tokio::test]
async fn tools_give_what_they_say() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let tools = complete(&caller.request("tools/list", json!({})).await);
    for tool in tools["tools"].as_array().into_iter().flatten() {
        let name = tool["name"].as_str().unwrap_or_default();
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        assert!((1..=128).contains(&name.len()), "{name}");
        assert!(name.chars().all(is_allowed), "{name}");
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        assert!(tool["description"].is_string(), "{tool}");
    }
    let schema = |name: &str| {
        let mut tools = tools["tools"].as_array().into_iter().flatten();
        let tool = tools.find(|tool| tool["name"] == name);
        tool.map(|tool| tool["outputSchema"].clone()).unwrap_or_default()
    };
    for name in ["open_tape", "calculate"] {
        let arguments = match name {
            "calculate" => json!({ "a": 1, "b": 2, "op": "add" }),
            _ => json!({}),
        };
        let result = complete(&caller.call_tool(name, arguments).await);
        let given = &result["structuredContent"];
        for needed in schema(name)["required"].as_array().into_iter().flatten() {
            let member = needed.as_str().unwrap_or_default();
            assert!(given.get(member).is_some(), "{member} in {result}");
        }
        let text = result["content"][0]["text"].as_str();
        assert!(text.is_some_and(|text| !text.is_empty()), "M133: {result}");
    }
}

/// M028: the dialect is the default one, whether a schema says so or not.
#[tokio::test]
async fn a_schema_is_listed_as_it_is_and_holds() {
    let node = fixture().start().await;
    let caller = Caller::new(&node);
    let tools = complete(&caller.request("tools/list", json!({})).await);
    let mut tools = tools["tools"].as_array().into_iter().flatten();
    let rich = tools.find(|tool| tool["name"] == "json_schema_2020_12_tool");
    let schema = rich.map(|tool| tool["inputSchema"].clone()).unwrap_or_default();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for member in ["$defs", "allOf", "if", "then", "else"] {
        assert!(schema.get(member).is_some(), "{member} in {schema}");
    }
    let call = async |arguments: Value| {
        let answer = caller.call_tool("json_schema_2020_12_tool", arguments).await;
        complete(&answer)["isError"] == true
    };
    let by_phone = json!({ "contactMethod": "phone", "phone": "1" });
    assert!(!call(by_phone.clone()).await);
    for wrong in [
        json!({ "contactMethod": "phone", "email": "a@b.example" }),
        json!({ "contactMethod": "smoke", "phone": "1" }),
        json!({ "phone": "1", "address": { "street": 7 } }),
        json!({ "phone": "1", "nobody": 1 }),
        json!({}),
    ] {
        assert!(call(wrong.clone()).await, "{wrong}");
    }
}

/// M132, M145: every kind of content, whole.
#[tokio::test]
async fn content_of_every_kind_says_what_it_is() {
    let node = fixture().start().await;
    let caller = Caller::new(&node);
    let found = complete(&caller.request("server/discover", json!({})).await);
    assert!(found["capabilities"]["resources"].is_object(), "some are embedded");
    let mut blocks = Vec::new();
    for tool in ["test_multiple_content_types", "test_audio_content"] {
        let result = complete(&caller.call_tool(tool, json!({})).await);
        blocks.extend(result["content"].as_array().cloned().unwrap_or_default());
    }
    for prompt in ["test_prompt_with_embedded_resource", "test_prompt_with_image"] {
        let arguments = match prompt {
            "test_prompt_with_image" => json!({}),
            _ => json!({ "resourceUri": "test://example-resource" }),
        };
        let prompt = json!({ "name": prompt, "arguments": arguments });
        let prompt = complete(&caller.request("prompts/get", prompt).await);
        let messages = prompt["messages"].as_array().into_iter().flatten();
        blocks.extend(messages.map(|message| message["content"].clone()));
    }
    let mut kinds = BTreeSet::new();
    for block in &blocks {
        let kind = block["type"].as_str().unwrap_or_default();
        kinds.insert(kind);
        match kind {
            "text" => assert!(block["text"].is_string(), "{block}"),
            "image" | "audio" => {
                assert!(block["mimeType"].is_string(), "{block}");
                let data = block["data"].as_str().unwrap_or_default();
                let is_base64 =
                    |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
                assert!(data.len() % 4 == 0 && data.chars().all(is_base64));
                assert!(!data.is_empty(), "{block}");
            }
            "resource" => {
                let resource = &block["resource"];
                for member in ["uri", "mimeType", "text"] {
                    assert!(resource[member].is_string(), "{member} in {block}");
                }
            }
            other => panic!("{other} is no kind of content"),
        }
    }
    assert_eq!(kinds, BTreeSet::from(["audio", "image", "resource", "text"]));
}

/// M015: requests of many conversations on the same connections.
#[tokio::test]
async fn requests_of_many_conversations_do_not_mix() {
    let node = Node::start().await;
    let caller = Caller::new(&node);
    let calls: Vec<_> = (0..100)
        .map(|a| {
            let caller = caller.clone();
            tokio::spawn(async move {
                let answer = caller.request("tools/call", sum(a)).await;
                assert_eq!(answer.text(), format!("{a} add 1 = {}", a + 1));
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap_or_else(|error| panic!("{error}"));
    }
}

/// M041.
#[tokio::test]
async fn text_is_utf_8_both_ways() {
    let node = Node::builder().set("SAMPLE_TOOL_NAME", "print_it").start().await;
    let value = "Gr\u{fc}\u{df}e, \u{4e16}\u{754c} \u{1f600}";
    let caller = Caller::new(&node);
    let answer = caller.call_tool("print_it", json!({ "value": value })).await;
    assert_eq!(answer.text(), format!("test string print: {value}"));
}

/// M082: the transport of 2024 is not there.
#[tokio::test]
async fn there_is_one_endpoint() {
    let node = Node::start().await;
    for path in ["/sse", "/messages", "/mcp/sse"] {
        assert_eq!(node.get(path).await.status, 404, "{path}");
    }
}

/// M047, M172, M175, M179, M181.
#[tokio::test]
async fn every_request_says_who_asks() {
    let node = Node::builder().set("API_TOKENS", format!("alice={ALICE}"));
    let node = node.start().await;
    let caller = Caller::new(&node);
    let assert_stranger = |answer: &Exchange| {
        assert_eq!(answer.status, 401);
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        assert!(challenge.starts_with("Bearer"), "{challenge}");
    };
    for (method, params, _) in requests() {
        let known = caller.with_token(ALICE).request(method, params.clone()).await;
        complete(&known);
        assert_stranger(&caller.request(method, params.clone()).await);
        assert_stranger(&caller.with_token("x").request(method, params).await);
    }
}

/// M136, M149: a principal is a client, whatever it says of itself.
#[tokio::test]
async fn the_rate_limit_counts_stateless_requests_too() {
    let node = Node::builder()
        .set("API_TOKENS", format!("alice={ALICE},bob={BOB}"))
        .set("RATE_LIMIT_MAX", 3)
        .start()
        .await;
    let alice = Caller::new(&node).with_token(ALICE);
    for number in 0..3 {
        let info = json!({ "name": format!("{number}"), "version": "1" });
        let other = alice.apart().with_meta(&key("clientInfo"), info);
        complete(&other.request("tools/list", json!({})).await);
    }
    let limited = alice.request("tools/list", json!({})).await;
    assert_eq!(limited.status, 429);
    assert!(limited.header("retry-after").is_some());
    let bob = alice.with_token(BOB).request("tools/list", json!({})).await;
    complete(&bob);
}
