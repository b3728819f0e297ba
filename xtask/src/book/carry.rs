//! `cargo xtask carry NN` and `carry --from final`: a fix, taken through all
//! chapters that have the place.

use std::collections::BTreeMap;
use std::path::PathBuf;

use book_machine::exercise::{Exercise, ExerciseKind};
use book_machine::merge::{Carried, Outcome, carry};
use book_machine::patch;
use book_machine::repository::{Chapter, Repository};
use book_machine::tree::Tree;

use super::git;
use crate::tally::Tally;
use crate::{Error, book};

/// Carries the uncommitted change of one chapter: forward, or from `final` back
/// to the earliest chapter that has the place.
pub fn run(chapter: &str) -> Result<Tally, Error> {
    let source = book::chapter(chapter)?;
    let repository = book::repository();
    let fixed = Tree::read(&source.folder)?;
    let base = git::committed(&source.folder, &fixed)?;
    if base == fixed {
        return Err(format!("{} has no uncommitted change", source.name).into());
    }
    let chapters = repository.chapters();
    let place = chapters.iter().position(|other| *other == source).unwrap_or(0);
    let last = place + 1 == chapters.len();
    let targets = if last { &chapters[..place] } else { &chapters[place + 1..] };

    let mut report = Report::default();
    report.patches(&repository, &source, &base, &fixed)?;
    for target in targets {
        let ours = Tree::read(&target.folder)?;
        let (carried, hunks) = carry(&base, &fixed, &ours.named_like(&fixed))?;
        let carried = carried.renamed(&fixed, &ours);
        let mut merged = ours.clone();
        for hunk in hunks.iter().filter(|hunk| hunk.outcome == Outcome::Carried) {
            let path = target.folder.join(&hunk.file);
            match carried.get(&hunk.file) {
                Some(text) => {
                    merged.files.insert(hunk.file.clone(), text.to_owned());
                }
                None => {
                    merged.files.remove(&hunk.file);
                    std::fs::remove_file(path)?;
                }
            }
        }
        merged.write(&target.folder)?;
        report.hunks(target, hunks);
        report.patches(&repository, target, &ours, &merged)?;
    }
    Ok(report.print())
}

/// A hunk by file, number and first line.
type Hunk = (String, usize, String);

#[derive(Default)]
struct Report {
    places: BTreeMap<Hunk, Vec<(Outcome, String)>>,
    patches: Vec<(bool, String)>,
}

impl Report {
    fn hunks(&mut self, chapter: &Chapter, hunks: Vec<Carried>) {
        for hunk in hunks {
            let place =
                self.places.entry((hunk.file, hunk.hunk, hunk.line)).or_default();
            place.push((hunk.outcome, chapter.id.clone()));
        }
    }

    /// Brings the solutions, mutants and overlays of a chapter after it.
    fn patches(
        &mut self,
        repository: &Repository,
        chapter: &Chapter,
        before: &Tree,
        after: &Tree,
    ) -> Result<(), Error> {
        if before == after {
            return Ok(());
        }
        for exercise in Exercise::all(repository)? {
            if exercise.chapter != chapter.id {
                continue;
            }
            let (file, text) = match &exercise.kind {
                ExerciseKind::Solve { solution, .. } => {
                    ("solution.patch", solution)
                }
                ExerciseKind::Catch { mutant, .. } => ("mutant.patch", mutant),
            };
            let solved = patch::apply(before, text)?;
            let (solved, hunks) = carry(before, after, &solved)?;
            let new = patch::make(after, &solved);
            let name = format!("exercise {}", exercise.name);
            if self.follows(name, new != *text, &hunks) {
                std::fs::write(exercise.folder.join(file), new)?;
            }
        }
        for (name, folder) in overlays(repository, &chapter.id) {
            let ours = Tree::read(&folder)?;
            let laid_over = |tree: &Tree| {
                let mut tree = tree.clone();
                tree.files.retain(|file, _| ours.files.contains_key(file));
                tree
            };
            let (merged, hunks) =
                carry(&laid_over(before), &laid_over(after), &ours)?;
            if self.follows(format!("overlay {name}"), merged != ours, &hunks) {
                merged.write(&folder)?;
            }
        }
        Ok(())
    }

    /// Notes what became of something that depends on a chapter. `true` if it is
    /// to be written anew.
    fn follows(&mut self, name: String, changed: bool, hunks: &[Carried]) -> bool {
        let conflict = hunks.iter().any(|hunk| hunk.outcome == Outcome::Conflict);
        if conflict || changed {
            self.patches.push((!conflict, name));
        }
        changed && !conflict
    }

    fn print(&self) -> Tally {
        let mut tally = Tally::default();
        for ((file, hunk, line), places) in &self.places {
            println!("{file}, hunk {hunk}: {line}");
            for (outcome, words) in [
                (Outcome::Carried, "carried to"),
                (Outcome::Already, "already in"),
                (Outcome::Absent, "no such place in"),
                (Outcome::Conflict, "CONFLICT in"),
            ] {
                let names = places.iter().filter(|(other, _)| *other == outcome);
                let names: Vec<&str> =
                    names.map(|(_, name)| name.as_str()).collect();
                if !names.is_empty() {
                    println!("  {words} {}", names.join(", "));
                }
            }
            let conflicts =
                places.iter().filter(|p| p.0 == Outcome::Conflict).count();
            tally.passed += places.len() - conflicts;
            tally.failed += conflicts;
        }
        for (followed, name) in &self.patches {
            match followed {
                true => println!("{name} follows"),
                false => println!("{name}: CONFLICT"),
            }
            tally.passed += usize::from(*followed);
            tally.failed += usize::from(!followed);
        }
        tally
    }
}

/// The overlays of a chapter: `chapters/overlays/05-naive`.
fn overlays(repository: &Repository, chapter: &str) -> Vec<(String, PathBuf)> {
    let folder = repository.root().join("chapters/overlays");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let named =
        entries.map(|e| (e.file_name().to_string_lossy().into_owned(), e.path()));
    let prefix = format!("{chapter}-");
    named.filter(|(name, _)| name.starts_with(&prefix)).collect()
}
