//! The second transport: one client, a message a line.
//! spec: basic/transports (stdio)

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};

use crate::engine::Engine;
use crate::protocol::RawJson;
use crate::protocol::jsonrpc::{Message, error_message, response_message};

/// Serves until the input ends.
///
/// # Errors
/// [`io::Error`] of the input or the output.
pub async fn serve(
    engine: Arc<Engine>,
    input: impl AsyncRead + Unpin,
    mut output: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let mut lines = BufReader::new(input).split(b'\n');
    while let Some(line) = lines.next_segment().await? {
        if let Some(message) = handle_line(&engine, &line).await {
            // Compact JSON, so it holds no newline.
            output.write_all(message.get().as_bytes()).await?;
            output.write_all(b"\n").await?;
            output.flush().await?;
        }
    }
    Ok(())
}

/// Handles one line and returns the response, if there is one.
async fn handle_line(engine: &Engine, line: &[u8]) -> Option<RawJson> {
    if line.trim_ascii().is_empty() {
        return None;
    }
    match Message::parse(line) {
        Ok(Message::Request(request)) => {
            let outcome = engine.dispatch(&request).await;
            Some(response_message(&request.id, outcome))
        }
        Ok(Message::Notification) => None,
        Err(error) => Some(error_message(None, &error)),
    }
}
