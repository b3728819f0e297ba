//! `cargo xtask rules`: which test proves which rule of the specification.
//!
//! A test names its rules in the comment above it. What does not apply has a
//! reason instead, in a table kept by hand. This command reads the sources, which
//! is quick, and fails where a rule has neither.

mod catalogue;
mod index;
mod macros;
mod reasons;
mod scan;

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use crate::tally::Tally;
use crate::test::rust_files;
use crate::{Error, workspace};
use index::{Index, Row};
use scan::Scan;

/// The packages whose tests speak of the server.
const PACKAGES: [&str; 2] = ["final", "tests"];

/// The parts of the catalogue of rules that are complete.
pub const COMPLETE: &str = "LMD";

/// The page of the book that has the table.
pub const PAGE: &str = "rules.md";

const HEAD: &str = "\
# From a rule to its proof

Every rule of the specification that binds a server, and its proof: the tests that
would fail if ours broke it, or the reason why there is none. `L` counts the rules
of the stateful era, `M` those of the stateless era. `D` counts what follows for a
server of several nodes.

A test names its rules in the comment above it, and this page is made from those
comments. `cargo xtask bless` writes it, with the other pages. `cargo xtask rules`
shows the same in a terminal, and fails where a rule has neither test nor reason.

";

/// What the command line asks for.
#[derive(Args)]
pub struct Options {
    /// Only these parts of the rules, for example L,M
    #[arg(long = "only", value_parser = parts, default_value = COMPLETE)]
    pub parts: String,
    /// Prints the page of the book
    #[arg(long)]
    pub markdown: bool,
    /// Writes the table into a file
    #[arg(long)]
    pub out: Option<PathBuf>,
}

fn parts(list: &str) -> Result<String, String> {
    let list = list.replace(',', "");
    match !list.is_empty() && list.chars().all(|part| COMPLETE.contains(part)) {
        true => Ok(list),
        false => Err("L, M, D, with commas".to_owned()),
    }
}

/// Prints the table and what is wrong with it.
pub fn run(options: &Options) -> Result<Tally, Error> {
    let index = Index::build(&scan_all()?, reasons::REASONS, &options.parts);
    let table = if options.markdown { markdown(&index) } else { plain(&index) };
    match &options.out {
        Some(path) => std::fs::write(path, table)?,
        None => print!("{table}"),
    }
    Ok(judge(&index))
}

/// Prints only what is wrong and how many rules are proven.
pub fn check() -> Result<Tally, Error> {
    Ok(judge(&Index::build(&scan_all()?, reasons::REASONS, COMPLETE)))
}

/// The page of the book, as the sources give it.
pub fn page() -> Result<String, Error> {
    Ok(markdown(&Index::build(&scan_all()?, reasons::REASONS, COMPLETE)))
}

fn judge(index: &Index) -> Tally {
    println!();
    index.faults.iter().for_each(|fault| println!("FAILED  {fault}"));
    let tested = index.rows.iter().filter(|row| !row.tests.is_empty()).count();
    let total = index.rows.len();
    let excused = index.rows.iter().filter(|row| row.reason.is_some()).count();
    println!("{total} rules: {tested} with a test, {excused} with a reason");
    let failed = index.faults.len();
    Tally { passed: index.sound(), failed, skipped: 0 }
}

/// All sources of the packages, by their path from the top of the repository.
fn scan_all() -> Result<Vec<(String, Scan)>, Error> {
    let root = workspace::root();
    let mut files = Vec::new();
    for package in PACKAGES {
        for path in rust_files(&root.join(package))? {
            let text = std::fs::read_to_string(&path)?;
            let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
            files.push((name, scan::scan(&text)));
        }
    }
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(files)
}

fn plain(index: &Index) -> String {
    let mut table = String::new();
    for Row { rule, page, tests, reason } in &index.rows {
        let place = format!("{rule}  {:<10}  {:<41}", page.revision, page.name);
        let tests = tests.iter().map(|(file, name)| format!("{file}: {name}"));
        let reason = reason.map(|reason| format!("no test: {reason}"));
        let mut proofs: Vec<String> = tests.chain(reason).collect();
        if proofs.is_empty() {
            proofs.push("NOTHING".into());
        }
        for proof in proofs {
            // Writing to a string does not fail.
            let _ = writeln!(table, "{place}  {proof}");
        }
    }
    table
}

fn markdown(index: &Index) -> String {
    let mut table = HEAD.to_owned();
    table.push_str("| rule | revision | page | proof |\n|---|---|---|---|\n");
    for Row { rule, page, tests, reason } in &index.rows {
        let tests = tests.iter().map(|(file, name)| format!("`{file}`: `{name}`"));
        let reason = reason.map(|reason| format!("no test: {reason}"));
        let proofs: Vec<String> = tests.chain(reason).collect();
        let (revision, name, proofs) =
            (page.revision, page.name, proofs.join("<br>"));
        let _ = writeln!(table, "| {rule} | {revision} | {name} | {proofs} |");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::scan::scan;
    use super::{COMPLETE, Index, markdown, parts, plain};

    #[test]
    fn parts_are_chosen_by_their_letters() {
        assert_eq!(parts(COMPLETE), Ok("LMD".to_owned()));
        assert_eq!(parts("L,D"), Ok("LD".to_owned()));
        for wrong in ["X", "L;D", ""] {
            assert!(parts(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_line_of_the_table_names_the_place_and_the_proof() {
        let text =
            "/// D001\n#[test]\nfn gone() {}\n/// D001\n#[test]\nfn too() {}\n";
        let files = [("tests/a.rs".to_owned(), scan(text))];
        let reasons = [("D002", "there is one node")];
        let index = Index::build(&files, &reasons, "D");
        let place = "stateful    follows from several nodes";
        let table = plain(&index);
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[0].starts_with(&format!("D001  {place}")), "{table}");
        assert!(lines[0].ends_with("tests/a.rs: gone"), "{table}");
        assert!(lines[1].ends_with("tests/a.rs: too"), "{table}");
        assert!(lines[2].ends_with("no test: there is one node"), "{table}");
        assert!(lines[3].ends_with("NOTHING"), "{table}");

        let place = "stateful | follows from several nodes";
        let both = "`tests/a.rs`: `gone`<br>`tests/a.rs`: `too`";
        let table = markdown(&index);
        let lines = table.lines().filter(|line| line.starts_with('|'));
        let lines: Vec<&str> = lines.collect();
        assert_eq!(lines[2], format!("| D001 | {place} | {both} |"));
        assert_eq!(lines.len(), 2 + 19);
    }
}
