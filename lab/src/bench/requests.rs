//! What a client sends: open, call, read, ping, close.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use crate::board::State;
use crate::client::{self, HttpRequest, HttpResponse, Outcome};
use crate::console::arguments;
use crate::console::command::{ANY, NO_SESSION, Request, ToolCall};
use lab::recorder::record::{Entry, Place, What};
use lab::recorder::{CLIENT, REDIS, page};

use super::{BEHIND_PAUSED, Bench, PATIENCE, PAUSED_PATIENCE, Printed};

/// The number of the last request of each session. `initialize` is the first one.
#[derive(Debug, Default)]
pub struct Sessions(HashMap<String, u64>);

impl Sessions {
    fn next_id(&mut self, session: &str) -> u64 {
        let first = u64::from(session != NO_SESSION);
        let last = self.0.entry(session.to_owned()).or_insert(first);
        *last += 1;
        *last
    }
}

impl Bench {
    /// `open`: the handshake of a new session.
    pub(super) async fn open(&mut self, node: &str, name: Option<&str>) -> Printed {
        let start = self.recorder.next_place();
        if let Some(name) = name {
            self.check_new_name(name)?;
        }
        let address = self.address(node)?;
        let opened = self.shake_hands(node, address).await;
        let Some(session) = opened? else { return Ok(self.exchange(node, start)) };
        if let Some(name) = name {
            self.recorder.name(&session, name);
        }
        let names = self.recorder.sessions();
        let found = names.into_iter().find(|(_, id)| *id == session);
        let name = found.map(|(name, _)| name).unwrap_or_default();
        self.words.add(&name);
        let node = self.served(start).unwrap_or_else(|| node.to_owned());
        Ok(format!("{name} is a session on {node}"))
    }

    fn check_new_name(&self, name: &str) -> Result<(), String> {
        let is_plain = name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        let is_taken = self.recorder.session_of(name).is_some();
        match (is_plain && name != NO_SESSION, is_taken) {
            (false, _) => Err("a name has lower-case letters and hyphens".into()),
            (true, true) => Err(format!("{name} is the name of another session")),
            (true, false) => Ok(()),
        }
    }

    /// The id of a new session, or `None` if there was no response that opened one.
    pub(super) async fn shake_hands(
        &mut self,
        node: &str,
        address: SocketAddr,
    ) -> Result<Option<String>, String> {
        let hello = HttpRequest::post(None, client::initialize());
        let Some(answer) = self.send(node, address, &hello).await else {
            return Ok(None);
        };
        if answer.status != 200 || answer.is_error() {
            return Ok(None);
        }
        let session = answer.session.ok_or_else(|| {
            format!(
                "this server has no sessions; type {NO_SESSION} in the place of one"
            )
        })?;
        let ready = HttpRequest::post(Some(&session), client::initialized());
        self.send(node, address, &ready).await;
        Ok(Some(session))
    }

    /// `call`, `read`, `ping` and `close`.
    pub(super) async fn ask(
        &mut self,
        node: &str,
        session: &str,
        request: &Request,
    ) -> Printed {
        let start = self.recorder.next_place();
        let address = self.address(node)?;
        let id = self.session_id(session)?;
        let request = self.http_request(session, id.as_deref(), request)?;
        self.send(node, address, &request).await;
        Ok(self.exchange(node, start))
    }

    fn session_id(&self, name: &str) -> Result<Option<String>, String> {
        if name == NO_SESSION {
            return Ok(None);
        }
        let id = self.recorder.session_of(name);
        let none = format!("there is no session {name}; `open` opens one");
        id.map(Some).ok_or(none)
    }

    fn http_request(
        &mut self,
        name: &str,
        session: Option<&str>,
        request: &Request,
    ) -> Result<HttpRequest, String> {
        let body = match request {
            Request::Close => return Ok(HttpRequest::delete(session)),
            Request::Call(ToolCall { tool, arguments }) => {
                let arguments = arguments::object(tool, arguments)?;
                client::call(self.sessions.next_id(name), tool, &arguments)
            }
            Request::Read(uri) => client::read(self.sessions.next_id(name), uri),
            Request::Ping => client::ping(self.sessions.next_id(name)),
        };
        Ok(HttpRequest::post(session, body))
    }

    /// Sends a request, and remarks if there is no response in time.
    pub(super) async fn send(
        &self,
        node: &str,
        address: SocketAddr,
        request: &HttpRequest,
    ) -> Option<HttpResponse> {
        let patience = self.patience(node);
        match request.send(address, patience).await {
            Outcome::Answered(response) => Some(response),
            Outcome::Broken => None,
            Outcome::TimedOut => {
                let text = format!("no response within {patience:?}");
                self.recorder.remark(&[CLIENT], &text);
                None
            }
        }
    }

    /// The reader knows what is paused, and need not wait for long.
    fn patience(&self, node: &str) -> Duration {
        let is_paused = |name| self.board.state(name) == State::Paused;
        match (is_paused(node), is_paused(REDIS)) {
            (true, _) => PAUSED_PATIENCE,
            (_, true) => BEHIND_PAUSED,
            _ => PATIENCE,
        }
    }

    /// What a client has sent and received from a place on, as a transcript.
    pub(super) fn exchange(&self, node: &str, start: Place) -> String {
        let mut entries = self.recorder.told_since(start);
        entries.retain(|entry| !entry.who.iter().any(|name| name == REDIS));
        page::text(&entries, node != ANY)
    }

    /// The node that has answered from a place on.
    fn served(&self, start: Place) -> Option<String> {
        let entries = self.recorder.told_since(start);
        let answers = |entry: &&Entry| matches!(entry.what, What::Response { .. });
        entries.iter().find(answers).and_then(|entry| entry.who.first().cloned())
    }
}
