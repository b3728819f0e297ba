//! A page with its steps taken and its directives answered.

mod answer;
mod gifts;
mod listed;
mod paste;
mod problem;
mod source;

pub use gifts::Gift;
pub use problem::Problem;
use source::{SourceLine, directives};

use crate::behaviour;
use crate::difference::differences;
use crate::directive::{Directive, Target};
use crate::exercise::Exercise;
use crate::figures::{BLOCK, Figures};
use crate::given;
use crate::lab;
use crate::modules::{self, Layer};
use crate::prose;
use crate::recording;
use crate::render::Format;
use crate::replay::Replay;
use crate::repository::{LAST, Repository};
use crate::share::Share;
use crate::shown::Shown;
use crate::steps;
use crate::tree::Tree;
use crate::versions;
use crate::yours::Yours;
use listed::Given;

/// A page, read and replayed.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its path inside `book/src`.
    pub name: String,
    /// Its source.
    pub source: String,
    /// The chapter that it is about, if it is about one.
    pub chapter: Option<String>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// What it asks of the reader.
    pub figures: Figures,
    /// How much of the last crate its page brings, on that page.
    pub share: Option<Share>,
    /// The crate at each checkpoint, with the checkpoint's line.
    pub checkpoints: Vec<(usize, Tree)>,
    /// The lines typed up to each checkpoint.
    pub typed: Vec<usize>,
    /// The items whose bodies the reader writes.
    pub yours: Vec<Yours>,
    parts: Vec<Part>,
    versions: String,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Step(Box<Shown>),
    Given(Given),
    Swap(String, Box<[Shown; 2]>),
    Pattern(Target),
    Checkpoint,
    Unchanged(String, usize, usize),
    Changes(Vec<String>),
    Modules(Vec<Layer>),
    Transcript(String),
    Lab(String),
    Sequence(String),
    Drawing(String, String),
    Exercise(Box<Exercise>),
    Error(String),
}

impl Page {
    /// Reads the page `name` and takes its steps.
    ///
    /// # Errors
    /// If the page cannot be read. What is wrong in it is in `problems`.
    pub fn read(repository: &Repository, name: &str) -> Result<Self, String> {
        Ok(Self::of(repository, name, &repository.page(name)?))
    }

    /// The same for a source that is at hand.
    pub fn of(repository: &Repository, name: &str, source: &str) -> Self {
        let mut page = Self {
            name: name.to_owned(),
            source: source.to_owned(),
            chapter: repository.chapter_of_page(name),
            problems: Vec::new(),
            figures: Figures { words: prose::words(source), ..Figures::default() },
            share: None,
            checkpoints: Vec::new(),
            typed: Vec::new(),
            yours: Vec::new(),
            parts: Vec::new(),
            versions: String::new(),
        };
        let lines = source::lines(&page.source);
        let mut replay = page.replay(repository, &lines);
        let steps: Vec<Directive> = directives(&lines).cloned().collect();
        for (number, line, directive) in lines {
            match directive {
                None => page.parts.push(Part::Text(line)),
                Some(Err(message)) => page.fail(number, &line, message),
                Some(Ok(directive)) => {
                    let part =
                        page.part(repository, &mut replay, number, &directive);
                    match part {
                        Ok(part) => page.push(number, &line, part),
                        Err(message) => page.fail(number, &line, message),
                    }
                }
            }
        }
        if let Some(replay) = replay {
            page.compare(&replay, &steps);
        }
        match versions::line(repository, page.chapter.as_deref()) {
            Ok(line) => page.versions = line,
            Err(message) => page.fail(1, "", message),
        }
        page
    }

    /// The page's text for `format`, directives answered.
    pub fn render(&self, repository: &Repository, format: Format) -> String {
        let mut text = String::new();
        let steps = steps::count(&self.source);
        for part in &self.parts {
            let answer = match part {
                Part::Text(line) => {
                    Ok(format!("{}\n", steps::render(line, steps, format)))
                }
                Part::Step(shown) => Ok(format.shown(shown)),
                Part::Given(given) => Ok(given.render(format)),
                Part::Swap(chapter, pair) => Ok(format.swap(chapter, pair)),
                Part::Pattern(at) => Ok(answer::pattern(at)),
                Part::Modules(layers) => Ok(modules::render(layers, format)),
                Part::Checkpoint => Ok(answer::checkpoint(format)),
                Part::Unchanged(path, files, lines) => Ok(format!(
                    "`{path}` is as it was: {}, {}.\n\n",
                    prose::counted(*files, "file"),
                    prose::counted(*lines, "line")
                )),
                Part::Changes(gains) => {
                    let gains = behaviour::sentence(gains, &self.name);
                    let box_ = match &self.share {
                        Some(share) => share.render(),
                        None => self.figures.render(format),
                    };
                    Ok(format!("{box_}{gains}"))
                }
                Part::Transcript(name) => {
                    recording::transcript(repository, name, format)
                }
                Part::Lab(name) => lab::session(repository, name, format),
                Part::Sequence(name) => {
                    recording::sequence(repository, name, format)
                }
                Part::Drawing(caption, text) => {
                    recording::drawn(repository, caption, text, format)
                }
                Part::Exercise(exercise) => Ok(exercise.render(format)),
                Part::Error(message) => Ok(format.error(message)),
            };
            text.push_str(&answer.unwrap_or_else(|message| format.error(&message)));
        }
        text.push_str(&self.versions);
        text
    }

    fn replay(
        &mut self,
        repository: &Repository,
        lines: &[SourceLine],
    ) -> Option<Replay> {
        let id = self.chapter.clone()?;
        let trees = || -> Result<(Tree, Tree), String> {
            let chapter = repository.chapter(&id)?;
            Ok((repository.start_of(&chapter)?, Tree::read(&chapter.folder)?))
        };
        match trees() {
            Ok((base, target)) => {
                Some(Replay::new(base, target, directives(lines)))
            }
            Err(message) => {
                self.fail(1, "", message);
                None
            }
        }
    }

    fn push(&mut self, number: usize, line: &str, part: Part) {
        let blocks = match &part {
            Part::Step(shown) => std::slice::from_ref(shown.as_ref()),
            Part::Given(given) => &given.blocks,
            Part::Swap(_, pair) => pair.as_slice(),
            _ => &[],
        };
        for shown in blocks {
            self.figures.add(shown);
            let height = shown.height();
            if height > BLOCK {
                self.fail(
                    number,
                    line,
                    format!("the block shows {height} lines, more than {BLOCK}: split it"),
                );
            }
        }
        self.parts.push(part);
    }

    fn fail(&mut self, line: usize, directive: &str, message: String) {
        let directive = directive.trim().to_owned();
        self.parts.push(Part::Error(match directive.is_empty() {
            true => message.clone(),
            false => format!("{directive}: {message}"),
        }));
        let page = self.name.clone();
        self.problems.push(Problem { page, line, directive, message });
    }

    /// What the steps left open is a problem at the end of the page.
    fn compare(&mut self, replay: &Replay, steps: &[Directive]) {
        let end = self.source.lines().count();
        let is_last = self.chapter.as_deref() == Some(LAST);
        if is_last {
            self.share = Some(Share::of(&self.figures, replay.target()));
        }
        let unit = if is_last { given::module } else { given::file };
        let faults = given::faults(self, replay, steps, unit);
        match replay.untyped_patterns() {
            Ok(names) => {
                for name in names {
                    let what =
                        format!("`{name}` is the pattern, and no step types it");
                    self.fail(end, "", what);
                }
            }
            Err(message) => self.fail(end, "", message),
        }
        for fault in faults {
            self.fail(end, "", fault);
        }
        match differences(replay.now(), replay.target()) {
            Ok(found) => {
                for difference in found {
                    self.fail(end, "", difference.to_string());
                }
            }
            Err(message) => self.fail(end, "", message),
        }
    }
}
