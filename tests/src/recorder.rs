//! What passed between client, nodes and Redis, written down at the sockets.
//!
//! A [`Recorder`] puts proxies between the participants. Each proxy writes every
//! message into one record *before* it passes it on, so a message stands in the
//! record after everything that caused it. Of two messages without a common cause
//! either may come first: a story that has such a pair holds one of them back with
//! [`Recorder::order`] until the other has passed. No order depends on a clock. A hint
//! that Redis publishes is such a case: it races the reply to what caused it.
//!
//! From one record come the [transcript](page) and the [sequence](diagram).
//!
//! | module | what it is |
//! |---|---|
//! | [`record`] | messages in the order in which they passed |
//! | [`gate`] | holds, cuts and delays |
//! | [`http`] | the proxy between a client and a node |
//! | [`head`] | heads and bodies of HTTP messages, as they come over a socket |
//! | [`redis`] | the proxy between a node and Redis |
//! | [`resp`] | values of Redis' protocol |
//! | [`scripts`] | the names of Lua scripts |
//! | [`noise`] | what is left out, and why |
//! | `passage` | one message on its way through a proxy |
//! | [`pipe`] | the same for a server at the other end of two pipes |
//! | [`order`] | an order that does not depend on chance |
//! | [`page`] | the record as a transcript |
//! | [`book`] | recordings, and the pages that show them |
//! | [`words`] | one message in a few words |
//! | [`diagram`] | the record as a Mermaid sequence diagram |

pub mod book;
pub mod diagram;
pub mod gate;
pub mod head;
pub mod http;
pub mod noise;
pub mod order;
pub mod page;
mod passage;
pub mod pipe;
pub mod record;
pub mod redis;
pub mod resp;
pub mod scripts;
pub mod words;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::climb::chapters;
use crate::{Node, NodeBuilder, Pipes, RedisServer};

use gate::{Fate, Gate};
pub use gate::{Held, Pattern};
pub use pipe::RecordedPipes;
use record::{Command, Entry, Record, What};
use scripts::Scripts;

/// The one who asks, where a story does not name it otherwise.
pub const CLIENT: &str = "client";
/// The name of Redis in every record.
pub const REDIS: &str = "redis";

/// One record, and the proxies that write it. Clones share both.
#[derive(Debug, Clone, Default)]
pub struct Recorder {
    record: Arc<Mutex<Record>>,
    gate: Arc<Gate>,
    scripts: Arc<Mutex<Scripts>>,
}

impl Recorder {
    /// A recorder that knows the Lua scripts in these folders of the repository by
    /// their file names.
    pub fn knowing_scripts_of(folders: &[&str]) -> Self {
        let folders = folders.iter().map(|name| chapters::root().join(name));
        let scripts = Scripts::of(&folders.collect::<Vec<_>>());
        Self { scripts: Arc::new(Mutex::new(scripts)), ..Self::default() }
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
        http::serve(self.clone(), [client, name], server).await
    }

    /// A proxy in front of Redis; the `REDIS_URL` for the node of this name.
    pub async fn redis(&self, node: &str, redis: &RedisServer) -> String {
        let port = redis::serve(self.clone(), node, redis.port()).await;
        format!("redis://127.0.0.1:{port}")
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

    /// Holds back the next message that matches, until it is released. What comes
    /// behind it in the same direction of the same connection waits too.
    pub fn hold(&self, pattern: Pattern) -> Held {
        self.gate.hold(pattern, Some(self.clone()))
    }

    /// The same where the pause is not part of the story, but only decides between
    /// two messages that race: nothing is written down about it.
    pub fn order(&self, pattern: Pattern) -> Held {
        self.gate.hold(pattern, None)
    }

    /// Closes the connection in the place of the next message that matches.
    pub fn cut_instead(&self, pattern: Pattern) {
        self.gate.rule(pattern, Fate::Cut);
    }

    /// Closes the connection when half of the next message that matches is out.
    pub fn cut_within(&self, pattern: Pattern) {
        self.gate.rule(pattern, Fate::CutWithin);
    }

    /// Closes the connection behind the next message that matches.
    pub fn cut_after(&self, pattern: Pattern) {
        self.gate.rule(pattern, Fate::CutAfter);
    }

    /// Lets the next message that matches wait. For a story about slowness; an
    /// order is decided by [`hold`](Self::hold).
    pub fn delay(&self, pattern: Pattern, time: Duration) {
        self.gate.rule(pattern, Fate::Delay(time));
    }

    /// Runs a part of the story that is not written down. What it started must have
    /// ended when it returns, or its last messages may be written down after all.
    pub async fn quietly<T>(&self, part: impl Future<Output = T>) -> T {
        self.write(|record| record.quiet += 1);
        let done = part.await;
        self.write(|record| record.quiet -= 1);
        done
    }

    /// A remark between the messages, about one participant or several.
    pub fn remark(&self, about: &[&str], text: &str) {
        self.write(|record| {
            let about = about.iter().map(|&name| name.to_owned()).collect();
            record.add(Entry::about(about, What::Remark(text.to_owned())));
        });
    }

    /// A participant has been killed; to be said just before it is done.
    pub fn killed(&self, name: &str) {
        self.write(|record| {
            record.add(Entry::about(vec![name.to_owned()], What::Killed));
        });
    }

    /// Gives an id a name of the story's choice, without brackets.
    pub fn name(&self, id: &str, name: &str) {
        self.write(|record| record.names.give(id, name));
    }

    /// Numbers a session before it appears: `[session-1]` is the first one named.
    pub fn session(&self, id: &str) {
        self.write(|record| record.names.session(id));
    }

    /// Writes commands down whose first key is this one, though it belongs to no
    /// session.
    pub fn tell_of(&self, key: &str) {
        self.write(|record| record.told_keys.push(key.to_owned()));
    }

    /// Shows one member of a resource in the diagram: the one that its reader is to
    /// look at.
    pub fn focus_on(&self, member: &str) {
        self.write(|record| record.focus = Some(member.to_owned()));
    }

    /// Forgets what was written down; proxies, names and rules stay.
    pub fn clear(&self) {
        self.write(|record| record.entries.clear());
    }

    /// The transcript of what has passed so far.
    pub fn transcript(&self) -> String {
        self.write(page::transcript)
    }

    /// The Mermaid text of what has passed so far.
    pub fn sequence(&self) -> String {
        self.write(diagram::mermaid)
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

    fn command(&self, words: &[String]) -> Command {
        let scripts = self.scripts.lock();
        scripts.unwrap_or_else(PoisonError::into_inner).command(words)
    }

    fn write<T>(&self, change: impl FnOnce(&mut Record) -> T) -> T {
        change(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
