//! The ceiling: what axum and serde cost without any MCP. Parses a call and answers
//! with the same JSON as the server, or nearly: the id is always the same one. With
//! `REDIS_URL` it first runs one script that does what a session needs.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use redis::Script;
use redis::aio::ConnectionManager;
use serde::Deserialize;
use serde_json::{Value, json};

/// Does the session exist, append, trim, count, and postpone expiry.
const SESSION: &str = r"
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[1], 'requests', 0)
end
redis.call('RPUSH', KEYS[2], ARGV[1])
redis.call('LTRIM', KEYS[2], -50, -1)
local requests = redis.call('HINCRBY', KEYS[1], 'requests', 1)
redis.call('EXPIRE', KEYS[1], 1800)
redis.call('EXPIRE', KEYS[2], 1800)
return requests";

#[derive(Deserialize)]
struct Call {
    id: u64,
    params: Params,
}

#[derive(Deserialize)]
struct Params {
    arguments: Arguments,
}

#[derive(Deserialize)]
struct Arguments {
    a: i64,
    b: i64,
    op: String,
}

#[derive(Clone)]
struct Storage {
    connection: ConnectionManager,
    script: Script,
}

type Answer = Result<Json<Value>, StatusCode>;

async fn calculate(
    State(storage): State<Option<Storage>>,
    call: Json<Call>,
) -> Answer {
    let Json(Call { id, params: Params { arguments: Arguments { a, b, op } } }) =
        call;
    if op != "add" {
        return Err(StatusCode::NOT_IMPLEMENTED);
    }
    let result = a + b;
    let structured = json!({
        "operation": op,
        "inputs": [a, b],
        "result": result,
        "calculationId": "00000000-0000-4000-8000-000000000000",
    });
    if let Some(Storage { mut connection, script }) = storage {
        let session = id % 32;
        let mut call = script.prepare_invoke();
        call.key(format!("bare:{{{session}}}"))
            .key(format!("bare:{{{session}}}:history"));
        let run =
            call.arg(structured.to_string()).invoke_async::<i64>(&mut connection);
        run.await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    }
    let content =
        json!([{ "type": "text", "text": format!("{a} {op} {b} = {result}") }]);
    let result = json!({ "content": content, "structuredContent": structured });
    Ok(Json(json!({ "jsonrpc": "2.0", "id": id, "result": result })))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let storage = match std::env::var("REDIS_URL") {
        Err(_) => None,
        Ok(url) => {
            let client = redis::Client::open(url)?;
            let connection = client.get_connection_manager().await?;
            Some(Storage { connection, script: Script::new(SESSION) })
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    let app = Router::new().route("/mcp", post(calculate)).with_state(storage);
    // As in the server: small answers must not wait for acknowledgements.
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, app).await?)
}
