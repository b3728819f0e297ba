//! Moving, dependencies, tests, and what must not change.

use std::collections::BTreeMap;

use super::{Replay, find_all, one, place_in};
use crate::difference::is_tests;
use crate::directive::Target;
use crate::lines::{self, Sign, difference};
use crate::outline::{Kind, Node, Path};
use crate::shown::{Shown, Verb, projection, shortened};

impl Replay {
    pub(super) fn relocate(
        &mut self,
        from: &Target,
        to: &Target,
    ) -> Result<Shown, String> {
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
        let place = place_in(&to.file, &before, &after, &paths);
        let shown = Shown::new(verb(&from.file), &to.file, names, lines);
        Ok(Shown { place, ..shown })
    }

    pub(super) fn dependency(&mut self, names: &[String]) -> Result<Shown, String> {
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

    pub(super) fn reveal(&mut self, at: &Target) -> Result<Shown, String> {
        let target = self.outline_of_target(&at.file)?;
        // What is revealed is not counted as typed, so it must not be the program.
        let module =
            |name: &String| name.starts_with("mod ") && name.contains("tests");
        let inline = !at.items.is_empty() && at.items.iter().all(module);
        if !is_tests(&at.file) && !inline {
            return Err(
                "only tests are revealed: `tests/…`, `…tests.rs`, `mod tests`"
                    .into(),
            );
        }
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
    pub(super) fn unchanged(&self, path: &str) -> Result<(), String> {
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
}

/// A function under an attribute that says `test`.
fn is_test(node: &Node) -> bool {
    let attribute = |line: &String| {
        let line = line.trim();
        line.starts_with("#[") && line.contains("test") && !line.contains("cfg")
    };
    node.kind == Kind::Function && node.lines.iter().any(attribute)
}
