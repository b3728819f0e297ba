//! Adding, changing and removing items and files.

use std::collections::BTreeMap;

use super::{Replay, find_all, is_head, place_in};
use crate::directive::Target;
use crate::lines::{self, Sign};
use crate::outline::Outline;
use crate::shown::{Shown, Verb, projection, shortened};

impl Replay {
    pub(super) fn add(&mut self, at: &Target) -> Result<Shown, String> {
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
        let place = place_in(&at.file, &before, &after, &paths);
        let shown = Shown::new(Verb::Added, &at.file, &at.items, lines);
        Ok(Shown { place, ..shown })
    }

    pub(super) fn change(&mut self, at: &Target) -> Result<Shown, String> {
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

    pub(super) fn remove(&mut self, at: &Target) -> Result<Shown, String> {
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
}
