//! What operators see: the log and the metrics.

mod excerpt;
mod line;
pub mod log;
mod metrics;

use tracing::Span;

pub use self::metrics::Metrics;
use crate::protocol::trace::TraceContext;

/// Opens the span of a request that is part of a caller's trace: the log names it.
pub fn span(trace: &TraceContext) -> Span {
    let TraceContext { trace_id, parent_id } = trace;
    tracing::info_span!("request", trace_id, parent_id)
}

/// How a request ended, as a label of bounded size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With a result.
    Done,
    /// With an error that the caller can fix.
    Refused,
    /// Cancelled by the caller.
    Cancelled,
    /// Storage was unavailable.
    Unavailable,
    /// With an error that is ours.
    Failed,
}

impl Outcome {
    /// All of them; the index of one is `outcome as usize`.
    const ALL: [Self; 5] = [
        Self::Done,
        Self::Refused,
        Self::Cancelled,
        Self::Unavailable,
        Self::Failed,
    ];

    /// Returns the label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "ok",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
            Self::Unavailable => "unavailable",
            Self::Failed => "error",
        }
    }
}
