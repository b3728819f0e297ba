//! The recorder: proxies between clients, nodes and Redis that write down what passes.
//! The lab's console is the program of this package; the tests of the book record with
//! the same proxies.
//!
//! | module | what it is |
//! |---|---|
//! | [`recorder`] | proxies at the sockets that write down what passes |
//! | [`names`] | names for what differs from run to run |
//! | [`event`] | events of a stream, found in its bytes |

pub mod event;
pub mod names;
pub mod recorder;

pub use recorder::Recorder;
