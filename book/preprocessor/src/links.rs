//! Links inside the book lead somewhere.

use std::collections::BTreeMap;
use std::path::Path;

use crate::page::Problem;
use crate::prose;
use crate::steps;

/// Checks the links of all pages. `pages` are their expanded texts by path;
/// `files` tells whether a file lies below `book/src`.
pub fn check(
    pages: &BTreeMap<String, String>,
    files: impl Fn(&str) -> bool,
) -> Vec<Problem> {
    let anchors: BTreeMap<&String, Vec<String>> =
        pages.iter().map(|(name, text)| (name, anchors(text))).collect();
    let mut problems = Vec::new();
    for (page, text) in pages {
        for (line, link) in links(text) {
            if let Err(message) = follow(page, &link, &anchors, &files) {
                let (page, directive) = (page.clone(), link);
                problems.push(Problem { page, line, directive, message });
            }
        }
    }
    problems
}

fn follow(
    page: &str,
    link: &str,
    anchors: &BTreeMap<&String, Vec<String>>,
    files: &impl Fn(&str) -> bool,
) -> Result<(), String> {
    // Pages elsewhere cannot be asked without a network.
    if link.contains("://") || link.starts_with("mailto:") {
        return Ok(());
    }
    let (path, anchor) = match link.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (link, None),
    };
    let target = match path {
        "" => page.to_owned(),
        _ => resolve(page, path).ok_or("the link leads out of the book")?,
    };
    let known = anchors.get(&target);
    if known.is_none() && !files(&target) {
        return Err(format!("there is no {target}"));
    }
    let (Some(anchor), Some(known)) = (anchor, known) else { return Ok(()) };
    match known.iter().any(|other| other == anchor) {
        true => Ok(()),
        false => {
            Err(format!("{target} has no heading #{anchor}: {}", known.join(", ")))
        }
    }
}

/// `path` as seen from the folder of `page`.
fn resolve(page: &str, path: &str) -> Option<String> {
    let folder = Path::new(page).parent()?.to_str()?;
    let mut parts: Vec<&str> =
        folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The targets of `[text](target)`, `[name]: target`, `href` and `src`.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose::lines(text) {
        let line = prose::without_code(&line);
        let mut note = |rest: &str, end: &[char]| {
            let stop = rest.find(end).unwrap_or(rest.len());
            let target = rest[..stop].trim_matches(['<', '>']);
            if !target.is_empty() {
                found.push((number, target.to_owned()));
            }
        };
        line.split("](").skip(1).for_each(|rest| note(rest, &[')', ' ']));
        line.split("href=\"").skip(1).for_each(|rest| note(rest, &['"']));
        line.split(" src=\"").skip(1).for_each(|rest| note(rest, &['"']));
        if line.starts_with('[')
            && let Some((_, rest)) = line.split_once("]: ")
        {
            note(rest.trim(), &[' ']);
        }
    }
    found
}

/// The names that mdBook gives to the headings of a page.
fn anchors(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (_, line) in prose::lines(text) {
        if let Some((_, rest)) = line.split_once(" id=\"") {
            found.extend(rest.split('"').next().map(str::to_owned));
        }
        found.extend(steps::anchor(&line));
        let title = line.trim_start_matches('#');
        if title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let id = match title.split_once("{#") {
            Some((_, id)) => id.trim_end().trim_end_matches('}').to_owned(),
            None => anchor(title),
        };
        let count = found.iter().filter(|other| **other == id).count();
        found.push(if count == 0 { id } else { format!("{id}-{count}") });
    }
    found
}

fn anchor(title: &str) -> String {
    let plain = prose::plain(title);
    let title = if plain.is_empty() { title } else { &plain };
    let letter = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' || c == '-' => {
            Some(c.to_ascii_lowercase())
        }
        c if c.is_whitespace() => Some('-'),
        _ => None,
    };
    title.trim().chars().filter_map(letter).collect()
}
