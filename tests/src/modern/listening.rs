//! A subscription, seen from the client.

use std::time::Duration;

use serde_json::Value;

use super::key;
use crate::Stream;

/// An open listen stream. Whatever comes on it is held against the rules for such
/// streams: it names its subscription, it asks nothing, it cannot be resumed.
#[derive(Debug)]
pub struct Listening {
    stream: Stream,
    /// The id of the request, and so of the subscription.
    pub id: Value,
    /// What the server promised to tell.
    pub honoured: Value,
}

impl Listening {
    /// Reads the acknowledgement, which must come first.
    pub(super) async fn acknowledged(stream: Stream, id: Value) -> Self {
        assert_eq!(stream.status, 200, "{:?}", stream.request);
        assert!(stream.is_stream(), "a listen stream is an event stream");
        let mut listening = Self { stream, id, honoured: Value::Null };
        let mut first = listening.next().await.unwrap_or_default();
        assert_eq!(
            first["method"], "notifications/subscriptions/acknowledged",
            "the first thing to be said: {first}"
        );
        listening.honoured = first["params"]["notifications"].take();
        assert!(listening.honoured.is_object(), "{:?}", listening.honoured);
        listening
    }

    /// The next message, or `None` at the end.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let event = self.stream.event().await?;
            assert!(event.id.is_none() && event.retry.is_none(), "{event:?}");
            let Some(message) = event.message() else { continue };
            let of = match message.get("result") {
                Some(result) => result,
                None => &message["params"],
            };
            let named = &of["_meta"][key("subscriptionId")];
            assert_eq!(named, &self.id, "the subscription of {message}");
            let has_method = message.get("method").is_some();
            assert_ne!(has_method, message.get("id").is_some(), "{message}");
            return Some(message);
        }
    }

    /// The next message, which must have this method.
    pub async fn expect(&mut self, method: &str) -> Value {
        let message = self.next().await;
        let message = message.unwrap_or_else(|| panic!("ended before {method}"));
        assert_eq!(message["method"], method, "{message}");
        message
    }

    /// The next message, which must tell of a changed resource: its uri.
    pub async fn update(&mut self) -> String {
        let update = self.expect("notifications/resources/updated").await;
        update["params"]["uri"].as_str().unwrap_or_default().to_owned()
    }

    /// Fails the story if anything is said within this time.
    pub async fn assert_silent(&mut self, time: Duration) {
        self.stream.assert_silent(time).await;
    }

    /// Waits for a comment, the sign that the connection lives.
    pub async fn comment(&mut self, patience: Duration) {
        self.stream.comment(patience).await;
    }

    /// Reads to the end, which must be the result of the request. What is told
    /// before it is passed over.
    pub async fn end(mut self) -> Value {
        while let Some(mut message) = self.next().await {
            if message.get("method").is_some() {
                continue;
            }
            assert_eq!(message["id"], self.id, "{message}");
            assert_eq!(self.next().await, None, "after the result");
            return message["result"].take();
        }
        panic!("the stream ended without a result");
    }
}
