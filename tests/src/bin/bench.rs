//! Measures the server against a bare axum handler that parses and answers the
//! same JSON, in one run on one machine. `cargo xtask bench` builds and runs it.
//!
//! Only the ratio means anything elsewhere. Both servers are processes of their
//! own; the load comes from this one: keep-alive connections that send a
//! prepared request, read the whole answer, and send the next.

use std::{
    io,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, response::IntoResponse, routing::post};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const CONNECTIONS: usize = 32;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(4);
const IDLE_SESSIONS: usize = 20_000;

const CALL: &str = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"calculate","arguments":{"a":100,"b":50,"op":"add"}}}"#;
const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    if std::env::args().nth(1).as_deref() == Some("bare") {
        return serve_bare().await;
    }
    let bare =
        Server::start(Command::new(std::env::current_exe()?).arg("bare")).await?;
    let server = Server::start(&mut mcp_server()?).await?;

    let sessions = connect_all(&server, true).await?;
    let plain = connect_all(&bare, false).await?;
    let (mut best_server, mut best_bare) = (0.0_f64, 0.0_f64);
    for _ in 0..ROUNDS {
        best_bare = best_bare.max(load(&bare, &plain).await?);
        best_server = best_server.max(load(&server, &sessions).await?);
    }

    let before = server.resident_bytes()?;
    let opening = Instant::now();
    open_sessions(&server, IDLE_SESSIONS).await?;
    let opened = IDLE_SESSIONS as f64 / opening.elapsed().as_secs_f64();
    let idle =
        server.resident_bytes()?.saturating_sub(before) / IDLE_SESSIONS as u64;

    let figures = json!({
        "calculate_per_second": best_server.round(),
        "bare_axum_per_second": best_bare.round(),
        "ratio": (best_server / best_bare * 1000.0).round() / 1000.0,
        "sessions_opened_per_second": opened.round(),
        "bytes_per_idle_session": idle,
    });
    println!("{}", serde_json::to_string_pretty(&figures)?);
    Ok(())
}

/// The ceiling: what axum and serde cost without any MCP.
async fn serve_bare() -> Outcome<()> {
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
        a: f64,
        b: f64,
        op: String,
    }
    #[derive(Serialize)]
    struct Answer {
        jsonrpc: &'static str,
        id: u64,
        result: serde_json::Value,
    }
    async fn calculate(body: Bytes) -> impl IntoResponse {
        let Ok(call) = serde_json::from_slice::<Call>(&body) else {
            return String::new();
        };
        let Arguments { a, b, op } = call.params.arguments;
        let result = a + b;
        let structured = json!({
            "calculationId": "00000000-0000-4000-8000-000000000000",
            "result": result,
        });
        let text = format!("{a} {op} {b} = {result}");
        let content = json!([{"type": "text", "text": text}]);
        let result = json!({"content": content, "structuredContent": structured});
        serde_json::to_string(&Answer { jsonrpc: "2.0", id: call.id, result })
            .unwrap_or_default()
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    let app = Router::new().route("/mcp", post(calculate));
    // As in the server: small answers must not wait for acknowledgements.
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, app).await?)
}

fn mcp_server() -> io::Result<Command> {
    let program = std::env::current_exe()?.with_file_name("mcp-server");
    let mut command = Command::new(program);
    let raised = "1000000000";
    command.env("RATE_LIMIT_MAX", raised).env("MAX_SESSIONS_PER_CLIENT", raised);
    command.env("RATE_LIMIT_WINDOW", "1000");
    Ok(command)
}

/// A server process on a free port; ended when dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    async fn start(command: &mut Command) -> Outcome<Self> {
        let log = tempfile::NamedTempFile::new()?;
        let child = command
            .env("PORT", "0")
            .stdin(Stdio::null())
            .stderr(log.reopen()?)
            .spawn()?;
        let mut server = Self { child, address: String::new() };
        for _ in 0..100 {
            let text = std::fs::read_to_string(log.path())?;
            if let Some((_, rest)) = text.split_once("listening on http://")
                && let Some((address, _)) = rest.split_once('\n')
            {
                server.address = address.to_owned();
                return Ok(server);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err("the server did not start".into())
    }

    fn resident_bytes(&self) -> Outcome<u64> {
        let statm =
            std::fs::read_to_string(format!("/proc/{}/statm", self.child.id()))?;
        let pages: u64 = statm.split(' ').nth(1).unwrap_or("0").parse()?;
        Ok(pages * 4096)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request per connection, prepared once.
async fn connect_all(server: &Server, sessions: bool) -> Outcome<Vec<Vec<u8>>> {
    let mut requests = Vec::new();
    for _ in 0..CONNECTIONS {
        let session =
            if sessions { Some(open_session(server).await?) } else { None };
        requests.push(http_request(server, session.as_deref(), CALL));
    }
    Ok(requests)
}

fn http_request(server: &Server, session: Option<&str>, body: &str) -> Vec<u8> {
    let session =
        session.map(|id| format!("mcp-session-id: {id}\r\n")).unwrap_or_default();
    format!(
        "POST /mcp HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\n{session}\
         content-length: {}\r\n\r\n{body}",
        server.address,
        body.len()
    )
    .into_bytes()
}

async fn open_session(server: &Server) -> Outcome<String> {
    let mut stream = TcpStream::connect(&server.address).await?;
    let mut buffer = Vec::new();
    let request = http_request(server, None, INITIALIZE);
    let answer = exchange(&mut stream, &request, &mut buffer).await?;
    let head = String::from_utf8_lossy(answer).to_lowercase();
    let line = head.lines().find_map(|line| line.strip_prefix("mcp-session-id: "));
    line.map(|id| id.trim().to_owned()).ok_or_else(|| "no session".into())
}

async fn open_sessions(server: &Server, count: usize) -> Outcome<()> {
    let request = http_request(server, None, INITIALIZE);
    let mut workers = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(&server.address).await?;
        let request = request.clone();
        workers.push(tokio::spawn(async move {
            let mut buffer = Vec::new();
            for _ in 0..count / CONNECTIONS {
                exchange(&mut stream, &request, &mut buffer).await?;
            }
            io::Result::Ok(())
        }));
    }
    for worker in workers {
        worker.await??;
    }
    Ok(())
}

/// Requests per second over all connections.
async fn load(server: &Server, requests: &[Vec<u8>]) -> Outcome<f64> {
    let started = Instant::now();
    let mut workers = Vec::new();
    for request in requests {
        let request = request.clone();
        let mut stream = TcpStream::connect(&server.address).await?;
        stream.set_nodelay(true)?;
        workers.push(tokio::spawn(async move {
            let mut buffer = Vec::new();
            let mut count = 0_u64;
            while started.elapsed() < ROUND {
                let answer = exchange(&mut stream, &request, &mut buffer).await?;
                if !answer.starts_with(b"HTTP/1.1 200") {
                    return Err(io::Error::other(String::from_utf8_lossy(answer)));
                }
                count += 1;
            }
            Ok(count)
        }));
    }
    let mut total = 0;
    for worker in workers {
        total += worker.await??;
    }
    Ok(total as f64 / started.elapsed().as_secs_f64())
}

/// Sends a request and reads one answer with a `content-length`.
async fn exchange<'a>(
    stream: &mut TcpStream,
    request: &[u8],
    buffer: &'a mut Vec<u8>,
) -> io::Result<&'a [u8]> {
    stream.write_all(request).await?;
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(length) = answer_length(buffer)
            && buffer.len() >= length
        {
            return Ok(buffer);
        }
    }
}

/// The length of head and body, once the head is complete.
fn answer_length(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&buffer[..head]).ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    Some(head + 4 + length.unwrap_or(0))
}
