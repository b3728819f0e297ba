//! The numbered steps of a page's walk, and the five lines at its end.

use crate::prose;
use crate::render::Format;

/// The heading of the last section of a chapter.
const SUMMARY: &str = "## In five lines";

/// The number of a line that begins a step, and what follows it.
fn step(line: &str) -> Option<(usize, &str)> {
    let (number, rest) = line.strip_prefix("**Step ")?.split_once(':')?;
    Some((number.parse().ok()?, rest))
}

/// How many steps a page has.
pub fn count(source: &str) -> usize {
    source.lines().filter(|line| step(line).is_some()).count()
}

/// The line as a page shows it: a step has an anchor, and says how many there are.
pub fn render(line: &str, of: usize, format: Format) -> String {
    let Some((number, rest)) = step(line) else { return line.to_owned() };
    let words = format!("Step {number} of {of}");
    match format {
        Format::Html => format!(
            "**<a class=\"step-number\" id=\"step-{number}\" \
             href=\"#step-{number}\">{words}</a>:{rest}"
        ),
        Format::Markdown => format!("**{words}:{rest}"),
    }
}

/// The anchor of a step in the text of a page.
pub fn anchor(line: &str) -> Option<String> {
    let (number, _) = line.strip_prefix("**Step ")?.split_once(" of ")?;
    number.parse::<usize>().ok().map(|number| format!("step-{number}"))
}

/// A step whose number does not follow that of the step before.
pub fn misnumbered(source: &str) -> Option<String> {
    let numbers = source.lines().filter_map(|line| Some(step(line)?.0));
    let wrong = numbers.enumerate().find(|(index, number)| index + 1 != *number);
    wrong.map(|(index, number)| format!("step {number} follows step {index}"))
}

/// What is wrong with the summary of a chapter.
pub fn unsummarized(source: &str) -> Option<String> {
    let last = source.rsplit("\n## ").next().unwrap_or_default();
    let heading = SUMMARY.trim_start_matches("## ");
    let lines = last.lines().filter(|line| line.starts_with("- ")).count();
    match (last.starts_with(&format!("{heading}\n")), lines) {
        (true, 5) => None,
        (true, lines) => {
            let lines = prose::counted(lines, "line");
            Some(format!("`{SUMMARY}` has {lines} that begin with `- `"))
        }
        (false, _) => Some(format!("the page does not end with `{SUMMARY}`")),
    }
}
