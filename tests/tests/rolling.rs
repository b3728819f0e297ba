//! Nodes are restarted one by one behind a balancer, and no client notices.

use std::time::Duration;

use suite::rolling::{self, Plan};

/// `cargo xtask rolling` does the same for longer.
#[tokio::test(flavor = "multi_thread")]
async fn one_round_of_restarts_loses_and_doubles_nothing() {
    let plan = Plan { time: Duration::from_secs(8), restarts: 3 };
    let report = rolling::run(plan).await;
    assert_eq!(report.failed(), 0, "\n{report}");
}
