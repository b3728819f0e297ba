//! Measures the operations on Redis, gives each a deadline, and remembers the last
//! outage. The memory store is not measured.

use std::io;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts,
    Registry,
};
use redis::RedisResult;
use tokio::time::{Instant, timeout_at};

use super::error::{CommandError, Result};
use crate::lock::lock;

/// The time that an operation may take before the client gets an error.
pub const STORE_DEADLINE: Duration = Duration::from_secs(1);

/// How long a failed operation makes Redis count as unhealthy. Short, because the
/// cause may have passed; a lasting one fails the next operation.
const RECENT: Duration = Duration::from_millis(900);

/// Upper bounds in seconds: from 50 µs up to the deadline.
const BUCKETS: [f64; 14] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05,
    0.1, 0.25, 0.5, 1.0,
];

/// An operation on Redis: each module has its own enum, made by [`operations!`].
pub(crate) trait StoreOperation: Copy + Send + Sync + 'static {
    /// The label of each operation.
    const LABELS: &'static [&'static str];

    /// Returns the index of its label.
    fn index(self) -> usize;

    /// Returns its kind, which decides the meaning of a missing answer.
    fn kind(self) -> OperationKind;
}

/// The kind of an operation: the meaning of a missing answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OperationKind {
    /// Nothing is lost with the answer, even if a request was counted.
    Read,
    /// The change may have been made.
    Write,
    /// Only the caller needs the answer: a failure is not remembered as an outage.
    Probe,
}

/// Declares the operations of a module with their effects and labels.
macro_rules! operations {
    (
        $(#[$doc:meta])*
        $visibility:vis enum $Operation:ident {
            $($operation:ident: $kind:ident = $label:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        $visibility enum $Operation { $($operation),* }

        impl $crate::redis::StoreOperation for $Operation {
            const LABELS: &'static [&'static str] = &[$($label),*];

            fn index(self) -> usize {
                self as usize
            }

            fn kind(self) -> $crate::redis::OperationKind {
                match self {
                    $(Self::$operation => $crate::redis::OperationKind::$kind),*
                }
            }
        }
    };
}
pub(crate) use operations;

/// The metrics of storage, which the operations of all modules share.
#[derive(Clone)]
pub struct StoreMetrics {
    durations: HistogramVec,
    errors: IntCounterVec,
    deadline: Duration,
    /// The reason and the time of the last failure.
    outage: Arc<Mutex<Option<(Instant, CommandError)>>>,
}

impl StoreMetrics {
    /// Adds the metrics to a registry. The usual deadline is [`STORE_DEADLINE`].
    ///
    /// # Errors
    /// If the registry already has metrics of these names.
    pub fn register(
        registry: &Registry,
        deadline: Duration,
    ) -> Result<Self, prometheus::Error> {
        let durations = HistogramOpts::new(
            "mcp_store_operation_duration_seconds",
            "How long operations of storage take; only with Redis",
        )
        .buckets(BUCKETS.to_vec());
        let durations = HistogramVec::new(durations, &["operation"])?;
        let errors = Opts::new(
            "mcp_store_errors_total",
            "Operations of storage that failed; only with Redis",
        );
        let errors = IntCounterVec::new(errors, &["operation"])?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(errors.clone()))?;
        Ok(Self { durations, errors, deadline, outage: Arc::default() })
    }

    /// Returns the meter of a module. Handles are looked up here, once, so that all
    /// series exist from the start and an operation takes no lock.
    pub(super) fn meter<O: StoreOperation>(&self) -> Meter<O> {
        let handles = O::LABELS.iter().map(|label| {
            let labels = &[*label];
            let duration = self.durations.with_label_values(labels);
            (duration, self.errors.with_label_values(labels))
        });
        let handles = handles.collect();
        Meter { metrics: self.clone(), handles, operations: PhantomData }
    }
}

/// Measures the operations of one module.
pub(super) struct Meter<O> {
    metrics: StoreMetrics,
    /// Duration and errors of each operation.
    handles: Vec<(Histogram, IntCounter)>,
    operations: PhantomData<O>,
}

impl<O: StoreOperation> Meter<O> {
    /// Returns the meter of another module.
    pub fn with_operations<P: StoreOperation>(&self) -> Meter<P> {
        self.metrics.meter()
    }

    /// Waits for an answer until the deadline, independently of the client library.
    pub async fn measure<T>(
        &self,
        operation: O,
        answer: impl Future<Output = RedisResult<T>>,
    ) -> Result<T> {
        let started = Instant::now();
        let answer = timeout_at(started + self.metrics.deadline, answer).await;
        let answer =
            answer.unwrap_or_else(|late| Err(io::Error::from(late).into()));
        let (durations, errors) = &self.handles[operation.index()];
        durations.observe(started.elapsed().as_secs_f64());
        answer.map_err(|error| {
            errors.inc();
            let kind = operation.kind();
            let error = CommandError::classify(error, kind != OperationKind::Write);
            if error.is_outage() && kind != OperationKind::Probe {
                *lock(&self.metrics.outage) = Some((Instant::now(), error.clone()));
            }
            error
        })
    }

    /// Returns the error of an operation that has just failed.
    pub fn last_outage(&self) -> Option<CommandError> {
        let outage = lock(&self.metrics.outage);
        let (at, error) = outage.as_ref()?;
        (at.elapsed() < RECENT).then(|| error.clone())
    }
}
