//! A stateful MCP server over Streamable HTTP, for any number of nodes.
//!
//! The rooms, from the top down. A room knows only those below it.
//!
//! | room | what it is about |
//! |---|---|
//! | [`app`] | the composition root: command line, storage, listener, drain |
//! | [`http`], [`stdio`] | the two transports on the same engine |
//! | [`engine`] | one message in, messages out: methods, running calls, upkeep |
//! | [`error`] | every error, and what it means to a client |
//! | [`calculator`] | the domain, behind the [`service::Service`] trait |
//! | [`service`] | the seam for a domain, and all that a handler may touch |
//! | [`bus`] | the way to the other nodes: answers, cancellations, hints to look |
//! | [`events`] | what was said on streams, and those who read it |
//! | [`sessions`] | the record, the stores, and what is live on this node |
//! | [`sealing`] | what clients bring back, unread and unchanged |
//! | [`protocol`] | the data contracts: no I/O, no async |
//! | [`config`], [`readiness`], [`telemetry`] | settings, state and metrics of the node |

pub mod app;
pub mod bus;
pub mod calculator;
pub mod config;
pub mod detached;
pub mod engine;
pub mod error;
pub mod events;
pub mod http;
mod lock;
pub mod protocol;
pub mod readiness;
pub mod sealing;
pub mod service;
pub mod sessions;
pub mod stdio;
pub mod telemetry;
