//! Rules that no test proves, and why.

/// One rule, a list, or a range, and a sentence.
#[rustfmt::skip]
pub const REASONS: &[(&str, &str)] = &[
];
