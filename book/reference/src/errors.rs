//! Every error, and what it means.

use axum::http::HeaderName;
use mcp_server::error::{Error, Meaning};
use mcp_server::http::error::HttpError;
use mcp_server::protocol::body::ParseError;
use mcp_server::protocol::envelope::BadEnvelope;
use mcp_server::protocol::errors::RpcError;
use mcp_server::protocol::method::Method;
use mcp_server::protocol::retries::InputRequests;
use mcp_server::protocol::version::{Era, Version};
use mcp_server::service::ServiceError;
use mcp_server::sessions::StoreError;

const HEAD: &str = "\
# Errors

Every error of the finished server, and what it means. The client is told its sentence
and nothing else. The log has the causes, at the level in the table. *Outcome* is the
label of `mcp_requests_total`.

The status is the one of an answer that has not begun. Once a stream is open, the same
error is its last message. *Retry-After* is in seconds.

What a tool cannot do is not in this table. Division by zero is a result with `isError`,
and so are arguments that do not fit the tool's schema: the model can read them and try
again.

Words in *italics* stand for what is known only when it happens. `cargo xtask bless`
writes the table: it asks an example of each error for its meaning.

| error, and its sentence | status | code | log, outcome, *Retry-After* |
|---|--:|--:|---|
";

/// Seconds that are known only when the error happens.
const UNKNOWN: u64 = u64::MAX;

/// An example of each variant with its name. A variant that is missing does not
/// compile; those after `wraps` stand for the errors of another `enum`.
macro_rules! every {
    ($type:ident {
        $($variant:ident $(($($value:expr),*))? $({ $($field:tt)* })?,)*
    } $(wraps $wrapper:ident)*) => {{
        let _is_complete = |error: &$type| match error {
            $($type::$variant { .. })|* $(| $type::$wrapper { .. })* => {}
        };
        vec![$((
            concat!("`", stringify!($type), "::", stringify!($variant), "`"),
            $type::$variant $(($($value),*))? $({ $($field)* })?.into(),
        ),)*]
    }};
}

/// An error with its name.
type Example = (&'static str, HttpError);

fn http() -> Vec<Example> {
    every!(HttpError {
        ForbiddenHost, ForbiddenOrigin, BadHost, HostMismatch,
        RepeatedHeader(HeaderName::from_static("*header*")),
        NoSuchPath, MethodNotAllowed, PostOnly, Unauthorized, InvalidToken,
        TooManyConnections, UnsupportedMediaType, UnsupportedEncoding,
        BodyIncomplete, NotAcceptable, HeaderMismatch("*the header*".into()),
        ResponseWithoutSession, SessionRequired, WrongVersion, Cancelled,
    } wraps Engine)
}

fn both_transports() -> Vec<Example> {
    let mut examples: Vec<Example> = every!(Error {
        BodyTooLarge, NoBatches, BadEnvelope(BadEnvelope("*what is missing*")),
        UnsupportedVersion(String::new()), RateLimited(UNKNOWN), Draining,
        NotInitialized, BadHandshake("*the rule that is broken*".into()),
        SessionNotFound, TooManySessions, TooManyListeners, DuplicateId,
        CannotResume("*why*"), MethodNotFound, NoSuchMethod(Method::Ping),
        InvalidParams("*the rule that is broken*".into()),
        ResourceNotFound(String::new(), Era::Stateful(Version::LATEST)),
        Panic, NodeLost,
    } wraps Parse wraps Service wraps Store);
    let stateless = Error::ResourceNotFound(String::new(), Era::Stateless);
    let name = "`Error::ResourceNotFound` in the stateless era";
    examples.push((name, stateless.into()));
    examples
}

fn parsing() -> Vec<Example> {
    every!(ParseError {
        Syntax, TooDeep, Shape { id: None, rule: "*the rule that is broken*" },
    })
}

fn storage() -> Vec<Example> {
    every!(StoreError {
        Unavailable(None), OutcomeUnknown(None),
        NewerSchema { found: 2, known: 1 }, Damaged(""),
    })
}

fn handlers() -> Vec<Example> {
    every!(ServiceError {
        InvalidParams("*the rule that is broken*".into()), ResourceNotFound,
        SessionEnded, NoSuchTape, TooManyTapes, Draining,
        InputRequired(InputRequests::new()), MissingCapability("*name*"),
        CannotAsk("*the question*"), NoStream, NoAnswer,
        Refused(RpcError::new(0, "")), BadAnswer, Internal("".into()),
    } wraps Store)
}

/// The whole page.
pub fn page() -> String {
    let examples = [http(), both_transports(), parsing(), storage(), handlers()];
    HEAD.to_owned() + &examples.iter().flatten().map(row).collect::<String>()
}

fn row((name, error): &Example) -> String {
    let meaning = error.meaning();
    let Meaning { status, code, sentence, outcome, level, .. } = meaning;
    let level = level.as_str().to_lowercase();
    let outcome = outcome.as_str();
    let retry_after = match meaning.retry_after {
        None => String::new(),
        Some(UNKNOWN) => ", *when it helps*".to_owned(),
        Some(seconds) => format!(", {seconds}"),
    };
    format!(
        "| {name}<br>{sentence} | {status} | {code} | {level}, \
         {outcome}{retry_after} |\n"
    )
}
