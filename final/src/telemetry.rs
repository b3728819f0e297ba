//! The log and the metrics, for operators.

mod excerpt;
mod line;
pub mod log;
mod metrics;

use tracing::Span;

pub use self::metrics::Metrics;
use crate::protocol::names::named;
use crate::protocol::trace::TraceContext;

/// Opens the span of a request that is part of a caller's trace, so that the log
/// lines of the request name the trace.
pub fn span(trace: &TraceContext) -> Span {
    let TraceContext { trace_id, parent_id } = trace;
    tracing::info_span!("request", trace_id, parent_id)
}

named! {
    /// The outcome of a request, as a label with few values.
    Outcome {
        /// A result.
        Done => "ok",
        /// An error that the caller can fix.
        Refused => "refused",
        /// A cancellation by the caller.
        Cancelled => "cancelled",
        /// An error because storage was unavailable.
        Unavailable => "unavailable",
        /// An error of the server.
        Failed => "error",
    }
}
