//! What a figure may be called. Only the recorder's directives say *recorded*; what
//! somebody drew says *Drawn*.

use crate::page::Problem;
use crate::prose;

/// How arrows look that are drawn with letters.
const ARROWS: [&str; 5] = ["-->", "<--", "->|", "▼", "◄"];

/// The figures of a page that say too much, or nothing.
pub fn check(name: &str, source: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut fail = |line: usize, message: &str| {
        problems.push(Problem {
            page: name.to_owned(),
            line,
            directive: String::new(),
            message: message.to_owned(),
        });
    };
    for (number, line) in prose::lines(source) {
        let start = line.trim().trim_start_matches(['*', '_', '>', ' ']);
        let is_caption = line.trim().starts_with(['*', '_'])
            || line.trim().starts_with("<figcaption>");
        let start = start.trim_start_matches("<figcaption>").to_lowercase();
        if is_caption && start.starts_with("recorded") {
            fail(number, "only a directive shows what was recorded");
        }
    }
    for (number, after) in drawn_with_letters(source) {
        if !after.starts_with("*Drawn") {
            fail(number, "a drawing without a caption: *Drawn.*");
        }
    }
    problems
}

/// The blocks of text with arrows in them: the line where each ends, and the first
/// words behind it.
fn drawn_with_letters(source: &str) -> Vec<(usize, String)> {
    let lines: Vec<&str> = source.lines().collect();
    let mut found = Vec::new();
    let mut open: Option<(String, bool, bool)> = None;
    for (index, line) in lines.iter().enumerate() {
        match &mut open {
            Some((fence, is_text, has_arrows)) => {
                if !line.trim().starts_with(fence.as_str()) {
                    *has_arrows |= ARROWS.iter().any(|arrow| line.contains(arrow));
                    continue;
                }
                if *is_text && *has_arrows {
                    let after = lines[index + 1..].iter();
                    let after = after.map(|line| line.trim());
                    let first = after.into_iter().find(|line| !line.is_empty());
                    found.push((index + 1, first.unwrap_or_default().to_owned()));
                }
                open = None;
            }
            None => {
                let fence = prose::opens_fence(line.trim());
                let info = line.trim().trim_start_matches(['`', '~']);
                let is_text = ["", "text"].contains(&info);
                open = fence.map(|fence| (fence, is_text, false));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::check;

    fn messages(source: &str) -> Vec<String> {
        let problems = check("x.md", source).into_iter();
        problems.map(|problem| problem.to_string()).collect()
    }

    #[test]
    fn only_the_recorder_says_recorded() {
        assert_eq!(
            messages("A\n\n*Recorded: by hand.*\n"),
            ["x.md:3: only a directive shows what was recorded"]
        );
        assert_eq!(messages("**Recorded** yesterday\n").len(), 1);
        assert_eq!(messages("<figcaption>Recorded: x</figcaption>\n").len(), 1);
        let prose = "It is *recorded*.\n\nRecorded at the sockets.\n\n*Drawn.*\n";
        assert_eq!(messages(prose), Vec::<String>::new());
    }

    #[test]
    fn a_drawing_says_that_it_is_one() {
        let drawing = "```text\na --> b\n```\n\n";
        assert_eq!(
            messages(&format!("{drawing}And then\n")),
            ["x.md:3: a drawing without a caption: *Drawn.*"]
        );
        assert!(messages(&format!("{drawing}*Drawn.* And then\n")).is_empty());
        let code = "```rust\na --> b\n```\n\n```text\nplain\n```\n";
        assert!(messages(code).is_empty());
    }
}
