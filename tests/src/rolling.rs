//! Nodes behind a real balancer that are restarted one by one, again and again,
//! under the eyes of clients that must not notice.
//!
//! | module | what it is |
//! |---|---|
//! | [`fleet`] | the nodes, each on a port that it keeps |
//! | [`session`] | an MCP client that comes back when it is told to |
//! | [`load`] | what the clients do all the time |
//! | [`ledger`] | what happened, counted |

pub mod fleet;
pub mod ledger;
pub mod load;
pub mod session;

use std::sync::Arc;
use std::time::{Duration, Instant};

use testkit::Balancer;
use tokio::time::sleep;

use self::fleet::Fleet;
use self::ledger::{Ledger, Report};
use self::load::Load;
use crate::RedisServer;

/// Before the first restart, so that all clients are at work.
const WARM_UP: Duration = Duration::from_millis(500);

/// How long nodes are restarted under load.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// At least so long,
    pub time: Duration,
    /// and at least so many restarts.
    pub restarts: u64,
}

/// Carries out the plan and reports what the clients have seen.
pub async fn run(plan: Plan) -> Report {
    let redis = RedisServer::start().await;
    let mut fleet = Fleet::start(&redis).await;
    let balancer = Balancer::start(&fleet.addresses())
        .unwrap_or_else(|error| panic!("no balancer: {error}"));
    let ledger = Arc::new(Ledger::default());
    let load = Load::start(balancer.address(), &ledger);
    sleep(WARM_UP).await;
    restart_all(plan, &mut fleet, &ledger).await;
    load.finish(&ledger).await;
    for line in balancer.complaints() {
        ledger.note(format!("balancer: {line}"));
    }
    Report { plan, counts: ledger.counts(), notes: ledger.notes() }
}

/// One node after the other, so that the others can take its clients.
async fn restart_all(plan: Plan, fleet: &mut Fleet, ledger: &Ledger) {
    let start = Instant::now();
    let mut restarts = 0;
    while start.elapsed() < plan.time || restarts < plan.restarts {
        fleet.restart_next(ledger).await;
        restarts += 1;
    }
}
