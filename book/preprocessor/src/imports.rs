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
    let (aim_words, words) = (words(&aim), words(&outline));
    ride.level(&mut outline.nodes, &aim.nodes, &aim_words, &words);
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
        let had: BTreeSet<String> =
            old.iter().flat_map(leaves).map(|leaf| leaf.path).collect();
        let done = self.progress == Progress::Done;
        let mut given = BTreeSet::new();
        let mut wanted = BTreeSet::new();
        let mut new = Vec::new();
        for model in aim.iter().filter(is_use) {
            let all = leaves(model);
            wanted.extend(all.iter().map(|leaf| leaf.path.clone()));
            let needed = |leaf: &&Leaf| match aim_words.contains(&leaf.word) {
                true => words.contains(&leaf.word),
                // A trait or a glob is used without being named.
                false => had.contains(&leaf.path) || self.resolves(leaf),
            };
            let missing: Vec<&Leaf> = all
                .iter()
                .filter(|leaf| needed(leaf) && !had.contains(&leaf.path))
                .collect();
            let kept = old.iter().any(|node| node.name == model.name);
            let whole =
                !missing.is_empty() && all.iter().all(|leaf| self.resolves(leaf));
            let node = match done || kept || whole {
                true => Some(model.clone()),
                false => narrowed(model, &missing),
            };
            if let Some(node) = node {
                given.extend(leaves_of_lines(&node));
                new.push(node);
            }
        }
        // What the old lines bring stays, in its place, while it is needed and not
        // given anew.
        let mut place = 0;
        while let Some(model) = nodes.get(place) {
            let remains = match model.kind {
                Kind::Use if new.iter().any(|node| node.name == model.name) => {
                    Some(model.clone())
                }
                Kind::Use if done => None,
                Kind::Use => remainder(model, &given, |leaf| {
                    let unnamed = wanted.contains(&leaf.path)
                        && !aim_words.contains(&leaf.word);
                    unnamed || words.contains(&leaf.word)
                }),
                _ => Some(model.clone()),
            };
            match remains {
                Some(node) => {
                    nodes[place] = node;
                    place += 1;
                }
                None => {
                    nodes.remove(place);
                }
            }
        }
        for node in new {
            if !nodes.iter().any(|other| other.name == node.name) {
                insert(nodes, node, aim);
            }
        }
        if done {
            in_order(nodes, aim);
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

    /// Whether what a `use` names is there by now: for the crate's own modules the
    /// word in their file, for others the dependency.
    fn resolves(&self, leaf: &Leaf) -> bool {
        let path = leaf.path.split(" as ").next().unwrap_or_default();
        let segments: Vec<&str> = path.split("::").collect();
        let mut here = module_path(self.file);
        let mut rest = segments.as_slice();
        match segments.as_slice() {
            ["std" | "core" | "alloc", ..] => return true,
            ["self", ..] => rest = &segments[1..],
            ["super", ..] => {
                while rest.first() == Some(&"super") {
                    here.pop();
                    rest = &rest[1..];
                }
            }
            [name, ..] if *name == "crate" || self.is_own_library(name) => {
                here.clear();
                rest = &segments[1..];
            }
            [name, ..] => {
                let own = self.module_is_there(&format!("mod {name}"));
                return own || self.depends_on(name);
            }
            [] => return true,
        }
        self.has(&here, rest)
    }

    /// Whether the module at `path` and what `rest` names in it are there.
    fn has(&self, path: &[String], rest: &[&str]) -> bool {
        let (Some(name), more) = (rest.first(), rest.get(1..).unwrap_or_default())
        else {
            return true;
        };
        let deeper = [path, &[(*name).to_owned()]].concat();
        if module_files(&deeper)
            .iter()
            .any(|file| self.now.files.contains_key(file))
        {
            return self.has(&deeper, more);
        }
        let word = |file: &String| {
            let text = self.now.get(file).unwrap_or_default();
            let other = |c: char| !c.is_alphanumeric() && c != '_';
            text.split(other).any(|word| word == *name)
        };
        matches!(*name, "*" | "self") || module_files(path).iter().any(word)
    }

    fn is_own_library(&self, name: &str) -> bool {
        let package = self.now.package().unwrap_or_default();
        package.replace('-', "_") == name
            || name == "mcp_server" && package == "final"
    }

    fn depends_on(&self, name: &str) -> bool {
        let manifest = self.now.get("Cargo.toml").unwrap_or_default();
        let dashed = name.replace('_', "-");
        let entry = |line: &str| {
            let key = line.split(['=', '.', ' ']).next().unwrap_or_default();
            key == name || key == dashed
        };
        manifest.lines().any(entry)
    }
}

/// The module that a file is: `["calculator", "calls"]`.
fn module_path(file: &str) -> Vec<String> {
    let inside =
        file.strip_prefix("src/").unwrap_or_default().trim_end_matches(".rs");
    let parts =
        inside.split('/').filter(|part| !["main", "lib", "mod", ""].contains(part));
    parts.map(str::to_owned).collect()
}

/// The files that a module may be in.
fn module_files(path: &[String]) -> [String; 2] {
    let inside = path.join("/");
    match path.is_empty() {
        true => ["src/lib.rs".into(), "src/main.rs".into()],
        false => [format!("src/{inside}.rs"), format!("src/{inside}/mod.rs")],
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
fn remainder(
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

/// Puts the `use` and `mod` lines into the order that they have in the chapter.
fn in_order(nodes: &mut Vec<Node>, aim: &[Node]) {
    for model in aim.iter().filter(|node| node.kind.rides()) {
        if let Some(place) = nodes.iter().position(|node| node.name == model.name) {
            let node = nodes.remove(place);
            insert(nodes, node, aim);
        }
    }
}

/// The paths that a node brings, which may be several lines.
fn leaves_of_lines(node: &Node) -> Vec<String> {
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
fn words(outline: &Outline) -> BTreeSet<String> {
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
