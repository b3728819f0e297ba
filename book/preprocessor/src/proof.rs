//! An exercise is proven: red before, green after.

use crate::compile::Compiler;
use crate::exercise::{Exercise, ExerciseKind};
use crate::patch;
use crate::repository::Repository;
use crate::tree::Tree;

/// Proves one exercise. What has been proven before is not run again.
///
/// # Errors
/// What does not hold, in one sentence and the words of cargo.
pub fn prove(repository: &Repository, exercise: &Exercise) -> Result<(), String> {
    let proof = Proof::new(repository, exercise)?;
    match &exercise.kind {
        ExerciseKind::Solve { check, solution } => proof.solve(check, solution),
        ExerciseKind::Catch { test, mutant } => {
            let mutated = patch::apply(&proof.chapter, mutant)?;
            proof.not_caught_yet(&mutated)?;
            let words = proof.catch(&mutated, test)?;
            proof.expected(&words)
        }
    }
}

/// Runs a reader's test on the chapter and on the exercise's mutant. Returns what
/// the test reports there.
///
/// # Errors
/// If it fails on the chapter, passes on the mutant, or does not compile.
pub fn catches(
    repository: &Repository,
    exercise: &Exercise,
    test: &str,
) -> Result<String, String> {
    let proof = Proof::new(repository, exercise)?;
    match &exercise.kind {
        ExerciseKind::Solve { .. } => Err("this exercise has no mutant".into()),
        ExerciseKind::Catch { mutant, .. } => {
            proof.catch(&patch::apply(&proof.chapter, mutant)?, test)
        }
    }
}

struct Proof<'a> {
    compiler: Compiler<'a>,
    exercise: &'a Exercise,
    chapter: Tree,
}

impl<'a> Proof<'a> {
    fn new(
        repository: &'a Repository,
        exercise: &'a Exercise,
    ) -> Result<Self, String> {
        let chapter = repository.chapter(&exercise.chapter)?;
        let chapter = Tree::read(&chapter.folder)?;
        Ok(Self { compiler: Compiler::new(repository), exercise, chapter })
    }

    fn solve(&self, check: &str, solution: &str) -> Result<(), String> {
        let solved = patch::apply(&self.chapter, solution)?;
        let fault = "the check is green before it is solved";
        self.expected(&self.red(&self.chapter, check, fault)?)?;
        let fault = "the solution does not make the check green";
        self.green(&solved, check, fault)
    }

    fn catch(&self, mutated: &Tree, test: &str) -> Result<String, String> {
        self.green(&self.chapter, test, "the test fails on the chapter")?;
        self.red(mutated, test, "the test does not catch the mutant")
    }

    /// A reader must not be asked for a test that the chapter has.
    fn not_caught_yet(&self, mutated: &Tree) -> Result<(), String> {
        let run = self.compiler.run(mutated, &["test", "--tests"]);
        let fault = "the chapter's own tests catch the mutant already";
        run.map(|_| ()).map_err(|text| format!("{fault}\n{text}"))
    }

    fn with(&self, tree: &Tree, test: &str) -> Tree {
        let mut tree = tree.clone();
        let file = format!("tests/{}.rs", self.exercise.test_name());
        tree.files.insert(file, test.to_owned());
        tree
    }

    fn green(&self, tree: &Tree, test: &str, fault: &str) -> Result<(), String> {
        let name = self.exercise.test_name();
        let run =
            self.compiler.run(&self.with(tree, test), &["test", "--test", &name]);
        run.map(|_| ()).map_err(|text| format!("{fault}\n{text}"))
    }

    /// The test compiles and fails. Returns what it reports.
    fn red(&self, tree: &Tree, test: &str, fault: &str) -> Result<String, String> {
        let name = self.exercise.test_name();
        let tree = self.with(tree, test);
        self.compiler
            .run(&tree, &["test", "--no-run", "--test", &name])
            .map_err(|text| format!("the test does not compile\n{text}"))?;
        let failure = self.compiler.fails(&tree, &["test", "--test", &name])?;
        failure.ok_or_else(|| fault.to_owned())
    }

    /// It fails with the words that the exercise names.
    fn expected(&self, words: &str) -> Result<(), String> {
        let red = &self.exercise.red;
        match words.contains(red) {
            true => Ok(()),
            false => Err(format!("the test fails, but not with `{red}`\n{words}")),
        }
    }
}
