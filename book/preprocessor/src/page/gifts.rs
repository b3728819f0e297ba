//! What a page gives, in the order in which the reader takes it.

use super::{Given, Page, Part};
use crate::shown::{Shown, Verb};

/// The given code between two steps that are typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Gift<'a> {
    /// The step's title on the page, if it has one.
    pub step: Option<String>,
    /// Whether the reader types nothing before it.
    pub is_first: bool,
    /// A block for each file.
    pub blocks: Vec<&'a Shown>,
}

impl Page {
    /// The given code of the page, by step.
    pub fn gifts(&self) -> Vec<Gift<'_>> {
        let mut gifts: Vec<Gift<'_>> = Vec::new();
        let (mut step, mut is_first, mut is_open) = (None, true, false);
        for part in &self.parts {
            match part {
                Part::Text(line) => step = title(line).or(step),
                Part::Given(Given { blocks, .. }) => {
                    if !is_open {
                        let (step, blocks) = (step.clone(), Vec::new());
                        gifts.push(Gift { step, is_first, blocks });
                    }
                    is_open = true;
                    gifts
                        .last_mut()
                        .into_iter()
                        .for_each(|g| g.blocks.extend(blocks));
                }
                Part::Checkpoint => is_open = false,
                Part::Step(shown) if is_typed(shown) => {
                    (is_open, is_first) = (false, false);
                }
                _ => {}
            }
        }
        gifts
    }
}

fn is_typed(shown: &Shown) -> bool {
    !matches!(shown.verb, Verb::None | Verb::Revealed | Verb::Given)
}

/// The bold words that begin a step.
fn title(line: &str) -> Option<String> {
    let (title, _) = line.strip_prefix("**Step ")?.split_once("**")?;
    Some(format!("Step {}", title.trim_end_matches('.')))
}
