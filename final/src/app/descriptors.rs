//! The limit of file descriptors. Many systems start programs with a soft limit of
//! 1,024, for the sake of old programs. Servers should use the hard limit.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that are not clients' connections: Redis, standard streams, the
/// runtime.
const RESERVE: usize = 64;

/// Raises the soft limit to the hard limit, and warns if that is too low for the
/// connections.
pub(super) fn provide_for(connections: usize) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: maximum, maximum };
    let now = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum,
        Err(error) => {
            tracing::debug!(%error, "the limit of descriptors cannot be raised");
            current
        }
    };
    let needed = u64::try_from(connections + RESERVE).unwrap_or(u64::MAX);
    match now {
        // `None` means that there is no limit.
        Some(limit) if limit < needed => tracing::warn!(
            limit,
            needed,
            "too few descriptors for all connections, raise the limit (ulimit -n)"
        ),
        _ => {}
    }
}
