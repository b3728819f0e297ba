//! A reader who is stuck gets the next checkpoint and keeps the rest.

use crate::page::Page;
use crate::tree::Tree;

/// Where the reader goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Rescue {
    /// The checkpoint, from 1; one more than there are for the chapter's end.
    pub checkpoint: usize,
    /// How many there are, with the end.
    pub of: usize,
    /// The crate: the checkpoint's files, and the reader's own where the chapter
    /// changes nothing.
    pub tree: Tree,
}

/// The first checkpoint of the page that `reader` has not reached. `None` if the
/// reader has the whole chapter.
pub fn next(
    page: &Page,
    base: &Tree,
    target: &Tree,
    reader: &Tree,
) -> Option<Rescue> {
    let mut stages: Vec<&Tree> =
        page.checkpoints.iter().map(|(_, tree)| tree).collect();
    if stages.last() != Some(&target) {
        stages.push(target);
    }
    let of = stages.len();
    let mut before = base;
    for (index, stage) in stages.into_iter().enumerate() {
        let names = || stage.files.keys().chain(before.files.keys());
        let changed = |file: &&String| stage.get(file) != before.get(file);
        let lacks = |file: &String| reader.get(file) != stage.get(file);
        // A later stage may have changed the file again.
        let beyond = |file: &String| reader.get(file) == target.get(file);
        if names().filter(changed).any(|file| lacks(file) && !beyond(file)) {
            let tree = merged(base, target, stage, reader);
            return Some(Rescue { checkpoint: index + 1, of, tree });
        }
        before = stage;
    }
    None
}

/// `stage` where the chapter changes something, `reader` elsewhere.
fn merged(base: &Tree, target: &Tree, stage: &Tree, reader: &Tree) -> Tree {
    let mut tree = reader.clone();
    let all =
        base.files.keys().chain(target.files.keys()).chain(stage.files.keys());
    for file in all {
        let touched =
            base.get(file) != target.get(file) || base.get(file) != stage.get(file);
        match stage.get(file) {
            Some(text) if touched => {
                tree.files.insert(file.clone(), text.to_owned());
            }
            None if touched => {
                tree.files.remove(file);
            }
            _ => {}
        }
    }
    tree
}
