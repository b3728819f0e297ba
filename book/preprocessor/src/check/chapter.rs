//! What the page of a chapter may ask of its reader.

use crate::figures::{GIVEN, TYPED};
use crate::minutes::{FORM, Minutes};
use crate::page::Page;
use crate::steps;

/// Lines that a reader may type before something compiles.
const STRETCH: usize = 150;

/// Items that a page may leave to its reader.
const YOURS: usize = 2;

/// What is wrong with a page that declares these times, in sentences.
pub fn faults(page: &Page, declared: Option<Minutes>) -> Vec<String> {
    let mut faults = budget(page, declared);
    faults.extend(yours(page));
    faults.extend(stretches(page));
    faults.extend(steps::misnumbered(&page.source));
    faults.extend(steps::unsummarized(&page.source));
    faults
}

/// How much a chapter may ask of its reader, and how long it says that it takes.
fn budget(page: &Page, declared: Option<Minutes>) -> Vec<String> {
    let mut faults = Vec::new();
    let needed = Minutes::of(&page.figures);
    match declared {
        None => faults.push(format!("the page declares no times: {FORM}")),
        Some(declared) => {
            for (declared, needed, what) in [
                (declared.paste, needed.paste, "to read and paste"),
                (declared.typing, needed.typing, "to type"),
            ] {
                if declared < needed {
                    faults.push(format!(
                        "the page declares {declared} minutes {what} but takes {needed}"
                    ));
                }
            }
        }
    }
    for (new, limit, what) in [
        (page.figures.source, TYPED, "to type"),
        (page.figures.given_source, GIVEN, "given"),
    ] {
        if new > limit {
            faults
                .push(format!("{new} new lines of src {what}, more than {limit}"));
        }
    }
    faults
}

/// What a page leaves to its reader is little, and can be tested.
fn yours(page: &Page) -> Vec<String> {
    let mut faults = Vec::new();
    let count = page.yours.len();
    if count > YOURS {
        faults.push(format!("{count} items are the reader's, more than {YOURS}"));
    }
    if page.yours.iter().any(|yours| yours.tree.is_none()) {
        faults.push("no checkpoint follows what the reader writes".into());
    }
    faults
}

/// A reader sees often that the code compiles. A chapter's end is a checkpoint too.
fn stretches(page: &Page) -> Vec<String> {
    let ends = page.typed.iter().chain([&page.figures.typed]);
    let starts = std::iter::once(&0).chain(&page.typed);
    let stretches = starts.zip(ends).map(|(start, end)| end - start);
    let long = stretches.enumerate().filter(|(_, lines)| *lines > STRETCH);
    long.map(|(index, lines)| {
        format!(
            "{lines} lines to type before checkpoint {}, more than {STRETCH}",
            index + 1
        )
    })
    .collect()
}
