//! Common misspellings, from the dictionary of the `typos` project.

use unicase::UniCase;

use crate::page::Problem;
use crate::prose;

/// The misspelled words of a page. `exceptions` are words that are right here.
pub fn check(page: &str, text: &str, exceptions: &[String]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (line, prose) in prose::lines(text) {
        let outside: String =
            prose.split('`').step_by(2).collect::<Vec<_>>().join(" ");
        let words = prose::plain(&outside);
        for word in words.split(|c: char| !c.is_alphabetic()) {
            let known =
                exceptions.iter().any(|other| other.eq_ignore_ascii_case(word));
            let Some(right) = typos_dict::WORD.find(&UniCase::new(word)) else {
                continue;
            };
            if !known && !word.is_empty() {
                let message = match right.is_empty() {
                    true => "is misspelled".to_owned(),
                    false => format!("is misspelled: {}", right.join(" or ")),
                };
                let (page, directive) = (page.to_owned(), word.to_owned());
                problems.push(Problem { page, line, directive, message });
            }
        }
    }
    problems
}
