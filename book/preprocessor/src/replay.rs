//! The steps of a page, applied to the chapter before.

use std::collections::BTreeMap;

use crate::directive::{Directive, Target};
use crate::imports::{self, Progress};
use crate::lines::{self, Sign, difference};
use crate::outline::{Kind, Node, Outline, Path};
use crate::shown::{Ride, Shown, Verb, projection, shortened};
use crate::tree::Tree;

/// A reader's crate on its way from one chapter to the next.
#[derive(Clone, Debug)]
pub struct Replay {
    base: Tree,
    now: Tree,
    target: Tree,
    /// The first and the last step that names a file.
    touches: BTreeMap<String, (usize, usize)>,
    step: usize,
}

impl Replay {
    /// Begins with `base`. All steps are given now, because the imports of a
    /// file are settled by the last of its steps.
    pub fn new<'a>(
        base: Tree,
        target: Tree,
        steps: impl IntoIterator<Item = &'a Directive>,
    ) -> Self {
        let mut touches: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for (index, directive) in steps.into_iter().enumerate() {
            for file in directive.touches() {
                let entry =
                    touches.entry(file.to_owned()).or_insert((index, index));
                entry.1 = index;
            }
        }
        Self { now: base.clone(), base, target, touches, step: 0 }
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

    /// Takes the next step and returns what the page shows for it. The caller
    /// gives every directive of the page, in order.
    ///
    /// # Errors
    /// If there is no such file or item, or the step would do nothing.
    pub fn apply(
        &mut self,
        directive: &Directive,
    ) -> Result<Option<Shown>, String> {
        let before = self.now.clone();
        let outcome = match directive {
            Directive::Add(at) => self.add(at).map(Some),
            Directive::Change(at) => self.change(at).map(Some),
            Directive::Move(from, to) => self.relocate(from, to).map(Some),
            Directive::Remove(at) => self.remove(at).map(Some),
            Directive::Dependency(names) => self.dependency(names).map(Some),
            Directive::Reveal(at) => self.reveal(at).map(Some),
            Directive::Unchanged(path) => self.unchanged(path).map(|()| None),
            _ => Ok(None),
        };
        let rides = match self.now == before {
            true => Ok(Vec::new()),
            false => self.ride(&before),
        };
        self.step += 1;
        let mut shown = outcome?;
        if let Some(shown) = &mut shown {
            shown.rides = rides?;
        }
        Ok(shown)
    }

    fn add(&mut self, at: &Target) -> Result<Shown, String> {
        let target = self.outline_of_target(&at.file)?;
        if at.items.is_empty() {
            if self.now.files.contains_key(&at.file) {
                return Err(format!("{} is there already: `change` it", at.file));
            }
            let text = target.render();
            let lines = lines::all(Sign::Added, &text);
            self.now.files.insert(at.file.clone(), text);
            return Ok(Shown::new(Verb::Added, &at.file, &[], lines));
        }
        let before = self.outline(&at.file)?.unwrap_or_default();
        let paths = find_all(&target, at)?;
        if let Some(path) = paths.iter().find(|path| before.get(path).is_some()) {
            let name = target.full_name(path);
            return Err(format!("`{name}` is there already: `change` it"));
        }
        let (after, paths) = self.bring(&at.file, &target, paths);
        let lines = projection(&before, &after, &paths, &BTreeMap::new());
        Ok(Shown::new(Verb::Added, &at.file, &at.items, lines))
    }

    fn change(&mut self, at: &Target) -> Result<Shown, String> {
        let target = self.outline_of_target(&at.file)?;
        let before = self
            .outline(&at.file)?
            .ok_or_else(|| format!("{} is not there yet: `add` it", at.file))?;
        if at.items.is_empty() {
            let (old, new) = (before.render(), target.render());
            if old == new {
                return Err(format!("{} is already what it should be", at.file));
            }
            let lines = shortened(&old, &new);
            self.now.files.insert(at.file.clone(), new);
            return Ok(Shown::new(Verb::Changed, &at.file, &[], lines));
        }
        if at.items == ["head"] {
            return self.change_head(at, &before, &target);
        }
        let paths = find_all(&target, at)?;
        for path in &paths {
            let name = target.full_name(path);
            match (before.get(path), target.get(path)) {
                (None, _) => {
                    return Err(format!("`{name}` is not there yet: `add` it"));
                }
                (Some(old), Some(new)) if old.text() == new.text() => {
                    return Err(format!("`{name}` is already what it should be"));
                }
                _ => {}
            }
        }
        let (after, paths) = self.bring(&at.file, &target, paths);
        let lines = projection(&before, &after, &paths, &BTreeMap::new());
        Ok(Shown::new(Verb::Changed, &at.file, &at.items, lines))
    }

    /// Inner docs, `use` and `mod` lines, all at once.
    fn change_head(
        &mut self,
        at: &Target,
        before: &Outline,
        target: &Outline,
    ) -> Result<Shown, String> {
        let head = |outline: &Outline| Outline {
            nodes: outline
                .nodes
                .iter()
                .filter(|node| is_head(node))
                .cloned()
                .collect(),
        };
        let (old, new) = (head(before), head(target));
        if old == new {
            return Err(format!(
                "the head of {} is already what it should be",
                at.file
            ));
        }
        let mut after = new.clone();
        after
            .nodes
            .extend(before.nodes.iter().filter(|node| !is_head(node)).cloned());
        after.settle(target);
        self.now.files.insert(at.file.clone(), after.render());
        let lines = shortened(&old.render(), &new.render());
        Ok(Shown::new(Verb::Changed, &at.file, &at.items, lines))
    }

    fn relocate(&mut self, from: &Target, to: &Target) -> Result<Shown, String> {
        let verb = |place: &str| Verb::Moved(place.to_owned());
        let source = self
            .outline(&from.file)?
            .ok_or_else(|| format!("there is no {} to move from", from.file))?;
        let target = self.outline_of_target(&to.file)?;
        if from.items.is_empty() {
            if self.now.files.contains_key(&to.file) {
                return Err(format!("{} is there already", to.file));
            }
            let lines = shortened(&source.render(), &target.render());
            self.now.files.remove(&from.file);
            self.now.files.insert(to.file.clone(), target.render());
            return Ok(Shown::new(verb(&from.file), &to.file, &[], lines));
        }
        let names = if to.items.is_empty() { &from.items } else { &to.items };
        if names.len() != from.items.len() {
            return Err("as many names after `to` as before, or none".into());
        }
        let before = self.outline(&to.file)?.unwrap_or_default();
        let mut old_texts = BTreeMap::new();
        for (old, new) in from.items.iter().zip(names) {
            let here = Target { file: to.file.clone(), items: vec![new.clone()] };
            let path = one(find_all(&target, &here)?, new)?;
            let model = target.get(&path).ok_or("no such item")?.text();
            let taken = self.take(&from.file, old)?.text();
            let there = self.outline(&to.file)?.unwrap_or_default();
            if there.get(&path).is_some() {
                return Err(format!("`{new}` is there already"));
            }
            let taken = lines::indented(&taken, lines::indent(&model));
            old_texts.insert(path, taken);
        }
        let paths = old_texts.keys().cloned().collect();
        let (after, paths) = self.bring(&to.file, &target, paths);
        let lines = projection(&before, &after, &paths, &old_texts);
        self.drop_if_empty(&from.file)?;
        Ok(Shown::new(verb(&from.file), &to.file, names, lines))
    }

    fn remove(&mut self, at: &Target) -> Result<Shown, String> {
        let outline = self
            .outline(&at.file)?
            .ok_or_else(|| format!("there is no {}", at.file))?;
        if at.items.is_empty() {
            if self.target.files.contains_key(&at.file) {
                return Err(format!("the chapter still has {}", at.file));
            }
            self.now.files.remove(&at.file);
            let lines = lines::all(Sign::Removed, &outline.render());
            return Ok(Shown::new(Verb::Removed, &at.file, &[], lines));
        }
        let mut lines = Vec::new();
        for name in &at.items {
            let taken = self.take(&at.file, name)?;
            lines.extend(lines::all(Sign::Removed, &taken.text()));
            let still = self.target_outline(&at.file)?;
            let same = |outline: &Outline| outline.find(name).is_ok();
            if still.as_ref().is_some_and(same) {
                return Err(format!("the chapter still has `{name}`"));
            }
        }
        self.drop_if_empty(&at.file)?;
        Ok(Shown::new(Verb::Removed, &at.file, &at.items, lines))
    }

    fn dependency(&mut self, names: &[String]) -> Result<Shown, String> {
        const FILE: &str = "Cargo.toml";
        let target = self.outline_of_target(FILE)?;
        let before = self.outline(FILE)?.unwrap_or_default();
        let mut after = before.clone();
        let mut paths = Vec::new();
        let mut gone = Vec::new();
        for name in names {
            let places: Vec<Path> = ["dependencies", "dev-dependencies"]
                .iter()
                .map(|table| vec![(*table).to_owned(), name.clone()])
                .filter(|path| before.get(path) != target.get(path))
                .collect();
            if places.is_empty() {
                return Err(format!("`{name}` is no dependency that changes here"));
            }
            for path in places {
                if target.get(&path).is_some() {
                    after.bring(&target, &path);
                    paths.push(path);
                } else if let Some(node) = after.take(&path, Some(&target)) {
                    gone.extend(lines::all(Sign::Removed, &node.text()));
                }
            }
        }
        after.settle(&target);
        let mut lines = projection(&before, &after, &paths, &BTreeMap::new());
        lines.extend(gone);
        self.now.files.insert(FILE.into(), after.render());
        let only_new = lines.iter().all(|line| line.sign == Sign::Added);
        let verb = if only_new { Verb::Added } else { Verb::Changed };
        let items: Vec<String> =
            paths.iter().map(|path| target.full_name(path)).collect();
        Ok(Shown::new(verb, FILE, &items, lines))
    }

    fn reveal(&mut self, at: &Target) -> Result<Shown, String> {
        let target = self.outline_of_target(&at.file)?;
        let before = self.outline(&at.file)?.unwrap_or_default();
        if before == target {
            return Err(format!("{} is already what it should be", at.file));
        }
        let paths = match at.items.is_empty() {
            true => {
                target.nodes.iter().map(|node| vec![node.name.clone()]).collect()
            }
            false => find_all(&target, at)?,
        };
        let after = match at.items.is_empty() {
            true => {
                self.now.files.insert(at.file.clone(), target.render());
                target.clone()
            }
            false => self.bring(&at.file, &target, paths.clone()).0,
        };
        let mut tests = Vec::new();
        for path in after.paths() {
            let within = paths.iter().any(|wanted| path.starts_with(wanted));
            let (Some(node), old) = (after.get(&path), before.get(&path)) else {
                continue;
            };
            if within && is_test(node) && old != Some(node) {
                let old = old.map(Node::text).unwrap_or_default();
                tests.push((node.name.clone(), difference(&old, &node.text())));
            }
        }
        let lines = difference(&before.render(), &after.render());
        let mut shown = Shown::new(Verb::Revealed, &at.file, &at.items, lines);
        shown.tests = tests;
        Ok(shown)
    }

    /// Whether all files at `path` are what they were in the chapter before.
    fn unchanged(&self, path: &str) -> Result<(), String> {
        let path = path.trim_end_matches('/');
        let below = format!("{path}/");
        let within = |file: &&String| *file == path || file.starts_with(&below);
        let names = self.base.files.keys().chain(self.target.files.keys());
        let mut names: Vec<_> = names.filter(within).collect();
        names.sort();
        names.dedup();
        if names.is_empty() {
            return Err(format!("there is no {path}"));
        }
        let differs =
            |file: &&&String| self.base.get(file) != self.target.get(file);
        match names.iter().find(differs) {
            Some(file) => {
                Err(format!("{file} is not what it was before this chapter"))
            }
            None => Ok(()),
        }
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
        let same_files = files == names(before);
        for file in files.iter().filter(|file| file.ends_with(".rs")) {
            let first = self.touches.get(file).map(|(first, _)| *first);
            let touched = first.is_some_and(|first| first <= self.step);
            // Most files are what they should be, and most others rest.
            if self.now.get(file) == self.target.get(file)
                || (same_files && !touched)
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
                let mut lines = difference(&old, &text);
                lines.retain(|line| {
                    line.sign != Sign::Same && !line.text.is_empty()
                });
                let (before, after) =
                    (imports::imports(&old), imports::imports(&text));
                let added = after.difference(&before).count();
                let removed = before.difference(&after).count();
                if !lines.is_empty() {
                    rides.push(Ride { file: file.clone(), lines, added, removed });
                }
            }
        }
        Ok(rides)
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

/// Inner docs, and what rides along.
fn is_head(node: &Node) -> bool {
    node.kind.rides() || node.kind == Kind::Docs
}

/// A function under an attribute that says `test`.
fn is_test(node: &Node) -> bool {
    let attribute = |line: &String| {
        let line = line.trim();
        line.starts_with("#[") && line.contains("test") && !line.contains("cfg")
    };
    node.kind == Kind::Function && node.lines.iter().any(attribute)
}
