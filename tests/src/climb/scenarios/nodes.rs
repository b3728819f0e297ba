//! Since chapters 05 and 06: two nodes on one Redis.

use std::time::Instant;

use serde_json::json;
use tokio::task::spawn_local;
use tokio::time::sleep;

use super::scenario;
use super::sessions::history;
use super::store::statistics;
use crate::climb::{Complaint, Need, Outcome, Scenario, Stage, Visitor};
use crate::{GLANCE, PATIENCE};

pub static ALL: &[Scenario] = &[
    scenario!(
        5,
        "shared store: nodes on one Redis report the same totals",
        "a calculation on one node is counted on the other",
        count_together
    )
    .needs(&[Need::TwoNodes]),
    scenario!(
        5,
        "shared store: nodes on one Redis report the same totals",
        "concurrent calculations on both nodes are all counted and recorded",
        lose_nothing
    )
    .needs(&[Need::TwoNodes]),
    scenario!(
        6,
        "any node serves any session",
        "a node continues a session that another node opened",
        go_on_elsewhere
    )
    .needs(&[Need::TwoNodes]),
    scenario!(
        6,
        "any node serves any session",
        "a session survives the death of the node that opened it",
        survive
    )
    .needs(&[Need::TwoNodes, Need::Kill]),
    scenario!(
        6,
        "any node serves any session",
        "a session that was ended on one node no longer exists on the other",
        end_everywhere
    )
    .needs(&[Need::TwoNodes]),
    scenario!(
        6,
        "any node serves any session",
        "a session that Redis has lost is answered with 404, and its client opens another",
        start_again
    )
    .needs(&[Need::TwoNodes, Need::EmptyRedis]),
    scenario!(
        6,
        "session information: what a session has done, on any node",
        "session://info/{sessionId} counts the requests and calculations of all nodes",
        inform
    )
    .needs(&[Need::TwoNodes]),
    scenario!(
        6,
        "session information: what a session has done, on any node",
        "a session cannot read the information about another session",
        keep_information_apart
    ),
];

async fn count_together(stage: &mut Stage) -> Outcome {
    let first = stage.visitor().await?;
    let second = stage.move_to(1, &stage.stranger()).shake_hands().await?;
    first.calculate(100.0, "add", 50.0).await?.text()?;
    second.calculate(7.0, "divide", 2.0).await?.text()?;
    for visitor in [&first, &second] {
        counted(visitor, 2).await?;
    }
    Ok(())
}

/// A node may tell the others of its calculations a moment later.
async fn counted(visitor: &Visitor, expected: u64) -> Outcome {
    let started = Instant::now();
    loop {
        let (answer, statistics) = statistics(visitor).await?;
        if statistics["totalCalculations"] == expected {
            return Ok(());
        }
        let rule = format!("totalCalculations: {expected}");
        answer.check(started.elapsed() < PATIENCE, &rule)?;
        sleep(GLANCE).await;
    }
}

/// A node that reads, changes and writes back loses most of them.
async fn lose_nothing(stage: &mut Stage) -> Outcome {
    let first = stage.visitor().await?;
    let second = stage.move_to(1, &stage.stranger()).shake_hands().await?;
    let at_once = (0..40_u8).map(|n| {
        let visitor = [&first, &second][usize::from(n % 2)].clone();
        spawn_local(async move { visitor.calculate(n.into(), "add", 1.0).await })
    });
    for call in at_once.collect::<Vec<_>>() {
        call.await.map_err(|error| error.to_string())??.text()?;
    }
    for visitor in [&first, &second] {
        let (answer, lines) = history(visitor).await?;
        answer.check(lines.len() == 20, "20 calculations in the history")?;
        counted(visitor, 40).await?;
    }
    Ok(())
}

async fn go_on_elsewhere(stage: &mut Stage) -> Outcome {
    let here = stage.visitor().await?;
    here.calculate(100.0, "add", 50.0).await?.text()?;
    let there = stage.move_to(1, &here);
    there.calculate(7.0, "divide", 2.0).await?.text()?;
    let (answer, lines) = history(&here).await?;
    answer.check(lines.len() == 2, "the calculations of both nodes")
}

async fn survive(stage: &mut Stage) -> Outcome {
    let here = stage.visitor().await?;
    here.calculate(100.0, "add", 50.0).await?.text()?;
    let there = stage.move_to(1, &here);
    stage.kill(0);
    let (answer, lines) = history(&there).await?;
    answer.check(lines.len() == 1, "the calculation of the node that is gone")
}

/// L065, D001
async fn end_everywhere(stage: &mut Stage) -> Outcome {
    let here = stage.visitor().await?;
    let there = stage.move_to(1, &here);
    there.request("ping", json!({})).await?.result()?;
    here.end_session().await?.status(&[200, 202, 204])?;
    there.request("ping", json!({})).await?.status(&[404])
}

/// L065, L066
async fn start_again(stage: &mut Stage) -> Outcome {
    let here = stage.visitor().await?;
    here.calculate(100.0, "add", 50.0).await?.text()?;
    stage.empty_redis().await?;
    for visitor in [&here, &stage.move_to(1, &here)] {
        visitor.request("ping", json!({})).await?.status(&[404])?;
    }
    let (answer, lines) = history(&stage.visitor().await?).await?;
    answer.check(lines.is_empty(), "a new session with an empty history")
}

async fn inform(stage: &mut Stage) -> Outcome {
    let here = stage.visitor().await?;
    here.calculate(100.0, "add", 50.0).await?.text()?;
    let there = stage.move_to(1, &here);
    there.calculate(7.0, "divide", 2.0).await?.text()?;
    let uri = info_uri(&here)?;
    let answer = here.read(&uri).await?;
    let info = answer.resource()?;
    answer.check(info["sessionId"] == here.session()?, "its own sessionId")?;
    answer.check(info["calculationCount"] == 2, "calculationCount: 2")?;
    answer.check(info["requestCount"] == 3, "requestCount: 3, this read included")
}

/// L116
async fn keep_information_apart(stage: &mut Stage) -> Outcome {
    let (visitor, other) = (stage.visitor().await?, stage.visitor().await?);
    visitor.read(&info_uri(&other)?).await?.error(-32002)
}

fn info_uri(visitor: &Visitor) -> Result<String, Complaint> {
    Ok(format!("session://info/{}", visitor.session()?))
}
