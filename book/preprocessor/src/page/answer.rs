//! What a page answers to a directive.

use super::{Given, Page, Part};
use crate::behaviour::gains;
use crate::directive::{Directive, Target};
use crate::exercise::Exercise;
use crate::lab;
use crate::lines::{Line, Sign, all};
use crate::modules::layers;
use crate::outline::{Node, Outline};
use crate::recording;
use crate::render::Format;
use crate::replay::Replay;
use crate::repository::{LAST, Repository};
use crate::shown::{Shown, Verb};
use crate::tree::Tree;
use crate::yours::Yours;

impl Page {
    pub(super) fn part(
        &mut self,
        repository: &Repository,
        replay: &mut Option<Replay>,
        number: usize,
        directive: &Directive,
    ) -> Result<Part, String> {
        let mut blocks = match replay {
            Some(replay) => replay.apply(directive)?,
            None => Vec::new(),
        };
        if let (Directive::Given(at), Some(_)) = (directive, &replay) {
            let is_last = self.chapter.as_deref() == Some(LAST);
            let folder =
                (is_last && is_folder(at, &blocks)).then(|| at.file.clone());
            return Ok(Part::Given(Given { folder, blocks }));
        }
        if let (Directive::Yours(at, tests), Some(_)) = (directive, &replay) {
            let (line, at, tests) = (number, at.clone(), tests.clone());
            self.yours.push(Yours { line, at, tests, tree: None });
        }
        if let Some(shown) = blocks.pop() {
            return Ok(Part::Step(Box::new(shown)));
        }
        match (directive, replay) {
            (Directive::Pattern(at), Some(_)) => Ok(Part::Pattern(at.clone())),
            (Directive::Modules, Some(replay)) => {
                layers(replay.base(), replay.target()).map(Part::Modules)
            }
            (Directive::Checkpoint, Some(replay)) => {
                self.checkpoints.push((number, replay.now().clone()));
                self.typed.push(self.figures.typed);
                for yours in self.yours.iter_mut().filter(|y| y.tree.is_none()) {
                    yours.tree = Some(replay.now().clone());
                }
                Ok(Part::Checkpoint)
            }
            (Directive::Unchanged(path), Some(replay)) => {
                let below = format!("{}/", path.trim_end_matches('/'));
                let files = replay.target().files.iter();
                let texts: Vec<&String> = files
                    .filter(|(file, _)| *file == path || file.starts_with(&below))
                    .map(|(_, text)| text)
                    .collect();
                let lines = texts.iter().map(|text| text.lines().count()).sum();
                Ok(Part::Unchanged(path.clone(), texts.len(), lines))
            }
            (Directive::Changes(id), _) => {
                match self.chapter.as_ref() == Some(id) {
                    true => Ok(Part::Changes(gains(repository, id))),
                    false => Err(format!("this is not the page of chapter {id}")),
                }
            }
            (Directive::Code(target, place), replay) => {
                let tree = match (place, replay) {
                    (Some(place), _) => repository.place(place)?,
                    (None, Some(replay)) => replay.target().clone(),
                    (None, None) => {
                        return Err("say of which chapter: `in 03`".into());
                    }
                };
                quote(&tree, target).map(|shown| Part::Step(Box::new(shown)))
            }
            (Directive::Swap(old, place, new), Some(replay)) => {
                let before = quote(&repository.place(place)?, old)?;
                let after = quote(replay.target(), new)?;
                Ok(Part::Swap(place.clone(), Box::new([before, after])))
            }
            (Directive::Transcript(name), _) => {
                recording::transcript(repository, name, Format::Html)?;
                Ok(Part::Transcript(name.clone()))
            }
            (Directive::Lab(name), _) => {
                lab::session(repository, name, Format::Html)?;
                Ok(Part::Lab(name.clone()))
            }
            (Directive::Sequence(name), _) => {
                recording::sequence(repository, name, Format::Html)?;
                Ok(Part::Sequence(name.clone()))
            }
            (Directive::Drawing(caption, text), _) => {
                recording::drawn(repository, caption, text, Format::Html)?;
                Ok(Part::Drawing(caption.clone(), text.clone()))
            }
            (Directive::Exercise(name), _) => Exercise::read(repository, name)
                .map(|e| Part::Exercise(Box::new(e))),
            _ => Err("a step stands on the page of a chapter, NN-name.md".into()),
        }
    }
}

/// The mark where the crate compiles.
pub(super) fn checkpoint(format: Format) -> String {
    match format {
        Format::Html => "<p class=\"checkpoint\"><strong>Checkpoint</strong> \
                         <code>cargo check</code> passes here.</p>\n\n"
            .to_owned(),
        Format::Markdown => {
            "**Checkpoint** `cargo check` passes here.\n\n".to_owned()
        }
    }
}

/// What a reader must have typed once.
pub(super) fn pattern(at: &Target) -> String {
    let items = at.items.join("`, `");
    format!("You type the pattern yourself: `{items}` in `{}`.\n\n", at.file)
}

fn is_folder(at: &Target, blocks: &[Shown]) -> bool {
    at.items.is_empty() && blocks.iter().all(|block| block.file != at.file)
}

/// Code that is only looked at.
fn quote(tree: &Tree, at: &Target) -> Result<Shown, String> {
    let text = tree.get(&at.file).ok_or_else(|| format!("no file {}", at.file))?;
    if at.items.is_empty() {
        return Ok(Shown::new(Verb::None, &at.file, &[], all(Sign::Same, text)));
    }
    let outline = Outline::parse(&at.file, text)?;
    let mut lines = Vec::new();
    for name in &at.items {
        for path in outline.find(name).map_err(|e| format!("{e} in {}", at.file))? {
            let text = outline.get(&path).map(Node::text).unwrap_or_default();
            if !lines.is_empty() {
                lines.push(Line::new(Sign::Same, ""));
            }
            lines.extend(all(Sign::Same, &text));
        }
    }
    Ok(Shown::new(Verb::None, &at.file, &at.items, lines))
}
