//! Timetables and speaker's notes add up.

use crate::minutes::Minutes;
use crate::page::Problem;
use crate::prose;

/// Checks the tables of a page that begin with *Start* and *Minutes*, and that
/// the minutes of its notes lie between the two times that it declares: in a room
/// some of the steps are typed.
pub fn check(page: &str, source: &str, declared: Option<Minutes>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut fail = |line: usize, message: String| {
        let (page, directive) = (page.to_owned(), String::new());
        problems.push(Problem { page, line, directive, message });
    };
    let mut rows: Vec<(usize, Vec<String>)> = Vec::new();
    let mut inside = false;
    let mut tables = Vec::new();
    for (number, line) in prose::lines(source) {
        let cells = cells(&line);
        if is_header(&cells) {
            inside = true;
        } else if inside && !cells.is_empty() {
            rows.push((number, cells));
        } else if inside {
            inside = false;
            tables.push(std::mem::take(&mut rows));
        }
    }
    tables.push(rows);
    for table in tables.iter().filter(|table| !table.is_empty()) {
        if let Err((line, message)) = adds_up(table) {
            fail(line, message);
        }
    }
    let notes: Vec<(usize, usize)> = prose::lines(source)
        .into_iter()
        .filter_map(|(number, line)| {
            Some((number, note_minutes(&prose::without_code(&line))?))
        })
        .collect();
    let sum: usize = notes.iter().map(|(_, minutes)| minutes).sum();
    if let (Some((line, _)), Some(declared)) = (notes.last(), declared)
        && !(declared.paste..=declared.typing).contains(&sum)
    {
        let Minutes { paste, typing } = declared;
        fail(
            *line,
            format!(
                "the notes are {sum} minutes, the page declares {paste} to {typing}"
            ),
        );
    }
    problems
}

pub(crate) fn cells(line: &str) -> Vec<String> {
    let line = line.trim();
    let Some(inside) = line.strip_prefix('|') else { return Vec::new() };
    let inside = inside.strip_suffix('|').unwrap_or(inside);
    inside.split('|').map(|cell| cell.trim().to_owned()).collect()
}

fn is_header(cells: &[String]) -> bool {
    let word = |index: usize, word: &str| {
        cells.get(index).is_some_and(|cell| cell.eq_ignore_ascii_case(word))
    };
    word(0, "start") && word(1, "minutes")
}

fn adds_up(table: &[(usize, Vec<String>)]) -> Result<(), (usize, String)> {
    let rows: Vec<&(usize, Vec<String>)> = table
        .iter()
        .filter(|(_, cells)| !cells[0].starts_with(['-', ':']))
        .collect();
    let mut clock: Option<usize> = None;
    let mut sum = 0;
    for (index, (line, cells)) in rows.iter().enumerate() {
        let start = minutes_of(&cells[0])
            .ok_or((*line, format!("`{}` is no time like 9:30", cells[0])))?;
        let length: usize = cells
            .get(1)
            .and_then(|cell| cell.trim_matches('*').parse().ok())
            .ok_or((*line, "the second column holds minutes".to_owned()))?;
        if let Some(expected) = clock.filter(|expected| *expected != start) {
            let expected = format!("{}:{:02}", expected / 60, expected % 60);
            return Err((
                *line,
                format!("it is {expected} by then, not {}", cells[0]),
            ));
        }
        if index + 1 == rows.len() {
            return match sum == length {
                true => Ok(()),
                false => Err((*line, format!("the sum is {sum}, not {length}"))),
            };
        }
        sum += length;
        clock = Some(start + length);
    }
    Ok(())
}

/// `9:30` in minutes.
fn minutes_of(cell: &str) -> Option<usize> {
    let (hours, minutes) = cell.trim_matches('*').split_once(':')?;
    Some(hours.parse::<usize>().ok()? * 60 + minutes.parse::<usize>().ok()?)
}

/// The 12 of `<details class="notes"><summary>12 minutes: …`.
fn note_minutes(line: &str) -> Option<usize> {
    let (_, rest) = line.split_once("class=\"notes\"")?;
    let (_, summary) = rest.split_once("<summary>")?;
    let (number, word) = summary.trim().split_once(' ')?;
    word.starts_with("minute").then(|| number.parse().ok())?
}
