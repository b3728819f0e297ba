//! A stateful MCP server over Streamable HTTP, for any number of nodes.
//!
//! The modules, from the top down. A module imports only from rows below its own.
//!
//! | module | what it holds |
//! |---|---|
//! | [`app`] | the composition root: command line, storage, listener, drain |
//! | [`http`], [`stdio`] | the two transports on the same engine |
//! | [`engine`] | one message in, messages out: methods, streams, upkeep |
//! | [`error`] | every error, and what it means to a client |
//! | [`calculator`] | the domain, behind the [`service::Service`] trait |
//! | [`service`] | the extension point for a domain, and all that a handler may touch |
//! | [`config`] | the settings, read from the environment |
//! | [`telemetry`] | the log and the metrics |
//! | [`calls`] | the running calls of this node, and what they send |
//! | [`bus`] | messages between nodes: answers, cancellations, where to look |
//! | [`events`] | what was sent on streams, in order, for resumption |
//! | [`sessions`] | the record, and the stores |
//! | [`redis`] | the Redis client alone: connection, scripts, keys, measurement |
//! | [`sealing`] | state that clients bring back, unread and unchanged |
//! | [`protocol`] | the data contracts: no I/O, no async |
//! | [`readiness`], [`detached`], `lock` | small things that know nothing else |

pub mod app;
pub mod bus;
pub mod calculator;
pub mod calls;
pub mod config;
pub mod detached;
pub mod engine;
pub mod error;
pub mod events;
pub mod http;
mod lock;
pub mod protocol;
pub mod readiness;
pub mod redis;
pub mod sealing;
pub mod service;
pub mod sessions;
pub mod stdio;
pub mod telemetry;
