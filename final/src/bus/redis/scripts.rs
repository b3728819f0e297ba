//! The scripts of the bus, what it asks Redis for, and its channels.

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
    /// What the bus asks Redis for.
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

/// Lets a script publish.
pub(super) fn publish_part(keys: &Keys) -> Part {
    let constants = vec![
        ("node_channels", lua_text(&node_channels(keys))),
        ("broadcast_channel", lua_text(&broadcast_channel(keys))),
    ];
    Part { constants, ..Part::new(include_str!("lua/publish.lua")) }
}

/// What runs when a session ends, behind the part of the event log.
pub(crate) fn session_parts(keys: &Keys) -> [Part; 2] {
    [publish_part(keys), Part::new(include_str!("lua/at_end.lua"))]
}

/// What the event log needs of other nodes.
pub(crate) fn log_parts(keys: &Keys) -> [Part; 2] {
    [publish_part(keys), Part::new(include_str!("lua/log.lua"))]
}

/// How the name of every node's own channel begins; the node's name follows.
pub(super) fn node_channels(keys: &Keys) -> String {
    keys.shared("node:")
}

/// The channel that all nodes subscribe to.
pub(super) fn broadcast_channel(keys: &Keys) -> String {
    keys.shared("nodes")
}
