//! Sequence diagrams: where their texts are, and whether a drawing is of its text.
//!
//! A drawing is made by `book/drawing` and committed, because nobody who reads the
//! book should have to build a renderer.

use std::path::{Path, PathBuf};

use crate::prose::opens_fence;
use crate::recording;
use crate::repository::Repository;

/// What draws. Another version draws other lines.
pub const RENDERER: &str = "merman 0.9.3";

/// A diagram's text, and where its drawing is.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagram {
    /// `03/session-life`, or the hash of a text that stands on a page.
    pub name: String,
    /// The Mermaid text.
    pub text: String,
    /// The drawing.
    pub file: PathBuf,
}

impl Diagram {
    /// The recorded diagram of this name.
    ///
    /// # Errors
    /// If there is no such recording.
    pub fn recorded(repository: &Repository, name: &str) -> Result<Self, String> {
        let text = recording::snapshot(repository, &format!("{name}.mmd.snap"))?;
        let folder = repository.book().join("recordings");
        Ok(Self {
            name: name.into(),
            text,
            file: folder.join(format!("{name}.svg")),
        })
    }

    /// The diagram whose text stands on a page.
    pub fn drawn(repository: &Repository, text: &str) -> Self {
        let name = hash(text);
        let file = repository.book().join("figures").join(format!("{name}.svg"));
        Self { name, text: text.to_owned(), file }
    }

    /// All diagrams of the book.
    ///
    /// # Errors
    /// If a page or a recording cannot be read.
    pub fn all(repository: &Repository) -> Result<Vec<Self>, String> {
        let mut all = Vec::new();
        for name in recording::names(repository) {
            if let Some(name) = name.strip_suffix(".mmd") {
                all.push(Self::recorded(repository, name)?);
            }
        }
        for page in repository.markdown() {
            for text in fenced(&repository.page(&page)?) {
                all.push(Self::drawn(repository, &text));
            }
        }
        Ok(all)
    }

    /// The drawing.
    ///
    /// # Errors
    /// If it is missing, or was drawn from another text or by another renderer.
    pub fn drawing(&self) -> Result<String, String> {
        let (name, file) = (&self.name, self.file.display());
        let advice = "run `cargo xtask bless`";
        let drawing = std::fs::read_to_string(&self.file)
            .map_err(|_| format!("{name} is not drawn yet: {advice}"))?;
        let wanted = format!("data-drawn=\"{}\"", stamp(&self.text));
        if !drawing.lines().next().is_some_and(|line| line.contains(&wanted)) {
            return Err(format!(
                "the drawing of {name} is stale, its text has changed: {advice}"
            ));
        }
        if drawing.lines().any(|line| line.trim().is_empty()) {
            return Err(format!("{file} has blank lines, which end the drawing"));
        }
        Ok(drawing)
    }

    /// Why the drawing cannot be shown, if it cannot.
    pub fn problem(&self) -> Option<String> {
        self.drawing().err()
    }
}

/// Drawings without a text.
pub fn forgotten(repository: &Repository, diagrams: &[Diagram]) -> Vec<PathBuf> {
    let book = repository.book();
    let mut found = files(&book.join("recordings"), "svg");
    found.extend(files(&book.join("figures"), "svg"));
    found.retain(|file| !diagrams.iter().any(|diagram| diagram.file == *file));
    found
}

/// What a drawing says of its origin.
pub fn stamp(text: &str) -> String {
    format!("{RENDERER}, {}", hash(text))
}

/// A title and a description, in words, of what a diagram shows.
pub fn described(text: &str) -> (String, String) {
    let mut names: Vec<(&str, &str)> = Vec::new();
    let mut said = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(participant) = line.strip_prefix("participant ") {
            let named = participant.split_once(" as ");
            names.push(named.unwrap_or((participant, participant)));
        } else if let Some((_, note)) = noted(line) {
            said.push(format!("note: {note}"));
        } else if let Some((from, to, words)) = message(line) {
            let mut name = |alias| {
                let known = names.iter().find(|(known, _)| *known == alias);
                known.map(|(_, name)| *name).unwrap_or_else(|| {
                    names.push((alias, alias));
                    alias
                })
            };
            let (from, to) = (name(from), name(to));
            said.push(format!("{from} to {to}: {words}"));
        }
    }
    let who: Vec<&str> = names.into_iter().map(|(_, name)| name).collect();
    (format!("Messages between {}", who.join(", ")), said.join("; "))
}

fn noted(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("Note ")?.split_once(": ")
}

/// Sender, receiver and words of an arrow.
fn message(line: &str) -> Option<(&str, &str, &str)> {
    let (ends, words) = line.split_once(": ")?;
    let arrow = ["-->>", "->>", "--x", "-x", "-->", "->", "--)", "-)"];
    let arrow = arrow.into_iter().find(|arrow| ends.contains(arrow))?;
    let (from, to) = ends.split_once(arrow)?;
    Some((from.trim(), to.trim(), words))
}

/// The texts of the fenced blocks of Mermaid on a page.
fn fenced(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<(String, Option<String>)> = None;
    for line in page.lines() {
        match &mut open {
            Some((fence, text)) if line.trim().starts_with(fence.as_str()) => {
                found.extend(text.take());
                open = None;
            }
            Some((_, Some(text))) => {
                text.push_str(line);
                text.push('\n');
            }
            Some(_) => {}
            None => {
                let fence = opens_fence(line.trim());
                let is_ours = caption(line).is_some();
                open = fence.map(|fence| (fence, is_ours.then(String::new)));
            }
        }
    }
    found
}

/// What stands behind the word `mermaid` of an opening fence, if it is one.
pub fn caption(line: &str) -> Option<&str> {
    let info = line.trim().trim_start_matches('`');
    if info.len() + 3 > line.trim().len() {
        return None;
    }
    let rest = info.strip_prefix("mermaid")?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim())
}

/// FNV-1a: short, and the same for ever. It guards against forgetting, not against
/// malice.
fn hash(text: &str) -> String {
    let start: u64 = 0xcbf2_9ce4_8422_2325;
    let hash = text.trim_end().bytes().fold(start, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// The files with this ending in a folder and those in it.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(&format!(".{ending}")) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "sequenceDiagram\n    participant node_1 as node-1\n    \
        client->>node_1: POST ping\n    node_1--xclient: the connection breaks\n    \
        Note over node_1: killed\n";

    #[test]
    fn a_diagram_is_told_in_words() {
        let (title, words) = described(TEXT);
        assert_eq!(title, "Messages between node-1, client");
        assert_eq!(
            words,
            "client to node-1: POST ping; node-1 to client: the connection breaks; \
             note: killed"
        );
    }

    #[test]
    fn a_stamp_changes_with_the_text_and_not_with_its_last_line_end() {
        assert_eq!(stamp(TEXT), stamp(TEXT.trim_end()));
        assert_ne!(stamp(TEXT), stamp(&TEXT.replace("ping", "pong")));
        assert_eq!(hash(""), "cbf29ce484222325");
        assert_eq!(hash("a"), "af63dc4c8601ec8c");
    }

    #[test]
    fn only_blocks_of_mermaid_are_diagrams() {
        let page = "```mermaid who asks\nA\n```\n````text\n```mermaid\nB\n```\n````\n\
                    ```mermaids\nC\n```\n";
        assert_eq!(fenced(page), ["A\n"]);
        assert_eq!(caption("```mermaid who asks"), Some("who asks"));
        assert_eq!(caption("mermaid"), None);
    }
}
