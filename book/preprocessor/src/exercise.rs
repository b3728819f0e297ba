//! An exercise: its task and hints, and what proves it.

use std::path::PathBuf;

use crate::prose::opens_fence;
use crate::render::Format;
use crate::repository::Repository;

/// An exercise in `chapters/exercises/NN/NAME/`.
#[derive(Clone, Debug, PartialEq)]
pub struct Exercise {
    /// The chapter.
    pub chapter: String,
    /// `NN/NAME`
    pub name: String,
    /// Where its files are.
    pub folder: PathBuf,
    /// The heading.
    pub title: String,
    /// The task, as Markdown.
    pub task: String,
    /// The hints, in the order in which they help.
    pub hints: Vec<String>,
    /// What the failing check says.
    pub red: String,
    /// What the reader is to do.
    pub kind: ExerciseKind,
}

/// What the reader is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum ExerciseKind {
    /// Change the chapter until the check is green.
    Solve {
        /// A test of the chapter's crate.
        check: String,
        /// What makes it green, as a patch.
        solution: String,
    },
    /// Write a test that catches a mutant.
    Catch {
        /// A model of the test.
        test: String,
        /// What it must catch, as a patch.
        mutant: String,
    },
}

impl Exercise {
    /// Reads the exercise `NN/NAME`.
    ///
    /// # Errors
    /// If a file is missing, or the text has no title or no `Red:` line.
    pub fn read(repository: &Repository, name: &str) -> Result<Self, String> {
        let (chapter, _) = name.split_once('/').ok_or("an exercise is 03/NAME")?;
        let folder = repository.root().join("chapters/exercises").join(name);
        let read = |file: &str| std::fs::read_to_string(folder.join(file));
        let missing = |file: &str| format!("exercise {name} has no {file}");
        let text = read("exercise.md").map_err(|_| missing("exercise.md"))?;
        let kind = match (read("check.rs"), read("test.rs")) {
            (Ok(check), Err(_)) => {
                let solution = read("solution.patch");
                let solution = solution.map_err(|_| missing("solution.patch"))?;
                ExerciseKind::Solve { check, solution }
            }
            (Err(_), Ok(test)) => {
                let mutant = read("mutant.patch");
                let mutant = mutant.map_err(|_| missing("mutant.patch"))?;
                ExerciseKind::Catch { test, mutant }
            }
            _ => return Err(missing("check.rs or test.rs, or it has both")),
        };
        let mut exercise = Self {
            chapter: chapter.to_owned(),
            name: name.to_owned(),
            folder,
            title: String::new(),
            task: String::new(),
            hints: Vec::new(),
            red: String::new(),
            kind,
        };
        for paragraph in paragraphs(&text) {
            if let Some(title) = paragraph.strip_prefix("# ") {
                exercise.title = title.trim().to_owned();
            } else if let Some(hint) = paragraph.strip_prefix("Hint:") {
                exercise.hints.push(hint.trim().to_owned());
            } else if let Some(red) = paragraph.strip_prefix("Red:") {
                exercise.red = red.trim().trim_matches('`').to_owned();
            } else {
                exercise.task.push_str(&paragraph);
                exercise.task.push_str("\n\n");
            }
        }
        match (exercise.title.is_empty(), exercise.red.is_empty()) {
            (true, _) => Err(missing("title")),
            (_, true) => Err(missing("line `Red: what the failing check says`")),
            _ => Ok(exercise),
        }
    }

    /// The name of its test, as cargo knows it: the test is `tests/NAME.rs`.
    pub fn test_name(&self) -> String {
        let name = self.name.rsplit('/').next().unwrap_or_default();
        name.replace('-', "_")
    }

    /// All exercises, in order.
    ///
    /// # Errors
    /// If one of them cannot be read.
    pub fn all(repository: &Repository) -> Result<Vec<Self>, String> {
        let folder = repository.root().join("chapters/exercises");
        let mut names = Vec::new();
        for chapter in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            for exercise in
                std::fs::read_dir(chapter.path()).into_iter().flatten().flatten()
            {
                let (chapter, name) = (chapter.file_name(), exercise.file_name());
                let name = format!(
                    "{}/{}",
                    chapter.to_string_lossy(),
                    name.to_string_lossy()
                );
                names.push(name);
            }
        }
        names.sort();
        names.iter().map(|name| Self::read(repository, name)).collect()
    }

    /// The task with hints and solution folded.
    pub fn render(&self, format: Format) -> String {
        let mut text =
            format!("**{}** (`{}`)\n\n{}", self.title, self.name, self.task);
        text.push_str(&self.how_to_check());
        let count = self.hints.len();
        for (index, hint) in self.hints.iter().enumerate() {
            let summary = match count {
                1 => "Hint".to_owned(),
                _ => format!("Hint {} of {count}", index + 1),
            };
            text.push_str(&format.folded("hint", &summary, hint));
        }
        let (summary, language, answer) = match &self.kind {
            ExerciseKind::Solve { solution, .. } => {
                ("A solution", "diff", solution)
            }
            ExerciseKind::Catch { test, .. } => {
                ("A test that catches it", "rust", test)
            }
        };
        let fence = format!("````{language}\n{}\n````", answer.trim_end());
        text.push_str(&format.folded("solution", summary, &fence));
        text
    }
}

impl Exercise {
    /// The command that checks what the reader has done.
    fn how_to_check(&self) -> String {
        let command = format!("`cargo xtask exercises {} --mine`", self.name);
        match &self.kind {
            ExerciseKind::Solve { .. } => format!("To check: {command}.\n\n"),
            ExerciseKind::Catch { .. } => format!(
                "Write the test to `work/{}/tests/{}.rs`. To check: {command}.\n\n",
                self.chapter,
                self.test_name()
            ),
        }
    }
}

/// Blocks between blank lines; a fenced block is never cut.
fn paragraphs(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut fence: Option<String> = None;
    for line in text.lines() {
        match &fence {
            Some(open) if line.trim().starts_with(open.as_str()) => fence = None,
            None => fence = opens_fence(line.trim()),
            _ => {}
        }
        if line.trim().is_empty() && fence.is_none() {
            found.push(String::new());
        } else if let Some(last) = found.last_mut() {
            last.push_str(line);
            last.push('\n');
        }
    }
    let trimmed = found.iter().map(|paragraph| paragraph.trim_end().to_owned());
    trimmed.filter(|paragraph| !paragraph.is_empty()).collect()
}
