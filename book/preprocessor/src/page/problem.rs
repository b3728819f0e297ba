//! What is wrong on a page.

/// Something wrong on a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The page.
    pub page: String,
    /// The line, from 1.
    pub line: usize,
    /// The line's text, where a directive is at fault.
    pub directive: String,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { page, line, directive, message } = self;
        write!(f, "{page}:{line}: ")?;
        if !directive.is_empty() {
            write!(f, "{directive}: ")?;
        }
        write!(f, "{message}")
    }
}
