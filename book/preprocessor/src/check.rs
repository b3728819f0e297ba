//! Everything that must hold for the whole book.

mod chapter;

use std::collections::BTreeMap;

use crate::caption;
use crate::commands;
use crate::compile::Compiler;
use crate::diagram::{self, Diagram};
use crate::exercise::Exercise;
use crate::expanded;
use crate::links;
use crate::minutes::Minutes;
use crate::page::{Page, Problem};
use crate::prose::long_sentences;
use crate::recording;
use crate::render::Format;
use crate::repository::{LAST, Repository};
use crate::schedule;
use crate::share::{COMPLETE, Share};
use crate::swaps;
use crate::timetable;

/// What a check found.
#[derive(Debug, Default)]
pub struct Report {
    /// What makes it fail.
    pub problems: Vec<Problem>,
    /// What a writer should look at.
    pub remarks: Vec<String>,
    /// How far the last page is from what it may give one day.
    pub share: Option<String>,
    /// How many pages were checked.
    pub pages: usize,
    /// How many checkpoints were compiled.
    pub checkpoints: usize,
}

/// Reads all pages of the book.
///
/// # Errors
/// If the summary or a page cannot be read.
pub fn pages(repository: &Repository) -> Result<Vec<Page>, String> {
    let names = repository.pages()?;
    names.iter().map(|name| Page::read(repository, name)).collect()
}

/// Checks the book.
///
/// # Errors
/// If the book's folder cannot be read.
pub fn book(repository: &Repository) -> Result<Report, String> {
    let pages = pages(repository)?;
    let mut report = Report { pages: pages.len(), ..Report::default() };
    for page in &pages {
        report.problems.extend(self::page(page));
        report.problems.extend(checkpoints(repository, page));
        report.checkpoints += page.checkpoints.len();
        for sentence in long_sentences(&page.source) {
            report.remarks.push(format!(
                "{}:{}: {} words: {} …",
                page.name, sentence.line, sentence.words, sentence.start
            ));
        }
    }
    let texts: BTreeMap<String, String> = pages
        .iter()
        .map(|page| (page.name.clone(), page.render(repository, Format::Markdown)))
        .collect();
    let folder = repository.book().join("src");
    report
        .problems
        .extend(links::check(&texts, |path| folder.join(path).is_file()));
    report.problems.extend(schedule::check(&pages));
    report.share = pages.iter().find_map(|page| page.share).map(|s| s.to_string());
    report.problems.extend(last(repository, &pages));
    report.problems.extend(loose_ends(repository, &pages));
    report.problems.extend(recordings(repository, &pages));
    for name in expanded::stale(repository, &pages) {
        report.problems.push(Problem {
            page: format!("expanded/{name}"),
            line: 1,
            directive: String::new(),
            message: "is not what the sources give: cargo xtask bless".into(),
        });
    }
    Ok(report)
}

/// What one page must hold by itself.
pub fn page(page: &Page) -> Vec<Problem> {
    let mut problems = page.problems.clone();
    let mut fail = |message: String| {
        let (name, directive) = (page.name.clone(), String::new());
        problems.push(Problem { page: name, line: 1, directive, message });
    };
    let declared = Minutes::declared(&page.source);
    match &page.chapter {
        Some(id) if id == LAST => {}
        Some(_) => chapter::faults(page, declared).into_iter().for_each(&mut fail),
        None => {}
    }
    problems.extend(commands::check(&page.name, &page.source));
    problems.extend(swaps::check(page));
    problems.extend(caption::check(&page.name, &page.source));
    problems.extend(timetable::check(&page.name, &page.source, declared));
    problems
}

/// What the last page gives too much. Only a whole book is held to it.
fn last(repository: &Repository, pages: &[Page]) -> Vec<Problem> {
    let is_complete = repository.chapter(COMPLETE).is_ok();
    let mut problems = Vec::new();
    for page in pages.iter().filter(|_| is_complete) {
        for message in page.share.iter().flat_map(Share::faults) {
            let (page, directive) = (page.name.clone(), String::new());
            problems.push(Problem { page, line: 1, directive, message });
        }
    }
    problems
}

/// Compiles the crate at every checkpoint of the page.
pub fn checkpoints(repository: &Repository, page: &Page) -> Vec<Problem> {
    let compiler = Compiler::new(repository);
    let mut problems = Vec::new();
    for (line, tree) in &page.checkpoints {
        if let Err(message) = compiler.check(tree) {
            problems.push(Problem {
                page: page.name.clone(),
                line: *line,
                directive: "{{checkpoint}}".into(),
                message: format!("does not compile\n{message}"),
            });
        }
    }
    problems
}

/// Recordings that nobody shows, that have changed, or that are not what their
/// drawing shows.
fn recordings(repository: &Repository, pages: &[Page]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut fail = |name: &str, message: String| {
        let (page, directive) = (format!("recordings/{name}"), String::new());
        problems.push(Problem { page, line: 1, directive, message });
    };
    for name in recording::names(repository) {
        if recording::shown_on(&name, pages).is_empty() {
            fail(&name, format!("no page says {}", recording::directive(&name)));
        }
    }
    for name in recording::pending(repository) {
        let pages = recording::shown_on(&name, pages).join(", ");
        fail(
            &name,
            format!(
                "a server says something else than on {pages}: cargo xtask bless"
            ),
        );
    }
    match Diagram::all(repository) {
        Ok(diagrams) => {
            for file in diagram::forgotten(repository, &diagrams) {
                fail(&file.to_string_lossy(), "a drawing without a text".into());
            }
        }
        Err(message) => fail("", message),
    }
    problems
}

/// Pages and exercises that nobody would find.
fn loose_ends(repository: &Repository, pages: &[Page]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut fail = |page: String, message: String| {
        let directive = String::new();
        problems.push(Problem { page, line: 1, directive, message });
    };
    for name in repository.markdown() {
        let listed = pages.iter().any(|page| page.name == name);
        if !listed && name != "SUMMARY.md" {
            fail(name, "is not in SUMMARY.md".into());
        }
    }
    for chapter in repository.chapters() {
        let told =
            pages.iter().any(|page| page.chapter.as_ref() == Some(&chapter.id));
        if !told {
            fail(chapter.name, "has no page".into());
        }
    }
    match Exercise::all(repository) {
        Ok(exercises) => {
            for exercise in exercises {
                let directive = format!("{{{{exercise {}}}}}", exercise.name);
                if !pages.iter().any(|page| page.source.contains(&directive)) {
                    fail(exercise.name, "is an exercise on no page".into());
                }
            }
        }
        Err(message) => fail("exercises".into(), message),
    }
    problems
}
