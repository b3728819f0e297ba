//! The process answers.

use std::sync::Arc;

use ch02_clean_architecture::calculator::Calculator;
use ch02_clean_architecture::engine::Engine;
use ch02_clean_architecture::http;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn a_probe_is_answered() {
    let engine = Arc::new(Engine::new(Arc::new(Calculator::default())));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = axum::serve(listener, http::router(engine));
    let server = tokio::spawn(async move { server.await });

    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!(
        "GET /livez HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    server.abort();
    let is_ok = answer.starts_with("HTTP/1.1 200");
    assert!(is_ok, "GET /livez is answered with 200: {answer}");
}
