//! An MCP server that remembers its clients for as long as they are active.
//!
//! The modules, from the top down. A module imports only from those below it.
//!
//! | module | what it is about |
//! |---|---|
//! | [`app`] | the composition root: command line, listener |
//! | [`http`], [`stdio`] | the two transports on the same engine |
//! | [`engine`] | one message in, one message out: the method table |
//! | [`calculator`] | the domain, behind the [`service::Service`] trait |
//! | [`service`] | the interface for a domain, and all that a handler may use |
//! | [`sessions`] | the record, and the stores behind one trait |
//! | [`redis`] | the Redis client alone: connection, scripts, keys |
//! | [`protocol`] | the data contracts: no I/O, no async |
//! | [`config`] | settings |

pub mod app;
pub mod calculator;
pub mod config;
pub mod engine;
pub mod http;
mod lock;
pub mod protocol;
pub mod redis;
pub mod service;
pub mod sessions;
pub mod stdio;
