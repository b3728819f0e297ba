//! Finds tests in source files, and the rules that their comments name.
//!
//! It reads line by line, which is enough because every file is formatted by
//! rustfmt: an attribute begins a line, and a macro call ends at the margin.

use std::collections::BTreeSet;

use super::catalogue::{Rule, named_in};

/// What one file says about rules.
#[derive(Debug, Default)]
pub struct Scan {
    /// The tests, those without rules as well.
    pub tests: Vec<Test>,
    /// Every rule that is named in any comment, and the number of its line.
    pub named: Vec<(usize, Rule)>,
}

/// A test, and the rules that it claims to prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// The function's name.
    pub name: String,
    /// Those that the comment directly above it names.
    pub rules: BTreeSet<Rule>,
}

/// What stands directly above a line.
#[derive(Default)]
struct Above {
    comment: String,
    attributes: String,
}

impl Above {
    fn is_of_a_test(&self) -> bool {
        is_test_attribute(&self.attributes) && !self.attributes.contains("#[ignore")
    }

    /// An attribute may take several lines.
    fn has_open_attribute(&self) -> bool {
        !self.attributes.is_empty() && !self.attributes.ends_with(']')
    }
}

/// Reads a source file.
pub fn scan(text: &str) -> Scan {
    let listed = functions_of_test_macros(text);
    let mut found = Scan::default();
    let mut above = Above::default();
    for (line, number) in text.lines().map(str::trim).zip(1..) {
        if let Some(words) = line.strip_prefix("//") {
            let rules = named_in(words).into_iter();
            found.named.extend(rules.map(|rule| (number, rule)));
            above.comment.push_str(words.trim_start_matches('/'));
            above.comment.push(' ');
        } else if line.starts_with("#[") || above.has_open_attribute() {
            above.attributes.push_str(line);
        } else {
            if let Some(name) = function(line)
                && (above.is_of_a_test() || listed.contains(name))
            {
                let rules = named_in(&above.comment).into_iter().collect();
                found.tests.push(Test { name: name.to_owned(), rules });
            }
            above = Above::default();
        }
    }
    found
}

fn is_test_attribute(text: &str) -> bool {
    text.contains("#[test]") || text.contains("#[tokio::test")
}

/// The name of the function that a line begins.
fn function(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    let rest = line.strip_prefix("fn ")?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    Some(&rest[..end]).filter(|name| !name.is_empty())
}

/// Functions that are no tests themselves: a macro of the same file makes tests
/// of those that it is given, one name a line.
fn functions_of_test_macros(text: &str) -> BTreeSet<&str> {
    let mut makers = BTreeSet::new();
    let mut given = BTreeSet::new();
    for block in text.split("\n}") {
        let Some((head, body)) = last_opening(block) else { continue };
        if let Some(name) = head.strip_prefix("macro_rules! ") {
            if is_test_attribute(body) {
                makers.insert(name);
            }
        } else if head.strip_suffix('!').is_some_and(|name| makers.contains(name)) {
            given.extend(body.lines().map(str::trim).filter(|l| !l.is_empty()));
        }
    }
    given
}

/// The last line at the margin that opens a block, without its brace, and what
/// comes after it.
fn last_opening(block: &str) -> Option<(&str, &str)> {
    let mut start = 0;
    let mut found = None;
    for line in block.split_inclusive('\n') {
        start += line.len();
        if !line.starts_with(char::is_whitespace)
            && let Some(head) = line.trim_end().strip_suffix(" {")
        {
            found = Some((head, &block[start..]));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Scan, scan};

    fn tests(text: &str) -> Vec<String> {
        let Scan { tests, .. } = scan(text);
        let show = |test: &super::Test| {
            let rules: Vec<_> = test.rules.iter().map(|r| r.to_string()).collect();
            format!("{}: {}", test.name, rules.join(" "))
        };
        tests.iter().map(show).collect()
    }

    #[test]
    fn a_test_has_the_rules_of_the_comment_directly_above_it() {
        let text = "\
/// L001, and on the next line:
/// L003 to L005.
#[tokio::test(start_paused = true)]
async fn first() {
    // D001 is said inside.
    let fn_like = 1;
}

/// L007 stands apart.

#[test]
fn second() {}

mod inner {
    // D002
    #[test]
    #[expect(
        clippy::unwrap_used,
        reason = \"long\"
    )]
    fn third() {}
}
";
        assert_eq!(
            tests(text),
            ["first: L001 L003 L004 L005", "second: ", "third: D002"]
        );
        let lines: Vec<_> =
            scan(text).named.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 2, 2, 2, 5, 9, 15]);
    }

    #[test]
    fn helpers_and_ignored_tests_prove_nothing() {
        let text = "\
/// L001
fn helper() {}

/// L002
#[test]
#[ignore = \"started by another one\"]
fn ignored() {}
";
        assert_eq!(tests(text), [] as [&str; 0]);
    }

    #[test]
    fn a_macro_makes_tests_of_the_functions_it_is_given() {
        let text = "\
macro_rules! contract {
    ($($promise:ident)*) => {
        $(
            #[tokio::test]
            async fn $promise() {}
        )*
    };
}

macro_rules! other {
    ($($name:ident)*) => {};
}

contract! {
    kept
    long
}

other! {
    helper
}

/// D001
async fn kept(all: impl Logs) {}

/// D002
async fn long(
    all: impl Logs,
) {}

/// D003
async fn helper() {}

proptest! {
    /// D004
    #[test]
    fn generated(bits: u64) {}
}
";
        assert_eq!(tests(text), ["kept: D001", "long: D002", "generated: D004"]);
    }
}
