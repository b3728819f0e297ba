//! The Redis client: a connection, scripts and keys. It knows nothing of what is
//! stored.

mod connection;
mod keys;
mod scripts;

pub use connection::ConnectError;
pub(crate) use connection::Connection;
pub(crate) use keys::Keys;
pub(crate) use scripts::{NO_ARGUMENTS, Part, Script, TIME, arguments, scripts};
