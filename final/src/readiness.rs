//! Whether this node wants traffic.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::Instant;

/// Serving, or going down.
#[derive(Debug)]
pub struct Readiness {
    draining: AtomicBool,
    /// Sessions opened now would survive this node.
    shared_storage: bool,
    /// When the node started.
    pub started: Instant,
}

impl Readiness {
    /// A node that serves.
    pub fn new(shared_storage: bool) -> Self {
        let draining = AtomicBool::new(false);
        Self { draining, shared_storage, started: Instant::now() }
    }

    /// The node is going down. Everything is still served, but nobody should
    /// send more.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether [`drain`](Self::drain) was called.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// A session that would die with this node within seconds is not opened.
    pub fn refuses_new_sessions(&self) -> bool {
        self.is_draining() && !self.shared_storage
    }

    /// Whether sessions are shared with other nodes.
    pub fn has_shared_storage(&self) -> bool {
        self.shared_storage
    }
}
