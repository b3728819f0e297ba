//! The `use` and `mod` lines that ride along with the steps that need them.

mod leaf;
mod resolve;

use std::collections::BTreeSet;

pub use leaf::imports;
use leaf::{Leaf, leaves, leaves_of_lines, narrowed, remainder, words};
pub use resolve::is_parent;

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
