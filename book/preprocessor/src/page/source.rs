//! A page line by line, with its directives.

use std::collections::BTreeSet;

use crate::diagram;
use crate::directive::Directive;
use crate::prose;

/// A line's number, its text, and the directive that it is.
pub(super) type SourceLine = (usize, String, Option<Result<Directive, String>>);

/// The lines of a page, and what stands in double braces outside code.
pub(super) fn lines(source: &str) -> Vec<SourceLine> {
    let prose = prose::lines(source).into_iter().map(|(number, _)| number);
    let mut scan = Scan { prose: prose.collect(), ..Scan::default() };
    for (index, line) in source.lines().enumerate() {
        scan.line(index + 1, line);
    }
    scan.found
}

/// The directives that can be read.
pub(super) fn directives(lines: &[SourceLine]) -> impl Iterator<Item = &Directive> {
    lines.iter().filter_map(|(_, _, directive)| match directive {
        Some(Ok(directive)) => Some(directive),
        _ => None,
    })
}

/// A page, read up to some line.
#[derive(Default)]
struct Scan {
    /// The lines of prose.
    prose: BTreeSet<usize>,
    /// What closes the block of code that is open.
    fence: Option<String>,
    drawing: Option<Drawing>,
    found: Vec<SourceLine>,
}

/// A block whose text is drawn.
struct Drawing {
    line: usize,
    caption: String,
    text: String,
}

impl Scan {
    fn line(&mut self, number: usize, line: &str) {
        if let Some(drawing) = self.drawing.take() {
            return self.inside_drawing(drawing, line);
        }
        let is_code = self.fence.is_some();
        if let (false, Some(caption)) = (is_code, diagram::caption(line)) {
            let (caption, text) = (caption.to_owned(), String::new());
            self.fence = prose::opens_fence(line.trim());
            self.drawing = Some(Drawing { line: number, caption, text });
            return;
        }
        if !is_code {
            self.fence = prose::opens_fence(line.trim());
        } else if self.closes(line) {
            self.fence = None;
        }
        let directive = match is_code {
            true => None,
            false
                if self.prose.contains(&number)
                    && Directive::is_misplaced(line) =>
            {
                Some(Err("a directive stands alone on its line".into()))
            }
            false => Directive::parse(line),
        };
        self.found.push((number, line.to_owned(), directive));
    }

    fn inside_drawing(&mut self, mut drawing: Drawing, line: &str) {
        if self.closes(line) {
            let Drawing { line, caption, text } = drawing;
            let drawn = Directive::Drawing(caption, text);
            self.found.push((line, "```mermaid".to_owned(), Some(Ok(drawn))));
            self.fence = None;
        } else {
            drawing.text.push_str(line);
            drawing.text.push('\n');
            self.drawing = Some(drawing);
        }
    }

    fn closes(&self, line: &str) -> bool {
        self.fence.as_ref().is_some_and(|open| line.trim().starts_with(open))
    }
}
