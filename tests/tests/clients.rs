//! Clients that other people wrote.

use rmcp::{
    ServiceExt,
    model::{CallToolRequestParams, ReadResourceRequestParams},
    transport::StreamableHttpClientTransport,
};
use serde_json::{Value, json};
use suite::{Cluster, Node};

fn sum() -> CallToolRequestParams {
    let arguments = json!({ "a": 20, "b": 22, "op": "add" });
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    CallToolRequestParams::new("calculate").with_arguments(arguments)
}

/// The official Rust SDK, over a session.
#[tokio::test]
async fn rmcp_lists_calls_and_reads() {
    let node = Node::start().await;
    let transport = StreamableHttpClientTransport::from_uri(node.url());
    let client = ().serve(transport).await.expect("a handshake");
    let tools = client.list_all_tools().await.expect("a list");
    assert_eq!(tools[0].name, "calculate");

    let result = client.call_tool(sum()).await.expect("a result");
    let result = serde_json::to_value(result).expect("JSON");
    assert_eq!(result["content"][0]["text"], "20 add 22 = 42");

    let history = ReadResourceRequestParams::new("calculator://history");
    let history = client.read_resource(history).await.expect("a resource");
    let history = serde_json::to_value(history).expect("JSON");
    let text = history["contents"][0]["text"].as_str().unwrap_or_default();
    let history: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(history[0]["result"], 42);
    client.cancel().await.expect("a farewell");
}

/// The same client does not notice that a node dies, if its address lives on.
#[tokio::test]
async fn rmcp_goes_on_at_the_successor_of_its_node() {
    let mut cluster = Cluster::with_redis(1).await;
    let port = cluster.node(0).address().port();
    let transport = StreamableHttpClientTransport::from_uri(cluster.node(0).url());
    let client = ().serve(transport).await.expect("a handshake");
    client.call_tool(sum()).await.expect("a result");
    cluster.nodes[0].kill();
    let successor = Node::builder().redis(&cluster.redis).set("PORT", port);
    let _successor = successor.start().await;
    client.call_tool(sum()).await.expect("a result of the successor");
    let history = ReadResourceRequestParams::new("calculator://history");
    let history = client.read_resource(history).await.expect("a resource");
    let history = serde_json::to_value(history).expect("JSON");
    let text = history["contents"][0]["text"].as_str().unwrap_or_default();
    let history: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(history.as_array().map(Vec::len), Some(2), "{history}");
    client.cancel().await.expect("a farewell");
}
