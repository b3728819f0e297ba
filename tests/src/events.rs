//! Reads an answer as it comes: events one by one, or everything that is left.
//! spec: WHATWG HTML, server-sent events

use std::time::{Duration, Instant};

use reqwest::Response;
use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::time::timeout;

use crate::http::Sent;
use crate::{Body, Exchange, PATIENCE};

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// The `id` field, if it had one.
    pub id: Option<String>,
    /// The `event` field, if it had one.
    pub kind: Option<String>,
    /// The `retry` field, in milliseconds.
    pub retry: Option<u64>,
    /// The `data` lines, joined; `None` if there was none.
    pub data: Option<String>,
}

impl Event {
    /// The event in a block of lines that ends with a blank one; `None` if it is
    /// only a comment.
    pub fn parse(block: &str) -> Option<Self> {
        let mut parser = EventParser::default();
        parser.unread.extend_from_slice(block.as_bytes());
        parser.next()
    }

    /// The JSON-RPC message that it carries, if it carries one.
    pub fn message(&self) -> Option<Value> {
        let data = self.data.as_deref().filter(|data| !data.is_empty())?;
        Some(serde_json::from_str(data).unwrap_or_else(|error| {
            panic!("an event that is not JSON: {error}: {data}")
        }))
    }
}

/// Finds events in a stream of bytes.
#[derive(Debug, Default)]
struct EventParser {
    unread: Vec<u8>,
    event: Event,
    /// How many comments have come.
    comments: usize,
}

impl EventParser {
    /// The next complete event in what has been pushed so far.
    fn next(&mut self) -> Option<Event> {
        while let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unread.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\n', '\r']);
            if !line.is_empty() {
                self.take_field(line);
            } else if self.event != Event::default() {
                return Some(std::mem::take(&mut self.event));
            }
        }
        None
    }

    /// A line without a colon is a field without a value; one that begins with
    /// a colon is a comment.
    fn take_field(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => self.event.id = Some(value.to_owned()),
            "event" => self.event.kind = Some(value.to_owned()),
            "" => self.comments += 1,
            "retry" => self.event.retry = value.parse().ok(),
            "data" => match &mut self.event.data {
                Some(data) => *data = format!("{data}\n{value}"),
                data => *data = Some(value.to_owned()),
            },
            _ => {}
        }
    }
}

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
        let before = self.parser.comments;
        let come = async {
            loop {
                while self.parser.next().is_some() {}
                if self.parser.comments > before || !self.read_chunk().await? {
                    return Ok::<_, reqwest::Error>(self.parser.comments > before);
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
        let text = String::from_utf8_lossy(&self.parser.unread).into_owned();
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
            if let Some(event) = self.parser.next() {
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
            self.parser.unread.extend_from_slice(chunk);
        }
        Ok(chunk.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(chunks: &[&str]) -> Vec<Event> {
        let mut parser = EventParser::default();
        let mut events = Vec::new();
        for chunk in chunks {
            parser.unread.extend_from_slice(chunk.as_bytes());
            events.extend(std::iter::from_fn(|| parser.next()));
        }
        events
    }

    #[test]
    fn an_event_may_arrive_in_pieces_and_with_either_line_end() {
        let events =
            parse(&["id: 7\r\nda", "ta: {\"a\":", "1}\r\n\r\n: alive\n\n"]);
        assert_eq!(events.len(), 1, "a comment is no event");
        assert_eq!(events[0].id.as_deref(), Some("7"));
        assert_eq!(events[0].message(), Some(serde_json::json!({"a": 1})));
    }

    #[test]
    fn a_priming_event_has_data_but_no_message() {
        let events = parse(&["id: a.1-0\nretry: 1000\ndata:\n\n"]);
        assert_eq!(events[0].retry, Some(1000));
        assert_eq!(events[0].data.as_deref(), Some(""));
        assert_eq!(events[0].message(), None);
    }

    #[test]
    fn several_data_lines_are_one_value() {
        let events = parse(&["data: a\ndata:b\n\ndata: c\n\n"]);
        let data: Vec<_> = events.iter().map(|event| &event.data).collect();
        assert_eq!(data, [&Some("a\nb".to_owned()), &Some("c".to_owned())]);
    }
}
