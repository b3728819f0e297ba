//! The steps of a page, applied to the chapter before.

mod edits;
mod give;
mod special;
mod yours;

use std::collections::{BTreeMap, BTreeSet};

use crate::directive::{Directive, Target};
use crate::imports::{self, Progress};
use crate::outline::{Kind, Node, Outline, Path};
use crate::place::{self, Place};
use crate::shown::{Ride, Shown};
use crate::tree::Tree;

/// A reader's crate on its way from one chapter to the next.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    base: Tree,
    now: Tree,
    target: Tree,
    /// The first and the last step that names a file.
    touches: BTreeMap<String, (usize, usize)>,
    step: usize,
    /// What was given so far; no path stands for the whole file.
    given: BTreeSet<(String, Path)>,
    /// What was typed so far.
    typed: Vec<Target>,
    /// What must be typed.
    patterns: Vec<Target>,
}

impl Replay {
    /// Begins with `base`. All steps are given now, because the imports of a
    /// file are settled by the last of its steps.
    pub fn new<'a>(
        base: Tree,
        target: Tree,
        steps: impl IntoIterator<Item = &'a Directive>,
    ) -> Self {
        let mut replay =
            Self { now: base.clone(), base, target, ..Self::default() };
        for (index, directive) in steps.into_iter().enumerate() {
            for file in replay.touched(directive) {
                let entry = replay.touches.entry(file).or_insert((index, index));
                entry.1 = index;
            }
            if let Directive::Pattern(at) = directive {
                replay.patterns.push(at.clone());
            }
        }
        replay
    }

    /// The files that a step changes.
    fn touched(&self, directive: &Directive) -> Vec<String> {
        match directive {
            Directive::Given(at) => {
                let mut files = give::files_at(&at.file, self.target.files.keys());
                files.retain(|file| self.base.get(file) != self.target.get(file));
                files
            }
            _ => directive.touches().into_iter().map(str::to_owned).collect(),
        }
    }

    /// The crate as it is now.
    pub fn now(&self) -> &Tree {
        &self.now
    }

    /// The crate that the steps should lead to.
    pub fn target(&self) -> &Tree {
        &self.target
    }

    /// The crate that the steps began with.
    pub fn base(&self) -> &Tree {
        &self.base
    }

    /// Takes the next step and returns the blocks that the page shows for it: one,
    /// or one for each given file. The caller passes every directive of the page, in
    /// order.
    ///
    /// # Errors
    /// If there is no such file or item, or the step would do nothing.
    pub fn apply(&mut self, directive: &Directive) -> Result<Vec<Shown>, String> {
        let before = self.now.clone();
        let one = |shown| vec![shown];
        let outcome = match directive {
            Directive::Add(at) => self.add(at).map(one),
            Directive::Change(at) => self.change(at).map(one),
            Directive::Move(from, to) => self.relocate(from, to).map(one),
            Directive::Remove(at) => self.remove(at).map(one),
            Directive::Dependency(names) => self.dependency(names).map(one),
            Directive::Reveal(at) => self.reveal(at).map(one),
            Directive::Stub(at) => self.stub(at).map(one),
            Directive::Yours(at, tests) => self.yours(at, tests).map(one),
            Directive::Given(at) => self.give(at),
            Directive::Unchanged(path) => self.unchanged(path).map(|()| Vec::new()),
            _ => Ok(Vec::new()),
        };
        if outcome.is_ok() {
            self.note_typed(directive);
        }
        let rides = match self.now == before {
            true => Ok(Vec::new()),
            false => self.ride(&before),
        };
        self.step += 1;
        let mut shown = outcome?;
        if let Some(shown) = shown.last_mut() {
            shown.rides.extend(rides?);
        }
        Ok(shown)
    }

    /// Puts items of the chapter into a file of now. A file that is new gets its
    /// inner docs too.
    fn bring(
        &mut self,
        file: &str,
        target: &Outline,
        mut paths: Vec<Path>,
    ) -> (Outline, Vec<Path>) {
        let mut outline = self.outline(file).ok().flatten().unwrap_or_default();
        let docs = vec!["docs".to_owned()];
        let fresh = outline.nodes.is_empty() && target.get(&docs).is_some();
        if fresh && !paths.contains(&docs) {
            paths.insert(0, docs);
        }
        for path in &paths {
            outline.bring(target, path);
        }
        outline.settle(target);
        self.now.files.insert(file.to_owned(), outline.render());
        (outline, paths)
    }

    fn take(&mut self, file: &str, name: &str) -> Result<Node, String> {
        let mut outline = self.outline(file)?.unwrap_or_default();
        let path =
            one(outline.find(name).map_err(|e| format!("{e} in {file}"))?, name)?;
        let target = self.target_outline(file)?.unwrap_or_default();
        let taken = outline.take(&path, Some(&target)).ok_or("no such item")?;
        outline.settle(&target);
        self.now.files.insert(file.to_owned(), outline.render());
        Ok(taken)
    }

    /// A file goes when its last item has gone and the chapter has no such file.
    fn drop_if_empty(&mut self, file: &str) -> Result<(), String> {
        let outline = self.outline(file)?.unwrap_or_default();
        if !self.target.files.contains_key(file)
            && outline.nodes.iter().all(is_head)
        {
            self.now.files.remove(file);
        }
        Ok(())
    }

    fn ride(&mut self, before: &Tree) -> Result<Vec<Ride>, String> {
        let mut rides = Vec::new();
        let names =
            |tree: &Tree| tree.files.keys().cloned().collect::<Vec<String>>();
        let files = names(&self.now);
        let came_or_went: Vec<String> = self.came_or_went(before);
        for file in files.iter().filter(|file| file.ends_with(".rs")) {
            let first = self.touches.get(file).map(|(first, _)| *first);
            let touched = first.is_some_and(|first| first <= self.step);
            // Most files are what they should be, and most others rest: only the
            // parent of a new file gets its `mod` line.
            let is_parent =
                || came_or_went.iter().any(|child| imports::is_parent(file, child));
            if self.now.get(file) == self.target.get(file)
                || (!touched && !is_parent())
            {
                continue;
            }
            let progress = match self.touches.get(file) {
                Some((first, _)) if *first > self.step => Progress::Untouched,
                Some((_, last)) if *last > self.step => Progress::Begun,
                Some(_) => Progress::Done,
                None => Progress::Untouched,
            };
            let text = imports::ride(file, &self.now, &self.target, progress)?;
            if let Some(text) = text {
                let old = self.now.files.insert(file.clone(), text.clone());
                let old = old.unwrap_or_default();
                rides.extend(Ride::between(file, &old, &text));
            }
        }
        Ok(rides)
    }

    /// The files that are there now and were not, or the other way round.
    fn came_or_went(&self, before: &Tree) -> Vec<String> {
        let (now, before) = (&self.now.files, &before.files);
        let came = now.keys().filter(|file| !before.contains_key(*file));
        let went = before.keys().filter(|file| !now.contains_key(*file));
        came.chain(went).cloned().collect()
    }

    fn outline(&self, file: &str) -> Result<Option<Outline>, String> {
        self.now.get(file).map(|text| Outline::parse(file, text)).transpose()
    }

    fn target_outline(&self, file: &str) -> Result<Option<Outline>, String> {
        self.target.get(file).map(|text| Outline::parse(file, text)).transpose()
    }

    fn outline_of_target(&self, file: &str) -> Result<Outline, String> {
        self.target_outline(file)?.ok_or_else(|| {
            let files: Vec<_> =
                self.target.files.keys().map(String::as_str).collect();
            format!("no file `{file}`; there is {}", files.join(", "))
        })
    }
}

fn find_all(outline: &Outline, at: &Target) -> Result<Vec<Path>, String> {
    let mut paths = Vec::new();
    for name in &at.items {
        let found = outline.find(name);
        paths.extend(found.map_err(|error| format!("{error} in {}", at.file))?);
    }
    Ok(paths)
}

fn one(paths: Vec<Path>, name: &str) -> Result<Path, String> {
    match <[Path; 1]>::try_from(paths) {
        Ok([path]) => Ok(path),
        Err(_) => Err(format!("`{name}` stands for several items")),
    }
}

/// Where new items go. A script or a manifest is short enough to see it.
fn place_in(
    file: &str,
    before: &Outline,
    after: &Outline,
    paths: &[Path],
) -> Option<Place> {
    place::of(before, after, paths).filter(|_| file.ends_with(".rs"))
}

/// Inner docs, and what rides along.
fn is_head(node: &Node) -> bool {
    node.kind.rides() || node.kind == Kind::Docs
}
