//! The scripts, the operations and the channels of the bus.

use crate::redis::{Keys, Part, lua_text, operations, scripts};

scripts! {
    /// The scripts of the bus.
    pub(super) struct BusScripts {
        register_question: RegisterQuestion(question, call),
        withdraw_question: WithdrawQuestion(question),
        deliver_answer: DeliverAnswer(question, answer),
        request_cancel: RequestCancel(call, reason),
        pull_mailbox,
    }
}

operations! {
    /// The operations of the bus.
    pub(super) enum BusOperation {
        Publish: Write = "announce",
        RegisterQuestion: Write = "expect",
        WithdrawQuestion: Write = "withdraw",
        DeliverAnswer: Write = "answer",
        RequestCancel: Write = "cancel",
        PullMailbox: Read = "look",
        TakeLease: Write = "take_lease",
        RenewLease: Write = "renew_lease",
        EndLease: Write = "end_lease",
        IsAlive: Read = "is_alive",
        UseOnce: Write = "claim",
        TimeFor: Read = "time_for",
        AgreeOnSecret: Write = "agree",
    }
}

/// Returns the Lua functions with which a script publishes.
pub(super) fn publish_part(keys: &Keys) -> Part {
    let constants = vec![
        ("node_channels", lua_text(&node_channels(keys))),
        ("broadcast_channel", lua_text(&broadcast_channel(keys))),
    ];
    Part { constants, ..Part::new(include_str!("lua/publish.lua")) }
}

/// Returns the parts that run at the end of a session, after that of the event log.
pub(crate) fn session_parts(keys: &Keys) -> [Part; 2] {
    [publish_part(keys), Part::new(include_str!("lua/at_end.lua"))]
}

/// Returns the Lua functions with which the event log reaches other nodes.
pub(crate) fn log_parts(keys: &Keys) -> [Part; 2] {
    [publish_part(keys), Part::new(include_str!("lua/log.lua"))]
}

/// Returns the prefix of every node's own channel. The node's name follows.
pub(super) fn node_channels(keys: &Keys) -> String {
    keys.shared("node:")
}

/// Returns the channel to which all nodes subscribe.
pub(super) fn broadcast_channel(keys: &Keys) -> String {
    keys.shared("nodes")
}
