//! What speed costs: a swap is shown with the figure that pays for it, and the figure
//! comes from the bench.

use crate::page::{Page, Problem};
use crate::prose;

/// What the bench writes among words.
const FIGURE: &str = "data-figure=\"";

/// Checks that each section with a swap has a figure of the bench.
pub fn check(page: &Page) -> Vec<Problem> {
    let lines = prose::lines(&page.source);
    let headings: Vec<usize> = lines
        .iter()
        .filter(|(_, line)| line.starts_with('#'))
        .map(|(number, _)| *number)
        .collect();
    let mut problems = Vec::new();
    for (index, text) in page.source.lines().enumerate() {
        let line = index + 1;
        if !text.trim_start().starts_with("{{swap ") {
            continue;
        }
        let start = headings.iter().rev().find(|other| **other < line);
        let end = headings.iter().find(|other| **other > line);
        let (start, end) = (start.copied().unwrap_or(0), end.copied());
        let is_inside =
            |number: usize| number > start && end.is_none_or(|end| number < end);
        let mut inside = lines.iter().filter(|(number, _)| is_inside(*number));
        if !inside.any(|(_, line)| line.contains(FIGURE)) {
            let (page, directive) = (page.name.clone(), text.trim().to_owned());
            let message = format!(
                "what does it bring? Its section needs a figure: <span {FIGURE}NAME\">"
            );
            problems.push(Problem { page, line, directive, message });
        }
    }
    problems
}
