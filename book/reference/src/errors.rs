//! Every error, and what becomes of it.

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use axum::http::HeaderName;
use mcp_server::error::Error;
use mcp_server::protocol::body::ParseError;
use mcp_server::protocol::envelope::BadEnvelope;
use mcp_server::protocol::errors::RpcError;
use mcp_server::protocol::method::Method;
use mcp_server::protocol::retries::InputRequests;
use mcp_server::protocol::version::{Era, Version};
use mcp_server::service::ServiceError;
use mcp_server::sessions::StoreError;
use tracing::{Event, Level, Metadata, Subscriber, span};

const HEAD: &str = "\
# Errors

Every error of the finished server, and what becomes of it. Its sentence is all that a
client is told. The log has the causes, from the level in the table on. *Outcome* is the
label of `mcp_requests_total`.

The status is the one of an answer that has not begun. Once a stream is open, the same
error is its last message. *Retry-After* is in seconds.

What a tool cannot do is not in this table. Division by zero is a result with `isError`,
and so are arguments that do not fit the tool's schema: the model can read them and try
again.

Words in *italics* stand for what is known only when it happens. The table is written by
`cargo xtask bless`: it makes each error and asks it.

| error, and its sentence | status | code | log, outcome, *Retry-After* |
|---|--:|--:|---|
";

/// An error and the name of its variant. A variant that is missing here does not
/// compile.
macro_rules! every {
    ($type:ident { $($variant:ident: $sample:expr,)* }) => {{
        let name = |value: &$type| match value {
            $($type::$variant { .. } => stringify!($variant),)*
        };
        [$($sample),*].map(|sample| (name(&sample), sample))
    }};
}

const STATEFUL: Era = Era::Stateful(Version::LATEST);

fn own() -> Vec<(String, Error)> {
    let rule = || "*the rule that is broken*".into();
    let envelope = BadEnvelope("*what the envelope lacks*");
    let header = HeaderName::from_static("*header*");
    let samples = every!(Error {
        ForbiddenHost: Error::ForbiddenHost,
        ForbiddenOrigin: Error::ForbiddenOrigin,
        BadHost: Error::BadHost,
        HostMismatch: Error::HostMismatch,
        RepeatedHeader: Error::RepeatedHeader(header),
        NoSuchPath: Error::NoSuchPath,
        MethodNotAllowed: Error::MethodNotAllowed,
        PostOnly: Error::PostOnly,
        Unauthorized: Error::Unauthorized,
        InvalidToken: Error::InvalidToken,
        RateLimited: Error::RateLimited(60),
        TooManyConnections: Error::TooManyConnections,
        Draining: Error::Draining,
        UnsupportedMediaType: Error::UnsupportedMediaType,
        UnsupportedEncoding: Error::UnsupportedEncoding,
        BodyTooLarge: Error::BodyTooLarge,
        BodyIncomplete: Error::BodyIncomplete,
        Parse: Error::Parse(ParseError::Syntax),
        NoBatches: Error::NoBatches,
        ResponseWithoutSession: Error::ResponseWithoutSession,
        HeaderMismatch: Error::HeaderMismatch("*the header*".into()),
        BadEnvelope: Error::BadEnvelope(envelope),
        NoSuchMethod: Error::NoSuchMethod(Method::Ping),
        MissingCapability: Error::MissingCapability("*name*"),
        InputRequired: Error::InputRequired(InputRequests::new()),
        UnsupportedVersion: Error::UnsupportedVersion("1999-01-01".into()),
        SessionRequired: Error::SessionRequired,
        NotInitialized: Error::NotInitialized,
        SessionNotFound: Error::SessionNotFound,
        WrongVersion: Error::WrongVersion,
        NotAcceptable: Error::NotAcceptable,
        CannotResume: Error::CannotResume("*why*"),
        DuplicateId: Error::DuplicateId,
        TooManySessions: Error::TooManySessions,
        TooManyListeners: Error::TooManyListeners,
        MethodNotFound: Error::MethodNotFound,
        InvalidParams: Error::InvalidParams(rule()),
        BadHandshake: Error::BadHandshake(rule()),
        ResourceNotFound: Error::ResourceNotFound(String::new(), STATEFUL),
        Cancelled: Error::Cancelled,
        Service: Error::Service(ServiceError::BadAnswer),
        Store: Error::Store(StoreError::Unavailable(None)),
        Panic: Error::Panic,
        NodeLost: Error::NodeLost,
    });
    // These stand for several errors, which follow.
    let several = ["Parse", "Service", "Store", "ResourceNotFound"];
    let own = samples.into_iter().filter(|(name, _)| !several.contains(name));
    own.map(|(name, error)| (name.to_owned(), error)).collect()
}

fn parsing() -> Vec<(String, Error)> {
    let rule = "*what the message lacks*";
    let samples = every!(ParseError {
        Syntax: ParseError::Syntax,
        TooDeep: ParseError::TooDeep,
        Shape: ParseError::Shape { id: None, rule },
    });
    named("ParseError", samples.map(|(name, error)| (name, Error::Parse(error))))
}

fn storage() -> Vec<(String, Error)> {
    let samples = every!(StoreError {
        Unavailable: StoreError::Unavailable(None),
        OutcomeUnknown: StoreError::OutcomeUnknown(None),
        NewerSchema: StoreError::NewerSchema { found: 2, known: 1 },
        Damaged: StoreError::Damaged(""),
    });
    named("StoreError", samples.map(|(name, error)| (name, Error::Store(error))))
}

/// Those that are no error of the server's own under another name.
fn handlers() -> Vec<(String, Error)> {
    let refused = RpcError::new(0, String::new());
    let samples = every!(ServiceError {
        InvalidParams: ServiceError::InvalidParams("".into()),
        ResourceNotFound: ServiceError::ResourceNotFound,
        SessionEnded: ServiceError::SessionEnded,
        NoSuchTape: ServiceError::NoSuchTape,
        TooManyTapes: ServiceError::TooManyTapes,
        Draining: ServiceError::Draining,
        InputRequired: ServiceError::InputRequired(InputRequests::new()),
        MissingCapability: ServiceError::MissingCapability(""),
        Store: ServiceError::Store(StoreError::Damaged("")),
        CannotAsk: ServiceError::CannotAsk("*the question*"),
        NoStream: ServiceError::NoStream,
        NoAnswer: ServiceError::NoAnswer,
        Refused: ServiceError::Refused(refused),
        BadAnswer: ServiceError::BadAnswer,
        Internal: ServiceError::Internal("a cause".into()),
    });
    let risen = samples.map(|(name, error)| (name, Error::from(error)));
    let own =
        risen.into_iter().filter(|(_, error)| matches!(error, Error::Service(_)));
    named("ServiceError", own)
}

/// The same absence has a code in each era.
fn eras() -> Vec<(String, Error)> {
    let of = |era| Error::ResourceNotFound(String::new(), era);
    let name = |era: &str| format!("ResourceNotFound, {era}");
    vec![
        (name("stateful era"), of(STATEFUL)),
        (name("stateless era"), of(Era::Stateless)),
    ]
}

fn named(
    room: &str,
    samples: impl IntoIterator<Item = (&'static str, Error)>,
) -> Vec<(String, Error)> {
    let full = |(name, error)| (format!("{room}::{name}"), error);
    samples.into_iter().map(full).collect()
}

/// The whole page.
pub fn page() -> String {
    let rows = [own(), eras(), parsing(), storage(), handlers()];
    let rows = rows.iter().flatten().map(|(name, error)| row(name, error));
    rows.fold(HEAD.to_owned(), |page, row| page + &row)
}

fn row(name: &str, error: &Error) -> String {
    let rpc = error.to_rpc();
    let (status, outcome) = (error.status().as_u16(), error.outcome().as_str());
    let (name, era) = match name.split_once(", ") {
        Some((name, era)) => (name, format!(", {era}")),
        None => (name, String::new()),
    };
    let level = level_of(error).map(|level| level.as_str().to_lowercase());
    let mut end = vec![level.unwrap_or_else(|| "never".to_owned())];
    end.push(outcome.to_owned());
    end.extend(match (error, error.retry_after()) {
        (Error::RateLimited(_), _) => Some("*when it helps*".to_owned()),
        (_, seconds) => seconds.map(|seconds| seconds.to_string()),
    });
    let end = end.join(", ");
    let (code, sentence) = (rpc.code, rpc.message);
    let mut row = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        row,
        "| `{name}`{era}<br>{sentence} | {status} | {code} | {end} |",
    );
    row
}

/// The level at which the error is written to the log, seen by listening.
fn level_of(error: &Error) -> Option<Level> {
    let ear = Ear::default();
    let heard = ear.0.clone();
    tracing::subscriber::with_default(ear, || error.log());
    heard.lock().ok().and_then(|heard| *heard)
}

/// Keeps the level of the last line of the log.
#[derive(Default)]
struct Ear(Arc<Mutex<Option<Level>>>);

impl Subscriber for Ear {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        if let Ok(mut heard) = self.0.lock() {
            *heard = Some(*event.metadata().level());
        }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
