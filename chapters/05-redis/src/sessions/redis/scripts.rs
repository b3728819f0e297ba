//! The scripts: every change of a session is one of them, and so is atomic.

use std::sync::LazyLock;

use crate::redis::{Script, script};

script!(CREATE: "create");
script!(TOUCH: "session", "touch");
script!(APPEND: "session", "append");
script!(TERMINATE: "session", "terminate");
script!(COUNT_ACTIVE: "count_active");
script!(SWEEP: "sweep");
