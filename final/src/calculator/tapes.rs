//! The tools that open and close tapes, which the stateless era has in place of
//! sessions, and the tool that clears a history in either era.

use serde_json::json;

use super::arguments::{ClearArguments, CloseTapeArguments};
use super::resources;
use super::results::{ClearResult, CloseTapeResult, OpenTapeResult};
use crate::protocol::elicitation::{Elicit, ElicitAction};
use crate::protocol::tools::ToolResult;
use crate::service::{Context, ServiceError};
use crate::sessions::clock::millis;

pub async fn open(cx: &Context) -> Result<ToolResult, ServiceError> {
    let tape_id = cx.open_tape().await?.to_string();
    let expires_after_ms = millis(cx.session_timeout());
    let text = format!(
        "{tape_id} is open. Pass it as tape_id; it expires after \
         {expires_after_ms} ms without use."
    );
    let opened = OpenTapeResult { tape_id, expires_after_ms };
    Ok(ToolResult::text(text).with_structure(&opened))
}

pub async fn close(
    cx: &Context,
    CloseTapeArguments { tape_id }: CloseTapeArguments,
) -> Result<ToolResult, ServiceError> {
    cx.close_tape(&tape_id, resources::of_tape(&tape_id)).await?;
    let closed = CloseTapeResult { closed: true };
    Ok(ToolResult::text("the tape is closed").with_structure(&closed))
}

/// Clears a history if the user confirms it. The handler is the same in both eras:
/// at `ask`, it waits in the stateful era, and ends and starts again in the
/// stateless era.
pub async fn confirm_clear(
    cx: &Context,
    ClearArguments { tape_id }: ClearArguments,
) -> Result<ToolResult, ServiceError> {
    let state = cx.state(tape_id.as_deref()).await?;
    let state = state.ok_or(ServiceError::NoSuchTape)?;
    let answer = cx.ask("confirm", &question()).await?;
    cx.use_answers_once().await?;
    let is_confirmed = answer.action == ElicitAction::Accept
        && answer.content.get("confirm") == Some(&true.into());
    if !is_confirmed {
        let nothing = ClearResult { cleared: 0 };
        return Ok(ToolResult::text("nothing was cleared").with_structure(&nothing));
    }
    let changed = vec![resources::history_uri(state.init())];
    let cleared = state.clear_history(changed).await?;
    let text = format!("calculations cleared: {cleared}");
    Ok(ToolResult::text(text).with_structure(&ClearResult { cleared }))
}

fn question() -> Elicit {
    Elicit {
        message: "Clear the history? It cannot be brought back.".into(),
        requested_schema: json!({
            "type": "object",
            "properties": {
                "confirm": {
                    "type": "boolean",
                    "title": "Clear the history",
                    "default": false,
                },
            },
            "required": ["confirm"],
        }),
    }
}
