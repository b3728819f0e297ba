//! `cargo xtask exercises [NN | NN/NAME]`: red before, green after. With `--mine`
//! they are put to the reader's own crate.

use std::path::{Path, PathBuf};

use book_machine::exercise::{Exercise, ExerciseKind};
use book_machine::proof::{catches, prove};

use super::workshop;
use crate::process::succeeds;
use crate::tally::Tally;
use crate::workspace::cargo;
use crate::{Error, book};

/// Proves the wanted exercises, or all.
pub fn run(wanted: &[String]) -> Result<Tally, Error> {
    let repository = book::repository();
    let mut tally = Tally::default();
    for exercise in chosen(wanted)? {
        let proof = prove(&repository, &exercise);
        if let Err(message) = &proof {
            println!("{message}");
        }
        tally.check(&format!("exercise {}", exercise.name), proof.is_ok());
    }
    Ok(tally)
}

/// Checks what the reader has done for them, in `work/NN`.
pub fn mine(wanted: &[String]) -> Result<Tally, Error> {
    if wanted.is_empty() {
        return Err("which exercise? For example: 03/last".into());
    }
    let mut tally = Tally::default();
    for exercise in chosen(wanted)? {
        let folder = workshop::mine(&book::chapter(&exercise.chapter)?)?;
        let file =
            folder.join("tests").join(format!("{}.rs", exercise.test_name()));
        let held = match &exercise.kind {
            ExerciseKind::Solve { check, .. } => {
                solved(&exercise, check, &folder, &file)?
            }
            ExerciseKind::Catch { .. } => caught(&exercise, &file)?,
        };
        tally.check(&format!("{} in {}", exercise.name, shown(&folder)), held);
    }
    Ok(tally)
}

/// The exercises of chapters (`03`) and single ones (`03/last`), in their order.
fn chosen(wanted: &[String]) -> Result<Vec<Exercise>, Error> {
    let wanted = wanted.iter().map(|name| place(name));
    let wanted = wanted.collect::<Result<Vec<_>, Error>>()?;
    let mut exercises = Exercise::all(&book::repository())?;
    for name in wanted.iter().filter(|name| name.contains('/')) {
        if !exercises.iter().any(|exercise| exercise.name == *name) {
            let known = exercises.iter().map(|exercise| exercise.name.as_str());
            let known = known.collect::<Vec<_>>().join(", ");
            return Err(format!("no exercise {name}; there is {known}").into());
        }
    }
    exercises.retain(|exercise| {
        wanted.is_empty()
            || wanted.contains(&exercise.chapter)
            || wanted.contains(&exercise.name)
    });
    Ok(exercises)
}

/// `3/last` as `03/last`.
fn place(name: &str) -> Result<String, Error> {
    Ok(match name.split_once('/') {
        Some((chapter, name)) => format!("{}/{name}", book::chapter(chapter)?.id),
        None => book::chapter(name)?.id,
    })
}

/// Lays the check into the reader's crate, where it can be read, and runs it there.
fn solved(
    exercise: &Exercise,
    check: &str,
    folder: &Path,
    file: &Path,
) -> Result<bool, Error> {
    std::fs::create_dir_all(folder.join("tests"))?;
    std::fs::write(file, check)?;
    println!("{} is the check", shown(file));
    let mut test = cargo();
    test.current_dir(folder).args(["test", "--quiet", "--test"]);
    succeeds(test.arg(exercise.test_name()))
}

/// Runs the reader's test on the chapter and on the mutant.
fn caught(exercise: &Exercise, file: &Path) -> Result<bool, Error> {
    let Ok(test) = std::fs::read_to_string(file) else {
        println!("write your test to {}", shown(file));
        return Ok(false);
    };
    let outcome = catches(&book::repository(), exercise, &test);
    match &outcome {
        Ok(words) => {
            println!("your test passes on the chapter, and on the mutant:\n{words}")
        }
        Err(message) => println!("{message}"),
    }
    Ok(outcome.is_ok())
}

/// The path as a reader types it at the top of the repository.
fn shown(path: &Path) -> String {
    let root = crate::workspace::root();
    let inside = path.strip_prefix(root).unwrap_or(path);
    PathBuf::from(inside).display().to_string()
}
