//! What operators see: the log and the metrics.

mod excerpt;
mod line;
pub mod log;
mod metrics;

use tracing::Span;

pub use self::metrics::Metrics;
use crate::protocol::names::named;
use crate::protocol::trace::TraceContext;

/// Opens the span of a request that is part of a caller's trace: the log names it.
pub fn span(trace: &TraceContext) -> Span {
    let TraceContext { trace_id, parent_id } = trace;
    tracing::info_span!("request", trace_id, parent_id)
}

named! {
    /// How a request ended, as a label of bounded size.
    Outcome {
        /// With a result.
        Done => "ok",
        /// With an error that the caller can fix.
        Refused => "refused",
        /// Cancelled by the caller.
        Cancelled => "cancelled",
        /// Storage was unavailable.
        Unavailable => "unavailable",
        /// With an error that is ours.
        Failed => "error",
    }
}
