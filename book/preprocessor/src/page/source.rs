//! A page line by line, with its directives.

use super::Page;
use crate::diagram;
use crate::directive::Directive;
use crate::prose;

/// A line's number, its text, and the directive that it is.
pub(super) type SourceLine = (usize, String, Option<Result<Directive, String>>);

impl Page {
    /// The lines of the page, and what stands in double braces outside code.
    pub(super) fn directives(&self) -> Vec<SourceLine> {
        let prose: std::collections::BTreeSet<usize> = prose::lines(&self.source)
            .into_iter()
            .map(|(number, _)| number)
            .collect();
        let mut fence: Option<String> = None;
        let mut drawing: Option<(usize, String, String)> = None;
        let mut found = Vec::new();
        for (index, line) in self.source.lines().enumerate() {
            let number = index + 1;
            let inside = fence.is_some();
            if let Some((opened, caption, text)) = &mut drawing {
                if fence.as_ref().is_some_and(|open| line.trim().starts_with(open))
                {
                    let drawn = Directive::Drawing(caption.clone(), text.clone());
                    let line = "```mermaid".to_owned();
                    found.push((*opened, line, Some(Ok(drawn))));
                    (fence, drawing) = (None, None);
                } else {
                    text.push_str(line);
                    text.push('\n');
                }
                continue;
            }
            if let (false, Some(caption)) = (inside, diagram::caption(line)) {
                fence = prose::opens_fence(line.trim());
                drawing = Some((number, caption.to_owned(), String::new()));
                continue;
            }
            match &fence {
                Some(open) if line.trim().starts_with(open.as_str()) => {
                    fence = None
                }
                None => fence = prose::opens_fence(line.trim()),
                _ => {}
            }
            let directive = match inside {
                true => None,
                false
                    if prose.contains(&number) && Directive::is_misplaced(line) =>
                {
                    Some(Err("a directive stands alone on its line".into()))
                }
                false => Directive::parse(line),
            };
            found.push((number, line.to_owned(), directive));
        }
        found
    }
}

/// The directives that can be read.
pub(super) fn directives(lines: &[SourceLine]) -> impl Iterator<Item = &Directive> {
    lines.iter().filter_map(|(_, _, directive)| match directive {
        Some(Ok(directive)) => Some(directive),
        _ => None,
    })
}
