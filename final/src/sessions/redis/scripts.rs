//! Scripts: every change of a session is one of them, and so is atomic.

use std::sync::LazyLock;

use crate::redis::{Script, TIME, script};

/// Begins every script that changes a session, after [`TIME`].
pub(crate) const SESSION: &str = include_str!("lua/session.lua");

script!(CREATE: TIME, "create");
script!(TOUCH: TIME, SESSION, "touch");
script!(CHANGE: TIME, SESSION, "change");
script!(APPEND: TIME, SESSION, "append");
script!(APPEND_AUDIT: TIME, SESSION, "append_audit");
script!(CLEAR: TIME, SESSION, "clear");
script!(TERMINATE: TIME, SESSION, "terminate");
script!(RESERVE: TIME, "reserve");
script!(COUNT_ACTIVE: TIME, "count_active");
script!(PROBE: "probe");
script!(LIST_DUE: TIME, "list_due");
