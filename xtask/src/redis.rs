//! What a Redis has counted.

use testkit::RedisServer;

use crate::Error;

/// How many scripts it was asked to run. A node that kept its sessions to itself
/// would pass a test on one node; this shows it.
pub fn scripts_run(redis: &RedisServer) -> Result<u64, Error> {
    let text = redis.run(&["INFO", "commandstats"])?;
    Ok(text.lines().filter_map(calls_of_script).sum())
}

/// How often it has read from a connection: once for all that had arrived there.
pub fn reads(redis: &RedisServer) -> Result<f64, Error> {
    let text = redis.run(&["INFO", "stats"])?;
    let count = |line: &str| {
        line.strip_prefix("total_reads_processed:")?.trim().parse().ok()
    };
    text.lines().find_map(count).ok_or_else(|| "it counts no reads".into())
}

/// The count in `cmdstat_evalsha:calls=12,usec=…`, for the two script commands.
fn calls_of_script(line: &str) -> Option<u64> {
    let (command, numbers) = line.strip_prefix("cmdstat_eval")?.split_once(':')?;
    if !matches!(command, "" | "sha") {
        return None;
    }
    numbers.strip_prefix("calls=")?.split(',').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::calls_of_script;

    #[test]
    fn only_scripts_are_counted() {
        let count = |line| calls_of_script(line);
        assert_eq!(count("cmdstat_evalsha:calls=12,usec=3"), Some(12));
        assert_eq!(count("cmdstat_eval:calls=1,usec=3"), Some(1));
        assert_eq!(count("cmdstat_get:calls=9,usec=3"), None);
    }
}
