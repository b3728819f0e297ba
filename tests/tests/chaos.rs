//! Nodes, Redis and connections fail under load, and the books balance.

use std::time::Duration;

use suite::chaos::{self, Plan};

/// D013, and one answer for each call, its own. `cargo xtask chaos` does the same for
/// longer, with any seed.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_recorded_and_counted_whatever_failed() {
    let plan = Plan { time: Duration::from_secs(6), seed: 7 };
    let report = chaos::run(plan).await;
    assert_eq!(report.failed(), 0, "\n{report}");
}
