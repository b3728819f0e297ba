//! The handlers of the tools.

use std::time::Duration;

use serde::Serialize;

use super::arguments::{
    AdvancedArguments, BatchArguments, BatchItem, CalculateArguments,
    DemoArguments, SampleArguments,
};
use super::arithmetic::UndefinedResult;
use super::history::Calculation;
use super::number::Number;
use super::resources;
use super::results::{
    BatchResult, CalculationResult, DemoResult, ItemResult, SampleResult,
};
use crate::protocol::content::Content;
use crate::protocol::logging::Level;
use crate::protocol::tools::ToolResult;
use crate::service::{Context, ServiceError, SessionHandle};
use crate::sessions::{HistoryEntry, Timestamp};

/// The note for a model that has not passed the ID of a tape.
const NOT_KEPT: &str = "Not recorded: no tape_id was given (see open_tape).";

pub async fn calculate(
    cx: &Context,
    CalculateArguments { a, b, op, stream, tape_id }: CalculateArguments,
) -> Result<ToolResult, ServiceError> {
    let report = async |progress, message| {
        if stream {
            cx.progress(progress, Some(1.0), Some(message)).await;
        }
    };
    report(0.2, "arguments read").await;
    let state = cx.state(tape_id.as_deref()).await?;
    let result = match op.apply(a, b) {
        Ok(result) => result,
        Err(undefined) => return Ok(ToolResult::error(undefined.to_string())),
    };
    report(0.5, "calculated").await;
    let now = now(cx, state.as_ref());
    let calculation = Calculation::new(op.name(), vec![a, b], result, now);
    let recorded = record(cx, state, vec![calculation.entry()]).await?;
    report(1.0, "done").await;
    let text = format!("{a} {} {b} = {result}", op.name());
    Ok(calculated(text, calculation, recorded))
}

pub async fn batch(
    cx: &Context,
    BatchArguments { calculations, report_progress, tape_id }: BatchArguments,
) -> Result<ToolResult, ServiceError> {
    let state = cx.state(tape_id.as_deref()).await?;
    // Exact: the schema allows 100 at most.
    let count = calculations.len() as f64;
    let mut lines = vec![];
    let mut entries = vec![];
    let mut results = vec![];
    for (position, item) in (1_u32..).zip(calculations) {
        if report_progress {
            cx.progress(f64::from(position) / count, Some(1.0), None).await;
        }
        let (line, made) = calculate_item(&item, now(cx, state.as_ref()));
        lines.push(line);
        results.push(match made {
            Ok(made) => {
                entries.push(made.entry());
                ItemResult::Made(CalculationResult::of(made, state.is_some()))
            }
            Err(undefined) => ItemResult::Failed { error: undefined.to_string() },
        });
    }
    let succeeded = entries.len();
    let failed = results.len() - succeeded;
    let recorded = record(cx, state, entries).await?;
    let note = (!recorded && succeeded > 0).then_some(NOT_KEPT);
    let result = BatchResult { results, succeeded, failed, note };
    Ok(noted(lines.join("\n"), note).with_structure(&result))
}

/// Makes one calculation of a batch, and the line of text about it.
fn calculate_item(
    BatchItem { a, b, op }: &BatchItem,
    now: Timestamp,
) -> (String, Result<Calculation, UndefinedResult>) {
    let name = op.name();
    let result = op.apply(*a, *b);
    let outcome = match result {
        Ok(result) => result.to_string(),
        Err(undefined) => format!("error: {undefined}"),
    };
    let inputs = vec![*a, *b];
    let made = result.map(|result| Calculation::new(name, inputs, result, now));
    (format!("{a} {name} {b} = {outcome}"), made)
}

pub async fn advanced(
    cx: &Context,
    AdvancedArguments { operation, value, base, tape_id }: AdvancedArguments,
) -> Result<ToolResult, ServiceError> {
    let state = cx.state(tape_id.as_deref()).await?;
    let result = match operation.apply(value, base) {
        Ok(result) => result,
        Err(undefined) => return Ok(ToolResult::error(undefined.to_string())),
    };
    let inputs = operation.inputs(value, base);
    let written: Vec<String> = inputs.iter().map(Number::to_string).collect();
    let text = format!("{}({}) = {result}", operation.name(), written.join(", "));
    let now = now(cx, state.as_ref());
    let calculation = Calculation::new(operation.name(), inputs, result, now);
    let recorded = record(cx, state, vec![calculation.entry()]).await?;
    Ok(calculated(text, calculation, recorded))
}

pub async fn demo(
    cx: &Context,
    DemoArguments { steps }: DemoArguments,
    interval: Duration,
) -> ToolResult {
    for step in 1..=steps {
        if step > 1 {
            tokio::time::sleep(interval).await;
        }
        let message = format!("step {step} of {steps}");
        cx.progress(step.into(), Some(steps.into()), Some(&message)).await;
    }
    ToolResult::text(format!("all {steps} steps done"))
        .with_structure(&DemoResult { steps })
}

pub fn sample(SampleArguments { value }: SampleArguments) -> ToolResult {
    ToolResult::text(format!("test string print: {value}"))
        .with_structure(&SampleResult { value })
}

/// Makes the result of one calculation.
fn calculated(text: String, made: Calculation, is_recorded: bool) -> ToolResult {
    let note = (!is_recorded).then_some(NOT_KEPT);
    let made = CalculationResult::of(made, is_recorded);
    noted(text, note).with_structure(&CalculationResult { note, ..made })
}

/// Makes a result of a text, and of a note in a block of its own. The structured
/// content repeats the note, because some clients show only that.
fn noted(text: String, note: Option<&str>) -> ToolResult {
    let mut result = ToolResult::text(text);
    result.content.extend(note.map(Content::text));
    result
}

/// Returns the time by the clock of the store that keeps the calculation.
fn now(cx: &Context, state: Option<&SessionHandle>) -> Timestamp {
    state.map_or_else(|| cx.now(), SessionHandle::now)
}

/// The log message about recorded calculations.
#[derive(Serialize)]
struct Recorded {
    recorded: usize,
}

/// Appends all entries to the history in one atomic step, and announces the changed
/// resources. Returns `false` if there is no history to append to.
async fn record(
    cx: &Context,
    state: Option<SessionHandle>,
    entries: Vec<HistoryEntry>,
) -> Result<bool, ServiceError> {
    let Some(state) = state else { return Ok(false) };
    if entries.is_empty() {
        return Ok(true);
    }
    let recorded = Recorded { recorded: entries.len() };
    let opened = state.init();
    let changed = vec![resources::history_uri(opened), resources::info_uri(opened)];
    state.append_history(entries, changed).await?;
    cx.changed_for_all(resources::STATS);
    cx.log(Level::Debug, "calculator", &recorded).await;
    Ok(true)
}
