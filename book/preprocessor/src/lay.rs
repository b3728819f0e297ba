//! The given code of a reader's next step, laid into the reader's crate. What the
//! reader typed stays as it was typed.

use std::slice;

use crate::imports::{self, Progress};
use crate::outline::{Kind, Node, Outline, Path};
use crate::page::{Gift, Page};
use crate::shown::{Shown, Verb};
use crate::tree::Tree;

/// What was laid.
#[derive(Clone, Debug, PartialEq)]
pub struct Laid<'a> {
    /// The given code, with the files that the reader did not have.
    pub gift: Gift<'a>,
    /// The reader's crate with it.
    pub tree: Tree,
}

/// Lays the first given code of the page that the reader does not have. `None` if
/// the reader has all of it.
///
/// # Errors
/// If a file that it goes into is not Rust.
pub fn next<'a>(
    page: &'a Page,
    base: &Tree,
    target: &Tree,
    reader: &Tree,
) -> Result<Option<Laid<'a>>, String> {
    let lay = Lay { base, target };
    for mut gift in page.gifts() {
        let mut missing = Vec::new();
        for block in std::mem::take(&mut gift.blocks) {
            if !lay.is_there(block, reader)? {
                missing.push(block);
            }
        }
        if missing.is_empty() {
            continue;
        }
        let mut tree = reader.clone();
        for block in &missing {
            lay.bring(block, &mut tree)?;
        }
        lay.declare_modules(&mut tree);
        gift.blocks = missing;
        return Ok(Some(Laid { gift, tree }));
    }
    Ok(None)
}

struct Lay<'a> {
    base: &'a Tree,
    target: &'a Tree,
}

impl Lay<'_> {
    /// Whether the reader has the items of a block, in whatever form: the reader may
    /// have changed them since.
    fn is_there(&self, block: &Shown, reader: &Tree) -> Result<bool, String> {
        let file = &block.file;
        if reader.get(file) == self.base.get(file) {
            return Ok(false);
        }
        if is_file_of_tests(block) {
            return Ok(true);
        }
        let own = outline(reader, file)?;
        if block.items.is_empty() {
            // Only the head of the file is given.
            let target = outline(self.target, file)?;
            let docs = ["docs".to_owned()];
            let has =
                |model: &Node| own.get(slice::from_ref(&model.name)).is_some();
            let mut modules =
                target.nodes.iter().filter(|n| n.kind == Kind::ModLine);
            return Ok(own.get(&docs) == target.get(&docs) && modules.all(has));
        }
        let before = outline(self.base, file)?;
        let is_there = |path: &Path| {
            let mine = own.get(path).map(Node::text);
            mine.is_some() && mine != before.get(path).map(Node::text)
        };
        Ok(self.paths(block)?.iter().all(is_there))
    }

    fn paths(&self, block: &Shown) -> Result<Vec<Path>, String> {
        let target = outline(self.target, &block.file)?;
        let mut paths = Vec::new();
        for name in &block.items {
            paths.extend(target.find(name).map_err(|error| error.to_string())?);
        }
        Ok(paths)
    }

    fn bring(&self, block: &Shown, tree: &mut Tree) -> Result<(), String> {
        let file = &block.file;
        let target = outline(self.target, file)?;
        let before = outline(self.base, file)?;
        let paths = self.paths(block)?;
        let is_left = |path: &Path| {
            let name = path.last().map(String::as_str);
            !paths.contains(path) && !matches!(name, Some("docs" | "mod tests"))
        };
        let is_whole =
            is_file_of_tests(block) || !before.changes(&target).iter().any(is_left);
        if is_whole && tree.get(file) == self.base.get(file) {
            tree.files.insert(file.clone(), target.render());
            return Ok(());
        }
        let mut own = outline(tree, file)?;
        if is_whole {
            for path in before.leavers(&target) {
                own.take(&path, Some(&target));
            }
        }
        let docs =
            (is_whole || own.nodes.is_empty()).then(|| vec!["docs".to_owned()]);
        for path in docs.iter().chain(&paths) {
            own.bring(&target, path);
        }
        own.settle(&target);
        let is_done = own.changes(&target).is_empty();
        tree.files.insert(file.clone(), own.render());
        let progress = if is_done { Progress::Done } else { Progress::Begun };
        if let Some(text) = imports::ride(file, tree, self.target, progress)? {
            tree.files.insert(file.clone(), text);
        }
        Ok(())
    }

    /// Adds the `mod` lines of files that are there now. A file that does not parse
    /// is one that the reader is typing: it stays as it is.
    fn declare_modules(&self, tree: &mut Tree) {
        let names: Vec<String> = tree.files.keys().cloned().collect();
        for file in names.iter().filter(|name| name.ends_with(".rs")) {
            let ride = imports::ride(file, tree, self.target, Progress::Untouched);
            let Ok(Some(text)) = ride else { continue };
            if modules(file, &text)
                != modules(file, tree.get(file).unwrap_or_default())
            {
                tree.files.insert(file.clone(), text);
            }
        }
    }
}

fn is_file_of_tests(block: &Shown) -> bool {
    block.verb == Verb::Revealed && block.items.is_empty()
}

fn outline(tree: &Tree, file: &str) -> Result<Outline, String> {
    Outline::parse(file, tree.get(file).unwrap_or_default())
}

fn modules(file: &str, text: &str) -> Vec<String> {
    let nodes = Outline::parse(file, text).unwrap_or_default().nodes;
    let modules = nodes.into_iter().filter(|node| node.kind == Kind::ModLine);
    modules.map(|node| node.name).collect()
}
