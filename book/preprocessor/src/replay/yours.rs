//! The steps whose bodies the reader writes.

use super::Replay;
use crate::directive::Target;
use crate::lines::{Line, difference};
use crate::outline::{Node, Outline};
use crate::shown::{Shown, Verb};
use crate::yours::stubbed;

impl Replay {
    /// Adds functions whose bodies come later: something runs before all is there.
    pub(super) fn stub(&mut self, at: &Target) -> Result<Shown, String> {
        let mut shown = self.with_stubs(at, |replay| replay.add(at))?;
        shown.verb = Verb::Stubbed;
        Ok(shown)
    }

    /// Takes a step as if the chapter's file had stubs in the place of these items.
    fn with_stubs(
        &mut self,
        at: &Target,
        step: impl FnOnce(&mut Self) -> Result<Shown, String>,
    ) -> Result<Shown, String> {
        let target = self.outline_of_target(&at.file)?.render();
        let stub = stubbed(at, &target)?;
        self.target.files.insert(at.file.clone(), stub);
        let shown = step(self);
        self.target.files.insert(at.file.clone(), target);
        shown
    }

    /// Adds or changes the items as the book does, and shows their contracts.
    pub(super) fn yours(
        &mut self,
        at: &Target,
        tests: &Target,
    ) -> Result<Shown, String> {
        let names = self.test_bodies(tests)?;
        let before = self.now.clone();
        let contract = self.with_stubs(at, |replay| replay.add_or_change(at));
        self.now = before;
        let contract = contract?.lines;
        let mut shown = self.add_or_change(at)?;
        let chapter = self.target.package().unwrap_or_default();
        let chapter = chapter.trim_start_matches("ch").chars().take(2).collect();
        shown.verb = Verb::Yours { contract, chapter };
        shown.tests = names;
        Ok(shown)
    }

    fn add_or_change(&mut self, at: &Target) -> Result<Shown, String> {
        let known = self.outline(&at.file)?.unwrap_or_default();
        let is_there = |name: &String| known.find(name).is_ok();
        let is_old = match at.items.is_empty() {
            true => self.now.files.contains_key(&at.file),
            false => at.items.iter().any(is_there),
        };
        match is_old {
            true => self.change(at),
            false => self.add(at),
        }
    }

    /// The named tests with their bodies. A test that a macro makes has the body of
    /// the function that it is made of.
    fn test_bodies(
        &self,
        tests: &Target,
    ) -> Result<Vec<(String, Vec<Line>)>, String> {
        if tests.items.is_empty() {
            return Err("name the tests: `to pass tests/FILE#NAME, NAME`".into());
        }
        let mut outline = self.outline_of_target(&tests.file)?;
        if let Some(shared) = self.target.get("tests/support/contract.rs") {
            let shared = Outline::parse("contract.rs", shared)?;
            outline.nodes.extend(shared.nodes);
        }
        let body = |name: &String| {
            let bare = name.rsplit("::").next().unwrap_or(name);
            let path = outline.find(bare).ok()?.into_iter().next()?;
            let text = outline.get(&path).map(Node::text)?;
            Some((name.clone(), difference("", &text)))
        };
        let missing = |name: &String| format!("no test `{name}` in {}", tests.file);
        let tests = tests.items.iter();
        tests.map(|name| body(name).ok_or_else(|| missing(name))).collect()
    }
}
