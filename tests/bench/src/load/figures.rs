//! What is reported of many answers.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Error;

/// How long answers took.
#[derive(Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// One more answer.
    pub fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// The answers of another connection.
    pub fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Rate over `elapsed`, and percentiles in microseconds.
    pub fn report(mut self, elapsed: Duration) -> Value {
        self.0.sort_unstable();
        let count = self.0.len();
        let at = |share: f64| {
            let place = (share * count.saturating_sub(1) as f64).round() as usize;
            let took = self.0.get(place).copied().unwrap_or_default();
            (took.as_secs_f64() * 1e7).round() / 10.0
        };
        json!({
            "count": count,
            "seconds": elapsed.as_secs_f64(),
            "per_second": (count as f64 / elapsed.as_secs_f64()).round(),
            "p50_us": at(0.5),
            "p99_us": at(0.99),
            "p999_us": at(0.999),
        })
    }
}

/// Processor time that this process has used, in the clock's ticks of 10 ms.
pub fn processor_seconds() -> Result<f64, Error> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // After the name, which is in brackets, user time is the 12th field.
    let (_, fields) = stat.rsplit_once(") ").ok_or("a short stat")?;
    let mut times = fields.split(' ').skip(11).map(str::parse::<f64>);
    let mut next = || times.next().ok_or("a short stat");
    Ok((next()?? + next()??) / 100.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Latencies;

    #[test]
    fn percentiles_are_answers_that_were_measured() {
        let mut all = Latencies::default();
        // In no order: 1 ms to 1,000 ms.
        for number in 0..1000_u64 {
            all.add(Duration::from_millis(number * 7 % 1000 + 1));
        }
        let report = all.report(Duration::from_secs(2));
        assert_eq!(report["count"], 1000);
        assert_eq!(report["per_second"], 500.0);
        assert_eq!(report["p50_us"], 501_000.0);
        assert_eq!(report["p99_us"], 990_000.0);
        assert_eq!(report["p999_us"], 999_000.0);
    }

    #[test]
    fn of_one_answer_every_percentile_is_that_answer() {
        let mut one = Latencies::default();
        one.add(Duration::from_micros(250));
        let report = one.report(Duration::from_secs(1));
        assert_eq!(
            (&report["p50_us"], &report["p999_us"]),
            (&250.0.into(), &250.0.into())
        );
    }
}
