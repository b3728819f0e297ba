//! One request, many times.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::board::State;
use crate::client::{self, HttpRequest, Outcome};
use crate::console::arguments;
use crate::console::command::Work;

use super::{Bench, PATIENCE, Printed};

/// How many requests are under way at the same time.
const MOST: usize = 50;

/// The id of the first request behind the handshake.
const FIRST_ID: u64 = 2;

/// The resource with the total of all calculations.
const TOTALS: &str = "calculator://stats";

/// A node that is hammered, and the session of all calls to it.
#[derive(Debug, Clone)]
struct Target {
    node: String,
    address: SocketAddr,
    session: Option<String>,
}

impl Target {
    fn request(&self, body: String) -> (SocketAddr, HttpRequest) {
        (self.address, HttpRequest::post(self.session.as_deref(), body))
    }
}

impl Bench {
    /// Sends the request `count` times to these nodes in turn, or to all living ones.
    pub(super) async fn hammer(
        &mut self,
        count: u64,
        nodes: Vec<String>,
        work: Work,
    ) -> Printed {
        let targets = self.targets(nodes, &work).await?;
        let arguments = match &work {
            Work::Open => String::new(),
            Work::Call(call) => arguments::object(&call.tool, &call.arguments)?,
        };
        let before = self.totals(&targets, FIRST_ID).await;
        // A server may refuse two requests with one id at the same time.
        let last = FIRST_ID + count;
        let requests = (FIRST_ID + 1..=last).zip(targets.iter().cycle());
        let requests = requests.map(|(id, target)| {
            let body = match &work {
                Work::Open => client::initialize(),
                Work::Call(call) => client::call(id, &call.tool, &arguments),
            };
            target.request(body)
        });
        let statuses = send_all(requests).await;
        let after = self.totals(&targets, last + 1).await;
        let totals = describe(&before, &after);
        Ok([tally(&statuses), totals].concat())
    }

    async fn targets(
        &mut self,
        mut nodes: Vec<String>,
        work: &Work,
    ) -> Result<Vec<Target>, String> {
        if nodes.is_empty() {
            let names = self.nodes.iter().map(|node| node.name.clone());
            nodes =
                names.filter(|name| self.board.state(name) == State::Up).collect();
        }
        let mut targets = Vec::new();
        for node in nodes {
            let address = self.address(&node)?;
            let session = match work {
                Work::Open => None,
                Work::Call(_) => self.shake_hands(&node, address).await.ok(),
            };
            targets.push(Target { node, address, session: session.flatten() });
        }
        match targets.is_empty() {
            true => Err("no node runs".into()),
            false => Ok(targets),
        }
    }

    /// The totals that each node reports, where a node reports any.
    async fn totals(&self, targets: &[Target], id: u64) -> Vec<(String, Value)> {
        let mut totals = Vec::new();
        for target in targets.iter().filter(|target| target.session.is_some()) {
            let (address, read) = target.request(client::read(id, TOTALS));
            let answer = self.send(&target.node, address, &read).await;
            let total = answer.and_then(|answer| answer.resource());
            let total = total.map(|stats| stats["totalCalculations"].clone());
            if let Some(total) = total.filter(Value::is_number) {
                totals.push((target.node.clone(), total));
            }
        }
        totals
    }
}

/// Sends all requests, at most [`MOST`] at the same time; what became of each.
async fn send_all(
    requests: impl Iterator<Item = (SocketAddr, HttpRequest)>,
) -> Vec<Outcome> {
    let places = Arc::new(Semaphore::new(MOST));
    let mut running = JoinSet::new();
    for (address, request) in requests {
        let places = places.clone();
        running.spawn(async move {
            let _place = places.acquire().await;
            request.send(address, PATIENCE).await
        });
    }
    running.join_all().await
}

/// `98 answered 200, 2 answered 503`
fn tally(outcomes: &[Outcome]) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for outcome in outcomes {
        let kind = match outcome {
            Outcome::Answered(answer) => format!("answered {}", answer.status),
            Outcome::Broken => "had no connection".to_owned(),
            Outcome::TimedOut => "had no response".to_owned(),
        };
        match counts.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => counts.push((kind, 1)),
        }
    }
    counts.sort();
    let parts = counts.iter().map(|(kind, count)| format!("{count} {kind}"));
    parts.collect::<Vec<_>>().join(", ")
}

/// `, total 72`, or what each node reports if they differ.
fn describe(before: &[(String, Value)], after: &[(String, Value)]) -> String {
    let Some((_, total)) = after.first() else { return String::new() };
    let text = match after.iter().all(|(_, other)| other == total) {
        true => format!(", total {total}"),
        false => {
            let each =
                after.iter().map(|(node, total)| format!("{total} on {node}"));
            format!(", total {}", each.collect::<Vec<_>>().join(" and "))
        }
    };
    let was = before.iter().find(|(_, total)| total.as_u64() != Some(0));
    match was {
        Some((_, total)) => format!("{text} (it was {total} before)"),
        None => text,
    }
}
