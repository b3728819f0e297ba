//! Since chapter 03: a session that is named, remembered and ended.

use serde_json::{Value, json};

use super::scenario;
use crate::climb::chapters::FINAL;
use crate::climb::{Answer, Change, Complaint, Outcome, Scenario, Stage, Visitor};

const SESSION: &str = "sessions: requests have a session ID, clients end sessions";
const HISTORY: &str = "history: a session records its calculations";

/// The resource that a session remembers its calculations in.
pub const URI: &str = "calculator://history";

const SURFACE: Change =
    Change { since: FINAL, why: "calculations have an id and a time" };
const STATISTICS: Change = Change { since: 4, why: "there are statistics too" };
const INFORMATION: Change =
    Change { since: 6, why: "there is information about the session too" };
const RESOURCES: Change = Change { since: FINAL, why: "more resources" };

pub static ALL: &[Scenario] = &[
    scenario!(
        3,
        SESSION,
        "each initialize returns a new session ID",
        name_the_session
    ),
    scenario!(
        3,
        SESSION,
        "a request without a session ID is rejected with 400",
        refuse_without_session
    ),
    scenario!(
        3,
        SESSION,
        "a request with an unknown session ID is rejected with 404",
        refuse_an_unknown_session
    ),
    scenario!(
        3,
        SESSION,
        "a session stays at its negotiated version",
        refuse_another_version
    ),
    scenario!(
        3,
        SESSION,
        "a session that its client has ended no longer exists",
        end_the_session
    ),
    scenario!(
        3,
        HISTORY,
        "a client can read its history, newest calculation last",
        remember
    )
    .changes(&[SURFACE]),
    scenario!(
        3,
        HISTORY,
        "a session does not see the calculations of another session",
        keep_apart
    ),
    scenario!(
        3,
        HISTORY,
        "the history keeps the last 50 calculations",
        keep_the_last
    ),
    scenario!(
        3,
        HISTORY,
        "the history is in the list of resources",
        list_resources
    )
    .changes(&[STATISTICS, INFORMATION, RESOURCES]),
    scenario!(
        3,
        HISTORY,
        "an unknown resource is an error with a code of its own",
        refuse_an_unknown_resource
    ),
];

/// L061 to L063
async fn name_the_session(stage: &mut Stage) -> Outcome {
    let (first, second) = (stage.visitor().await?, stage.visitor().await?);
    let (first, second) = (first.session()?, second.session()?);
    if first == second {
        return Err(format!("two clients were given the same session: {first}"));
    }
    let is_visible = |byte: u8| (0x21..=0x7e).contains(&byte);
    match first.bytes().all(is_visible) && first.len() >= 16 {
        true => Ok(()),
        false => Err(format!("{first:?} is no id that is hard to guess")),
    }
}

/// L064
async fn refuse_without_session(stage: &mut Stage) -> Outcome {
    let visitor = stage.visitor().await?;
    visitor.session()?;
    let body = crate::client::message(json!(2), "tools/list", json!({}));
    let attempt = visitor.attempt("POST").without("mcp-session-id").json(&body);
    let answer = visitor.send("tools/list without Mcp-Session-Id", attempt).await?;
    answer.status(&[400])?;
    stage.note(&answer);
    Ok(())
}

/// L065
async fn refuse_an_unknown_session(stage: &mut Stage) -> Outcome {
    let visitor = stage.visitor().await?;
    visitor.session()?;
    let body = crate::client::message(json!(2), "tools/list", json!({}));
    for id in ["9f0c2c1e-4d3b-4a55-9c63-52f1f1b0a001", "no-such-session"] {
        let attempt = visitor.attempt("POST").header("mcp-session-id", id);
        let what = format!("tools/list of the session {id}");
        let answer = visitor.send(&what, attempt.json(&body)).await?;
        answer.status(&[404])?;
        stage.note(&answer);
    }
    Ok(())
}

/// L068
async fn refuse_another_version(stage: &mut Stage) -> Outcome {
    let visitor = stage.visitor().await?;
    visitor.session()?;
    let body = crate::client::message(json!(2), "tools/list", json!({}));
    let attempt = visitor.attempt("POST").json(&body);
    let other = attempt.clone().header("mcp-protocol-version", "1999-01-01");
    visitor.send("tools/list at 1999-01-01", other).await?.status(&[400])?;
    let none = attempt.without("mcp-protocol-version");
    visitor.send("tools/list without a version", none).await?.result()?;
    Ok(())
}

/// L065, L066
async fn end_the_session(stage: &mut Stage) -> Outcome {
    let (visitor, other) = (stage.visitor().await?, stage.visitor().await?);
    visitor.session()?;
    let ended = visitor.end_session().await?;
    stage.note(&ended);
    ended.status(&[200, 202, 204])?;
    let late = visitor.request("ping", json!({})).await?;
    stage.note(&late);
    late.status(&[404])?;
    visitor.end_session().await?.status(&[404])?;
    other.request("ping", json!({})).await?.result()?;
    Ok(())
}

async fn remember(stage: &mut Stage) -> Outcome {
    let visitor = stage.visitor().await?;
    let (empty, _) = history(&visitor).await?;
    empty.check(empty.resource()? == json!([]), "an empty history")?;
    visitor.calculate(100.0, "add", 50.0).await?.text()?;
    visitor.calculate(1.0, "divide", 0.0).await?.failure()?;
    visitor.calculate(7.0, "divide", 2.0).await?.text()?;
    let (answer, lines) = history(&visitor).await?;
    stage.note(&answer);
    answer.check(lines.len() == 2, "the two calculations that have a result")?;
    for (line, (operation, inputs, result)) in lines
        .iter()
        .zip([("add", [100.0, 50.0], 150.0), ("divide", [7.0, 2.0], 3.5)])
    {
        let numbers = line["inputs"].as_array().into_iter().flatten();
        let numbers: Vec<f64> = numbers.filter_map(Value::as_f64).collect();
        let holds = line["operation"] == operation
            && numbers == inputs
            && line["result"].as_f64() == Some(result);
        let expected = format!("operation {operation}, inputs, result {result}");
        answer.check(holds, &expected)?;
    }
    Ok(())
}

async fn keep_apart(stage: &mut Stage) -> Outcome {
    let (visitor, other) = (stage.visitor().await?, stage.visitor().await?);
    visitor.calculate(100.0, "add", 50.0).await?.text()?;
    let (answer, lines) = history(&other).await?;
    answer
        .check(lines.is_empty(), "nothing that another session has calculated")?;
    let (answer, lines) = history(&visitor).await?;
    answer.check(lines.len() == 1, "the session's own calculation")
}

async fn keep_the_last(stage: &mut Stage) -> Outcome {
    let visitor = stage.visitor().await?;
    for n in 0_u8..52 {
        visitor.calculate(n.into(), "add", 0.0).await?.text()?;
    }
    let (answer, lines) = history(&visitor).await?;
    let results: Vec<_> =
        lines.iter().filter_map(|line| line["result"].as_f64()).collect();
    let expected: Vec<f64> = (2_u8..52).map(f64::from).collect();
    answer.check(results == expected, "the last 50 of 52 calculations, newest last")
}

async fn list_resources(stage: &mut Stage) -> Outcome {
    let answer =
        stage.visitor().await?.request("resources/list", json!({})).await?;
    let result = answer.result()?;
    let mut listed = result["resources"].as_array().into_iter().flatten();
    let history = listed.find(|resource| resource["uri"] == URI);
    let named = history.is_some_and(|resource| resource["name"].is_string());
    answer.check(named, "a resource calculator://history with a name")?;
    stage.note(&answer);
    Ok(())
}

/// L116
async fn refuse_an_unknown_resource(stage: &mut Stage) -> Outcome {
    stage.visitor().await?.read("calculator://future").await?.error(-32002)
}

/// The answer to reading the history, and its lines.
pub async fn history(visitor: &Visitor) -> Result<(Answer, Vec<Value>), Complaint> {
    visitor.session()?;
    let answer = visitor.read(URI).await?;
    match answer.resource()? {
        Value::Array(lines) => Ok((answer, lines)),
        _ => Err(answer.complain("an array of calculations")),
    }
}
