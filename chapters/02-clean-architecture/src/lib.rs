//! An MCP server whose parts can be replaced one at a time.
//!
//! The modules, from the top down. A module imports only from those below it.
//!
//! | module | what it is about |
//! |---|---|
//! | [`app`] | the composition root: command line, listener |
//! | [`http`], [`stdio`] | the two transports on the same engine |
//! | [`engine`] | one message in, one message out: the method table |
//! | [`calculator`] | the domain, behind the [`service::Service`] trait |
//! | [`service`] | the interface for a domain |
//! | [`protocol`] | the data contracts: no I/O, no async |

pub mod app;
pub mod calculator;
pub mod engine;
pub mod http;
pub mod protocol;
pub mod service;
pub mod stdio;
