//! Background work of a node: it removes expired sessions.

use std::io::{Write, stderr};
use std::time::Duration;

use tokio::time::interval;

use super::Engine;

/// How often expired sessions are removed. No request finds them after they expire,
/// so this only frees memory.
const SWEEP: Duration = Duration::from_secs(10);

impl Engine {
    /// Runs until the future is dropped.
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
