//! Events of a stream, found in its bytes.
//! spec: WHATWG HTML, server-sent events

use serde_json::Value;

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
        parser.push(block.as_bytes());
        parser.next_event()
    }

    /// The JSON-RPC message that it carries, if it carries one.
    ///
    /// # Panics
    /// If its data is not JSON: a server must not send that.
    pub fn message(&self) -> Option<Value> {
        let data = self.data.as_deref().filter(|data| !data.is_empty())?;
        Some(serde_json::from_str(data).unwrap_or_else(|error| {
            panic!("an event that is not JSON: {error}: {data}")
        }))
    }
}

/// Finds events in a stream of bytes.
#[derive(Debug, Default)]
pub struct EventParser {
    unread: Vec<u8>,
    event: Event,
    /// How many comments have come.
    comments: usize,
}

impl EventParser {
    /// Adds what has come.
    pub fn push(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
    }

    /// What has come and is no complete line yet.
    pub fn rest(&self) -> String {
        String::from_utf8_lossy(&self.unread).into_owned()
    }

    /// How many comments have come.
    pub fn comments(&self) -> usize {
        self.comments
    }

    /// The next complete event in what has been pushed so far.
    pub fn next_event(&mut self) -> Option<Event> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(chunks: &[&str]) -> Vec<Event> {
        let mut parser = EventParser::default();
        let mut events = Vec::new();
        for chunk in chunks {
            parser.push(chunk.as_bytes());
            events.extend(std::iter::from_fn(|| parser.next_event()));
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
