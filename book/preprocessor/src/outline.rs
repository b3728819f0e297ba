//! A file as a tree of named items. Every line belongs to exactly one item, so
//! that items can be put in, taken out and exchanged, and the rest stays as it is.

mod changes;
mod known;
mod names;
mod rust;
mod siblings;
mod spans;
mod text;
mod toml;

pub use names::UnknownItem;
pub use siblings::insert;
use siblings::{number, settle};

/// The items of one file, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outline {
    /// The items at the top level.
    pub nodes: Vec<Node>,
}

/// One item with the comments and attributes above it.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is, as far as a step must know it.
    pub kind: Kind,
    /// Its name among its siblings, unique there.
    pub name: String,
    /// Blank lines above it.
    pub gap: usize,
    /// All its lines; for a container those up to the opening brace.
    pub lines: Vec<String>,
    /// What a container holds.
    pub body: Option<Body>,
}

/// The inside of a container: an `impl`, a trait, a module, a TOML table.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// The items inside.
    pub nodes: Vec<Node>,
    /// The closing lines. A TOML table has none.
    pub close: Vec<String>,
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Inner docs and inner attributes.
    Docs,
    /// A `use` line.
    Use,
    /// `mod name;`
    ModLine,
    /// `mod name { … }`
    Module,
    /// An inherent `impl` block.
    Impl,
    /// An `impl` of a trait.
    TraitImpl,
    /// A trait.
    Trait,
    /// A function or method.
    Function,
    /// A struct, enum, union or type alias.
    Type,
    /// A constant or static.
    Constant,
    /// A macro's definition or call.
    Macro,
    /// A table of a TOML file.
    Table,
    /// An entry of a TOML file.
    Entry,
    /// A paragraph of any other file.
    Paragraph,
}

impl Kind {
    /// Whether it belongs to the `use` and `mod` lines that ride along.
    pub fn rides(self) -> bool {
        matches!(self, Kind::Use | Kind::ModLine)
    }
}

/// Where an item is: the names from the top level down.
pub type Path = Vec<String>;

impl Outline {
    /// Reads a file. Its name decides how: Rust, TOML, or paragraphs. A text that was
    /// read before is not read again: the pages come to the same files many times.
    ///
    /// # Errors
    /// If a Rust file does not parse.
    pub fn parse(file: &str, source: &str) -> Result<Self, String> {
        known::or_read(file, source, || Self::read(file, source))
    }

    fn read(file: &str, source: &str) -> Result<Self, String> {
        let outline = match file.rsplit_once('.').map(|(_, ending)| ending) {
            Some("rs") => rust::parse(source)
                .map_err(|error| format!("{file} is not Rust: {error}"))?,
            Some("toml") => toml::parse(source),
            _ => text::parse(source),
        };
        // What cannot be told apart is one item.
        Ok(if outline.render() == source { outline } else { text::whole(source) })
    }

    /// The file's text.
    pub fn render(&self) -> String {
        let mut lines = Vec::new();
        self.nodes.iter().for_each(|node| node.write(&mut lines));
        lines.iter().flat_map(|line| [*line, "\n"]).collect()
    }

    /// The item at `path`.
    pub fn get(&self, path: &[String]) -> Option<&Node> {
        let (first, rest) = path.split_first()?;
        let mut node = self.nodes.iter().find(|node| node.name == *first)?;
        for name in rest {
            node = node.body.as_ref()?.nodes.iter().find(|n| n.name == *name)?;
        }
        Some(node)
    }

    /// The siblings inside the container at `path`; the top level for `[]`.
    pub fn inside(&self, path: &[String]) -> Option<&Vec<Node>> {
        if path.is_empty() {
            return Some(&self.nodes);
        }
        Some(&self.get(path)?.body.as_ref()?.nodes)
    }

    /// [`Outline::inside`], to be changed.
    pub fn inside_mut(&mut self, path: &[String]) -> Option<&mut Vec<Node>> {
        let mut nodes = &mut self.nodes;
        for name in path {
            let node = nodes.iter_mut().find(|node| node.name == *name)?;
            nodes = &mut node.body.as_mut()?.nodes;
        }
        Some(nodes)
    }

    /// Makes the item at `path` what it is in `target`, and puts it where it is
    /// there. Containers around it are made too, as they are in `target`.
    pub fn bring(&mut self, target: &Outline, path: &[String]) {
        for depth in 1..=path.len() {
            let (parent, name) = (&path[..depth - 1], &path[depth - 1]);
            let Some(model) = target.get(&path[..depth]) else { return };
            let Some(order) = target.inside(parent) else { return };
            let Some(siblings) = self.inside_mut(parent) else { return };
            let node =
                if depth == path.len() { model.clone() } else { model.shell() };
            match siblings.iter_mut().find(|sibling| sibling.name == *name) {
                Some(old) if depth < path.len() && old.body.is_some() => {
                    old.lines = node.lines;
                    if let (Some(old), Some(new)) = (&mut old.body, node.body) {
                        old.close = new.close;
                    }
                }
                Some(old) => *old = node,
                None => insert(siblings, node, order),
            }
        }
    }

    /// Takes the item at `path` away and returns it. Containers that `target`
    /// does not have go too once they are empty.
    pub fn take(
        &mut self,
        path: &[String],
        target: Option<&Outline>,
    ) -> Option<Node> {
        let (name, parent) = path.split_last()?;
        let siblings = self.inside_mut(parent)?;
        let index = siblings.iter().position(|node| node.name == *name)?;
        let node = siblings.remove(index);
        let empty = siblings.is_empty() && !parent.is_empty();
        if empty && target.is_none_or(|target| target.get(parent).is_none()) {
            self.take(parent, target);
        }
        Some(node)
    }

    /// Gives the items the blank lines that they have in `target`.
    pub fn settle(&mut self, target: &Outline) {
        settle(&mut self.nodes, Some(&target.nodes));
    }

    /// The paths of all items, containers before what they hold.
    pub fn paths(&self) -> Vec<Path> {
        fn walk(nodes: &[Node], above: &[String], found: &mut Vec<Path>) {
            for node in nodes {
                let path: Path =
                    above.iter().chain([&node.name]).cloned().collect();
                found.push(path.clone());
                if let Some(body) = &node.body {
                    walk(&body.nodes, &path, found);
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.nodes, &[], &mut found);
        found
    }
}

impl Node {
    /// A node without a body.
    fn leaf(kind: Kind, name: String, gap: usize, lines: Vec<String>) -> Self {
        Self { kind, name, gap, lines, body: None }
    }

    /// The container without what it holds.
    fn shell(&self) -> Node {
        let mut shell = self.clone();
        if let Some(body) = &mut shell.body {
            body.nodes.retain(|node| node.kind == Kind::Docs);
        }
        shell
    }

    /// Its text without the blank lines above it.
    pub fn text(&self) -> String {
        let mut lines = Vec::new();
        self.write(&mut lines);
        lines.iter().skip(self.gap).flat_map(|line| [*line, "\n"]).collect()
    }

    fn write<'a>(&'a self, lines: &mut Vec<&'a str>) {
        lines.extend(std::iter::repeat_n("", self.gap));
        lines.extend(self.lines.iter().map(String::as_str));
        if let Some(body) = &self.body {
            body.nodes.iter().for_each(|node| node.write(lines));
            lines.extend(body.close.iter().map(String::as_str));
        }
    }
}
