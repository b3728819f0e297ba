//! What the engine promises to every service, shown with services made for it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use mcp_server::app::storage::in_memory;
use mcp_server::calculator::{Calculator, CalculatorSettings};
use mcp_server::calls::{CallEvent, CallOutput, CallSink};
use mcp_server::engine::{self, BadSchema, Call, Caller, Engine, Session};
use mcp_server::events::LogBounds;
use mcp_server::protocol::body::Body;
use mcp_server::protocol::jsonrpc::{Message, Notification, Response};
use mcp_server::protocol::lifecycle::{
    Implementation, ListCapability, ServerCapabilities, ServerInfo,
};
use mcp_server::protocol::roots::ListRoots;
use mcp_server::protocol::to_raw;
use mcp_server::protocol::tools::{Tool, ToolResult};
use mcp_server::protocol::version::Era;
use mcp_server::service::asking::ASK_DEADLINE;
use mcp_server::service::{Arguments, Context, Service, ServiceError};
use mcp_server::sessions::{Principal, StoreSettings};
use mcp_server::telemetry::Metrics;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

const ENGINE: engine::EngineSettings = engine::EngineSettings {
    session_timeout: Duration::from_secs(3600),
    audit_events: 10,
    lease: Duration::from_secs(10),
    stall: Duration::from_secs(30),
    max_subscriptions: 10,
};

/// The deadline of the tool `ask_soon`.
const SOON: Duration = Duration::from_secs(7);

/// A service with tools of any schema, some of which do something.
struct Probe {
    tools: Vec<Tool>,
    capabilities: ServerCapabilities,
    /// The handler of `wait` was dropped.
    stopped: Arc<AtomicBool>,
}

impl Probe {
    fn with(schemas: &[(&str, Value)]) -> Self {
        let tool = |(name, schema): &(&str, Value)| Tool {
            name: (*name).into(),
            title: None,
            description: "A probe.".into(),
            input_schema: schema.clone(),
            output_schema: None,
            annotations: None,
        };
        let tools = Some(ListCapability::default());
        Self {
            tools: schemas.iter().map(tool).collect(),
            capabilities: ServerCapabilities { tools, ..Default::default() },
            stopped: Arc::default(),
        }
    }

    fn with_tool(name: &str) -> Self {
        Self::with(&[(name, json!({ "type": "object" }))])
    }
}

struct Raised(Arc<AtomicBool>);

impl Drop for Raised {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[async_trait]
impl Service for Probe {
    fn info(&self) -> ServerInfo {
        ServerInfo {
            implementation: Implementation {
                name: "probe".into(),
                title: None,
                version: "1".into(),
            },
            capabilities: self.capabilities,
            instructions: None,
        }
    }

    fn tools(&self, _: Era) -> &[Tool] {
        &self.tools
    }

    async fn call_tool(
        &self,
        cx: &Context,
        name: &str,
        _: Arguments,
    ) -> Result<ToolResult, ServiceError> {
        match name {
            "ask" => {
                cx.ask("roots", &ListRoots {}).await?;
            }
            "ask_soon" => {
                cx.ask_within("roots", &ListRoots {}, SOON).await?;
            }
            "report" => {
                for progress in [1.0, 3.0, 2.0, 3.0, 4.0] {
                    cx.progress(progress, None, None).await;
                }
            }
            "wait" => {
                let _raised = Raised(self.stopped.clone());
                cx.ask("roots", &ListRoots {}).await?;
            }
            _ => {}
        }
        Ok(ToolResult::text("done"))
    }
}

fn engine_of(service: impl Service) -> Result<Arc<Engine>, BadSchema> {
    let settings =
        StoreSettings { timeout: Duration::from_secs(3600), max_per_owner: 10 };
    let storage = in_memory(settings, LogBounds::default());
    let metrics = Arc::new(Metrics::new().unwrap());
    Engine::new(Arc::new(service), storage, ENGINE, metrics).map(Arc::new)
}

/// A session of a service, its handshake finished.
struct Talk {
    engine: Arc<Engine>,
    session: Arc<Session>,
}

impl Talk {
    async fn with(service: impl Service) -> Self {
        let engine = engine_of(service).unwrap();
        let principal = Principal::anonymous();
        let caller = Caller { principal, owner: "test".into() };
        let handshake = to_raw(&json!({
            "protocolVersion": "2025-11-25",
            "capabilities": { "roots": {} },
            "clientInfo": { "name": "test", "version": "1" },
        }));
        let (id, _) = engine.initialize(&caller, Some(handshake)).await.unwrap();
        let session = engine.load_and_touch(&id, &caller, 0).await.unwrap();
        let talk = Self { engine, session };
        talk.notify("notifications/initialized", json!({})).await;
        let session = talk.engine.load_and_touch(&id, &caller, 0).await.unwrap();
        Self { session, ..talk }
    }

    async fn notify(&self, method: &str, params: Value) {
        let params = Some(to_raw(&params));
        let notification = Notification { method: method.into(), params };
        self.engine.notify(&self.session, notification).await.unwrap();
    }

    /// Prepares the request 7, which sends its messages to the inbox.
    async fn prepare(&self, method: &str, params: Value) -> (CallOutput, Call) {
        let body = json!({
            "jsonrpc": "2.0", "id": 7, "method": method, "params": params,
        });
        let body = Body::parse(body.to_string().as_bytes());
        let Ok(Body::Single(Message::Request(request))) = body else { panic!() };
        let (sink, inbox) = CallSink::open();
        let session = self.session.clone();
        let call = self.engine.prepare_call(session, request, sink).await;
        (inbox, call.unwrap())
    }

    /// Starts the request 7 as a task. Its answer is `null` if there is none.
    async fn start(
        &self,
        method: &str,
        params: Value,
    ) -> (CallOutput, tokio::task::JoinHandle<Value>) {
        let (inbox, mut call) = self.prepare(method, params).await;
        let answer = tokio::spawn(async move {
            let answer = (&mut call).await.into_message(&call.id);
            answer.map_or(Value::Null, |answer| value(answer.get()))
        });
        (inbox, answer)
    }

    async fn request(&self, method: &str, params: Value) -> Value {
        let (_inbox, answer) = self.start(method, params).await;
        answer.await.unwrap()
    }

    async fn call(&self, tool: &str, arguments: Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        self.request("tools/call", params).await
    }
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

/// What was said, at least one message; nothing if there will be none.
async fn said(inbox: &mut CallOutput) -> Vec<Value> {
    let said =
        inbox.next_batch().await.into_iter().filter_map(CallEvent::into_message);
    said.map(|message| value(message.get())).collect()
}

/// L001, L009, L027, L125, L135.
#[tokio::test]
async fn a_method_whose_capability_was_not_declared_does_not_exist() {
    let service = Probe {
        capabilities: ServerCapabilities::default(),
        ..Probe::with_tool("idle")
    };
    let talk = Talk::with(service).await;
    for method in [
        "tools/list",
        "tools/call",
        "resources/list",
        "resources/templates/list",
        "resources/read",
        "resources/subscribe",
        "resources/unsubscribe",
        "prompts/list",
        "prompts/get",
        "completion/complete",
        "logging/setLevel",
    ] {
        let answer = talk.request(method, json!({})).await;
        assert_eq!(answer["error"]["code"], -32601, "{method}: {answer}");
    }
    assert_eq!(talk.request("ping", json!({})).await["result"], json!({}));
}

/// The dialects that `$schema` may name, as people call them.
const DIALECTS: [(&str, &str); 5] = [
    ("draft 4", "http://json-schema.org/draft-04/schema#"),
    ("draft 6", "http://json-schema.org/draft-06/schema#"),
    ("draft 7", "http://json-schema.org/draft-07/schema#"),
    ("2019-09", "https://json-schema.org/draft/2019-09/schema"),
    ("2020-12", "https://json-schema.org/draft/2020-12/schema"),
];

/// A list whose first item is a number, in both ways in which dialects say it:
/// each has a meaning in one of them only.
fn tuple(dialect: Option<&str>) -> Value {
    let number = json!({ "type": "number" });
    let list = match dialect {
        None | Some("https://json-schema.org/draft/2020-12/schema") => {
            json!({ "type": "array", "prefixItems": [number] })
        }
        Some(_) => json!({ "type": "array", "items": [number] }),
    };
    let mut schema = json!({ "type": "object", "properties": { "list": list } });
    if let Some(dialect) = dialect {
        schema["$schema"] = dialect.into();
    }
    schema
}

/// L014, L015.
#[tokio::test]
async fn arguments_are_validated_in_the_dialect_of_the_schema() {
    let named = DIALECTS.map(|(_, dialect)| Some(dialect));
    for dialect in [&[None], &named[..]].concat() {
        let service = Probe::with(&[("idle", tuple(dialect))]);
        let talk = Talk::with(service).await;
        for (list, fails) in [(json!([1, "x"]), false), (json!(["x"]), true)] {
            let answer = talk.call("idle", json!({ "list": list })).await;
            let failed = answer["result"]["isError"] == true;
            assert_eq!(failed, fails, "{dialect:?}: {answer}");
        }
    }
}

/// L015: nobody is served by a schema that is not understood.
#[test]
fn a_dialect_that_is_not_known_is_an_error_that_names_the_tool() {
    let unknown = json!({
        "$schema": "https://example.com/my-own-dialect",
        "type": "object",
    });
    let service = Probe::with(&[("strange", unknown)]);
    let error = engine_of(service).err().expect("an error").to_string();
    assert!(error.contains("strange"), "{error}");
}

/// L016.
#[test]
fn the_dialects_that_are_understood_are_those_that_the_readme_names() {
    let readme = include_str!("../../README.md");
    let mut paragraphs = readme.split("\n\n");
    let told = paragraphs.find(|text| text.contains("JSON Schema"));
    let told = told.expect("a paragraph about JSON Schema");
    for (name, _) in DIALECTS {
        assert!(told.contains(name), "{name} in {told:?}");
    }
}

/// L090.
#[tokio::test]
async fn progress_that_does_not_grow_is_not_reported() {
    let talk = Talk::with(Probe::with_tool("report")).await;
    let params = json!({ "name": "report", "_meta": { "progressToken": "t" } });
    let (mut inbox, answer) = talk.start("tools/call", params).await;
    let mut reported = Vec::new();
    loop {
        let said = said(&mut inbox).await;
        if said.is_empty() {
            break;
        }
        reported.extend(said.iter().map(|m| m["params"]["progress"].as_f64()));
    }
    assert_eq!(reported, [1.0, 3.0, 4.0].map(Some));
    assert!(answer.await.unwrap()["result"].is_object());
}

/// A call that cannot become a stream is cancelled, and its client may repeat it as
/// soon as it has the error.
#[tokio::test]
async fn the_id_of_a_call_is_free_as_soon_as_its_cancellation_has_ended() {
    let talk = Talk::with(Probe::with_tool("wait")).await;
    let params = json!({ "name": "wait" });
    for _ in 0..2 {
        let (mut inbox, mut call) =
            talk.prepare("tools/call", params.clone()).await;
        tokio::select! {
            _ = &mut call => panic!("the call waits for an answer"),
            questions = said(&mut inbox) => assert_eq!(questions.len(), 1),
        }
        call.cancel().await;
    }
}

/// L028 to L032, L072, L079: the handler's own deadline, or the general one, which
/// nothing that the client says puts off.
#[tokio::test(start_paused = true)]
async fn a_question_without_an_answer_is_withdrawn_at_its_deadline() {
    for (tool, deadline) in [("ask_soon", SOON), ("ask", ASK_DEADLINE)] {
        let talk = Talk::with(Probe::with_tool(tool)).await;
        let begun = Instant::now();
        let params = json!({ "name": tool });
        let (mut inbox, answer) = talk.start("tools/call", params).await;
        let questions = said(&mut inbox).await;
        let id = questions[0]["id"].clone();
        assert_eq!(questions[0]["method"], "roots/list");
        let progress = json!({ "progressToken": id, "progress": 1 });
        tokio::time::sleep(deadline / 2).await;
        talk.notify("notifications/progress", progress).await;

        let withdrawn = said(&mut inbox).await;
        assert_eq!(begun.elapsed(), deadline, "{tool}");
        assert_eq!(withdrawn.len(), 1);
        assert_eq!(withdrawn[0]["method"], "notifications/cancelled");
        assert_eq!(withdrawn[0]["params"]["requestId"], id);
        let answer = answer.await.unwrap();
        assert_eq!(answer["error"]["code"], -32603, "{answer}");
        assert_eq!(begun.elapsed(), deadline, "nothing else is waited for");

        let late = json!({ "jsonrpc": "2.0", "id": id, "result": { "roots": [] } });
        let late = Body::parse(late.to_string().as_bytes());
        let Ok(Body::Single(Message::Response(late))) = late else { panic!() };
        talk.engine.deliver_answer(&talk.session, late).await.unwrap();
        assert_eq!(talk.request("ping", json!({})).await["result"], json!({}));
    }
}

/// L072: a question that was answered is not withdrawn.
#[tokio::test(start_paused = true)]
async fn a_question_that_was_answered_is_over() {
    let talk = Talk::with(Probe::with_tool("ask")).await;
    let (mut inbox, answer) =
        talk.start("tools/call", json!({ "name": "ask" })).await;
    let question = said(&mut inbox).await.remove(0);
    let roots = to_raw(&json!({ "roots": [] }));
    let response = Response {
        id: serde_json::from_value(question["id"].clone()).unwrap(),
        outcome: Ok(roots),
    };
    talk.engine.deliver_answer(&talk.session, response).await.unwrap();
    assert!(answer.await.unwrap()["result"].is_object());
    assert_eq!(said(&mut inbox).await, [] as [Value; 0], "nothing more is said");
}

/// L075, L076, L077: at its next step, with the question that it waits for.
#[tokio::test]
async fn a_call_that_is_cancelled_stops_and_waits_for_nothing() {
    let service = Probe::with_tool("wait");
    let stopped = service.stopped.clone();
    let talk = Talk::with(service).await;
    let (mut inbox, answer) =
        talk.start("tools/call", json!({ "name": "wait" })).await;
    assert_eq!(said(&mut inbox).await[0]["method"], "roots/list");
    assert!(!stopped.load(Ordering::SeqCst), "it waits");
    talk.notify("notifications/cancelled", json!({ "requestId": 7 })).await;
    let soon = Duration::from_secs(5);
    let answer = timeout(soon, answer).await.expect("an end").unwrap();
    assert_eq!(answer, Value::Null, "it is not answered");
    assert!(stopped.load(Ordering::SeqCst), "its handler is gone");
    assert_eq!(said(&mut inbox).await, [] as [Value; 0], "nothing more is said");
}

/// The examples that a tool's description gives.
fn examples(tool: &Value) -> Vec<Value> {
    let description = tool["description"].as_str().unwrap();
    let examples = description.split_once(" For example: ").unwrap_or_default().1;
    let examples = examples.split(" or ").filter(|it| !it.is_empty());
    examples.map(|it| serde_json::from_str(it).unwrap()).collect()
}

/// L104: whatever a tool's own examples give, and what fails in a batch.
#[tokio::test]
async fn every_result_of_a_tool_fits_the_schema_that_was_published() {
    let settings = CalculatorSettings {
        sample_tool: Some("print_it".into()),
        progress_interval: Duration::ZERO,
        ..CalculatorSettings::default()
    };
    let talk = Talk::with(Calculator::new(settings).unwrap()).await;
    let tools = talk.request("tools/list", json!({})).await;
    let mut tools = tools["result"]["tools"].as_array().unwrap().clone();
    // Asks first, and nobody answers here.
    tools.retain(|tool| tool["name"] != "confirm_clear");
    assert_eq!(tools.len(), 5);
    for tool in tools {
        let name = tool["name"].as_str().unwrap();
        let mut calls = examples(&tool);
        assert!(!calls.is_empty(), "{name}");
        if name == "batch_calculate" {
            let undefined = json!({ "a": 1, "b": 0, "op": "divide" });
            calls.push(json!({ "calculations": [undefined] }));
        }
        for arguments in calls {
            let answer = talk.call(name, arguments).await;
            let structure = &answer["result"]["structuredContent"];
            assert!(structure.is_object(), "{name}: {answer}");
            jsonschema::validate(&tool["outputSchema"], structure)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}
