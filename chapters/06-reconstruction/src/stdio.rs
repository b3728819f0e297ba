//! The second transport: one client, a message a line.
//! spec: basic/transports (stdio)

use std::io::{self, Write, stderr};
use std::sync::Arc;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};

use crate::engine::Engine;
use crate::protocol::errors::{INVALID_REQUEST, RpcError};
use crate::protocol::jsonrpc::{
    Message, Notification, Request, error_message, response_message,
};
use crate::protocol::{RawJson, to_raw};
use crate::service::Session;
use crate::sessions::{SessionId, StoreError};

/// Serves until the input ends.
///
/// # Errors
/// [`io::Error`] of the input or the output.
pub async fn serve(
    engine: Arc<Engine>,
    input: impl AsyncRead + Unpin,
    mut output: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let mut connection = StdioConnection { engine, session: None };
    let mut lines = BufReader::new(input).split(b'\n');
    while let Some(line) = lines.next_segment().await? {
        if let Some(message) = connection.handle_line(&line).await {
            // Compact JSON, so it holds no newline.
            output.write_all(message.get().as_bytes()).await?;
            output.write_all(b"\n").await?;
            output.flush().await?;
        }
    }
    Ok(())
}

struct StdioConnection {
    engine: Arc<Engine>,
    session: Option<SessionId>,
}

impl StdioConnection {
    /// Handles one line and returns the response, if there is one.
    async fn handle_line(&mut self, line: &[u8]) -> Option<RawJson> {
        if line.trim_ascii().is_empty() {
            return None;
        }
        match Message::parse(line) {
            Ok(Message::Request(request)) => {
                let outcome = self.request(&request).await;
                Some(response_message(&request.id, outcome))
            }
            Ok(Message::Notification(notification)) => {
                if let Err(error) = self.notify(notification).await {
                    let _ = writeln!(stderr(), "{error}");
                }
                None
            }
            Err(error) => Some(error_message(None, &error)),
        }
    }

    async fn request(&mut self, request: &Request) -> Result<RawJson, RpcError> {
        match (request.method.as_str(), self.load_session(1).await?) {
            ("initialize", None) => {
                let params = request.params.as_ref();
                let (session, result) = self.engine.initialize(params).await?;
                self.session = Some(session);
                Ok(result)
            }
            // L083: also before the handshake.
            ("ping", None) => Ok(to_raw(&json!({}))),
            ("initialize", Some(_)) | (_, None) => {
                let rule = "initialize comes first, and once";
                Err(RpcError::new(INVALID_REQUEST, rule))
            }
            (_, Some(session)) => self.engine.call(session, request).await,
        }
    }

    async fn notify(&self, notification: Notification) -> Result<(), StoreError> {
        match self.load_session(0).await? {
            Some(session) => self.engine.notify(&session, notification).await,
            None => Ok(()),
        }
    }

    async fn load_session(
        &self,
        requests: usize,
    ) -> Result<Option<Arc<Session>>, StoreError> {
        match &self.session {
            Some(id) => self.engine.load_and_touch(id, requests).await,
            None => Ok(None),
        }
    }
}
