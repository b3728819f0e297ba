//! The second transport: one client, one session, a message a line.
//! spec: basic/transports (stdio)

mod running;

use std::{io::ErrorKind, pin::pin, sync::Arc, time::Duration};

use futures_util::StreamExt;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};
use tokio_util::sync::CancellationToken;

use self::running::Running;
use crate::{
    engine::{Call, Caller, Engine, Session},
    error::Error,
    events::{Frame, Reader},
    protocol::{
        RawJson,
        body::{Body, ParseError},
        envelope::{BadEnvelope, Envelope},
        jsonrpc::{
            Message, Notification, Request, RequestId, notification_message,
            result_message,
        },
        lifecycle::Present,
        method::Method,
        progress::CancelledParams,
        to_raw,
        version::Era,
    },
    sessions::{Inbox, Outbox, Principal, Said, SessionId},
};

/// How many lines may wait for the reader of our output.
const LINES: usize = 256;

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
    let (lines, queue) = mpsc::channel(LINES);
    let mut writer = tokio::spawn(write(output, queue));
    let caller =
        Caller { principal: Principal::anonymous(), owner: "stdio".into() };
    let mut connection = Connection {
        engine,
        caller,
        lines,
        session: None,
        calls: JoinSet::new(),
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

/// Writes messages, one a line. They are compact JSON, so they hold no newline.
async fn write(
    output: impl AsyncWrite,
    mut queue: mpsc::Receiver<RawJson>,
) -> std::io::Result<()> {
    let mut output = pin!(output);
    while let Some(message) = queue.recv().await {
        output.write_all(message.get().as_bytes()).await?;
        output.write_all(b"\n").await?;
        output.flush().await?;
    }
    Ok(())
}

struct Connection {
    engine: Arc<Engine>,
    caller: Caller,
    lines: mpsc::Sender<RawJson>,
    session: Option<SessionId>,
    /// Running calls.
    calls: JoinSet<()>,
    running: Arc<Running>,
    /// The session's stream for what belongs to no call.
    listener: JoinSet<()>,
}

impl Connection {
    async fn read(&mut self, input: impl AsyncRead, max_line: usize) {
        let codec = LinesCodec::new_with_max_length(max_line);
        let mut lines = pin!(FramedRead::new(input, codec));
        loop {
            match lines.next().await {
                Some(Ok(line)) if line.trim().is_empty() => {}
                Some(Ok(line)) => self.take(&line).await,
                Some(Err(error)) => {
                    let error = match error {
                        LinesCodecError::MaxLineLengthExceeded => {
                            Error::BodyTooLarge
                        }
                        LinesCodecError::Io(error)
                            if error.kind() == ErrorKind::InvalidData =>
                        {
                            ParseError::Syntax.into()
                        }
                        LinesCodecError::Io(_) => return,
                    };
                    self.refuse(None, &error).await;
                    // The codec pauses once after an error and then goes on.
                    lines.next().await;
                }
                None => return,
            }
        }
    }

    async fn take(&mut self, line: &str) {
        match Body::parse(line.as_bytes()) {
            Ok(Body::Single(message)) => self.message(message).await,
            Ok(Body::Batch(messages)) => self.batch(messages).await,
            Err(error) => self.malformed(error).await,
        }
    }

    /// 2025-03-26 only; over stdio its answers may come one by one.
    async fn batch(&mut self, messages: Vec<Result<Message, ParseError>>) {
        match self.enter(0).await {
            Ok(session) if session.opened().era.has_batches() => {
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
                    && let Err(error) = self.engine.answer(&session, response).await
                {
                    error.log();
                }
            }
        }
    }

    async fn request(&mut self, request: Request) -> Result<(), Error> {
        match Envelope::of(request.params.as_ref()) {
            Some(Ok(envelope)) => return self.serve_alone(request, envelope),
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
                let pong = result_message(&request.id, &to_raw(&Present {}));
                self.say(pong).await;
                Ok(())
            }
            _ => {
                let session = self.enter(1).await?;
                let (outbox, inbox) = Outbox::open();
                let call = self.engine.call(&session, request, outbox)?;
                self.begin(call, inbox, false)
            }
        }
    }

    /// A request of the stateless era, beside the session or without one.
    fn serve_alone(
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
        let (outbox, inbox) = Outbox::open();
        let call = self.engine.serve(&self.caller, request, envelope, outbox)?;
        self.begin(call, inbox, method == Method::Listen)
    }

    fn begin(
        &mut self,
        call: Call,
        inbox: Inbox,
        listens: bool,
    ) -> Result<(), Error> {
        self.running.enter(&call, listens)?;
        // What has ended is kept until somebody asks for it.
        while self.calls.try_join_next().is_some() {}
        self.calls.spawn(run(
            call,
            inbox,
            self.lines.clone(),
            self.running.clone(),
        ));
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
        let reader = self.engine.listen(&session, CancellationToken::new()).await?;
        self.listener.spawn(announce(reader, self.lines.clone()));
        self.say(result_message(&request.id, &result)).await;
        Ok(())
    }

    async fn enter(&self, requests: usize) -> Result<Session, Error> {
        let id = self.session.as_ref().ok_or(Error::NotInitialized)?;
        self.engine.enter(id, &self.caller, requests).await
    }

    async fn malformed(&self, error: ParseError) {
        let id = error.id();
        self.refuse(id.as_ref(), &error.into()).await;
    }

    async fn refuse(&self, id: Option<&RequestId>, error: &Error) {
        error.log();
        self.say(error.to_message(id)).await;
    }

    /// A closed output ends [`serve`].
    async fn say(&self, message: RawJson) {
        let _ = self.lines.send(message).await;
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
    mut inbox: Inbox,
    lines: mpsc::Sender<RawJson>,
    running: Arc<Running>,
) {
    let (ended, ()) = tokio::join!(&mut call, forward(&mut inbox, &lines));
    // Its client may use the id again as soon as it has the answer.
    running.leave(&call.id);
    if let Some(message) = ended.into_message(&call.id) {
        // A closed output ends [`serve`].
        let _ = lines.send(message).await;
    }
}

/// Passes on what a call says until it has ended.
async fn forward(inbox: &mut Inbox, lines: &mpsc::Sender<RawJson>) {
    loop {
        let said = inbox.take().await;
        if said.is_empty() {
            return;
        }
        for message in said.into_iter().filter_map(Said::into_message) {
            // A closed output ends [`serve`].
            let _ = lines.send(message).await;
        }
    }
}

/// Passes on what belongs to no call until the session ends.
async fn announce(mut reader: Reader, lines: mpsc::Sender<RawJson>) {
    while let Some(frame) = reader.next().await {
        if let Frame::Message(_, message) = frame {
            let _ = lines.send(message).await;
        }
    }
}
