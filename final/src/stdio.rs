//! The second transport: one client, one session, one message per line.
//! spec: basic/transports (stdio)

mod reader;
mod running_calls;
mod writer;

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use self::reader::{Line, LineReader};
use self::running_calls::RunningCalls;
use self::writer::{Lines, lines, write, write_stream};
use crate::calls::CallSink;
use crate::engine::{Caller, Engine, Session};
use crate::error::Error;
use crate::protocol::body::{Body, ParseError};
use crate::protocol::envelope::Envelope;
use crate::protocol::jsonrpc::{Message, Request, RequestId, result_message};
use crate::protocol::lifecycle::EmptyObject;
use crate::protocol::message_kind::{MessageKind, is_discovery};
use crate::protocol::method::Method;
use crate::protocol::to_raw;
use crate::protocol::version::Era;
use crate::sessions::{Principal, SessionId};

/// The time that running calls have after the end of the input.
const LAST_CALLS: Duration = Duration::from_secs(5);

/// The time that the client has to read the last messages.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Serves until the input or `shutdown` ends. Running calls then have a moment to
/// finish, and the session ends.
///
/// # Errors
/// [`io::Error`] of the output.
pub async fn serve(
    engine: Arc<Engine>,
    input: impl AsyncRead,
    output: impl AsyncWrite + Send + 'static,
    max_line: usize,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let (lines, queue) = lines();
    let mut writer = tokio::spawn(write(output, queue));
    let mut connection = StdioConnection::new(engine, lines.clone());
    tokio::select! {
        () = connection.read(input, max_line) => {}
        () = shutdown => {}
        // The client no longer reads answers.
        () = lines.closed() => {}
    }
    drop(lines);
    connection.close().await;
    drop(connection);
    match timeout(LAST_LINES, &mut writer).await {
        Ok(written) => written.unwrap_or(Ok(())),
        Err(_) => {
            tracing::warn!("the client does not read, its last messages are lost");
            writer.abort();
            Ok(())
        }
    }
}

/// The reading half of the connection: reads messages, and starts calls that write.
struct StdioConnection {
    engine: Arc<Engine>,
    caller: Caller,
    lines: Lines,
    session: Option<SessionId>,
    calls: RunningCalls,
    /// Writes the session's stream for messages that belong to no call.
    listener: JoinSet<()>,
}

impl StdioConnection {
    fn new(engine: Arc<Engine>, lines: Lines) -> Self {
        let owner = "stdio".into();
        let caller = Caller { principal: Principal::anonymous(), owner };
        let calls = RunningCalls::new(lines.clone());
        let listener = JoinSet::new();
        Self { engine, caller, lines, session: None, calls, listener }
    }

    async fn read(&mut self, input: impl AsyncRead, max_line: usize) {
        let input = pin!(BufReader::new(input));
        let mut input = LineReader::new(input, max_line);
        loop {
            self.lines.ready().await;
            match input.next().await {
                Some(Line::Whole(line)) if line.trim_ascii().is_empty() => {}
                Some(Line::Whole(line)) => self.handle_line(&line).await,
                Some(Line::TooLong) => {
                    self.refuse(None, &Error::BodyTooLarge).await;
                }
                None => return,
            }
        }
    }

    async fn handle_line(&mut self, line: &[u8]) {
        match Body::parse(line) {
            Ok(Body::Single(message)) => self.handle_message(Ok(message)).await,
            Ok(Body::Batch(messages)) => match self.load_session(0).await {
                // 2025-03-26 only; over stdio its answers may come one by one.
                Ok(session) if session.init().era.has_batches() => {
                    for message in messages {
                        self.handle_message(message).await;
                    }
                }
                Ok(_) => self.refuse(None, &Error::NoBatches).await,
                Err(error) => self.refuse(None, &error).await,
            },
            Err(error) => self.handle_message(Err(error)).await,
        }
    }

    /// Serves a message. Answers only requests and malformed messages.
    async fn handle_message(&mut self, message: Result<Message, ParseError>) {
        match message {
            Ok(message) => {
                let id = message.request_id().cloned();
                match (self.serve(message).await, id) {
                    (Ok(()), _) => {}
                    (Err(error), Some(id)) => self.refuse(Some(&id), &error).await,
                    (Err(error), None) => error.log(),
                }
            }
            Err(error) => {
                let id = error.id();
                self.refuse(id.as_ref(), &error.into()).await;
            }
        }
    }

    async fn serve(&mut self, message: Message) -> Result<(), Error> {
        let is_stateless = is_discovery(&message);
        match MessageKind::of(message, is_stateless)? {
            MessageKind::Stateless(request, envelope) => {
                self.serve_stateless(request, envelope).await
            }
            MessageKind::Initialize(request) => self.initialize(request).await,
            MessageKind::InSession(Message::Request(request)) => {
                self.request(request).await
            }
            MessageKind::StatelessNotification(notification, _)
            | MessageKind::InSession(Message::Notification(notification))
                if self.calls.cancel(&notification) =>
            {
                Ok(())
            }
            MessageKind::StatelessNotification(..) => Ok(()),
            MessageKind::InSession(Message::Notification(notification)) => {
                let session = self.load_session(0).await?;
                self.engine.notify(&session, notification).await
            }
            MessageKind::InSession(Message::Response(response)) => {
                let session = self.load_session(0).await?;
                self.engine.deliver_answer(&session, response).await
            }
        }
    }

    async fn request(&mut self, request: Request) -> Result<(), Error> {
        // L083: also before the handshake.
        if self.session.is_none() && request.method == Method::Ping {
            let pong = result_message(&request.id, &to_raw(&EmptyObject {}));
            self.lines.send(pong).await;
            return Ok(());
        }
        let session = self.load_session(1).await?;
        let room = self.calls.room_for(&request).await?;
        let (sink, output) = CallSink::open();
        let call = self.engine.prepare_call(session, request, sink).await?;
        self.calls.start(call, output, room, false)
    }

    /// Serves a request of the stateless era, beside the session or without one.
    async fn serve_stateless(
        &mut self,
        request: Request,
        envelope: Envelope,
    ) -> Result<(), Error> {
        if Era::parse(&envelope.version) != Some(Era::Stateless) {
            return Err(Error::UnsupportedVersion(envelope.version));
        }
        let method = request.method;
        if !self.engine.offers(Era::Stateless, method) {
            return Err(Error::no_such_method(Era::Stateless, method));
        }
        let room = self.calls.room_for(&request).await?;
        let (sink, output) = CallSink::open();
        let call = self.engine.serve(&self.caller, request, envelope, sink)?;
        self.calls.start(call, output, room, method == Method::Listen)
    }

    async fn initialize(&mut self, request: Request) -> Result<(), Error> {
        if self.session.is_some() {
            return Err(Error::NotInitialized);
        }
        let (id, result) =
            self.engine.initialize(&self.caller, request.params).await?;
        self.session = Some(id);
        let session = self.load_session(0).await?;
        let never = CancellationToken::new();
        let streams = &self.engine.streams;
        let stream = streams.open_get_stream(&session, never).await?;
        self.listener.spawn(write_stream(stream, self.lines.clone()));
        self.lines.send(result_message(&request.id, &result)).await;
        Ok(())
    }

    async fn load_session(&self, requests: usize) -> Result<Arc<Session>, Error> {
        let id = self.session.as_ref().ok_or(Error::NotInitialized)?;
        self.engine.load_and_touch(id, &self.caller, requests).await
    }

    async fn refuse(&self, id: Option<&RequestId>, error: &Error) {
        error.log();
        self.lines.send(error.to_message(id)).await;
    }

    /// Waits for running calls, then ends the session and its stream.
    async fn close(&mut self) {
        // Not forever: the client may have stopped reading.
        let _ = timeout(LAST_CALLS, self.calls.finish()).await;
        if let Some(id) = self.session {
            let _ = self.engine.terminate(&id, &self.caller).await;
        }
        self.calls.abort().await;
        self.listener.shutdown().await;
    }
}
