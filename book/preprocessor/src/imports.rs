//! The `use` and `mod` lines that ride along with the steps that need them.

use std::collections::BTreeSet;

use syn::UseTree;

use crate::outline::{Kind, Node, Outline, insert};
use crate::tree::Tree;

/// How far the page's steps have come with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// No step has touched it.
    Untouched,
    /// Steps have touched it, and more will.
    Begun,
    /// No further step will touch it.
    Done,
}

/// Brings the `use` and `mod` lines of one file to what its state needs. `now`
/// is the whole crate as it is, `target` the chapter.
///
/// # Errors
/// If one of the files does not parse.
pub fn ride(
    file: &str,
    now: &Tree,
    target: &Tree,
    progress: Progress,
) -> Result<Option<String>, String> {
    let (Some(source), Some(aim)) = (now.get(file), target.get(file)) else {
        return Ok(None);
    };
    let mut outline = Outline::parse(file, source)?;
    let aim = Outline::parse(file, aim)?;
    let ride = Ride { file, now, progress };
    ride.modules(&mut outline, &aim);
    ride.level(&mut outline.nodes, &aim.nodes, &words_of(&aim), &words(source));
    outline.settle(&aim);
    let text = outline.render();
    Ok((text != source).then_some(text))
}

struct Ride<'a> {
    file: &'a str,
    now: &'a Tree,
    progress: Progress,
}

impl Ride<'_> {
    /// `mod` lines follow the files that they name, and bring the `use` lines
    /// that begin with them.
    fn modules(&self, outline: &mut Outline, aim: &Outline) {
        let stays = |node: &Node| {
            node.kind != Kind::ModLine
                || aim.get(std::slice::from_ref(&node.name)).is_some()
                || self.module_is_there(&node.name)
        };
        outline.nodes.retain(stays);
        for model in &aim.nodes {
            let there = outline.get(std::slice::from_ref(&model.name)).is_some();
            let due =
                model.kind == Kind::ModLine && self.module_is_there(&model.name);
            if due && !there {
                insert(&mut outline.nodes, model.clone(), &aim.nodes);
                let begins =
                    format!("use {}::", model.name.trim_start_matches("mod "));
                let own = |name: &str| {
                    name.replace("use self::", "use ").starts_with(&begins)
                };
                for import in aim.nodes.iter().filter(|node| node.kind == Kind::Use)
                {
                    let missing =
                        !outline.nodes.iter().any(|n| n.name == import.name);
                    if own(&import.name) && missing {
                        insert(&mut outline.nodes, import.clone(), &aim.nodes);
                    }
                }
            } else if due && self.progress == Progress::Done {
                let old = outline.nodes.iter_mut().find(|n| n.name == model.name);
                if let Some(old) = old {
                    *old = model.clone();
                }
            }
        }
    }

    /// The `use` lines among `nodes`, and those of the modules inside.
    fn level(
        &self,
        nodes: &mut Vec<Node>,
        aim: &[Node],
        aim_words: &BTreeSet<String>,
        words: &BTreeSet<String>,
    ) {
        if self.progress == Progress::Untouched {
            return;
        }
        for node in nodes.iter_mut().filter(|node| node.kind == Kind::Module) {
            let model = aim.iter().find(|other| other.name == node.name);
            if let (Some(body), Some(Some(model))) =
                (&mut node.body, model.map(|model| &model.body))
            {
                self.level(&mut body.nodes, &model.nodes, aim_words, words);
            }
        }
        let is_use = |node: &&Node| node.kind == Kind::Use;
        let old: Vec<Node> = nodes.iter().filter(is_use).cloned().collect();
        let old_leaves: Vec<String> =
            old.iter().flat_map(leaves).map(|l| l.path).collect();
        nodes.retain(|node| node.kind != Kind::Use);
        let done = self.progress == Progress::Done;
        let mut known = BTreeSet::new();
        for model in aim.iter().filter(is_use) {
            let all = leaves(model);
            known.extend(all.iter().map(|leaf| leaf.path.clone()));
            let due = |leaf: &&Leaf| {
                done || match aim_words.contains(&leaf.word) {
                    true => words.contains(&leaf.word),
                    false => old_leaves.contains(&leaf.path) || self.resolves(leaf),
                }
            };
            let part: Vec<&Leaf> = all.iter().filter(due).collect();
            let own_module = old.iter().find(|node| node.name == model.name);
            let node = if part.len() == all.len()
                || own_module.is_some_and(|n| n == model)
            {
                Some(model.clone())
            } else {
                narrowed(model, &part)
            };
            if let Some(node) = node {
                insert(nodes, node, aim);
            }
        }
        // What only the old file imports stays while it is needed.
        for (place, model) in old.iter().enumerate() {
            let all = leaves(model);
            let due = |leaf: &&Leaf| {
                !done && !known.contains(&leaf.path) && words.contains(&leaf.word)
            };
            let part: Vec<&Leaf> = all.iter().filter(due).collect();
            let node = if part.len() == all.len() && !part.is_empty() {
                Some(model.clone())
            } else {
                narrowed(model, &part)
            };
            if let Some(mut node) = node {
                node.name = format!("{} (old {place})", node.name);
                let docs = usize::from(
                    nodes.first().is_some_and(|n| n.kind == Kind::Docs),
                );
                nodes.insert(docs, node);
            }
        }
    }

    /// Whether the file of `mod name` is there.
    fn module_is_there(&self, line: &str) -> bool {
        let name = line.trim_start_matches("mod ");
        let folder = module_folder(self.file);
        let files =
            [format!("{folder}{name}.rs"), format!("{folder}{name}/mod.rs")];
        files.iter().any(|file| self.now.files.contains_key(file))
    }

    /// Whether what a `use` names can be there by now: for the crate's own
    /// modules their file, for others the dependency.
    fn resolves(&self, leaf: &Leaf) -> bool {
        let segments: Vec<&str> = leaf.path.split("::").collect();
        match segments.as_slice() {
            ["std" | "core" | "alloc" | "super" | "self", ..] => true,
            ["crate", module, _, ..] => {
                let folders =
                    [format!("src/{module}.rs"), format!("src/{module}/mod.rs")];
                folders.iter().any(|file| self.now.files.contains_key(file))
            }
            [name, ..] => {
                let manifest = self.now.get("Cargo.toml").unwrap_or_default();
                let dashed = name.replace('_', "-");
                let entry = |line: &str| {
                    let key =
                        line.split(['=', '.', ' ']).next().unwrap_or_default();
                    key == *name || key == dashed
                };
                manifest.lines().any(entry)
            }
            [] => true,
        }
    }
}

/// Where the modules of a file have theirs: `src/` for `src/lib.rs`, and
/// `src/session/` for `src/session.rs`.
fn module_folder(file: &str) -> String {
    let (folder, name) = match file.rsplit_once('/') {
        Some((folder, name)) => (format!("{folder}/"), name),
        None => (String::new(), file),
    };
    match name.trim_end_matches(".rs") {
        "main" | "lib" | "mod" => folder,
        stem => format!("{folder}{stem}/"),
    }
}

/// One name that a `use` brings in.
struct Leaf {
    /// `std::sync::Arc`, with ` as Name` if it is renamed.
    path: String,
    /// The word by which the code uses it.
    word: String,
}

fn leaves(node: &Node) -> Vec<Leaf> {
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

/// `node` with only some of its names: a line for each, until all are there.
fn narrowed(node: &Node, part: &[&Leaf]) -> Option<Node> {
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
fn words_of(outline: &Outline) -> BTreeSet<String> {
    words(&outline.render())
}

fn words(source: &str) -> BTreeSet<String> {
    let Ok(outline) = Outline::parse("x.rs", source) else {
        return BTreeSet::new();
    };
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
