//! One keep-alive connection, and what is said on it.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{
    ACCEPT, CONTENT_TYPE, HOST, HeaderMap as Headers, HeaderValue,
};
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::Error;

mod stateless;

const SESSION: &str = "mcp-session-id";

/// A connection and the headers of its requests.
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    headers: Headers,
    /// What a call says in `_meta`, and among its arguments about a tape: text that
    /// is put into the message, and empty in a session.
    pub meta: String,
    pub tape: String,
}

impl Client {
    /// Connects as `call` wants it: `session`, `plain` (without one, in the era that
    /// has them), `stateless` or `tape`.
    pub async fn for_calls(call: &str, authority: &str) -> Result<Self, Error> {
        match call {
            "session" => Self::open_session(authority).await,
            "plain" => Self::connect(authority).await,
            "stateless" => Self::stateless(authority).await,
            "tape" => Self::on_tape(authority).await,
            _ => Err(format!("call={call}?").into()),
        }
    }

    /// Connects to `authority`, without a session.
    pub async fn connect(authority: &str) -> Result<Self, Error> {
        let stream = TcpStream::connect(authority).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // Ends with the sender, which is dropped with the client.
        tokio::spawn(connection);
        let mut headers = HeaderMap::new();
        let accept = "application/json, text/event-stream";
        headers.insert(HOST, authority.parse()?);
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let (meta, tape) = Default::default();
        Ok(Self { sender, headers, meta, tape })
    }

    /// Connects, and does the handshake of a session.
    pub async fn open_session(authority: &str) -> Result<Self, Error> {
        let mut client = Self::connect(authority).await?;
        client.initialize().await?;
        let ready = json!({
            "jsonrpc": "2.0",
            "method": "notifications/initialized",
        });
        let (status, _) = client.post(ready.to_string()).await?;
        if status != StatusCode::ACCEPTED {
            return Err(format!("initialized was answered {status}").into());
        }
        Ok(client)
    }

    /// Opens a session, whose requests are the next ones on this connection.
    pub async fn initialize(&mut self) -> Result<(), Error> {
        self.headers.remove(SESSION);
        let params = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": { "name": "load", "version": "1" },
        });
        let request = request(0, "initialize", params);
        let response = self.send(Method::POST, request, None).await?;
        let session = response.headers().get(SESSION).cloned();
        let (status, body) = read(response).await?;
        let text = String::from_utf8_lossy(&body);
        if status != StatusCode::OK || !text.contains("protocolVersion") {
            return Err(format!("initialize was answered {status}: {text}").into());
        }
        let session = session.ok_or("initialize opened no session")?;
        self.headers.insert(SESSION, session);
        Ok(())
    }

    /// The id of the session.
    pub fn session(&self) -> Result<&str, Error> {
        Ok(self.headers.get(SESSION).ok_or("no session")?.to_str()?)
    }

    /// The next requests are of this session.
    pub fn go_on_with(&mut self, session: &str) -> Result<(), Error> {
        self.headers.insert(SESSION, session.parse()?);
        Ok(())
    }

    /// Another connection of the same session, perhaps to another node.
    pub async fn again(&self, authority: &str) -> Result<Self, Error> {
        let mut other = Self::connect(authority).await?;
        if let Some(session) = self.headers.get(SESSION) {
            other.headers.insert(SESSION, session.clone());
        }
        Ok(other)
    }

    /// Sends a message and reads the whole answer.
    pub async fn post(
        &mut self,
        message: String,
    ) -> Result<(StatusCode, Bytes), Error> {
        read(self.send(Method::POST, message, None).await?).await
    }

    /// Opens the session's GET stream, after an event if one is named.
    pub async fn listen(&mut self, after: Option<&str>) -> Result<Events, Error> {
        let response = self.send(Method::GET, String::new(), after).await?;
        match response.status() {
            StatusCode::OK => {
                Ok(Events { body: response.into_body(), read: vec![] })
            }
            status => Err(format!("GET was answered {status}").into()),
        }
    }

    async fn send(
        &mut self,
        method: Method,
        body: String,
        after: Option<&str>,
    ) -> Result<hyper::Response<Incoming>, Error> {
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = method;
        *request.uri_mut() = hyper::Uri::from_static("/mcp");
        *request.headers_mut() = self.headers.clone();
        if let Some(id) = after {
            request.headers_mut().insert("last-event-id", id.parse()?);
        }
        self.sender.ready().await?;
        Ok(self.sender.send_request(request).await?)
    }
}

async fn read(
    response: hyper::Response<Incoming>,
) -> Result<(StatusCode, Bytes), Error> {
    let status = response.status();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}

/// A JSON-RPC request.
pub fn request(id: u64, method: &str, params: Value) -> String {
    let request =
        json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    request.to_string()
}

/// An open event stream.
pub struct Events {
    body: Incoming,
    read: Vec<u8>,
}

impl Events {
    /// The next event's text, without the blank line; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<String>, Error> {
        loop {
            if let Some(end) = memchr::memmem::find(&self.read, b"\n\n") {
                let event = String::from_utf8(self.read[..end].to_vec())?;
                self.read.drain(..end + 2);
                return Ok(Some(event));
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(frame) => {
                    let data = frame?.into_data().unwrap_or_default();
                    self.read.extend(data);
                }
            }
        }
    }
}

/// The id of an event.
pub fn id_of(event: &str) -> Option<&str> {
    event.lines().find_map(|line| line.strip_prefix("id: "))
}
