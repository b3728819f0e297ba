//! Calls that have the same id, one after another: each gets its own answer. First
//! every order of events in a model, then some of them on the real server.
//! spec: basic, requests (D008: an id may be used again when its call has ended)
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use serde_json::{Value, json};
use stateright::{Checker, Model, Property};
use suite::{Cluster, Exchange, Node, PATIENCE, Program, client, eventually};

/// So many times one id is used in the model.
const ATTEMPTS: usize = 3;

/// To whom a stream in storage belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    /// To the node and the id of the call.
    Id,
    /// To one attempt at the call.
    Attempt,
}

/// What the node knows of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Attempt {
    Idle,
    /// It waits for its stream; it has been told once that the id is taken or not.
    Opening {
        taken: bool,
    },
    /// Its work goes on, and is sent on this stream.
    Running(usize),
    /// Its work has ended, and storage has not confirmed the end.
    Ending(usize),
    Done(usize),
    /// Answered with an error: the id is taken, or the outcome is not known.
    Refused,
}

/// A command on its way to storage. Later ones may overtake it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Command {
    Open(usize),
    Finish {
        by: usize,
        stream: usize,
    },
    /// Takes back an attempt. By id, it opens the stream again to learn its name.
    Withdraw(usize),
    /// The second step of that, by id.
    EndWithdrawn {
        stream: usize,
    },
    /// Ends the stream of an attempt that its node no longer runs, for another one.
    Free {
        owner: usize,
        stream: usize,
        other: usize,
    },
}

/// A stream in storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Stream {
    attempt: usize,
    /// With whose answer it has ended, if there was one.
    ended: Option<Option<usize>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    attempts: [Attempt; ATTEMPTS],
    streams: Vec<Stream>,
    /// The stream that has the id.
    taken: Option<usize>,
    withdrawn: [bool; ATTEMPTS],
    /// Sorted, so that equal worlds are equal.
    network: Vec<Command>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The client sends the call, with the same id as those before it.
    Call(usize),
    EndWork(usize),
    Deliver(Command),
    /// It has its effect, and the node never learns it.
    DeliverUnheard(Command),
    /// The node waits for storage no longer.
    TimeOut(usize),
}

impl World {
    fn send(&mut self, command: Command) {
        self.network.push(command);
        self.network.sort_unstable();
    }

    fn take(&mut self, command: Command) {
        let place = self.network.iter().position(|other| *other == command);
        self.network.remove(place.expect("it is on its way"));
    }

    /// The node runs it, or is about to.
    fn runs(&self, attempt: usize) -> bool {
        use Attempt::{Ending, Opening, Running};
        matches!(self.attempts[attempt], Opening { .. } | Running(_) | Ending(_))
    }

    /// An id is free on the node as soon as the work of its call has ended.
    fn is_working(&self, attempt: usize) -> bool {
        use Attempt::{Opening, Running};
        matches!(self.attempts[attempt], Opening { .. } | Running(_))
    }

    fn open(&mut self, attempt: usize) -> usize {
        let stream = self.streams.len();
        self.streams.push(Stream { attempt, ended: None });
        self.taken = Some(stream);
        stream
    }

    fn end(&mut self, stream: usize, answer: Option<usize>) {
        if self.streams[stream].ended.is_none() {
            self.streams[stream].ended = Some(answer);
            self.taken = self.taken.filter(|taken| *taken != stream);
        }
    }

    fn deliver(&mut self, protocol: Protocol, command: Command, heard: bool) {
        self.take(command);
        match command {
            Command::Open(attempt) => self.deliver_open(protocol, attempt, heard),
            Command::Finish { by, stream } => {
                let own = self.streams[stream].attempt == by;
                if protocol == Protocol::Id || own {
                    self.end(stream, Some(by));
                }
                match heard {
                    true => self.attempts[by] = Attempt::Done(stream),
                    false => self.send(command),
                }
            }
            Command::Withdraw(attempt) => match (protocol, self.taken) {
                (Protocol::Id, taken) => {
                    let stream = taken.unwrap_or_else(|| self.open(attempt));
                    self.send(match heard {
                        true => Command::EndWithdrawn { stream },
                        false => command,
                    });
                }
                (Protocol::Attempt, taken) => {
                    match taken.filter(|s| self.streams[*s].attempt == attempt) {
                        Some(stream) => self.end(stream, None),
                        None => self.withdrawn[attempt] = true,
                    }
                    if !heard {
                        self.send(command);
                    }
                }
            },
            Command::EndWithdrawn { stream } => self.end(stream, None),
            Command::Free { owner, stream, other } => {
                if self.streams[stream].attempt == owner {
                    self.end(stream, None);
                }
                if self.is_working(other) {
                    self.send(Command::Open(other));
                }
            }
        }
    }

    fn deliver_open(&mut self, protocol: Protocol, attempt: usize, heard: bool) {
        let owner = self.taken.map(|stream| self.streams[stream].attempt);
        let answer = match (protocol, self.taken) {
            (Protocol::Attempt, _) if self.withdrawn[attempt] => Err(None),
            (_, None) => Ok(self.open(attempt)),
            (Protocol::Attempt, Some(stream)) if owner != Some(attempt) => {
                Err(Some(stream))
            }
            (_, Some(stream)) => Ok(stream),
        };
        let Attempt::Opening { taken } = self.attempts[attempt] else { return };
        if !heard {
            return;
        }
        self.attempts[attempt] = match answer {
            Ok(stream) => Attempt::Running(stream),
            Err(Some(stream))
                if !taken && !self.runs(self.streams[stream].attempt) =>
            {
                let owner = self.streams[stream].attempt;
                self.send(Command::Free { owner, stream, other: attempt });
                Attempt::Opening { taken: true }
            }
            Err(_) => Attempt::Refused,
        };
    }
}

impl Model for Protocol {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            attempts: [Attempt::Idle; ATTEMPTS],
            streams: Vec::new(),
            taken: None,
            withdrawn: [false; ATTEMPTS],
            network: Vec::new(),
        }]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        for (n, attempt) in world.attempts.iter().enumerate() {
            match attempt {
                Attempt::Idle
                    if (0..n).all(|before| {
                        world.attempts[before] != Attempt::Idle
                            && !world.is_working(before)
                    }) =>
                {
                    steps.push(Step::Call(n));
                }
                Attempt::Opening { .. } => steps.push(Step::TimeOut(n)),
                Attempt::Running(_) => steps.push(Step::EndWork(n)),
                _ => {}
            }
        }
        for command in &world.network {
            steps.push(Step::Deliver(*command));
            steps.push(Step::DeliverUnheard(*command));
        }
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        let mut world = world.clone();
        match step {
            Step::Call(n) => {
                world.attempts[n] = Attempt::Opening { taken: false };
                world.send(Command::Open(n));
            }
            Step::TimeOut(n) => {
                world.attempts[n] = Attempt::Refused;
                world.send(Command::Withdraw(n));
            }
            Step::EndWork(n) => {
                let Attempt::Running(stream) = world.attempts[n] else {
                    return None;
                };
                world.attempts[n] = Attempt::Ending(stream);
                world.send(Command::Finish { by: n, stream });
            }
            Step::Deliver(command) => world.deliver(*self, command, true),
            Step::DeliverUnheard(command) => world.deliver(*self, command, false),
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(NO_OTHER_ANSWER, |_, world: &World| {
                ends(world).all(|(own, answer)| answer.is_none_or(|it| it == own))
            }),
            Property::always(NO_EMPTY_END, |_, world: &World| {
                ends(world).all(|(_, answer)| answer.is_some())
            }),
            Property::always(NO_ID_IS_LOST, |_, world: &World| {
                let runs = (0..ATTEMPTS).any(|attempt| world.runs(attempt));
                runs || !world.network.is_empty() || world.taken.is_none()
            }),
            Property::sometimes("the id is used again", |_, world: &World| {
                world.attempts.iter().all(|it| matches!(it, Attempt::Done(_)))
            }),
        ]
    }
}

/// The streams that attempts read, as far as they have ended.
fn ends(world: &World) -> impl Iterator<Item = (usize, Option<usize>)> {
    world.attempts.iter().enumerate().filter_map(|(n, attempt)| match attempt {
        Attempt::Running(stream)
        | Attempt::Ending(stream)
        | Attempt::Done(stream) => Some((n, world.streams[*stream].ended?)),
        _ => None,
    })
}

const NO_OTHER_ANSWER: &str = "no call gets the answer of another one";
const NO_EMPTY_END: &str = "no call's stream ends without its answer";
const NO_ID_IS_LOST: &str = "an id is free when nobody runs its call";

/// The model can find a fault: these were found on the real server first.
#[test]
fn streams_that_belong_to_an_id_give_calls_wrong_ends() {
    let checker = Protocol::Id.checker().spawn_bfs().join();
    checker.assert_any_discovery(NO_OTHER_ANSWER);
    checker.assert_any_discovery(NO_EMPTY_END);
    checker.assert_any_discovery("the id is used again");
}

#[test]
fn streams_that_belong_to_an_attempt_give_every_call_its_own_end() {
    let checker = Protocol::Attempt.checker().spawn_bfs().join();
    checker.assert_properties();
    assert!(checker.is_done() && checker.unique_state_count() > 1000);
}

/// Rounds of a story: storage comes back at another moment each time.
const ROUNDS: u64 = 5;

async fn shared() -> Cluster {
    let node = Node::builder().program(Program::CONFORMANCE);
    Cluster::of(1, node.set("SSE_AFTER", 300)).await
}

fn slow(id: &str) -> Value {
    let params = json!({ "name": "test_slow", "arguments": { "millis": 1000 } });
    client::message(json!(id), "tools/call", params)
}

fn counted(id: &str) -> Value {
    let to = json!({ "to": 3, "burst": 1, "millis": 150 });
    let params = json!({ "name": "test_count", "arguments": to });
    client::message(json!(id), "tools/call", params)
}

/// Its own answer, or a refusal; nothing, and the answer of another call, are neither.
fn assert_one_answer(answer: &Exchange, text: &str) {
    if answer.status == 400 {
        assert_eq!(answer.code(), -32600, "{answer:#?}");
    } else {
        assert_eq!(answer.text(), text, "{answer:#?}");
    }
}

async fn calls(node: &Node, outcome: &str) -> f64 {
    let sample = format!(
        "mcp_requests_total{{method=\"tools/call\",outcome=\"{outcome}\"}}"
    );
    node.metric(&sample).await.unwrap_or_default()
}

/// Its end waits for storage when the next call with the id comes.
#[tokio::test]
async fn a_call_does_not_get_the_answer_of_the_one_before_it() {
    let cluster = shared().await;
    let (node, redis) = (cluster.node(0), &cluster.redis);
    let client = node.connect().await;
    for round in 0..ROUNDS {
        let id = format!("again {round}");
        let before = calls(node, "ok").await;
        let stream = client.attempt("POST").json(&slow(&id)).open().await;
        assert!(stream.is_stream());
        drop(stream);
        redis.freeze();
        eventually("its work ends", PATIENCE, async || {
            (calls(node, "ok").await > before).then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_millis(100 * round)).await;
        redis.thaw();
        let again = client.post(&counted(&id)).await;
        assert_one_answer(&again, "Counted to 3.");
    }
}

/// The 503 asks the client to try again.
#[tokio::test]
async fn a_call_whose_outcome_was_unknown_can_be_sent_again_with_its_id() {
    let cluster = shared().await;
    let (node, redis) = (cluster.node(0), &cluster.redis);
    let client = node.connect().await;
    let entered = "mcp_store_operation_duration_seconds_count{operation=\"enter\"}";
    for round in 0..ROUNDS {
        let id = format!("again {round}");
        let before = node.metric(entered).await;
        let first = client.attempt("POST").json(&slow(&id));
        let first = tokio::spawn(first.send());
        eventually("the call has begun", PATIENCE, async || {
            (node.metric(entered).await > before).then_some(())
        })
        .await;
        redis.freeze();
        let first = first.await.expect("an answer");
        assert_eq!(first.status, 503, "{first:#?}");
        tokio::time::sleep(Duration::from_millis(100 * round)).await;
        redis.thaw();
        let again = client.post(&counted(&id)).await;
        assert_eq!(again.text(), "Counted to 3.", "round {round}");
    }
}
