//! The changes of a chapter by module, in the order of its page, tests last.

use std::collections::BTreeMap;

use book_machine::compare::Change;
use book_machine::directive::Directive;
use book_machine::lines::{Sign, count};

/// What a group of tests is called.
const TESTS: &str = "tests";

/// The changed files of one module.
pub struct Group<'a> {
    /// `sessions`, `Cargo.toml`, `tests`
    pub name: String,
    /// In the order of their paths.
    pub changes: Vec<&'a Change>,
}

impl Group<'_> {
    /// Whether the reader types none of it.
    pub fn is_of_tests(&self) -> bool {
        self.name == TESTS
    }

    /// New and removed lines.
    pub fn lines(&self) -> (usize, usize) {
        let sum = |sign| self.changes.iter().map(|c| count(&c.lines, sign)).sum();
        (sum(Sign::Added), sum(Sign::Removed))
    }
}

/// Groups the changes by module. `page` is the source of the page that walks through
/// them: a module that it mentions earlier comes earlier.
pub fn groups<'a>(changes: &'a [Change], page: &str) -> Vec<Group<'a>> {
    let order = order(page);
    let mut found: BTreeMap<(usize, String), Vec<&Change>> = BTreeMap::new();
    for change in changes {
        let name = module(&change.file);
        let place = order.iter().position(|known| *known == name);
        let place = match name.as_str() {
            TESTS => usize::MAX,
            _ => place.unwrap_or(order.len()),
        };
        found.entry((place, name)).or_default().push(change);
    }
    let group = |((_, name), changes)| Group { name, changes };
    found.into_iter().map(group).collect()
}

/// `sessions` for `src/sessions.rs` and all below `src/sessions/`.
fn module(file: &str) -> String {
    if file.starts_with("tests/") || file.ends_with("/tests.rs") {
        return TESTS.to_owned();
    }
    let inside = file.strip_prefix("src/").unwrap_or(file);
    let first = inside.split('/').next().unwrap_or(inside);
    first.strip_suffix(".rs").unwrap_or(first).to_owned()
}

/// The modules in the order in which the steps of a page touch them.
fn order(page: &str) -> Vec<String> {
    let mut order = Vec::new();
    let steps = page.lines().filter_map(|line| Directive::parse(line)?.ok());
    for step in steps {
        for name in step.touches().into_iter().map(module) {
            if !order.contains(&name) {
                order.push(name);
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(file: &str) -> Change {
        Change { file: file.into(), from: None, lines: Vec::new() }
    }

    #[test]
    fn modules_come_in_the_order_of_the_page_and_tests_last() {
        let changes = [
            "Cargo.toml",
            "src/app.rs",
            "src/sessions.rs",
            "src/sessions/id.rs",
            "src/zebra.rs",
            "src/sessions/tests.rs",
            "tests/all.rs",
        ]
        .map(change);
        let page = "{{add src/sessions/id.rs}}\ntext\n{{change src/app.rs#run}}\n";
        let groups = groups(&changes, page);
        let names = groups.iter().map(|group| group.name.as_str());
        let expected = ["sessions", "app", "Cargo.toml", "zebra", "tests"];
        assert_eq!(names.collect::<Vec<_>>(), expected);
        assert_eq!(groups[0].changes.len(), 2);
        assert!(groups[4].is_of_tests() && groups[4].changes.len() == 2);
    }
}
