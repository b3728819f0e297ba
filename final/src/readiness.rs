//! The readiness of this node for traffic.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::Instant;

/// The readiness of this node: it serves, or it drains.
#[derive(Debug)]
pub struct Readiness {
    draining: AtomicBool,
    /// Sessions survive the end of this node.
    shared_storage: bool,
    /// The time at which the node started.
    pub started: Instant,
}

impl Readiness {
    /// Returns the readiness of a node that serves.
    pub fn new(shared_storage: bool) -> Self {
        let draining = AtomicBool::new(false);
        Self { draining, shared_storage, started: Instant::now() }
    }

    /// Starts to drain. This node still serves every request, but load balancers
    /// should not send it more.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Returns whether [`drain`](Self::drain) was called.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Returns whether this node opens no more sessions, because they would end
    /// with it within seconds.
    pub fn refuses_new_sessions(&self) -> bool {
        self.is_draining() && !self.shared_storage
    }

    /// Returns whether this node shares its sessions with others.
    pub fn has_shared_storage(&self) -> bool {
        self.shared_storage
    }
}
