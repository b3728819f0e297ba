//! What a node does beside its requests: it removes idle sessions.

use std::io::{Write, stderr};
use std::time::Duration;

use tokio::time::interval;

use super::Engine;

/// How often expired sessions are removed. They are invisible from the moment
/// they expire, so this only frees memory.
const SWEEP: Duration = Duration::from_secs(10);

impl Engine {
    /// Runs until it is dropped.
    pub async fn upkeep(&self) {
        let mut ticks = interval(SWEEP);
        loop {
            ticks.tick().await;
            if let Err(error) = self.store.sweep().await {
                let _ =
                    writeln!(stderr(), "idle sessions were not removed: {error}");
            }
        }
    }
}
