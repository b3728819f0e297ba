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
    let chapter = Tree::read(&repository.chapter(&exercise.chapter)?.folder)?;
    let proof = Proof { compiler: Compiler::new(repository), exercise };
    match &exercise.kind {
        ExerciseKind::Solve { check, solution } => {
            let solved = patch::apply(&chapter, solution)?;
            proof.red(&chapter, check, "the check is green before it is solved")?;
            proof.green(
                &solved,
                check,
                "the solution does not make the check green",
            )
        }
        ExerciseKind::Catch { test, mutant } => {
            let mutated = patch::apply(&chapter, mutant)?;
            proof.green(&chapter, test, "the test fails on the chapter")?;
            proof.red(&mutated, test, "the test does not catch the mutant")
        }
    }
}

struct Proof<'a> {
    compiler: Compiler<'a>,
    exercise: &'a Exercise,
}

impl Proof<'_> {
    fn name(&self) -> String {
        let name = self.exercise.name.rsplit('/').next().unwrap_or_default();
        name.replace('-', "_")
    }

    fn with(&self, tree: &Tree, test: &str) -> Tree {
        let mut tree = tree.clone();
        tree.files.insert(format!("tests/{}.rs", self.name()), test.to_owned());
        tree
    }

    fn green(&self, tree: &Tree, test: &str, fault: &str) -> Result<(), String> {
        let name = self.name();
        let run =
            self.compiler.run(&self.with(tree, test), &["test", "--test", &name]);
        run.map(|_| ()).map_err(|text| format!("{fault}\n{text}"))
    }

    /// The test compiles and fails with the words that the exercise names.
    fn red(&self, tree: &Tree, test: &str, fault: &str) -> Result<(), String> {
        let name = self.name();
        let tree = self.with(tree, test);
        self.compiler
            .run(&tree, &["test", "--no-run", "--test", &name])
            .map_err(|text| format!("the test does not compile\n{text}"))?;
        match self.compiler.fails(&tree, &["test", "--test", &name])? {
            None => Err(fault.to_owned()),
            Some(text) if text.contains(&self.exercise.red) => Ok(()),
            Some(text) => {
                let red = &self.exercise.red;
                Err(format!("the test fails, but not with `{red}`\n{text}"))
            }
        }
    }
}
