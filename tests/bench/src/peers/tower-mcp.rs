//! `calculate` with tower-mcp, as its documentation shows it, with sessions.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tower_mcp::{CallToolResult, HttpTransport, McpRouter, ToolBuilder};

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    a: i64,
    b: i64,
    op: String,
}

#[derive(Serialize)]
struct Calculation {
    operation: String,
    inputs: [i64; 2],
    result: i64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let calculate = ToolBuilder::new("calculate")
        .description("Calculates")
        .handler(|Arguments { a, b, op }: Arguments| async move {
            let result = a + b;
            let text = format!("{a} {op} {b} = {result}");
            let structure = Calculation { operation: op, inputs: [a, b], result };
            let mut answer = CallToolResult::text(text);
            answer.structured_content = serde_json::to_value(structure).ok();
            Ok(answer)
        })
        .build();
    let router = McpRouter::new().server_info("peer", "1").tool(calculate);
    let transport = HttpTransport::new(router)
        .require_sessions()
        .max_sessions(1_000_000)
        .session_ttl(Duration::from_secs(1800));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, transport.into_router_at("/mcp")).await?)
}
