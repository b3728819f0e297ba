//! A stateful MCP server over Streamable HTTP, for any number of nodes.
//!
//! These are the modules, from the top down. A module imports only from rows below
//! its own.
//!
//! | module | contents |
//! |---|---|
//! | [`app`] | the composition root: command line, storage, listener, drain |
//! | [`http`], [`stdio`] | the two transports on the same engine |
//! | [`engine`] | one message in, messages out: methods, streams, upkeep |
//! | [`error`] | every error, and its meaning for clients |
//! | [`calculator`] | the domain, behind the [`service::Service`] trait |
//! | [`service`] | the interface of a domain, and all that handlers may use |
//! | [`config`] | the settings, read from the environment |
//! | [`telemetry`] | the log and the metrics |
//! | [`calls`] | the running calls of this node, and their messages |
//! | [`bus`] | messages between nodes: answers, cancellations, changes, hints |
//! | [`events`] | the event log: the events on streams, in order, for resumption |
//! | [`sessions`] | the record of a session, and the stores |
//! | [`redis`] | the Redis client alone: connection, scripts, keys, measurement |
//! | [`sealing`] | encryption of state that clients keep and send back |
//! | [`protocol`] | the messages of MCP as types: no I/O, no async |
//! | [`readiness`], [`detached`], `lock` | small modules that depend on no other |

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
