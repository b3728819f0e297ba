//! Tests that a macro makes of functions: each is asked of several storages.

use std::collections::BTreeSet;

use super::scan::is_test_attribute;

/// Functions that are no tests themselves: a macro of the same file makes tests
/// of those that it is given, one name a line.
pub fn functions_of_test_macros(text: &str) -> BTreeSet<&str> {
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
    use super::functions_of_test_macros;

    #[test]
    fn only_macros_that_make_tests_and_their_lists_count() {
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

proptest! {
    #[test]
    fn generated(bits: u64) {}
}
";
        let found: Vec<_> = functions_of_test_macros(text).into_iter().collect();
        assert_eq!(found, ["kept", "long"]);
    }
}
