//! The Redis client: a connection, scripts, keys, and the one place where storage
//! is measured. It does not know what the other modules store.

mod cluster;
mod connection;
mod error;
mod keys;
mod meter;
mod outage;
mod primary;
mod scripts;

pub(crate) use connection::{ANSWER_DEADLINE, Connection};
pub use connection::{ConnectError, Servers};
pub(crate) use error::{CommandError, Result};
pub(crate) use keys::Keys;
pub(crate) use meter::{OperationKind, StoreOperation, operations};
pub use meter::{STORE_DEADLINE, StoreMetrics};
pub use outage::outage_reason;
pub(crate) use scripts::{
    FIELDS, NO_ARGUMENTS, Part, Script, TIME, arguments, lua_text, scripts,
};
