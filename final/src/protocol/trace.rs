//! Trace context: the caller's trace to which a request belongs.
//! spec: W3C Trace Context (traceparent); basic/index (trace context), 2026-07-28

/// The header, and the `_meta` member, that carries the context.
pub const TRACEPARENT: &str = "traceparent";

/// The position of the caller in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    /// The id of the trace: 32 hexadecimal digits.
    pub trace_id: String,
    /// The id of the caller's span: 16 hexadecimal digits.
    pub parent_id: String,
}

impl TraceContext {
    /// Parses `version-traceid-parentid-flags`. A text in another form is ignored,
    /// and causes no error (M025). Later versions may have more parts.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let version = hex(parts.next()?, 2)?;
        let trace_id = hex(parts.next()?, 32)?;
        let parent_id = hex(parts.next()?, 16)?;
        hex(parts.next()?, 2)?;
        let is_zero = |id: &str| id.bytes().all(|digit| digit == b'0');
        let is_longer = version == "00" && parts.next().is_some();
        if version == "ff" || is_longer || is_zero(trace_id) || is_zero(parent_id) {
            return None;
        }
        Some(Self { trace_id: trace_id.into(), parent_id: parent_id.into() })
    }
}

/// Returns the text if it has exactly this many lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<&str> {
    let is_digit = |b| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == digits && text.bytes().all(is_digit)).then_some(text)
}
