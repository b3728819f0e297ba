//! Reads an answer as it comes: events one by one, or everything that is left.
//! spec: WHATWG HTML, server-sent events

use std::time::{Duration, Instant};

use reqwest::Response;
use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::time::timeout;

use lab::event::{Event, EventParser};

use crate::http::Sent;
use crate::{Body, Exchange, PATIENCE};

/// An answer that is being read.
#[derive(Debug)]
pub struct Stream {
    /// What was sent.
    pub request: Sent,
    /// The HTTP status.
    pub status: u16,
    /// The headers of the answer.
    pub headers: HeaderMap,
    start: Instant,
    response: Response,
    parser: EventParser,
}

impl Stream {
    pub(crate) fn new(request: Sent, start: Instant, response: Response) -> Self {
        Self {
            request,
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            start,
            response,
            parser: EventParser::default(),
        }
    }

    /// Whether the answer is an event stream.
    pub fn is_stream(&self) -> bool {
        self.media_type().starts_with("text/event-stream")
    }

    fn media_type(&self) -> &str {
        let value = self.headers.get("content-type");
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The next event, or `None` at the end of the stream. A connection that
    /// breaks ends the stream too.
    pub async fn event(&mut self) -> Option<Event> {
        self.event_within(PATIENCE).await
    }

    /// The same with another patience.
    pub async fn event_within(&mut self, patience: Duration) -> Option<Event> {
        let next = timeout(patience, self.next_event()).await;
        next.unwrap_or_else(|_| panic!("no event within {patience:?}")).ok()?
    }

    /// The next event that carries a message, or `None` at the end.
    pub async fn message(&mut self) -> Option<Value> {
        while let Some(event) = self.event().await {
            if let Some(message) = event.message() {
                return Some(message);
            }
        }
        None
    }

    /// The next message with this method; others before it are passed over.
    pub async fn expect(&mut self, method: &str) -> Value {
        while let Some(message) = self.message().await {
            if message["method"] == method {
                return message;
            }
        }
        panic!("the stream ended before {method}")
    }

    /// Fails the story if a message comes, or the stream ends, in this time.
    pub async fn assert_silent(&mut self, time: Duration) {
        let start = Instant::now();
        while let Some(left) = time.checked_sub(start.elapsed()) {
            match timeout(left, self.next_event()).await {
                Err(_) => return,
                Ok(Ok(Some(event))) if event.message().is_none() => {}
                Ok(came) => panic!("the stream was not silent: {came:?}"),
            }
        }
    }

    /// Waits for a comment; events before it are passed over.
    pub async fn comment(&mut self, patience: Duration) {
        let before = self.parser.comments();
        let come = async {
            loop {
                while self.parser.next_event().is_some() {}
                if self.parser.comments() > before || !self.read_chunk().await? {
                    return Ok::<_, reqwest::Error>(
                        self.parser.comments() > before,
                    );
                }
            }
        };
        let came = timeout(patience, come).await;
        assert!(matches!(came, Ok(Ok(true))), "no comment: {came:?}");
    }

    /// Reads to the end.
    pub async fn rest(self) -> Exchange {
        let request = self.request.clone();
        self.try_rest()
            .await
            .unwrap_or_else(|error| panic!("{request:?} broke off: {error:?}"))
    }

    /// Reads to the end.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn try_rest(mut self) -> Result<Exchange, reqwest::Error> {
        let body = timeout(PATIENCE, self.read_body()).await;
        let body = body.unwrap_or_else(|_| {
            panic!("no end within {PATIENCE:?} of {:?}", self.request)
        })?;
        Ok(Exchange {
            request: self.request,
            status: self.status,
            headers: self.headers,
            body,
            took: self.start.elapsed(),
        })
    }

    async fn read_body(&mut self) -> Result<Body, reqwest::Error> {
        if self.is_stream() {
            let mut events = Vec::new();
            while let Some(event) = self.next_event().await? {
                events.push(event);
            }
            return Ok(Body::Events(events));
        }
        while self.read_chunk().await? {}
        let text = self.parser.rest();
        if text.is_empty() {
            return Ok(Body::Empty);
        }
        Ok(match serde_json::from_str(&text) {
            Ok(json) if self.media_type().starts_with("application/json") => {
                Body::Json(json)
            }
            _ => Body::Text(text),
        })
    }

    async fn next_event(&mut self) -> Result<Option<Event>, reqwest::Error> {
        loop {
            if let Some(event) = self.parser.next_event() {
                return Ok(Some(event));
            }
            if !self.read_chunk().await? {
                return Ok(None);
            }
        }
    }

    async fn read_chunk(&mut self) -> Result<bool, reqwest::Error> {
        let chunk = self.response.chunk().await?;
        if let Some(chunk) = &chunk {
            self.parser.push(chunk);
        }
        Ok(chunk.is_some())
    }
}
