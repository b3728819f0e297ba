//! `REDIS_KEY_PREFIX` sets deployments apart.

#[path = "support/redis_server.rs"]
mod redis_server;

use std::io::Write;
use std::process::{Command, Output, Stdio};

use redis_server::RedisServer;

const CONVERSATION: &str = r#"{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "check", "version": "1"}}}
{"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "calculate", "arguments": {"a": 1, "b": 2, "op": "add"}}}
{"jsonrpc": "2.0", "id": 3, "method": "resources/read", "params": {"uri": "calculator://stats"}}
"#;

/// One calculation over a pipe, and then the statistics.
fn talk(server: &RedisServer, prefix: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ch05-redis"));
    command.arg("--stdio").env("USE_REDIS", "true").env("REDIS_URL", server.url());
    if let Some(prefix) = prefix {
        command.env("REDIS_KEY_PREFIX", prefix);
    }
    let (stdin, stdout) = (Stdio::piped(), Stdio::piped());
    let mut child = command
        .stdin(stdin)
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // It may have refused its settings and be gone.
    let _ = child.stdin.take().expect("a pipe").write_all(CONVERSATION.as_bytes());
    child.wait_with_output().expect("it ends")
}

fn counts(output: &Output, calculations: u32) -> bool {
    let text = String::from_utf8_lossy(&output.stdout).replace('\\', "");
    text.contains(&format!("\"totalCalculations\":{calculations}"))
}

#[test]
fn deployments_with_different_prefixes_do_not_count_together() {
    let server = RedisServer::start();
    assert!(counts(&talk(&server, None), 1));
    let other = talk(&server, Some("other"));
    assert!(counts(&other, 1), "the other deployment is counted: {other:?}");
    assert!(counts(&talk(&server, Some("other")), 2), "the same prefix is shared");
    assert!(counts(&talk(&server, None), 2), "mcp is the default");
    assert!(counts(&talk(&server, Some("mcp")), 3), "mcp is the default");
}

#[test]
fn a_prefix_has_no_braces() {
    let server = RedisServer::start();
    let refused = talk(&server, Some("{all}"));
    assert!(!refused.status.success(), "{refused:?}");
    assert!(server.run(&["KEYS", "*"]).is_empty());
}
