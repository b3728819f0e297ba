//! A plan of a workshop and its chapters: what a chapter is given is what the rows of
//! the timetable make up, and what its page declares is what the page declares.

use crate::minutes::Minutes;
use crate::page::{Page, Problem};
use crate::prose;
use crate::timetable::cells;

/// Checks the tables that begin with *Chapter*, *Declared* and *In the room*.
pub fn check(pages: &[Page]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for page in pages {
        let mut inside = false;
        for (line, text) in prose::lines(&page.source) {
            let cells = cells(&text);
            if !inside || cells.is_empty() {
                inside = is_header(&cells);
                continue;
            }
            if cells[0].starts_with(['-', ':']) {
                continue;
            }
            if let Err(message) = row(page, pages, &cells) {
                let (page, directive) = (page.name.clone(), String::new());
                problems.push(Problem { page, line, directive, message });
            }
        }
    }
    problems
}

fn is_header(cells: &[String]) -> bool {
    let names = ["chapter", "declared", "in the room"];
    let fits = |(cell, name): (&String, &str)| cell.eq_ignore_ascii_case(name);
    cells.len() >= names.len() && cells.iter().zip(names).all(fits)
}

fn row(plan: &Page, pages: &[Page], cells: &[String]) -> Result<(), String> {
    // `[3](../03-sessions.md)` or `3`
    let number = cells[0].trim_start_matches('[').split(']').next();
    let number: usize = number
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| format!("`{}` is no chapter", cells[0]))?;
    let id = format!("{number:02}");
    let written = pages.iter().find(|page| page.chapter.as_ref() == Some(&id));
    let declared = cells.get(1).map(String::as_str).unwrap_or_default();
    let expected = match written.map(|page| Minutes::declared(&page.source)) {
        None => "planned".to_owned(),
        Some(minutes) => {
            let Minutes { paste, typing } = minutes.unwrap_or_default();
            format!("{paste} to {typing}")
        }
    };
    if declared != expected {
        return Err(match written {
            None => format!("chapter {id} has no page yet: `planned`"),
            Some(_) => format!("page {id} declares {expected}, not {declared}"),
        });
    }
    let given = cells.get(2).and_then(|cell| cell.parse().ok());
    let given: usize = given.ok_or("the third column holds minutes")?;
    let sum = minutes_of(plan, number);
    match sum == given {
        true => Ok(()),
        false => Err(format!(
            "chapter {id} has {sum} minutes in the timetable, not {given}"
        )),
    }
}

/// The minutes of all rows of a timetable that begin with `Chapter 3`.
fn minutes_of(plan: &Page, number: usize) -> usize {
    let name = format!("Chapter {number}");
    let lines = prose::lines(&plan.source).into_iter();
    let minutes = lines.filter_map(|(_, line)| {
        let cells = cells(&line);
        let rest = cells.get(2)?.strip_prefix(&name)?;
        let is_other = rest.starts_with(|c: char| c.is_ascii_digit());
        let minutes = cells.get(1)?.parse::<usize>().ok();
        minutes.filter(|_| cells[0].contains(':') && !is_other)
    });
    minutes.sum()
}
