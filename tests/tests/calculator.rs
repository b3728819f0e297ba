//! The surface, end to end: every tool, resource, prompt and completion.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use suite::{Client, Node, Transcript};

async fn session() -> (Node, Client) {
    let node = Node::builder()
        .set("SAMPLE_TOOL_NAME", "print_it")
        .set("PROGRESS_INTERVAL", 1)
        .start()
        .await;
    let client = node.connect().await;
    (node, client)
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item["name"].as_str())
        .collect()
}

#[tokio::test]
async fn a_session_from_handshake_to_farewell() {
    let (node, _) = session().await;
    let mut transcript = Transcript::default();
    let opened = Client::builder().initialize(&node).await;
    transcript.add(&opened);
    let client = Client::builder().opened(&node, &opened);
    transcript.add(&client.initialized().await);
    let sum = json!({ "a": 100, "b": 50, "op": "add" });
    let calculated = client.call_tool("calculate", sum).await;
    let id = calculated.result()["structuredContent"]["calculationId"].clone();
    let id = id.as_str().unwrap_or_default();
    transcript.add(&calculated);
    transcript.add(&client.read(&format!("calculator://history/{id}")).await);
    transcript.add(&client.end_session().await);
    transcript.add(&client.ping().await);
    insta::assert_snapshot!(transcript);
}

#[tokio::test]
async fn what_is_offered() {
    let (_node, client) = session().await;
    let mut transcript = Transcript::default();
    for list in
        ["tools/list", "resources/list", "resources/templates/list", "prompts/list"]
    {
        transcript.add(&client.request(list, json!({})).await);
    }
    insta::assert_snapshot!(transcript);
}

#[tokio::test]
async fn every_tool_says_what_it_takes_gives_and_does() {
    let (_node, client) = session().await;
    let tools = client.request("tools/list", json!({})).await.result();
    let listed = names(&tools["tools"]);
    assert_eq!(
        listed,
        [
            "calculate",
            "batch_calculate",
            "advanced_calculate",
            "demo_progress",
            "confirm_clear",
            "print_it"
        ]
    );
    for tool in tools["tools"].as_array().into_iter().flatten() {
        let name = &tool["name"];
        assert!(tool["title"].is_string(), "title of {name}");
        assert!(tool["description"].is_string(), "description of {name}");
        assert_eq!(tool["inputSchema"]["type"], "object", "schema of {name}");
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{name}");
        assert_eq!(tool["outputSchema"]["type"], "object", "output of {name}");
        for hint in
            ["readOnlyHint", "idempotentHint", "destructiveHint", "openWorldHint"]
        {
            assert!(tool["annotations"][hint].is_boolean(), "{hint} of {name}");
        }
    }
}

/// Numbers print as JavaScript prints them.
#[tokio::test]
async fn calculate_says_what_it_did_in_one_line() {
    let (_node, client) = session().await;
    for (a, op, b, text) in [
        (json!(100), "add", json!(50), "100 add 50 = 150"),
        (json!(7), "subtract", json!(9.5), "7 subtract 9.5 = -2.5"),
        (json!(6), "multiply", json!(7), "6 multiply 7 = 42"),
        (json!(1), "divide", json!(3), "1 divide 3 = 0.3333333333333333"),
        (json!(0.1), "add", json!(0.2), "0.1 add 0.2 = 0.30000000000000004"),
        (json!(-1), "multiply", json!(0), "-1 multiply 0 = 0"),
        (
            json!(1e20),
            "multiply",
            json!(10),
            "100000000000000000000 multiply 10 = 1e+21",
        ),
        (json!(1), "divide", json!(10_000_000), "1 divide 10000000 = 1e-7"),
    ] {
        let answer =
            client.call_tool("calculate", json!({"a": a, "b": b, "op": op})).await;
        assert_eq!(answer.text(), text);
        let result = answer.result();
        assert_eq!(result["structuredContent"]["operation"], op);
        assert!(result["structuredContent"]["calculationId"].is_string(), "{text}");
    }
}

#[tokio::test]
async fn advanced_calculate_knows_seven_functions() {
    let (_node, client) = session().await;
    for (operation, value, base, text) in [
        ("factorial", 5.0, None, "factorial(5) = 120"),
        ("factorial", 0.0, None, "factorial(0) = 1"),
        ("power", 3.0, Some(2.0), "power(3, 2) = 8"),
        ("sqrt", 2.0, None, "sqrt(2) = 1.4142135623730951"),
        ("log", 10.0, None, "log(10) = 2.302585092994046"),
        ("log", 8.0, Some(2.0), "log(8, 2) = 3"),
        ("sin", 0.0, None, "sin(0) = 0"),
        ("cos", 0.0, None, "cos(0) = 1"),
        ("tan", 0.0, None, "tan(0) = 0"),
    ] {
        let mut arguments = json!({ "operation": operation, "value": value });
        if let Some(base) = base {
            arguments["base"] = json!(base);
        }
        let answer = client.call_tool("advanced_calculate", arguments).await;
        assert_eq!(answer.text(), text);
    }
}

/// JSON can write it, a double cannot hold it.
#[tokio::test]
async fn a_number_beyond_all_doubles_is_named() {
    let (_node, client) = session().await;
    let call = r#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{
        "name":"calculate","arguments":{"a":1,"b":1e400,"op":"add"}}}"#;
    let answer = client.attempt("POST").body(call).send().await;
    assert_eq!(answer.failure(), "b must be below 1.8e308");
}

/// L106, L107: what the model did wrong is a result that it can read. The text
/// names the argument, or the result if that is what breaks a rule.
#[tokio::test]
async fn a_bad_argument_is_a_failure_that_names_it() {
    let (_node, client) = session().await;
    let advanced = |operation: &str, value: f64, base: Option<f64>| {
        let mut arguments = json!({ "operation": operation, "value": value });
        if let Some(base) = base {
            arguments["base"] = json!(base);
        }
        ("advanced_calculate", arguments)
    };
    let calculate = |arguments: Value| ("calculate", arguments);
    let batch =
        |items: Value| ("batch_calculate", json!({ "calculations": items }));
    let item = json!({ "a": 1, "b": 1, "op": "add" });
    let items = Value::Array(vec![item; 101]);
    let cases = [
        (calculate(json!({ "a": 1, "b": 0, "op": "divide" })), "b"),
        (calculate(json!({ "a": 1, "op": "add" })), "b"),
        (calculate(json!({ "a": "1", "b": 2, "op": "add" })), "a"),
        (calculate(json!({ "a": 1, "b": 2, "op": "modulo" })), "op"),
        (calculate(json!({ "a": 1, "b": 2, "op": "add", "c": 3 })), "c"),
        (calculate(json!({ "a": 1e308, "b": 10, "op": "multiply" })), "result"),
        (calculate(json!({})), "op"),
        (batch(json!([])), "calculations"),
        (batch(items), "calculations"),
        (batch(json!([{ "a": 1, "b": 2 }])), "op"),
        (advanced("factorial", -1.0, None), "value"),
        (advanced("factorial", 2.5, None), "value"),
        (advanced("factorial", 171.0, None), "value"),
        (advanced("power", 2.0, None), "base"),
        (advanced("sqrt", -1.0, None), "value"),
        (advanced("log", 0.0, None), "value"),
        (advanced("log", 2.0, Some(1.0)), "base"),
        (advanced("log", 2.0, Some(-3.0)), "base"),
        (advanced("power", 400.0, Some(10.0)), "result"),
        (advanced("cosh", 1.0, None), "operation"),
        (("demo_progress", json!({ "steps": 0 })), "steps"),
        (("demo_progress", json!({ "steps": 101 })), "steps"),
        (("print_it", json!({})), "value"),
    ];
    for ((tool, arguments), argument) in cases {
        let shown = arguments.to_string();
        let text = client.call_tool(tool, arguments).await.failure();
        let words: BTreeSet<&str> =
            text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        assert!(words.contains(argument), "{tool} {shown:.80}: {text}");
    }
    let history = client.read("calculator://history").await.resource();
    assert_eq!(history, json!([]), "nothing of it was recorded");
}

/// Failures stay in their place and are not recorded.
#[tokio::test]
async fn a_batch_answers_line_by_line() {
    let (_node, client) = session().await;
    let calculations = json!([
        { "a": 1, "b": 2, "op": "add" },
        { "a": 1, "b": 0, "op": "divide" },
        { "a": 3, "b": 4, "op": "multiply" },
    ]);
    let arguments = json!({ "calculations": calculations });
    let text = client.call_tool("batch_calculate", arguments).await.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert_eq!((lines[0], lines[2]), ("1 add 2 = 3", "3 multiply 4 = 12"));
    assert!(!lines[1].contains("inf"), "{text}");
    let history = client.read("calculator://history").await.resource();
    assert_eq!(history.as_array().map(Vec::len), Some(2), "{history}");
}

/// `arguments` may be absent where none is required.
#[tokio::test]
async fn demo_progress_needs_no_arguments() {
    let (_node, client) = session().await;
    let answer =
        client.request("tools/call", json!({"name": "demo_progress"})).await;
    assert!(!answer.text().is_empty());
    assert_eq!(answer.messages().len(), 1, "no token, no progress");
}

#[tokio::test]
async fn the_sample_tool_is_there_under_the_configured_name_only() {
    let (_node, client) = session().await;
    let text =
        client.call_tool("print_it", json!({ "value": "hello" })).await.text();
    assert_eq!(text, "test string print: hello");
    let node = Node::start().await;
    let tools = node.connect().await.request("tools/list", json!({})).await;
    assert_eq!(names(&tools.result()["tools"]).len(), 5);
}

/// L009, L099, L105, L116, L124, L129, L140: what the model cannot mend is a
/// protocol error.
#[tokio::test]
async fn an_unknown_name_is_a_protocol_error() {
    let (_node, client) = session().await;
    let error = async |method: &str, params: Value| {
        let answer = client.request(method, params).await;
        assert_eq!(answer.status, 200, "errors of handlers come in-band");
        answer.code()
    };
    let name = json!({ "name": "nothing", "arguments": {} });
    let uri = json!({ "uri": "calculator://nothing" });
    assert_eq!(error("tools/call", name.clone()).await, -32602);
    let other_case = json!({ "name": "Calculate", "arguments": {} });
    assert_eq!(error("tools/call", other_case).await, -32602);
    assert_eq!(error("prompts/get", name).await, -32602);
    assert_eq!(error("resources/read", uri.clone()).await, -32002);
    assert_eq!(error("resources/subscribe", uri).await, -32002);
    assert_eq!(error("tools/list", json!({ "cursor": "!" })).await, -32602);
    assert_eq!(error("logging/setLevel", json!({ "level": "loud" })).await, -32602);
    assert_eq!(error("no/such/method", json!({})).await, -32601);
    assert_eq!(error("server/discover", json!({})).await, -32601);
}

#[tokio::test]
async fn every_listed_resource_can_be_read() {
    let (_node, client) = session().await;
    let listed = client.request("resources/list", json!({})).await.result();
    let own = format!("session://info/{}", client.session_id());
    let mut uris = Vec::new();
    for resource in listed["resources"].as_array().into_iter().flatten() {
        let uri = resource["uri"].as_str().unwrap_or_default();
        let answer = client.read(uri).await;
        let contents = answer.result()["contents"][0].clone();
        assert_eq!(contents["uri"], uri);
        assert_eq!(contents["mimeType"], "application/json", "{uri}");
        answer.resource();
        uris.push(uri);
    }
    for uri in [
        "calculator://constants",
        "calculator://stats",
        "formulas://library",
        "calculator://help",
        "calculator://history",
        &own,
    ] {
        assert!(uris.contains(&uri), "{uri} is not listed in {uris:?}");
    }
}

#[tokio::test]
async fn constants_formulas_and_help_hold_what_they_promise() {
    let (_node, client) = session().await;
    let constants = client.read("calculator://constants").await.resource();
    assert_eq!(constants["pi"], std::f64::consts::PI);
    for name in ["e", "sqrt2", "ln2", "ln10"] {
        assert!(constants[name].is_f64(), "{name} in {constants}");
    }
    let library = client.read("formulas://library").await.resource().to_string();
    for name in ["quadratic", "pythagorean", "compound_interest"] {
        assert!(library.contains(name), "{name} in {library}");
    }
    let help = client.read("calculator://help").await.resource().to_string();
    for tool in ["calculate", "batch_calculate", "advanced_calculate", "print_it"] {
        assert!(help.contains(tool), "{tool} in {help}");
    }
}

/// L118.
#[tokio::test]
async fn a_session_reads_about_itself_and_about_nobody_else() {
    let (node, client) = session().await;
    let other = node.connect().await;
    client.call_tool("calculate", json!({"a": 1, "b": 2, "op": "add"})).await;
    let uri = format!("session://info/{}", client.session_id());
    let info = client.read(&uri).await.resource();
    assert_eq!(info["sessionId"], client.session_id());
    assert_eq!(info["calculationCount"], 1);
    assert!(info["requestCount"].as_u64() >= Some(2), "{info}");
    assert!(info["uptime"].is_number(), "{info}");
    for time in ["startTime", "lastActivity"] {
        let time = info[time].as_str().unwrap_or_default();
        assert!(time.ends_with('Z') && time.contains('T'), "{time}");
    }
    assert_eq!(other.read(&uri).await.code(), -32002, "a foreign session's info");
}

/// The reference service cannot read any uri of this form. L118.
#[tokio::test]
async fn a_calculation_is_read_by_its_id_in_its_own_session_only() {
    let (node, client) = session().await;
    let call =
        client.call_tool("calculate", json!({"a": 6, "b": 7, "op": "multiply"}));
    let result = call.await.result();
    let id = &result["structuredContent"]["calculationId"];
    let uri = format!("calculator://history/{}", id.as_str().unwrap_or_default());
    let calculation = client.read(&uri).await.resource();
    assert_eq!(&calculation["id"], id);
    assert_eq!(calculation["operation"], "multiply");
    assert_eq!(calculation["inputs"], json!([6, 7]));
    assert_eq!(calculation["result"], 42);
    assert!(calculation["timestamp"].as_u64() > Some(1_577_836_800_000));
    let history = client.read("calculator://history").await.resource();
    assert_eq!(history, json!([calculation]));

    let other = node.connect().await;
    assert_eq!(other.read(&uri).await.code(), -32002, "another session");
    assert_eq!(other.read("calculator://history").await.resource(), json!([]));
}

#[tokio::test]
async fn statistics_count_the_operations_of_all_sessions() {
    let (node, client) = session().await;
    let other = node.connect().await;
    for session in [&client, &other, &other] {
        session.call_tool("calculate", json!({"a": 1, "b": 2, "op": "add"})).await;
    }
    let advanced = json!({"operation": "sqrt", "value": 9});
    other.call_tool("advanced_calculate", advanced).await;
    let stats = client.read("calculator://stats").await.resource();
    assert_eq!(stats["totalCalculations"], 4, "{stats}");
    assert_eq!(stats["activeSessions"], 2, "{stats}");
    let counted = stats["operationBreakdown"].as_array().into_iter().flatten();
    let counted: BTreeSet<String> = counted
        .map(|one| {
            format!("{} {}", one["operation"].as_str().unwrap_or(""), one["count"])
        })
        .collect();
    let expected = ["add 3", "sqrt 1"].map(str::to_owned);
    assert_eq!(counted, BTreeSet::from(expected));
    // Calculations are counted wherever they are kept; operations of storage are
    // measured in Redis alone.
    let add = "mcp_calculations_total{operation=\"add\"}";
    assert_eq!(node.metric(add).await, Some(3.0));
    let append = "mcp_store_errors_total{operation=\"append\"}";
    assert_eq!(node.metric(append).await, None);
}

/// L124: and without them an error.
#[tokio::test]
async fn every_prompt_is_one_user_message_made_of_its_arguments() {
    let (_node, client) = session().await;
    for (name, arguments) in [
        ("explain-calculation", json!({ "operation": "long division" })),
        (
            "generate-problems",
            json!({ "topic": "fractions", "difficulty": "easy", "count": "3" }),
        ),
        ("solve_math_problem", json!({ "problem": "12 * 12", "showWork": "true" })),
        (
            "explain_formula",
            json!({ "formula": "quadratic", "context": "ballistics" }),
        ),
        ("calculator_assistant", json!({ "query": "what is 2 + 2" })),
    ] {
        let params = json!({ "name": name, "arguments": arguments });
        let result = client.request("prompts/get", params).await.result();
        assert!(result["description"].is_string(), "{name}");
        let messages = result["messages"].as_array().map(Vec::as_slice);
        let [message] = messages.unwrap_or_default() else {
            panic!("{name} is not one message: {result}")
        };
        assert_eq!(message["role"], "user", "{name}");
        let text = message["content"]["text"].as_str().unwrap_or_default();
        for value in arguments.as_object().into_iter().flat_map(|all| all.values())
        {
            let value = value.as_str().unwrap_or_default();
            assert!(value == "true" || text.contains(value), "{value} in {text}");
        }
        let bare = client.request("prompts/get", json!({ "name": name })).await;
        assert_eq!(bare.code(), -32602, "{name} without its arguments");
    }
}

#[tokio::test]
async fn arguments_are_completed_while_they_are_typed() {
    let (_node, client) = session().await;
    let call = client.call_tool("calculate", json!({"a": 1, "b": 2, "op": "add"}));
    let result = call.await.result();
    let id = result["structuredContent"]["calculationId"].as_str();
    let id = id.unwrap_or_default().to_owned();
    let complete = async |reference: Value, name: &str, typed: &str| {
        let params = json!({
            "ref": reference,
            "argument": { "name": name, "value": typed },
        });
        let result = client.request("completion/complete", params).await.result();
        result["completion"]["values"].clone()
    };
    let prompt = |name: &str| json!({ "type": "ref/prompt", "name": name });
    let explain = prompt("explain-calculation");
    assert_eq!(complete(explain, "level", "adv").await, json!(["advanced"]));
    let generate = prompt("generate-problems");
    assert_eq!(complete(generate, "difficulty", "me").await, json!(["medium"]));
    let solve = prompt("solve_math_problem");
    assert_eq!(complete(solve, "showWork", "t").await, json!(["true"]));
    let formula = complete(prompt("explain_formula"), "formula", "quad").await;
    assert_eq!(formula, json!(["quadratic"]));
    let template = json!({
        "type": "ref/resource",
        "uri": "calculator://history/{calculationId}",
    });
    let ids = complete(template, "calculationId", &id[..4]).await;
    assert_eq!(ids, json!([id]));
}

/// L135, L137: names that are not there are errors, and what is proposed is the
/// session's own.
#[tokio::test]
async fn a_completion_gives_nothing_away() {
    let (node, client) = session().await;
    let complete = async |client: &Client, reference: Value, name: &str| {
        let argument = json!({ "name": name, "value": "" });
        let params = json!({ "ref": reference, "argument": argument });
        client.request("completion/complete", params).await
    };
    let prompt = |name: &str| json!({ "type": "ref/prompt", "name": name });
    let template = |uri: &str| json!({ "type": "ref/resource", "uri": uri });
    let one = "calculator://history/{calculationId}";
    for (reference, name) in [
        (prompt("nothing"), "level"),
        (prompt("explain-calculation"), "nothing"),
        (template("calculator://nothing/{id}"), "id"),
        (template(one), "nothing"),
        (json!({ "type": "ref/nothing" }), "level"),
    ] {
        let refused = complete(&client, reference.clone(), name).await;
        assert_eq!(refused.code(), -32602, "{reference} {name}");
    }
    let reference = prompt("explain-calculation");
    let bare = json!({ "ref": reference });
    let bare = client.request("completion/complete", bare).await;
    assert_eq!(bare.code(), -32602, "no argument");

    client.call_tool("calculate", json!({"a": 1, "b": 2, "op": "add"})).await;
    let own = complete(&client, template(one), "calculationId").await.result();
    assert_eq!(own["completion"]["total"], 1);
    let other = node.connect().await;
    let foreign = complete(&other, template(one), "calculationId").await.result();
    assert_eq!(foreign["completion"]["total"], 0, "{foreign}");
}

/// L130, L131, L132: which part speaks and what it did, in figures; one message a
/// call, so that the limit of calls is the limit of messages.
#[tokio::test]
async fn log_messages_tell_how_much_was_recorded_and_nothing_else() {
    let node = Node::builder().set("API_TOKENS", "alice=a-secret-token");
    let node = node.start().await;
    let client = Client::builder().token("a-secret-token").connect(&node).await;
    client.request("logging/setLevel", json!({ "level": "debug" })).await.result();
    let sum = json!({ "a": 4711, "b": 1, "op": "add" });
    for (tool, arguments, recorded) in [
        ("calculate", sum.clone(), 1),
        ("batch_calculate", json!({ "calculations": [sum, sum] }), 2),
        ("advanced_calculate", json!({ "operation": "sqrt", "value": 4711 }), 1),
    ] {
        let call = client.call_tool(tool, arguments).await;
        let logs = call.notifications("notifications/message");
        let said = json!({
            "level": "debug",
            "logger": "calculator",
            "data": { "recorded": recorded },
        });
        assert_eq!(logs.len(), 1, "{tool}: {logs:?}");
        assert_eq!(logs[0]["params"], said, "{tool}");
    }
}

/// L026, L208: a client is not sent what its version does not know.
#[tokio::test]
async fn an_old_client_sees_no_titles_and_no_structure() {
    let (node, _) = session().await;
    let client = Client::builder().version("2025-03-26").connect(&node).await;
    let tools = client.request("tools/list", json!({})).await.result();
    for tool in tools["tools"].as_array().into_iter().flatten() {
        assert_eq!(
            (&tool["title"], &tool["outputSchema"]),
            (&Value::Null, &Value::Null)
        );
    }
    for (method, name) in [
        ("resources/list", "resources"),
        ("resources/templates/list", "resourceTemplates"),
        ("prompts/list", "prompts"),
    ] {
        let listed = client.request(method, json!({})).await.result();
        let listed = listed[name].as_array().cloned().unwrap_or_default();
        assert!(!listed.is_empty(), "{method}");
        assert!(listed.iter().all(|item| item.get("title").is_none()), "{method}");
    }
    let call = client.call_tool("calculate", json!({"a": 1, "b": 2, "op": "add"}));
    let result = call.await.result();
    assert_eq!(result.get("structuredContent"), None);
    assert_eq!(result["content"][0]["text"], "1 add 2 = 3");
}
