//! The lines of a block.

use crate::highlight::line as coloured;
use crate::lines::{Line, Sign, count};

/// Whether the lines need signs: plain new code does not.
fn has_signs(lines: &[Line]) -> bool {
    lines.iter().any(|line| matches!(line.sign, Sign::Removed))
        || (count(lines, Sign::Added) > 0 && count(lines, Sign::Same) > 0)
}

pub(super) fn pre(file: &str, lines: &[Line]) -> String {
    let signs = has_signs(lines);
    let class = if signs { "diff" } else { "plain" };
    let mut text =
        format!("<pre class=\"{class}\"><code class=\"hljs nohighlight\">");
    for line in lines {
        let code = coloured(file, &line.text);
        let (class, sign) = match line.sign {
            Sign::Added => ("ins", "+"),
            Sign::Removed => ("del", "-"),
            Sign::Same => ("same", " "),
            Sign::Gap => ("gap", " "),
        };
        match (line.sign, signs) {
            (Sign::Gap, _) => {
                text.push_str(&format!(
                    "<span class=\"l gap\"><b>{sign}</b> {}…\n</span>",
                    line.text
                ));
            }
            (_, true) => text.push_str(&format!(
                "<span class=\"l {class}\"><b>{sign}</b> {code}\n</span>"
            )),
            (_, false) => text.push_str(&format!("{code}\n")),
        }
    }
    text.push_str("</code></pre>\n\n");
    text
}

pub(super) fn fence(file: &str, lines: &[Line]) -> String {
    let signs = has_signs(lines);
    let ending = file.rsplit_once('.').map_or("text", |(_, ending)| ending);
    let language = match (signs, ending) {
        (true, _) => "diff",
        (false, "rs") => "rust",
        (false, other) => other,
    };
    let mut text = format!("````{language}\n");
    for line in lines {
        let sign = match line.sign {
            Sign::Added => "+ ",
            Sign::Removed => "- ",
            Sign::Same | Sign::Gap => "  ",
        };
        let dots = if line.sign == Sign::Gap { "…" } else { "" };
        let shown = match signs {
            true => format!("{sign}{}{dots}", line.text),
            false => format!("{}{dots}", line.text),
        };
        text.push_str(shown.trim_end());
        text.push('\n');
    }
    text.push_str("````\n\n");
    text
}
