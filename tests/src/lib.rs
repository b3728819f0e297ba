//! Black-box stories: real processes, real sockets, a real Redis. A story knows
//! a server by its address only, so any server can be put to it.
//!
//! | module | what it is |
//! |---|---|
//! | [`node`] | a server process, and several of them on one Redis |
//! | [`notes`] | what happened when, for the reports of long runs |
//! | [`pipes`] | a server process at the other end of two pipes |
//! | [`redis`] | a `redis-server` process that can be frozen, killed and revived |
//! | [`forwarder`] | an address that moves from one server to another |
//! | [`client`] | an MCP client that moves between nodes |
//! | [`modern`] | a client of the stateless era |
//! | [`http`] | one request and everything that came back |
//! | [`probe`] | a request, and how it must be answered |
//! | [`events`] | a reader of event streams |
//! | [`recorder`] | proxies at the sockets that write down what passes |
//! | [`console`] | the lab as a program |
//! | [`browser`] | a headless Chromium |
//! | [`wire`] | a connection on which every byte is the story's own |
//! | [`transcript`] | an exchange as stable text, for snapshots |
//! | [`fixture`] | the service that the official conformance suite expects |
//! | [`climb`] | the ladder: what a server can do by the end of each chapter |
//! | [`chaos`] | nodes, Redis and connections that fail under load |
//! | [`rolling`] | nodes that are restarted one by one under load |
//!
//! The verbs panic with a sentence when something does not happen in time: that
//! is how a story fails.

pub mod browser;
pub mod chaos;
pub mod client;
pub mod climb;
pub mod console;
pub mod events;
pub mod fixture;
#[path = "../../final/tests/support/forwarder.rs"]
pub mod forwarder;
pub mod http;
pub mod modern;
pub mod node;
pub mod notes;
pub mod pipes;
pub mod probe;
pub mod recorder;
pub mod redis;
pub mod rolling;
pub mod transcript;
pub mod wire;

use std::time::{Duration, Instant};

pub use client::{Client, ClientBuilder};
pub use events::Stream;
pub use http::{Attempt, Body, Exchange};
pub use lab::event::Event;
pub use modern::{Caller, Listening};
pub use node::{Cluster, Node, NodeBuilder, Program, Storage};
pub use pipes::Pipes;
pub use probe::{Outcome, Probe};
pub use recorder::{Pattern, Recorder};
pub use redis::RedisServer;
pub use testkit::Stderr;
pub use transcript::Transcript;
pub use wire::{Wire, WireAnswer};

/// How long a story waits for something that should happen at once. Generous,
/// because the machine may be busy; nothing that passes waits this long.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How often [`eventually`] looks.
const GLANCE: Duration = Duration::from_millis(10);

/// Looks again and again until `probe` finds something, at most `within`.
pub async fn eventually<T>(
    what: &str,
    within: Duration,
    mut probe: impl AsyncFnMut() -> Option<T>,
) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(start.elapsed() < within, "not within {within:?}: {what}");
        tokio::time::sleep(GLANCE).await;
    }
}
