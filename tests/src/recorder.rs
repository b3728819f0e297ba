//! The recorder of the lab, as the stories use it: with nodes, pipes and recordings.
//!
//! | module | what it is |
//! |---|---|
//! | [`pipe`] | a server at the other end of two pipes, in the same record |
//! | [`book`] | recordings, and the pages that show them |

pub mod book;
pub mod pipe;

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;

pub use lab::recorder::{CLIENT, Held, Pattern, REDIS};
use lab::recorder::{Route, Upstream};
use tokio::net::TcpListener;

use crate::climb::chapters;
use crate::{Node, NodeBuilder, Pipes, RedisServer};

pub use pipe::RecordedPipes;

/// A [recorder](lab::recorder) between the participants of a story. Clones share the
/// record.
#[derive(Debug, Clone, Default)]
pub struct Recorder(lab::Recorder);

impl Recorder {
    /// A recorder that knows the Lua scripts in these folders of the repository by
    /// their file names.
    pub fn knowing_scripts_of(folders: &[&str]) -> Self {
        let folders = folders.iter().map(|name| chapters::root().join(name));
        let folders: Vec<_> = folders.collect();
        Self(lab::Recorder::knowing_scripts_of(&folders))
    }

    /// The same node, reached through a proxy: what `client` sends there is
    /// recorded as sent to `name`.
    pub async fn front(&self, client: &str, name: &str, node: Node) -> Node {
        let address = self.http(client, name, node.address()).await;
        node.reached_at(address)
    }

    /// A proxy in front of a server; the address that `client` uses. Two clients
    /// of one node have a proxy each.
    pub async fn http(
        &self,
        client: &str,
        name: &str,
        server: SocketAddr,
    ) -> SocketAddr {
        let (listener, address) = listen().await;
        let upstream = Upstream { name: name.to_owned(), address: Some(server) };
        let route: Route = Arc::new(move || upstream.clone());
        self.proxy_http(client, listener, route);
        address
    }

    /// A proxy in front of Redis; the `REDIS_URL` for the node of this name.
    pub async fn redis(&self, node: &str, redis: &RedisServer) -> String {
        let (listener, address) = listen().await;
        self.proxy_redis(node, listener, redis.port());
        format!("redis://{address}")
    }

    /// Starts a node between two proxies: in front of it and in front of Redis.
    pub async fn node(
        &self,
        name: &str,
        builder: NodeBuilder,
        redis: &RedisServer,
    ) -> Node {
        let url = self.redis(name, redis).await;
        let node = builder.set("USE_REDIS", true).set("REDIS_URL", url);
        // The proxy has another port than the node.
        let node = node.set("ALLOWED_HOSTS", "127.0.0.1");
        self.front(CLIENT, name, node.start().await).await
    }

    /// A server at the other end of two pipes, recorded as `name`.
    pub fn pipes(&self, name: &str, pipes: Pipes) -> RecordedPipes {
        RecordedPipes::new(self.clone(), name, pipes)
    }

    /// Keeps the transcript as the recording `03/name` of the book.
    pub fn keep_transcript(&self, name: &str) {
        book::keep(&chapters::root(), name, &self.transcript());
    }

    /// Keeps the diagram's text as the recording `03/name` of the book. `cargo
    /// xtask bless` draws it.
    pub fn keep_sequence(&self, name: &str) {
        let name = format!("{name}.mmd");
        book::keep(&chapters::root(), &name, &self.sequence());
    }
}

impl Deref for Recorder {
    type Target = lab::Recorder;

    fn deref(&self) -> &lab::Recorder {
        &self.0
    }
}

/// A listener on a free port.
async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener =
        listener.unwrap_or_else(|error| panic!("no port for a proxy: {error}"));
    let address = listener.local_addr();
    let address =
        address.unwrap_or_else(|error| panic!("a proxy without a port: {error}"));
    (listener, address)
}
