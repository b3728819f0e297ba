//! `cargo xtask book check`: everything that must hold for the book. Takes the
//! top of the repository as its argument.

use std::process::ExitCode;

use book_machine::check::{self, Report};
use book_machine::render::Format;
use book_machine::repository::Repository;
use book_machine::spelling;

fn main() -> ExitCode {
    let root = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let repository = Repository::new(root);
    let report = match run(&repository) {
        Ok(report) => report,
        Err(message) => {
            eprintln!("{message}");
            println!("0 passed, 1 failed");
            return ExitCode::FAILURE;
        }
    };
    for remark in &report.remarks {
        println!("long sentence: {remark}");
    }
    if let Some(share) = &report.share {
        println!("{share}");
    }
    for problem in &report.problems {
        eprintln!("error: {problem}");
    }
    let failed = report.problems.len();
    println!("{} pages, {} checkpoints", report.pages, report.checkpoints);
    println!("{} passed, {failed} failed", report.pages + report.checkpoints);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(repository: &Repository) -> Result<Report, String> {
    let mut report = check::book(repository)?;
    let list = repository.book().join("spelling.txt");
    let exceptions = std::fs::read_to_string(list).unwrap_or_default();
    let words: Vec<String> =
        exceptions.split_whitespace().map(str::to_owned).collect();
    for page in check::pages(repository)? {
        let text = page.render(repository, Format::Markdown);
        // Lines of the expanded text are of no use to a writer.
        let found = spelling::check(&page.name, &page.source, &words);
        let quoted = spelling::check(&page.name, &text, &words);
        let new = quoted.into_iter().filter(|problem| {
            !found.iter().any(|other| other.directive == problem.directive)
        });
        report.problems.extend(new.map(|mut problem| {
            problem.line = 1;
            problem
        }));
        report.problems.extend(found);
    }
    Ok(report)
}
