//! Since chapter 04: idle sessions go, and statistics count.

use std::time::Instant;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::scenario;
use crate::climb::{Answer, Complaint, Need, Outcome, Scenario, Stage, Visitor};
use crate::{GLANCE, PATIENCE};

pub static ALL: &[Scenario] = &[
    scenario!(
        4,
        "expiry: an idle session expires, an active one does not",
        "an idle session expires after SESSION_TIMEOUT, an active one does not",
        expire
    )
    .needs(&[Need::Setting("SESSION_TIMEOUT", "2000")]),
    scenario!(
        4,
        "statistics: calculations and sessions are counted",
        "calculator://stats counts calculations by operation",
        count
    )
    .needs(&[Need::Alone]),
];

/// The session that watches the other one go is itself in use.
async fn expire(stage: &mut Stage) -> Outcome {
    let (idle, watching) = (stage.visitor().await?, stage.visitor().await?);
    idle.session()?;
    idle.calculate(100.0, "add", 50.0).await?.text()?;
    let started = Instant::now();
    loop {
        let (answer, counted) = statistics(&watching).await?;
        if counted["activeSessions"] == 1 {
            break;
        }
        let expected = "activeSessions: 1, long after SESSION_TIMEOUT";
        answer.check(started.elapsed() < PATIENCE, expected)?;
        sleep(GLANCE).await;
    }
    idle.request("ping", json!({})).await?.status(&[404])?;
    watching.request("ping", json!({})).await?.result()?;
    Ok(())
}

async fn count(stage: &mut Stage) -> Outcome {
    let visitor = stage.visitor().await?;
    for (op, b) in [("divide", 2.0), ("add", 2.0), ("divide", 0.0), ("divide", 4.0)]
    {
        visitor.calculate(8.0, op, b).await?.result()?;
    }
    let (answer, statistics) = statistics(&visitor).await?;
    stage.note(&answer);
    answer.check(statistics["totalCalculations"] == 3, "totalCalculations: 3")?;
    let mut breakdown =
        statistics["operationBreakdown"].as_array().into_iter().flatten();
    let two = json!({ "operation": "divide", "count": 2 });
    answer.check(breakdown.any(|line| *line == two), &format!("{two}"))
}

/// The answer to reading the statistics, and what it says.
pub async fn statistics(visitor: &Visitor) -> Result<(Answer, Value), Complaint> {
    visitor.session()?;
    let answer = visitor.read("calculator://stats").await?;
    let statistics = answer.resource()?;
    Ok((answer, statistics))
}
