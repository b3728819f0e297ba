//! The second transport: one client, one session, a message a line.
//! spec: basic/transports (stdio)

mod reader;
mod running_calls;
mod writer;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use self::reader::{Line, LineReader};
use self::running_calls::Running;
use self::writer::{Lines, lines, write};
use crate::engine::{Call, Caller, Engine, Session};
use crate::error::Error;
use crate::events::{Frame, StreamCursor};
use crate::protocol::body::{Body, ParseError};
use crate::protocol::envelope::{BadEnvelope, Envelope};
use crate::protocol::jsonrpc::{
    Message, Notification, Request, RequestId, notification_message, result_message,
};
use crate::protocol::lifecycle::EmptyObject;
use crate::protocol::method::Method;
use crate::protocol::progress::CancelledParams;
use crate::protocol::version::Era;
use crate::protocol::{RawJson, to_raw};
use crate::sessions::{CallEvent, CallOutput, CallSink, Principal, SessionId};

/// How many bytes of requests may be served at a time.
const SERVED: usize = 16 << 20;

/// What a running call counts at least, in bytes: about what it costs. So there are
/// at most 1024.
const CALL: usize = 16 << 10;

/// How long a request waits for room among those being served. Not for ever: they
/// may wait for answers that come after it.
const ROOM: Duration = Duration::from_secs(1);

/// How long running calls may take after the end of the input.
const LAST_CALLS: Duration = Duration::from_secs(5);

/// How long the client may take to read what is left to say.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Serves until the input or `shutdown` ends; then running calls have a moment
/// to finish, and the session is over.
///
/// # Errors
/// [`std::io::Error`] of the output.
pub async fn serve(
    engine: Arc<Engine>,
    input: impl AsyncRead,
    output: impl AsyncWrite + Send + 'static,
    max_line: usize,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let (lines, queue) = lines();
    let mut writer = tokio::spawn(write(output, queue));
    let caller =
        Caller { principal: Principal::anonymous(), owner: "stdio".into() };
    let mut connection = Connection {
        engine,
        caller,
        lines,
        session: None,
        calls: JoinSet::new(),
        room: Arc::new(Semaphore::new(SERVED)),
        running: Arc::default(),
        listener: JoinSet::new(),
    };
    let unread = connection.lines.clone();
    tokio::select! {
        () = connection.read(input, max_line) => {}
        () = shutdown => {}
        // Nobody reads what would be answered.
        () = unread.closed() => {}
    }
    drop(unread);
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

struct Connection {
    engine: Arc<Engine>,
    caller: Caller,
    lines: Lines,
    session: Option<SessionId>,
    /// Running calls.
    calls: JoinSet<()>,
    running: Arc<Running>,
    /// Room for more of them.
    room: Arc<Semaphore>,
    /// The session's stream for what belongs to no call.
    listener: JoinSet<()>,
}

impl Connection {
    async fn read(&mut self, input: impl AsyncRead, max_line: usize) {
        let input = pin!(BufReader::new(input));
        let mut input = LineReader::new(input, max_line);
        loop {
            self.lines.ready().await;
            match input.next().await {
                Some(Line::Whole(line)) if line.trim_ascii().is_empty() => {}
                Some(Line::Whole(line)) => self.take(&line).await,
                Some(Line::TooLong) => {
                    self.refuse(None, &Error::BodyTooLarge).await;
                }
                None => return,
            }
        }
    }

    async fn take(&mut self, line: &[u8]) {
        match Body::parse(line) {
            Ok(Body::Single(message)) => self.message(message).await,
            Ok(Body::Batch(messages)) => self.batch(messages).await,
            Err(error) => self.malformed(error).await,
        }
    }

    /// 2025-03-26 only; over stdio its answers may come one by one.
    async fn batch(&mut self, messages: Vec<Result<Message, ParseError>>) {
        match self.enter(0).await {
            Ok(session) if session.init().era.has_batches() => {
                for message in messages {
                    match message {
                        Ok(message) => self.message(message).await,
                        Err(error) => self.malformed(error).await,
                    }
                }
            }
            Ok(_) => self.refuse(None, &Error::NoBatches).await,
            Err(error) => self.refuse(None, &error).await,
        }
    }

    async fn message(&mut self, message: Message) {
        match message {
            Message::Request(request) => {
                let id = request.id.clone();
                if let Err(error) = self.request(request).await {
                    self.refuse(Some(&id), &error).await;
                }
            }
            Message::Notification(notification) if self.cancels(&notification) => {}
            Message::Notification(notification) => {
                if let Ok(session) = self.enter(0).await
                    && let Err(error) =
                        self.engine.notify(&session, notification).await
                {
                    error.log();
                }
            }
            Message::Response(response) => {
                if let Ok(session) = self.enter(0).await
                    && let Err(error) =
                        self.engine.deliver_answer(&session, response).await
                {
                    error.log();
                }
            }
        }
    }

    async fn request(&mut self, request: Request) -> Result<(), Error> {
        match Envelope::of(request.params.as_ref()) {
            Some(Ok(envelope)) => {
                return self.serve_stateless(request, envelope).await;
            }
            Some(Err(bad)) => return Err(bad.into()),
            None => {}
        }
        match (Method::parse(&request.method), self.session) {
            (Method::Initialize, None) => self.initialize(request).await,
            (Method::Initialize, Some(_)) => Err(Error::NotInitialized),
            (Method::Discover, _) => {
                Err(BadEnvelope("_meta needs a protocolVersion").into())
            }
            // L083: also before the handshake.
            (Method::Ping, None) => {
                let pong = result_message(&request.id, &to_raw(&EmptyObject {}));
                self.say(pong).await;
                Ok(())
            }
            _ => {
                let session = self.enter(1).await?;
                let room = self.room_for(&request).await?;
                let (sink, inbox) = CallSink::open();
                let call = self.engine.call(&session, request, sink)?;
                self.begin(call, inbox, room, false)
            }
        }
    }

    /// A request of the stateless era, beside the session or without one.
    async fn serve_stateless(
        &mut self,
        request: Request,
        envelope: Envelope,
    ) -> Result<(), Error> {
        if Era::parse(&envelope.version) != Some(Era::Stateless) {
            return Err(Error::UnsupportedVersion(envelope.version));
        }
        let method = Method::parse(&request.method);
        if !self.engine.offers(Era::Stateless, method) {
            return Err(Error::no_such_method(Era::Stateless, method));
        }
        let room = self.room_for(&request).await?;
        let (sink, inbox) = CallSink::open();
        let call = self.engine.serve(&self.caller, request, envelope, sink)?;
        self.begin(call, inbox, room, method == Method::Listen)
    }

    /// Waits for room for one more call.
    ///
    /// # Errors
    /// [`Error::RateLimited`] if there is none in time.
    async fn room_for(
        &self,
        request: &Request,
    ) -> Result<OwnedSemaphorePermit, Error> {
        let length = request.params.as_ref().map_or(0, |it| it.get().len());
        let length = u32::try_from(length.clamp(CALL, SERVED)).unwrap_or(u32::MAX);
        let room = self.room.clone().acquire_many_owned(length);
        let room = timeout(ROOM, room).await.ok().and_then(Result::ok);
        room.ok_or(Error::RateLimited(ROOM.as_secs()))
    }

    fn begin(
        &mut self,
        call: Call,
        inbox: CallOutput,
        room: OwnedSemaphorePermit,
        listens: bool,
    ) -> Result<(), Error> {
        self.running.enter(&call, listens)?;
        // What has ended is kept until somebody asks for it.
        while self.calls.try_join_next().is_some() {}
        let served = run(call, inbox, self.lines.clone(), self.running.clone());
        self.calls.spawn(async move {
            served.await;
            drop(room);
        });
        Ok(())
    }

    /// Cancels a call, if that is what is meant and it runs.
    fn cancels(&self, notification: &Notification) -> bool {
        let Method::Cancelled = Method::parse(&notification.method) else {
            return false;
        };
        let params = notification.params.as_ref().map(|params| params.get());
        let params = params.and_then(|params| serde_json::from_str(params).ok());
        let Some(CancelledParams { request_id, .. }) = params else { return false };
        self.running.cancel(&request_id)
    }

    /// M185, A1: over this transport a subscription ends with a notification.
    async fn end_subscriptions(&self) {
        for request_id in self.running.cancel_listeners() {
            let reason = Some("the server is shutting down".to_owned());
            let params = CancelledParams { request_id, reason };
            self.say(notification_message("notifications/cancelled", &params))
                .await;
        }
    }

    async fn initialize(&mut self, request: Request) -> Result<(), Error> {
        let (id, result) =
            self.engine.initialize(&self.caller, request.params).await?;
        self.session = Some(id);
        let session = self.enter(0).await?;
        let reader =
            self.engine.open_get_stream(&session, CancellationToken::new()).await?;
        self.listener.spawn(announce(reader, self.lines.clone()));
        self.say(result_message(&request.id, &result)).await;
        Ok(())
    }

    async fn enter(&self, requests: usize) -> Result<Session, Error> {
        let id = self.session.as_ref().ok_or(Error::NotInitialized)?;
        self.engine.load_and_touch(id, &self.caller, requests).await
    }

    async fn malformed(&self, error: ParseError) {
        let id = error.id();
        self.refuse(id.as_ref(), &error.into()).await;
    }

    async fn refuse(&self, id: Option<&RequestId>, error: &Error) {
        error.log();
        self.say(error.to_message(id)).await;
    }

    async fn say(&self, message: RawJson) {
        self.lines.send(message).await;
    }

    /// Waits for running calls, then ends the session and its stream.
    async fn close(&mut self) {
        // All of it, because a client that does not read would be waited for.
        let _ = timeout(LAST_CALLS, async {
            self.end_subscriptions().await;
            while self.calls.join_next().await.is_some() {}
        })
        .await;
        if let Some(id) = self.session {
            let _ = self.engine.terminate(&id, &self.caller).await;
        }
        self.calls.shutdown().await;
        self.listener.shutdown().await;
    }
}

/// Passes on what a call says, and its answer.
async fn run(
    mut call: Call,
    mut inbox: CallOutput,
    lines: Lines,
    running: Arc<Running>,
) {
    let (ended, ()) = tokio::join!(&mut call, forward(&mut inbox, &lines));
    // Its client may use the id again as soon as it has the answer.
    running.leave(&call.id);
    if let Some(message) = ended.into_message(&call.id) {
        lines.send(message).await;
    }
}

/// Passes on what a call says until it has ended.
async fn forward(inbox: &mut CallOutput, lines: &Lines) {
    loop {
        let said = inbox.next_batch().await;
        if said.is_empty() {
            return;
        }
        for message in said.into_iter().filter_map(CallEvent::into_message) {
            lines.send(message).await;
        }
    }
}

/// Passes on what belongs to no call until the session ends.
async fn announce(mut reader: StreamCursor, lines: Lines) {
    while let Some(frame) = reader.next().await {
        if let Frame::Message(_, message) = frame {
            lines.send(message).await;
        }
    }
}
