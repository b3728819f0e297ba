//! Three nodes on one Redis under load, while nodes and Redis are killed and frozen
//! and connections between them are cut. Then everything is repaired, and the books
//! must balance: what was acknowledged is recorded, what is recorded is counted.
//!
//! | module | what it is |
//! |---|---|
//! | [`stage`] | the nodes and Redis, and what is done to them |
//! | [`link`] | a connection to Redis that can be cut |
//! | [`client`] | a client that calls, leaves, reuses ids, and keeps its own books |
//! | [`book`] | what a client knows of its session's calculations |
//! | [`call`] | one request, followed from node to node until its answer |
//! | [`account`] | what happened, counted, and what must hold |
//! | [`dice`] | chance that a seed repeats |

pub mod account;
pub mod book;
pub mod call;
pub mod client;
pub mod dice;
pub mod link;
pub mod stage;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use self::account::{Account, Report, What};
use self::client::Client;
use self::dice::Dice;
use self::stage::Stage;

/// How many clients call at the same time.
const CLIENTS: u64 = 8;

/// How long late effects may take to show after everything is repaired: calls of
/// nodes that were frozen, and one sweep.
const SETTLE: Duration = Duration::from_secs(15);

/// How long things are made to fail, and the seed of what fails when.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// At least so long.
    pub time: Duration,
    /// The same seed makes the same choices; what meets when is up to the machine.
    pub seed: u64,
}

/// Carries out the plan and reports whether the books balance.
pub async fn run(plan: Plan) -> Report {
    let account = Arc::new(Account::default());
    let mut stage = Stage::start(account.clone()).await;
    let clients: Vec<_> = (1..=CLIENTS)
        .map(|number| {
            let dice = Dice::new(plan.seed, number);
            let nodes = stage.addresses();
            let client = Client::new(number, nodes, dice, account.clone());
            tokio::spawn(client.work())
        })
        .collect();
    let (start, mut dice) = (Instant::now(), Dice::new(plan.seed, 0));
    while start.elapsed() < plan.time {
        stage.disturb(&mut dice).await;
    }
    account.end_faults();
    let mut books = Vec::new();
    for client in clients {
        match client.await {
            Ok(client) => books.push(client),
            Err(error) => panic!("a client: {error}"),
        }
    }
    balance(&mut books, &account).await;
    Report { plan, counts: account.counts(), notes: account.notes() }
}

/// Compares what the clients know with what the deployment says, until both agree.
async fn balance(clients: &mut [Client], account: &Account) {
    let start = Instant::now();
    loop {
        let late = start.elapsed() > SETTLE;
        let mut recorded = 0;
        let mut agree = true;
        for client in clients.iter_mut() {
            agree &= client.close_books(late).await;
            recorded += client.recorded();
        }
        let totals = clients[0].totals().await;
        agree &= totals == Some(recorded);
        if agree || late {
            account.set(What::Recorded, recorded);
            account.set(What::Totals, totals.unwrap_or_default());
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
}
