//! `power` is calculated, and listed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// The server of this chapter. Dropping it ends it.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ch01-hello-mcp"))
            .env("PORT", "0")
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let errors = child.stderr.take().expect("a pipe");
        BufReader::new(errors).read_line(&mut line).expect("a line");
        let address = line.trim().trim_start_matches("listening on http://");
        let address = address.trim_end_matches("/mcp").to_owned();
        Self { child, address }
    }

    /// The whole answer, head and body.
    fn post(&self, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let (host, length) = (&self.address, body.len());
        write!(
            stream,
            "POST /mcp HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn two_to_the_power_of_ten() {
    let server = Server::start();
    let answer = server.post(
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{
            "name":"calculate","arguments":{"a":2,"b":10,"op":"power"}}}"#,
    );
    assert!(answer.contains("2 power 10 = 1024"), "2 power 10 = 1024: {answer}");
    let tools = server.post(r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#);
    assert!(tools.contains("power"), "the schema names power: {tools}");
}
