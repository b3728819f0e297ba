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
//! | [`order`] | an order that does not depend on chance |
//! | [`page`] | the record as a transcript |
//! | [`words`] | one message in a few words |
//! | [`diagram`] | the record as a Mermaid sequence diagram |

pub mod diagram;
pub mod gate;
pub mod head;
pub mod http;
pub mod noise;
pub mod order;
pub mod page;
mod passage;
pub mod record;
pub mod redis;
pub mod resp;
pub mod scripts;
pub mod words;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use gate::{Fate, Gate};
pub use gate::{Held, Pattern};
pub use http::{Route, Upstream};
use record::{Command, Entry, Place, Record, What};
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
    changed: watch::Sender<()>,
}

impl Recorder {
    /// A recorder that knows the Lua scripts in these folders by their file names.
    ///
    /// # Panics
    /// If a folder does not exist.
    pub fn knowing_scripts_of(folders: &[PathBuf]) -> Self {
        let scripts = Arc::new(Mutex::new(Scripts::of(folders)));
        Self { scripts, ..Self::default() }
    }

    /// Records what `client` sends to this listener, and passes it on along the
    /// route. Two clients of one node have a listener each.
    pub fn proxy_http(&self, client: &str, listener: TcpListener, route: Route) {
        let served = http::serve(self.clone(), client.to_owned(), listener, route);
        tokio::spawn(served);
    }

    /// Records what `node` sends to this listener, and passes it on to the Redis on
    /// `port`.
    pub fn proxy_redis(&self, node: &str, listener: TcpListener, port: u16) {
        tokio::spawn(redis::serve(self.clone(), node.to_owned(), listener, port));
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

    /// Lets all messages that match wait, until this is called again.
    pub fn slow(&self, rule: Option<(Pattern, Duration)>) {
        self.gate.slow(rule);
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

    /// Calls sessions `s1`, `s2` and so on.
    pub fn shorten_names(&self) {
        self.write(|record| record.names.shorten());
    }

    /// The session of this name.
    pub fn session_of(&self, name: &str) -> Option<String> {
        self.write(|record| {
            record.name_sessions();
            record.names.session_of(name).map(str::to_owned)
        })
    }

    /// The names and ids of all sessions so far.
    pub fn sessions(&self) -> Vec<(String, String)> {
        self.write(|record| {
            record.name_sessions();
            record.names.sessions()
        })
    }

    /// Where the next entry will stand.
    pub fn next_place(&self) -> Place {
        self.write(|record| record.next)
    }

    /// What was written down from this place on, with names.
    pub fn told_since(&self, place: Place) -> Vec<Entry> {
        self.write(|record| record.told_since(place))
    }

    /// What has turned out to be noise; without the first `count`.
    pub fn taken_back(&self, count: usize) -> Vec<Place> {
        self.write(|record| record.taken_back[count..].to_vec())
    }

    /// Sees each change of the record.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// A line of a pipe.
    pub fn line(&self, from: &str, to: &str, text: &str) {
        let line = Entry::message(from, to, What::Line(text.to_owned()));
        self.write(|record| record.add(line));
    }

    fn command(&self, words: &[String]) -> Command {
        let scripts = self.scripts.lock();
        scripts.unwrap_or_else(PoisonError::into_inner).command(words)
    }

    fn write<T>(&self, change: impl FnOnce(&mut Record) -> T) -> T {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let before = (record.next, record.taken_back.len());
        let done = change(&mut record);
        if before != (record.next, record.taken_back.len()) {
            self.changed.send_replace(());
        }
        done
    }
}
