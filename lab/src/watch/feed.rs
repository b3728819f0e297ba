//! What the live page is told, as server-sent events.
//!
//! | event | its JSON |
//! |---|---|
//! | `states` | the names of all participants, and the states of nodes and Redis |
//! | `message` | one entry of the record; its id is its place |
//! | `gone` | the place of an entry that has turned out to be noise |

use std::collections::VecDeque;
use std::time::UNIX_EPOCH;

use axum::response::sse::Event;
use lab::recorder::diagram::{self, Shape};
use lab::recorder::record::{Entry, Place, What};
use lab::recorder::{CLIENT, REDIS, Recorder, page};
use serde_json::{Value, json};
use tokio::select;
use tokio::sync::watch::Receiver;

use crate::board::Board;

/// The events of one browser.
#[derive(Debug, Clone)]
pub struct Feed {
    recorder: Recorder,
    board: Board,
    recorded: Receiver<()>,
    changed: Receiver<()>,
    /// The first entry that was not sent.
    next: Place,
    /// How many of the entries that are noise were sent.
    gone: usize,
    sent_states: Value,
    waiting: VecDeque<(&'static str, Option<u64>, Value)>,
}

impl Feed {
    /// Everything that was recorded, and what will be.
    pub fn new(recorder: Recorder, board: Board) -> Self {
        Self {
            recorded: recorder.changes(),
            changed: board.changes(),
            next: Place::default(),
            gone: 0,
            sent_states: Value::Null,
            waiting: VecDeque::new(),
            recorder,
            board,
        }
    }

    /// The same without what a browser has seen before it lost its connection.
    pub fn behind(mut self, last: Option<u64>) -> Self {
        self.next = Place(last.map_or(0, |place| place.saturating_add(1)));
        self
    }

    /// The next event.
    pub async fn next(&mut self) -> Event {
        loop {
            if let Some((name, id, data)) = self.waiting.pop_front() {
                let event = Event::default().event(name).data(data.to_string());
                return match id {
                    Some(id) => event.id(id.to_string()),
                    None => event,
                };
            }
            self.look();
            if self.waiting.is_empty() {
                // Both live as long as the lab.
                select! {
                    _ = self.recorded.changed() => {}
                    _ = self.changed.changed() => {}
                }
            }
        }
    }

    /// Finds what was not sent yet. Entries come before the states that they explain.
    fn look(&mut self) {
        let is_first = self.sent_states.is_null();
        if is_first {
            self.look_at_states();
        }
        for entry in self.recorder.told_since(self.next) {
            self.next = self.next.max(Place(entry.place.0.saturating_add(1)));
            let id = Some(entry.place.0);
            self.waiting.push_back(("message", id, message(&entry)));
        }
        for place in self.recorder.taken_back(self.gone) {
            self.gone += 1;
            self.waiting.push_back(("gone", None, json!({ "place": place.0 })));
        }
        self.look_at_states();
    }

    fn look_at_states(&mut self) {
        let states = states(&self.board);
        if states != self.sent_states {
            self.waiting.push_back(("states", None, states.clone()));
            self.sent_states = states;
        }
    }
}

/// The participants from left to right: clients, nodes, Redis.
fn states(board: &Board) -> Value {
    let mut rows = board.rows();
    rows.sort_by_key(|row| row.name == REDIS);
    let names = rows.iter().map(|row| row.name.clone());
    let names: Vec<_> = std::iter::once(CLIENT.to_owned()).chain(names).collect();
    let states = rows
        .iter()
        .map(|row| json!({ "name": row.name, "state": row.state.word() }));
    json!({ "participants": names, "states": states.collect::<Vec<_>>() })
}

fn message(entry: &Entry) -> Value {
    let shape = match (diagram::shape(entry), &entry.what) {
        (_, What::Killed) => "killed",
        (Shape::Question, _) => "question",
        (Shape::Answer, _) => "answer",
        (Shape::Broken, _) => "broken",
        (Shape::Note, _) => "note",
    };
    let time = entry.time.duration_since(UNIX_EPOCH).unwrap_or_default();
    json!({
        "place": entry.place.0,
        "shape": shape,
        "who": entry.who,
        "label": diagram::label(entry, None, true),
        "text": page::text(std::slice::from_ref(entry), true),
        "time": u64::try_from(time.as_millis()).unwrap_or_default(),
    })
}
