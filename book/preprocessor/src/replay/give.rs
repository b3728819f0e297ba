//! Code that the reader gets instead of typing it.

use std::collections::BTreeMap;

use super::{Replay, find_all};
use crate::difference::is_tests;
use crate::directive::{Directive, Target};
use crate::lines::{self, Sign};
use crate::outline::{Kind, Node, Outline, Path};
use crate::shown::{Ride, Shown, Verb, projection};

impl Replay {
    /// Brings what is new or changed at `at`: in a folder, in a file, or items of a
    /// file. Returns a block for each file, and one more for the tests in it.
    pub(super) fn give(&mut self, at: &Target) -> Result<Vec<Shown>, String> {
        if !at.items.is_empty() {
            return Ok(vec![self.give_items(at)?]);
        }
        let mut files = files_at(&at.file, self.target.files.keys());
        if files.is_empty() {
            return Err(format!("no file or folder `{}`", at.file));
        }
        files.retain(|file| self.now.get(file) != self.target.get(file));
        if files.is_empty() {
            let given = self.given.iter().any(|(file, _)| is_at(&at.file, file));
            return Err(match given {
                true => format!("{} was given already", at.file),
                false => format!("nothing at {} is new or changed", at.file),
            });
        }
        let mut shown = Vec::new();
        for file in files {
            shown.extend(self.give_file(&file)?);
        }
        Ok(shown)
    }

    fn give_items(&mut self, at: &Target) -> Result<Shown, String> {
        if is_tests(&at.file) {
            return Err(format!("tests are given by file: `given {}`", at.file));
        }
        let target = self.outline_of_target(&at.file)?;
        let before = self.outline(&at.file)?.unwrap_or_default();
        let paths = find_all(&target, at)?;
        for path in &paths {
            let name = target.full_name(path);
            if self.is_given(&at.file, path) {
                return Err(format!("`{name}` was given already"));
            }
            if text(&before, path) == text(&target, path) {
                return Err(format!("`{name}` is already what it should be"));
            }
        }
        self.refuse_patterns(&at.file, &before, &target, &paths)?;
        let (after, paths) = self.bring(&at.file, &target, paths);
        let lines = projection(&before, &after, &paths, &BTreeMap::new());
        self.note_given(&at.file, &paths);
        let mut given = Shown::new(Verb::Given, &at.file, &at.items, lines);
        given.swapped = swapped(&before, &target, &paths);
        Ok(given)
    }

    /// Makes a file what it is in the chapter.
    fn give_file(&mut self, file: &str) -> Result<Vec<Shown>, String> {
        let whole = Target { file: file.to_owned(), items: Vec::new() };
        if is_tests(file) {
            self.note_given(file, &[]);
            return Ok(vec![self.reveal(&whole)?]);
        }
        let target = self.outline_of_target(file)?;
        let before = self.outline(file)?.unwrap_or_default();
        let (tests, code): (Vec<Path>, Vec<Path>) = before
            .changes(&target)
            .into_iter()
            .partition(|path| is_test_module(&target, path));
        self.refuse_patterns(file, &before, &target, &code)?;
        let named =
            code.iter().filter(|path| path.last().is_some_and(|n| n != "docs"));
        let names: Vec<String> = named.map(|path| target.full_name(path)).collect();
        let mut lines = projection(&before, &target, &code, &BTreeMap::new());
        for path in before.leavers(&target) {
            let gone = text(&before, &path).unwrap_or_default();
            lines.extend(lines::all(Sign::Removed, &gone));
        }
        let mut given = Shown::new(Verb::Given, file, &names, lines);
        given.rides.extend(head_ride(file, &before, &target));
        given.swapped = swapped(&before, &target, &code);
        let mut shown = vec![given];
        if !tests.is_empty() {
            let mut code = target.clone();
            tests.iter().for_each(|path| drop(code.take(path, None)));
            self.now.files.insert(file.to_owned(), code.render());
            let items = tests.iter().map(|path| target.full_name(path)).collect();
            shown.push(self.reveal(&Target { items, ..whole })?);
        }
        self.now.files.insert(file.to_owned(), target.render());
        self.note_given(file, &code);
        Ok(shown)
    }

    /// The pattern of a chapter is typed, so that a reader has done it once.
    fn refuse_patterns(
        &self,
        file: &str,
        before: &Outline,
        target: &Outline,
        paths: &[Path],
    ) -> Result<(), String> {
        for pattern in self.patterns.iter().filter(|pattern| pattern.file == file) {
            for typed in find_all(target, pattern)? {
                let is_brought = paths.iter().any(|path| overlap(path, &typed));
                if is_brought && text(before, &typed) != text(target, &typed) {
                    let name = target.full_name(&typed);
                    return Err(format!(
                        "`{name}` is the pattern of this chapter, which readers type"
                    ));
                }
            }
        }
        Ok(())
    }

    fn note_given(&mut self, file: &str, paths: &[Path]) {
        let whole = [Path::new()];
        let paths = if paths.is_empty() { &whole } else { paths };
        let entries = paths.iter().map(|path| (file.to_owned(), path.clone()));
        self.given.extend(entries);
    }

    fn is_given(&self, file: &str, path: &[String]) -> bool {
        let mut given = self.given.iter();
        given.any(|(other, given)| other == file && overlap(given, path))
    }

    /// Whether one of these items was given, or a part of one.
    pub fn gives_of(&self, at: &Target) -> bool {
        let Ok(target) = self.outline_of_target(&at.file) else { return false };
        let paths = find_all(&target, at).unwrap_or_default();
        paths.iter().any(|path| self.is_given(&at.file, path))
    }

    pub(super) fn note_typed(&mut self, directive: &Directive) {
        let at = match directive {
            Directive::Add(at)
            | Directive::Change(at)
            | Directive::Yours(at, _) => at.clone(),
            Directive::Move(from, to) if to.items.is_empty() => {
                Target { file: to.file.clone(), items: from.items.clone() }
            }
            Directive::Move(_, to) => to.clone(),
            _ => return,
        };
        self.typed.push(at);
    }

    /// The items of the pattern that no step lets the reader type.
    ///
    /// # Errors
    /// If the pattern names what is not there.
    pub fn untyped_patterns(&self) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        for pattern in &self.patterns {
            let target = self.outline_of_target(&pattern.file)?;
            let typed = self.typed.iter().filter(|at| at.file == pattern.file);
            let typed: Vec<&Target> = typed.collect();
            let is_whole = typed.iter().any(|at| at.items.is_empty());
            let paths = typed.iter().flat_map(|at| find_all(&target, at));
            let paths: Vec<Path> = paths.flatten().collect();
            for wanted in find_all(&target, pattern)? {
                if !is_whole && !paths.iter().any(|path| overlap(path, &wanted)) {
                    found.push(target.full_name(&wanted));
                }
            }
        }
        Ok(found)
    }
}

/// The files that a path names: itself, or those below it.
pub(super) fn files_at<'a>(
    path: &str,
    files: impl Iterator<Item = &'a String>,
) -> Vec<String> {
    files.filter(|file| is_at(path, file)).cloned().collect()
}

fn is_at(path: &str, file: &str) -> bool {
    let rest = file.strip_prefix(path.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The `use` and `mod` lines at the top of a file that come or go.
fn head_ride(file: &str, before: &Outline, target: &Outline) -> Option<Ride> {
    let head = |outline: &Outline| {
        let nodes = outline.nodes.iter().filter(|node| node.kind.rides());
        Outline { nodes: nodes.cloned().collect() }.render()
    };
    Ride::between(file, &head(before), &head(target))
}

/// The names of those items that are there before.
fn swapped(before: &Outline, target: &Outline, paths: &[Path]) -> Vec<String> {
    let there = paths.iter().filter(|path| before.get(path).is_some());
    there.map(|path| target.full_name(path)).collect()
}

fn is_test_module(outline: &Outline, path: &[String]) -> bool {
    let node = outline.get(path);
    node.is_some_and(|node| node.kind == Kind::Module && node.name == "mod tests")
}

fn text(outline: &Outline, path: &[String]) -> Option<String> {
    outline.get(path).map(Node::text)
}

/// Whether one is the other or inside it.
fn overlap(a: &[String], b: &[String]) -> bool {
    a.starts_with(b) || b.starts_with(a)
}
