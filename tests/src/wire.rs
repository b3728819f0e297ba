//! A connection on which every byte is the story's own: HTTP clients correct what
//! they are told to send, and hide what becomes of a connection.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::{Node, PATIENCE};

/// One connection, from which answers are read in turn.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    /// What has been received and belongs to no answer yet.
    received: Vec<u8>,
}

/// One answer as it was received.
#[derive(Debug)]
pub struct WireAnswer {
    /// The HTTP status.
    pub status: u16,
    head: String,
    /// The JSON body; `null` if there is none.
    pub body: Value,
}

impl Wire {
    /// Connects to the node.
    pub async fn open(node: &Node) -> Self {
        let stream = TcpStream::connect(node.address()).await;
        let stream =
            stream.unwrap_or_else(|error| panic!("no connection: {error}"));
        Self { stream, received: Vec::new() }
    }

    /// Sends these bytes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = timeout(PATIENCE, self.stream.write_all(bytes.as_ref())).await;
        match sent {
            Ok(Ok(())) => {}
            Ok(Err(error)) => panic!("the server took not all of it: {error}"),
            Err(_) => panic!("the server takes nothing"),
        }
    }

    /// Sends one request: its line, header lines that each end with `\r\n`, and a
    /// body whose length is declared.
    pub async fn request(&mut self, line: &str, headers: &str, body: &str) {
        let length = body.len();
        let head = format!("{line} HTTP/1.1\r\n{headers}Content-Length: {length}");
        self.send(format!("{head}\r\n\r\n{body}")).await;
    }

    /// Reads the next answer.
    pub async fn answer(&mut self) -> WireAnswer {
        let end = loop {
            let end = self.received.windows(4).position(|four| four == b"\r\n\r\n");
            match end {
                Some(end) => break end,
                None => assert!(self.receive().await, "closed, without an answer"),
            }
        };
        let head: Vec<u8> = self.received.drain(..end + 4).collect();
        let head = String::from_utf8_lossy(&head).into_owned();
        let status = head.get(9..12).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no answer: {head}"));
        let mut answer = WireAnswer { status, head, body: Value::Null };
        let length = answer.header("content-length");
        let length = length.and_then(|it| it.parse().ok()).unwrap_or_default();
        while self.received.len() < length {
            assert!(self.receive().await, "closed within {answer:?}");
        }
        let body: Vec<u8> = self.received.drain(..length).collect();
        answer.body = serde_json::from_slice(&body).unwrap_or_default();
        answer
    }

    /// Waits for the server to close the connection, with nothing more to read.
    pub async fn assert_closed(&mut self) {
        assert!(!self.receive().await, "more than the answer was sent");
    }

    /// Reads some bytes; false at the end.
    async fn receive(&mut self) -> bool {
        let read =
            timeout(PATIENCE, self.stream.read_buf(&mut self.received)).await;
        match read {
            Ok(read) => read.is_ok_and(|length| length > 0),
            Err(_) => panic!("nothing is received within {PATIENCE:?}"),
        }
    }
}

impl WireAnswer {
    /// A header of the answer.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Whether the server says that it will close the connection.
    pub fn announces_close(&self) -> bool {
        self.header("connection") == Some("close")
    }

    /// The code of the JSON-RPC error.
    pub fn code(&self) -> Option<i64> {
        self.body["error"]["code"].as_i64()
    }

    /// The sentence of the JSON-RPC error.
    pub fn sentence(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }
}
