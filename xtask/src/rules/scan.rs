//! Finds tests in source files, and the rules that their comments name.
//!
//! It reads line by line, which is enough because every file is formatted by
//! rustfmt: an attribute begins a line, and a macro call ends at the margin.

use std::collections::BTreeSet;

use super::catalogue::{Rule, named_in};
use super::macros::functions_of_test_macros;

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
    /// Those that the comments above it and above its helpers name.
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

/// A function of a file.
struct Function<'a> {
    name: &'a str,
    is_test: bool,
    rules: BTreeSet<Rule>,
    calls: BTreeSet<&'a str>,
}

/// Reads a source file. What the comment above a helper names is proven by the
/// tests of the file that call it, directly or through other helpers.
pub fn scan(text: &str) -> Scan {
    let listed = functions_of_test_macros(text);
    let mut named = Vec::new();
    let mut functions: Vec<Function<'_>> = Vec::new();
    let mut above = Above::default();
    for (line, number) in text.lines().map(str::trim).zip(1..) {
        if let Some(words) = line.strip_prefix("//") {
            let rules = named_in(words).into_iter();
            named.extend(rules.map(|rule| (number, rule)));
            above.comment.push_str(words.trim_start_matches('/'));
            above.comment.push(' ');
        } else if line.starts_with("#[") || above.has_open_attribute() {
            above.attributes.push_str(line);
        } else {
            let above = std::mem::take(&mut above);
            if let Some(name) = function(line) {
                functions.push(Function {
                    name,
                    is_test: above.is_of_a_test() || listed.contains(name),
                    rules: named_in(&above.comment).into_iter().collect(),
                    calls: BTreeSet::new(),
                });
            } else if let Some(last) = functions.last_mut() {
                last.calls.extend(calls(line));
            }
        }
    }
    let tests = functions.iter().filter(|function| function.is_test);
    let tests = tests.map(|test| Test {
        name: test.name.to_owned(),
        rules: proven(test, &functions),
    });
    Scan { tests: tests.collect(), named }
}

/// The rules of a test and of the helpers that it reaches.
fn proven(test: &Function<'_>, all: &[Function<'_>]) -> BTreeSet<Rule> {
    let mut rules = test.rules.clone();
    let mut reached = test.calls.clone();
    let mut open: Vec<&str> = reached.iter().copied().collect();
    while let Some(name) = open.pop() {
        let helpers = all.iter().filter(|one| one.name == name && !one.is_test);
        for helper in helpers {
            rules.extend(&helper.rules);
            let calls = helper.calls.iter().copied();
            open.extend(calls.filter(|call| reached.insert(call)));
        }
    }
    rules
}

/// The functions that a line calls; no methods.
fn calls(line: &str) -> impl Iterator<Item = &str> {
    let is_edge = |c: char| !c.is_alphanumeric() && c != '_';
    line.match_indices('(').filter_map(move |(end, _)| {
        let before = &line[..end];
        let start = before.rfind(is_edge).map_or(0, |edge| edge + 1);
        let is_method = before[..start].ends_with('.');
        Some(&before[start..]).filter(|name| !name.is_empty() && !is_method)
    })
}

/// Whether one of these attributes makes a function a test.
pub fn is_test_attribute(text: &str) -> bool {
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
    fn a_helper_proves_its_rules_in_the_tests_that_reach_it() {
        let text = "\
/// L001
fn near() {
    far(1)
}

/// L002
fn far(n: u8) {}

/// L003
fn request() {}

/// L004
#[test]
fn first() {
    client.request(near());
}

#[test]
fn second() {
    first();
    let near = 1;
}
";
        assert_eq!(tests(text), ["first: L001 L002 L004", "second: "]);
    }

    #[test]
    fn functions_that_no_test_calls_and_ignored_tests_prove_nothing() {
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
    fn a_function_that_a_macro_is_given_is_a_test() {
        let text = "\
macro_rules! contract {
    ($($promise:ident)*) => { $( #[tokio::test] async fn $promise() {} )* };
}

contract! {
    kept
}

/// D001
async fn kept(
    all: impl Logs,
) {}

proptest! {
    /// D002
    #[test]
    fn generated(bits: u64) {}
}
";
        assert_eq!(tests(text), ["kept: D001", "generated: D002"]);
    }
}
