//! The scripts and the operations of the event log.

use crate::events::LogBounds;
use crate::events::log::{PAGE, QUEUE, WITHDRAWN};
use crate::redis::{FIELDS, Part, operations, scripts};
use crate::sessions::clock::millis;

/// The Lua functions that read running calls: `runner_of` a stream, `stream_of` a
/// call and more.
pub(crate) const CALLS: [Part; 2] =
    [FIELDS, Part::new(include_str!("lua/calls.lua"))];

scripts! {
    /// The scripts of the event log.
    pub(super) struct LogScripts {
        open_call: OpenCall(call, attempt),
        withdraw_call: WithdrawCall(call, attempt),
        open_get_stream,
        close_get_stream: CloseGetStream(lease),
        append_events: AppendEvents(stream, attempt, batch; messages),
        finish_call: FinishCall(stream, attempt, answer),
        send_to_get_stream: SendToGetStream(uri, message),
        resume_stream: ResumeStream(stream, entry),
        read_page: ReadPage(stream, after),
    }
}

operations! {
    /// The operations of the event log.
    pub(super) enum LogOperation {
        OpenCall: Write = "open_call",
        WithdrawCall: Write = "withdraw_call",
        OpenGetStream: Write = "open_listener",
        CloseGetStream: Write = "close_listener",
        AppendEvents: Write = "log",
        FinishCall: Write = "finish",
        SendToGetStream: Write = "send",
        ResumeStream: Write = "resume",
        ReadPage: Read = "read",
    }
}

/// Returns the log's part of a session: its keys, and a script for the end of the
/// session, which collects the nodes that hold something of it.
pub(crate) fn session_parts() -> [Part; 2] {
    let keys = &["calls", "events", "queue"];
    [FIELDS, Part { keys, ..Part::new(include_str!("lua/at_end.lua")) }]
}

/// Returns the part with which every script of a log of this size begins.
pub(super) fn log_part(bounds: LogBounds) -> Part {
    let constants = vec![
        ("max_entries", bounds.entries.to_string()),
        ("max_bytes", bounds.bytes.to_string()),
        ("max_age", millis(bounds.age).to_string()),
        ("queue_limit", QUEUE.to_string()),
        ("withdrawn_limit", WITHDRAWN.to_string()),
        ("page_entries", PAGE.0.to_string()),
        ("page_bytes", PAGE.1.to_string()),
    ];
    Part { constants, ..Part::new(include_str!("lua/log.lua")) }
}
