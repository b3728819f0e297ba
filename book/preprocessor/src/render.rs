//! Blocks as HTML for the book, and as Markdown for reviewers.

mod code;
mod yours;

use code::{fence, pre};

use crate::figures;
use crate::highlight::escape;
use crate::lines::{Line, Sign, count};
use crate::shown::{Ride, Shown, Verb};

/// Who reads the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A browser.
    Html,
    /// A reviewer, or the hosting site's own view of a page.
    Markdown,
}

impl Format {
    /// A block of code.
    pub fn shown(self, shown: &Shown) -> String {
        match (&shown.verb, self) {
            (Verb::Yours { contract, chapter }, _) => {
                yours::render(self, shown, contract, chapter)
            }
            (_, Format::Html) => html(shown, &verb(shown)),
            (_, Format::Markdown) => markdown(shown, &verb(shown)),
        }
    }

    /// What was in a chapter, and what takes its place.
    pub fn swap(self, chapter: &str, [old, new]: &[Shown; 2]) -> String {
        let was = format!("before, in chapter {chapter}");
        match self {
            Format::Html => format!(
                "<div class=\"swap\">\n\n{}{}</div>\n\n",
                html(old, &was),
                html(new, "now")
            ),
            Format::Markdown => markdown(old, &was) + &markdown(new, "now"),
        }
    }

    /// An error, as a box that cannot be overlooked.
    pub fn error(self, message: &str) -> String {
        match self {
            Format::Html => format!(
                "<div class=\"machine-error\" role=\"alert\" style=\"border:2px solid \
                 #c00;padding:0.5em 1em\"><strong>Error</strong> {}</div>\n\n",
                escape(message)
            ),
            Format::Markdown => format!("> **Error** {message}\n\n"),
        }
    }

    /// Something that folds out.
    pub fn folded(self, class: &str, summary: &str, inside: &str) -> String {
        format!(
            "<details class=\"{class}\">\n<summary>{}</summary>\n\n{}\n\n</details>\n\n",
            escape(summary),
            inside.trim_end()
        )
    }

    /// Lines of a file between its old neighbours, which are not part of the text: a
    /// reader who copies the block does not copy them.
    fn placed(self, shown: &Shown, lines: &[Line]) -> String {
        let code = self.code(&shown.file, lines);
        let (Format::Html, Some(place)) = (self, &shown.place) else { return code };
        let beside = |line: &Option<String>| match line {
            Some(line) => {
                let line = escape(line).replace('"', "&quot;");
                format!("<span class=\"beside\" data-line=\"{line}\"></span>")
            }
            None => String::new(),
        };
        let open = "nohighlight\">";
        let code =
            code.replacen(open, &format!("{open}{}", beside(&place.above)), 1);
        let close = format!("{}</code></pre>", beside(&place.below));
        code.replacen("</code></pre>", &close, 1)
    }

    /// Lines of a file under a caption.
    fn code(self, file: &str, lines: &[Line]) -> String {
        match self {
            Format::Html => pre(file, lines),
            Format::Markdown => fence(file, lines),
        }
    }
}

fn html(shown: &Shown, label: &str) -> String {
    let class = match shown.verb {
        Verb::Added => "added",
        Verb::Changed => "changed",
        Verb::Moved(_) => "moved",
        Verb::Removed => "removed",
        Verb::Revealed => "revealed",
        Verb::Given => "given",
        Verb::Stubbed => "added",
        Verb::Yours { .. } => "yours",
        Verb::None => "quoted",
    };
    let mut text = format!("<figure class=\"step {class}\">\n<figcaption>");
    text.push_str(&format!("<code>{}</code>", escape(&shown.file)));
    for item in named(shown) {
        text.push_str(&format!(" <code class=\"item\">{}</code>", escape(item)));
    }
    text.push_str(&format!(
        " <span class=\"verb\">{}</span></figcaption>\n\n",
        with_code(label)
    ));
    text.push_str(&inside(Format::Html, shown));
    text.push_str("</figure>\n\n");
    text
}

fn markdown(shown: &Shown, label: &str) -> String {
    let mut items = String::new();
    for item in named(shown) {
        items.push_str(&format!(" `{item}`"));
    }
    let caption = format!("**`{}`**{items} *{label}*\n\n", shown.file);
    caption + &inside(Format::Markdown, shown)
}

/// A label whose parts between backticks are code.
fn with_code(label: &str) -> String {
    let parts = label.split('`').enumerate();
    let part = |(index, part): (usize, &str)| match index % 2 {
        0 => escape(part),
        _ => format!("<code>{}</code>", escape(part)),
    };
    parts.map(part).collect()
}

/// The items in a caption. Those of given code are in its title, because a whole
/// file has many.
fn named(shown: &Shown) -> &[String] {
    if shown.verb == Verb::Given { &[] } else { &shown.items }
}

fn inside(format: Format, shown: &Shown) -> String {
    let mut text = String::new();
    if shown.verb == Verb::Revealed {
        for (name, lines) in &shown.tests {
            let title = name.replace('_', " ");
            text.push_str(&format.folded(
                "test",
                &title,
                &format.code(&shown.file, lines),
            ));
        }
        let all = format!("all {} lines", count(&shown.lines, Sign::Added));
        text.push_str(&format.folded(
            "all",
            &all,
            &format.code(&shown.file, &shown.lines),
        ));
    } else if shown.is_folded() {
        let lines = title(shown);
        text.push_str(&format.folded(
            "all",
            &lines,
            &format.code(&shown.file, &shown.lines),
        ));
    } else {
        text.push_str(&format.placed(shown, &shown.lines));
    }
    text.push_str(&rides(format, shown));
    text
}

/// The imports that came along.
fn rides(format: Format, shown: &Shown) -> String {
    let ride = |ride: &Ride| {
        let body = format.code(&ride.file, &ride.lines);
        format.folded("rides", &ride_title(ride, shown), &body)
    };
    shown.rides.iter().map(ride).collect()
}

/// How many lines, and of given code what they are.
fn title(shown: &Shown) -> String {
    match (shown.verb == Verb::Given, shown.items.is_empty()) {
        (false, _) | (true, true) => figures::amount(shown.lines.len()),
        (true, false) => {
            let lines = figures::count(&shown.lines, Sign::Added);
            format!("{}: {}", figures::amount(lines), shown.items.join(", "))
        }
    }
}

/// "+3 imports", and in which file if it is another one.
fn ride_title(ride: &Ride, shown: &Shown) -> String {
    let count = |sign: char, count: usize, word: &str| match count {
        0 => None,
        1 => Some(format!("{sign}1 {word}")),
        _ => Some(format!("{sign}{count} {word}s")),
    };
    let parts: Vec<String> = [
        count('+', ride.added, "import"),
        count('−', ride.removed, "import"),
        count('+', ride.modules(Sign::Added), "module"),
        count('−', ride.modules(Sign::Removed), "module"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let title = match parts.is_empty() {
        true => "imports in their final order".to_owned(),
        false => parts.join(", "),
    };
    if ride.file == shown.file {
        title
    } else {
        format!("{title} in {}", ride.file)
    }
}

/// What the step does, and where.
fn verb(shown: &Shown) -> String {
    match &shown.place {
        Some(place) => format!("{}, {}", deed(shown), place.words),
        None => deed(shown),
    }
}

fn deed(shown: &Shown) -> String {
    match &shown.verb {
        Verb::Added => "new".into(),
        Verb::Changed => "changed".into(),
        Verb::Removed => "removed".into(),
        Verb::None => "to look at".into(),
        Verb::Given => "given, not typed".into(),
        Verb::Stubbed => "new, its body comes later".into(),
        Verb::Yours { .. } => "yours to write".into(),
        Verb::Revealed => match shown.tests.len() {
            // What the tests have in common, or what a macro makes of it.
            0 => "not typed".to_owned(),
            1 => "1 test, not typed".to_owned(),
            count => format!("{count} tests, not typed"),
        },
        Verb::Moved(from) => {
            let same =
                count(&shown.lines, Sign::Same) + count(&shown.lines, Sign::Gap);
            let kept = match same == shown.lines.len() {
                true => "as it was",
                false if count(&shown.lines, Sign::Removed) == 0 => {
                    "with these additions"
                }
                false => "and adapted",
            };
            match *from == shown.file {
                true => format!("moved inside the file, {kept}"),
                false => format!("moved here from {from}, {kept}"),
            }
        }
    }
}
