//! The names that `use` lines bring, and the words that use them.

use std::collections::BTreeSet;

use syn::UseTree;

use crate::outline::{Kind, Node, Outline};

/// One name that a `use` brings in.
pub(super) struct Leaf {
    /// `std::sync::Arc`, with ` as Name` if it is renamed.
    pub(super) path: String,
    /// The word by which the code uses it.
    pub(super) word: String,
}

pub(super) fn leaves(node: &Node) -> Vec<Leaf> {
    if node.kind != Kind::Use {
        return Vec::new();
    }
    let Ok(item) = syn::parse_str::<syn::ItemUse>(&node.text()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    walk(&item.tree, &mut Vec::new(), &mut found);
    found
}

fn walk(tree: &UseTree, above: &mut Vec<String>, found: &mut Vec<Leaf>) {
    let path = |above: &[String], last: &str| {
        [above, &[last.to_owned()]].concat().join("::")
    };
    match tree {
        UseTree::Path(part) => {
            above.push(part.ident.to_string());
            walk(&part.tree, above, found);
            above.pop();
        }
        UseTree::Group(group) => {
            group.items.iter().for_each(|tree| walk(tree, above, found));
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            let word = match name.as_str() {
                "self" => above.last().cloned().unwrap_or_default(),
                _ => name.clone(),
            };
            found.push(Leaf { path: path(above, &name), word });
        }
        UseTree::Rename(rename) => {
            let word = rename.rename.to_string();
            let name = format!("{} as {word}", rename.ident);
            found.push(Leaf { path: path(above, &name), word });
        }
        UseTree::Glob(_) => {
            found.push(Leaf { path: path(above, "*"), word: "*".into() });
        }
    }
}

/// What stays of an old line: all of it for as long as one of its names is used
/// and none is given anew.
pub(super) fn remainder(
    node: &Node,
    given: &BTreeSet<String>,
    used: impl Fn(&Leaf) -> bool,
) -> Option<Node> {
    let all = leaves(node);
    let (again, own): (Vec<&Leaf>, Vec<&Leaf>) =
        all.iter().partition(|leaf| given.contains(&leaf.path));
    let part: Vec<&Leaf> = own.into_iter().filter(|leaf| used(leaf)).collect();
    if again.is_empty() && !part.is_empty() {
        return Some(node.clone());
    }
    narrowed(node, &part)
}

/// The paths that a node brings, which may be several lines.
pub(super) fn leaves_of_lines(node: &Node) -> Vec<String> {
    imports(&node.text()).into_iter().collect()
}

/// The paths of all names that the `use` lines of a file bring.
pub fn imports(source: &str) -> BTreeSet<String> {
    fn collect(nodes: &[Node], found: &mut BTreeSet<String>) {
        for node in nodes {
            found.extend(leaves(node).into_iter().map(|leaf| leaf.path));
            collect(node.body.as_ref().map_or(&[], |body| &body.nodes), found);
        }
    }
    let mut found = BTreeSet::new();
    if let Ok(outline) = Outline::parse("x.rs", source) {
        collect(&outline.nodes, &mut found);
    }
    found
}

/// `node` with only some of its names: a line for each, until all are there.
pub(super) fn narrowed(node: &Node, part: &[&Leaf]) -> Option<Node> {
    let text = node.text();
    let start = text.find("use ")?;
    let visibility = text[..start].lines().last().unwrap_or_default();
    let line = |leaf: &&Leaf| match leaf.path.strip_suffix("::self") {
        Some(module) => format!("{visibility}use {module};"),
        None => format!("{visibility}use {};", leaf.path),
    };
    let mut node = node.clone();
    node.lines = part.iter().map(line).collect();
    (!part.is_empty()).then_some(node)
}

/// The words of all that is not a `use` line.
pub(super) fn words(outline: &Outline) -> BTreeSet<String> {
    fn collect(nodes: &[Node], found: &mut BTreeSet<String>) {
        for node in nodes.iter().filter(|node| !node.kind.rides()) {
            // Comments link types, and such a link needs the import too.
            let shell = node.lines.iter();
            let split = |line: &String| -> Vec<String> {
                let other = |c: char| !c.is_alphanumeric() && c != '_';
                line.split(other).map(str::to_owned).collect()
            };
            found.extend(shell.flat_map(split));
            if let Some(body) = &node.body {
                collect(&body.nodes, found);
            }
        }
    }
    let mut found = BTreeSet::new();
    collect(&outline.nodes, &mut found);
    found
}
