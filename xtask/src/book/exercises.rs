//! `cargo xtask exercises [NN]`: red before, green after.

use book_machine::exercise::Exercise;
use book_machine::proof::prove;

use crate::tally::Tally;
use crate::{Error, book};

/// Proves the exercises of some chapters, or all.
pub fn run(chapters: &[String]) -> Result<Tally, Error> {
    let wanted: Vec<String> = chapters
        .iter()
        .map(|name| Ok(book::chapter(name)?.id))
        .collect::<Result<_, Error>>()?;
    let repository = book::repository();
    let mut tally = Tally::default();
    for exercise in Exercise::all(&repository)? {
        if !wanted.is_empty() && !wanted.contains(&exercise.chapter) {
            continue;
        }
        let proof = prove(&repository, &exercise);
        if let Err(message) = &proof {
            println!("{message}");
        }
        tally.check(&format!("exercise {}", exercise.name), proof.is_ok());
    }
    Ok(tally)
}
