//! Clients that other people wrote: the official Rust SDK, in every era that it
//! speaks. `cargo xtask clients` runs those in other languages.

#![allow(clippy::expect_used)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig,
    ElicitRequestParams, ElicitResult, ElicitationAction,
    ProgressNotificationParam, ProtocolVersion, ReadResourceRequestParams,
    ResourceUpdatedNotificationParam, ServerNotification, SubscriptionFilter,
};
use rmcp::service::{
    ClientLifecycleMode, ClientServiceExt, NotificationContext, RequestContext,
    RunningService, SubscriptionEnd,
};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{ClientHandler, ErrorData, RoleClient, ServiceExt};
use serde_json::{Value, json};
use suite::{Cluster, Node, PATIENCE, eventually};
use tokio::time::timeout;

fn call(tool: &str, arguments: Value) -> CallToolRequestParams {
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments)
}

fn sum() -> CallToolRequestParams {
    call("calculate", json!({ "a": 20, "b": 22, "op": "add" }))
}

fn text(result: &CallToolResult) -> String {
    let result = serde_json::to_value(result).expect("JSON");
    result["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

/// A user who says yes to everything, and a note of what was told.
#[derive(Debug, Clone, Default)]
struct User {
    asked: Arc<AtomicUsize>,
    progress: Arc<Mutex<Vec<f64>>>,
    updated: Arc<Mutex<Vec<String>>>,
}

impl ClientHandler for User {
    fn get_info(&self) -> ClientConfig {
        let mut config = ClientConfig::default();
        config.capabilities = serde_json::from_value::<ClientCapabilities>(
            json!({ "elicitation": {} }),
        )
        .expect("capabilities");
        config
    }

    async fn create_elicitation(
        &self,
        _request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let yes = json!({ "confirm": true });
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(yes))
    }

    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        self.progress.lock().expect("a note").push(params.progress);
    }

    async fn on_resource_updated(
        &self,
        params: ResourceUpdatedNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        self.updated.lock().expect("a note").push(params.uri);
    }
}

type Running = RunningService<RoleClient, User>;

async fn connect(node: &Node, lifecycle: ClientLifecycleMode) -> Running {
    let transport = StreamableHttpClientTransport::from_uri(node.url());
    let user = User::default();
    user.serve_with_lifecycle(transport, lifecycle).await.expect("a connection")
}

async fn history(client: &Running, uri: &str) -> Value {
    let read = ReadResourceRequestParams::new(uri);
    let read = client.read_resource(read).await.expect("a resource");
    let read = serde_json::to_value(read).expect("JSON");
    let text = read["contents"][0]["text"].as_str().unwrap_or_default();
    serde_json::from_str(text).expect("JSON")
}

/// Lists, and hears of the steps of a slow call.
async fn assert_lists_and_waits(client: &Running) {
    let tools = client.list_all_tools().await.expect("a list");
    assert_eq!(tools[0].name, "calculate");
    let slow = call("demo_progress", json!({ "steps": 3 }));
    client.call_tool(slow).await.expect("a result");
    eventually("three steps are told", PATIENCE, async || {
        let told = client.service().progress.lock().expect("a note").clone();
        (told == [1.0, 2.0, 3.0]).then_some(())
    })
    .await;
}

/// Says yes, and finds nothing left.
async fn assert_clears(client: &Running, arguments: Value, uri: &str) {
    let clear = call("confirm_clear", arguments);
    client.call_tool(clear).await.expect("a result");
    assert_eq!(client.service().asked.load(Ordering::Relaxed), 1);
    assert_eq!(history(client, uri).await, json!([]));
}

#[tokio::test]
async fn rmcp_tells_its_story_over_a_session() {
    let node = Node::builder().set("PROGRESS_INTERVAL", 20).start().await;
    let client = connect(&node, ClientLifecycleMode::Initialize).await;
    assert_lists_and_waits(&client).await;
    let uri = "calculator://history";
    #[allow(deprecated)]
    let subscribe = rmcp::model::SubscribeRequestParams::new(uri);
    #[allow(deprecated)]
    client.subscribe(subscribe).await.expect("a subscription");
    let result = client.call_tool(sum()).await.expect("a result");
    assert_eq!(text(&result), "20 add 22 = 42");
    assert_eq!(history(&client, uri).await[0]["result"], 42);
    eventually("the change is told", PATIENCE, async || {
        let told = client.service().updated.lock().expect("a note").clone();
        (told == [uri]).then_some(())
    })
    .await;
    assert_clears(&client, json!({}), uri).await;
    client.cancel().await.expect("a farewell");
}

fn pinned() -> ClientLifecycleMode {
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    ClientLifecycleMode::Discover { preferred_versions }
}

fn auto() -> ClientLifecycleMode {
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    ClientLifecycleMode::Auto { preferred_versions, legacy_version: None }
}

#[tokio::test]
async fn rmcp_tells_its_story_without_a_session() {
    let cluster =
        Cluster::of(2, Node::builder().set("PROGRESS_INTERVAL", 20)).await;
    for lifecycle in [pinned(), auto()] {
        let client = connect(cluster.node(0), lifecycle).await;
        assert_lists_and_waits(&client).await;
        let opened = client.call_tool(call("open_tape", json!({}))).await;
        let opened = opened.expect("a tape").structured_content.unwrap_or_default();
        let tape = json!({ "tape_id": opened["tape_id"] });
        let id = opened["tape_id"].as_str().unwrap_or_default();
        let uri = format!("calculator://tapes/{id}/history");

        let filter = SubscriptionFilter::builder();
        let filter = filter.resource_subscriptions([uri.clone()]).build();
        let mut listening = client.listen(filter.clone()).await.expect("a promise");
        assert_eq!(listening.acknowledged(), &filter);
        let mut taped = tape.clone();
        for (name, value) in
            [("a", json!(20)), ("b", json!(22)), ("op", json!("add"))]
        {
            taped[name] = value;
        }
        let other = connect(cluster.node(1), pinned()).await;
        let result = other.call_tool(call("calculate", taped)).await;
        assert_eq!(text(&result.expect("a result")), "20 add 22 = 42");
        let told = timeout(PATIENCE, listening.next()).await.expect("a change");
        let Ok(Some(ServerNotification::ResourceUpdatedNotification(told))) = told
        else {
            panic!("another message: {told:?}")
        };
        assert_eq!(told.params.uri, uri);
        assert_eq!(history(&client, &uri).await[0]["result"], 42);
        assert_clears(&client, tape, &uri).await;
        other.cancel().await.expect("a farewell");
        client.cancel().await.expect("a farewell");
    }
}

/// M114: the client knows that it was the server that ended the subscription.
#[tokio::test]
async fn rmcp_is_told_when_a_node_stops() {
    let mut node = Node::start().await;
    let client = connect(&node, pinned()).await;
    let filter = SubscriptionFilter::builder();
    let filter = filter.resource_subscriptions(["calculator://stats"]).build();
    let mut listening = client.listen(filter).await.expect("a promise");
    node.terminate();
    let last = timeout(PATIENCE, listening.next()).await.expect("an end");
    assert!(matches!(last, Ok(None)), "{last:?}");
    let end = listening.end();
    assert!(matches!(end, Some(SubscriptionEnd::Graceful(_))), "{end:?}");
    assert!(node.wait(PATIENCE).await.success());
}

/// The same client does not notice that a node dies, if its address lives on.
#[tokio::test]
async fn rmcp_goes_on_at_the_successor_of_its_node() {
    let mut cluster = Cluster::with_redis(1).await;
    let port = cluster.node(0).address().port();
    let transport = StreamableHttpClientTransport::from_uri(cluster.node(0).url());
    let client = User::default().serve(transport).await.expect("a handshake");
    client.call_tool(sum()).await.expect("a result");
    cluster.nodes[0].kill();
    let successor = Node::builder().redis(&cluster.redis).set("PORT", port);
    let _successor = successor.start().await;
    client.call_tool(sum()).await.expect("a result of the successor");
    let history = history(&client, "calculator://history").await;
    assert_eq!(history.as_array().map(Vec::len), Some(2), "{history}");
    client.cancel().await.expect("a farewell");
}
