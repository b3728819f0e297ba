//! What a step shows.

use std::collections::BTreeMap;

use crate::imports::imports;
use crate::lines::{Line, Sign, all, around, count, difference, statements};
use crate::outline::{Node, Outline, Path};
use crate::place::Place;

/// Up to this length a changed item is shown as a whole.
const WHOLE: usize = 24;
/// Lines around a changed place of a longer item.
const CONTEXT: usize = 2;

/// A block of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// What the step did.
    pub verb: Verb,
    /// Where.
    pub file: String,
    /// To which items; none for the whole file.
    pub items: Vec<String>,
    /// The code, or the difference.
    pub lines: Vec<Line>,
    /// The tests of a revealed file, by name.
    pub tests: Vec<(String, Vec<Line>)>,
    /// The `use` and `mod` lines that came along.
    pub rides: Vec<Ride>,
    /// Those of the given items that were there before, in another form.
    pub swapped: Vec<String>,
    /// Where new items go in a file that is not new.
    pub place: Option<Place>,
}

/// What a step did.
#[derive(Clone, Debug, PartialEq)]
pub enum Verb {
    /// It added something.
    Added,
    /// It changed something.
    Changed,
    /// It moved something, from there.
    Moved(String),
    /// It removed something.
    Removed,
    /// It added tests, which nobody types.
    Revealed,
    /// It added functions whose bodies come later.
    Stubbed,
    /// It asks the reader for a body.
    Yours {
        /// The items with a stub in the place of their bodies.
        contract: Vec<Line>,
        /// The chapter, as `cargo xtask yours` takes it.
        chapter: String,
    },
    /// It brought code that the reader gets instead of typing it.
    Given,
    /// Nothing: the code is only looked at.
    None,
}

/// `use` and `mod` lines of one file that came or went.
#[derive(Clone, Debug, PartialEq)]
pub struct Ride {
    /// The file.
    pub file: String,
    /// The lines.
    pub lines: Vec<Line>,
    /// How many names came.
    pub added: usize,
    /// How many names went.
    pub removed: usize,
}

impl Ride {
    /// What became of the `use` and `mod` lines of a file, if anything did.
    pub fn between(file: &str, old: &str, new: &str) -> Option<Self> {
        let lines = statements(&difference(old, new));
        let (before, after) = (imports(old), imports(new));
        let added = after.difference(&before).count();
        let removed = before.difference(&after).count();
        let file = file.to_owned();
        (!lines.is_empty()).then_some(Self { file, lines, added, removed })
    }

    /// How many `mod` lines came or went.
    pub fn modules(&self, sign: Sign) -> usize {
        let is_module = |line: &&Line| {
            let text = line.text.trim();
            let text =
                text.trim_start_matches("pub ").trim_start_matches("pub(crate) ");
            line.sign == sign && text.starts_with("mod ")
        };
        self.lines.iter().filter(is_module).count()
    }
}

impl Shown {
    /// A block without tests and without rides.
    pub fn new(verb: Verb, file: &str, items: &[String], lines: Vec<Line>) -> Self {
        Self {
            verb,
            file: file.into(),
            items: items.to_vec(),
            lines,
            tests: Vec::new(),
            rides: Vec::new(),
            swapped: Vec::new(),
            place: None,
        }
    }

    /// Whether its lines are folded: what is moved as it was, what is gone, and what
    /// nobody types.
    pub fn is_folded(&self) -> bool {
        match self.verb {
            Verb::Moved(_) => self.lines.iter().all(|line| line.sign == Sign::Same),
            Verb::Removed | Verb::Revealed | Verb::Given => true,
            Verb::Yours { .. } => true,
            _ => false,
        }
    }

    /// How many lines the reader sees.
    pub fn height(&self) -> usize {
        match &self.verb {
            Verb::Yours { contract, .. } => contract.len(),
            _ if self.is_folded() => 0,
            _ => self.lines.len(),
        }
    }
}

/// The items at `paths`, as they became `after` from what they were `before`,
/// with the first and last line of each container that is new. `moved` holds the
/// texts of those that were in another place.
pub fn projection(
    before: &Outline,
    after: &Outline,
    paths: &[Path],
    moved: &BTreeMap<Path, String>,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut view = View { before, paths, moved, lines: &mut lines };
    view.nodes(&after.nodes, &[]);
    lines
}

struct View<'a> {
    before: &'a Outline,
    paths: &'a [Path],
    moved: &'a BTreeMap<Path, String>,
    lines: &'a mut Vec<Line>,
}

impl View<'_> {
    fn nodes(&mut self, nodes: &[Node], above: &[String]) {
        let mut first = true;
        for node in nodes {
            let path: Path = above.iter().chain([&node.name]).cloned().collect();
            let wanted = self.paths.contains(&path);
            let inside = self.paths.iter().any(|other| other.starts_with(&path));
            if !wanted && !inside {
                continue;
            }
            let old = self.before.get(&path);
            let text = self.moved.get(&path).cloned().or(old.map(Node::text));
            if node.gap > 0 && !(first && self.lines.is_empty()) {
                let sign = if text.is_some() { Sign::Same } else { Sign::Added };
                self.lines.push(Line::new(sign, ""));
            }
            first = false;
            if wanted {
                let old = text.unwrap_or_default();
                self.lines.extend(shortened(&old, &node.text()));
            } else {
                self.container(old, node, &path);
            }
        }
    }

    fn container(&mut self, old: Option<&Node>, node: &Node, path: &[String]) {
        let text = |lines: &[String]| -> String {
            lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
        };
        let Some(body) = &node.body else { return };
        let known = old.is_some_and(|old| old.lines == node.lines);
        if !known {
            let before = old.map(|old| text(&old.lines)).unwrap_or_default();
            self.lines.extend(difference(&before, &text(&node.lines)));
        }
        self.nodes(&body.nodes, path);
        if old.is_none() {
            self.lines.extend(all(Sign::Added, &text(&body.close)));
        }
    }
}

/// The difference, cut down to the changed places if it is long.
pub fn shortened(old: &str, new: &str) -> Vec<Line> {
    let lines = difference(old, new);
    let short = lines.len() <= WHOLE || count(&lines, Sign::Same) == 0;
    if short { lines } else { around(&lines, CONTEXT) }
}
