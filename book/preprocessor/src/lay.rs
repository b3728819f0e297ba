//! The given code of a reader's next step, laid into the reader's crate. What the
//! reader typed stays as it was typed.

use crate::imports::{self, Progress};
use crate::outline::{Kind, Outline, Path};
use crate::page::{Gift, Page};
use crate::shown::Shown;
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
        if reader.get(&block.file) == self.base.get(&block.file) {
            return Ok(false);
        }
        let own = outline(reader, &block.file)?;
        let before = outline(self.base, &block.file)?;
        let paths = self.paths(block)?;
        let text =
            |outline: &Outline, path: &Path| outline.get(path).map(|n| n.text());
        let is_there = |path: &Path| {
            let mine = text(&own, path);
            mine.is_some() && mine != text(&before, path)
        };
        Ok(paths.iter().all(is_there))
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
        let paths = self.paths(block)?;
        let is_untouched = tree.get(file) == self.base.get(file);
        let mut changes = outline(self.base, file)?.changes(&target);
        changes.retain(|path| !paths.contains(path) && path != &["docs"]);
        if is_untouched && (changes.is_empty() || block.items.is_empty()) {
            let text = target.render();
            tree.files.insert(file.clone(), text);
            return Ok(());
        }
        let mut own = outline(tree, file)?;
        let docs = own.nodes.is_empty().then(|| vec!["docs".to_owned()]);
        for path in docs.iter().chain(&paths) {
            own.bring(&target, path);
        }
        own.settle(&target);
        let is_whole = own.changes(&target).is_empty();
        tree.files.insert(file.clone(), own.render());
        let progress = if is_whole { Progress::Done } else { Progress::Begun };
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

fn outline(tree: &Tree, file: &str) -> Result<Outline, String> {
    Outline::parse(file, tree.get(file).unwrap_or_default())
}

fn modules(file: &str, text: &str) -> Vec<String> {
    let nodes = Outline::parse(file, text).unwrap_or_default().nodes;
    let modules = nodes.into_iter().filter(|node| node.kind == Kind::ModLine);
    modules.map(|node| node.name).collect()
}
