//! The same small change in many places, found and counted.

use std::collections::BTreeMap;

use book_machine::compare::Change;
use book_machine::lines::{Line, Sign};

/// A change that occurs less often is no pattern.
const OFTEN: usize = 3;

/// The part of a line that was replaced, and what it was replaced by.
type Part = (String, String);

/// What was replaced by what, at least three times: a sentence for each, the most
/// frequent first.
pub fn patterns<'a>(changes: impl Iterator<Item = &'a Change>) -> Vec<String> {
    let mut found: BTreeMap<Part, usize> = BTreeMap::new();
    for change in changes {
        for part in parts(&change.lines) {
            *found.entry(part).or_default() += 1;
        }
    }
    let mut found: Vec<_> =
        found.into_iter().filter(|(_, n)| *n >= OFTEN).collect();
    found.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    found.iter().map(|(part, count)| sentence(part, *count)).collect()
}

fn sentence((old, new): &Part, count: usize) -> String {
    match (old.trim(), new.trim()) {
        ("", new) => format!("{count} × inserts `{new}`"),
        (old, "") => format!("{count} × removes `{old}`"),
        (old, new) => format!("{count} × `{old}` becomes `{new}`"),
    }
}

/// The differing parts of lines that were changed one by one.
fn parts(lines: &[Line]) -> Vec<Part> {
    let mut found = Vec::new();
    for hunk in lines.split(|line| matches!(line.sign, Sign::Same | Sign::Gap)) {
        let of = |sign| hunk.iter().filter(move |line| line.sign == sign);
        if of(Sign::Removed).count() == of(Sign::Added).count() {
            let pairs = of(Sign::Removed).zip(of(Sign::Added));
            found.extend(pairs.filter_map(|(old, new)| part(&old.text, &new.text)));
        }
    }
    found
}

/// What is left of two lines without the words that they share at both ends. `None`
/// if that is most of them: then one was written anew.
fn part(old: &str, new: &str) -> Option<Part> {
    let (a, b) = (words(old.trim()), words(new.trim()));
    let same = |(x, y): &(&&str, &&str)| x == y;
    let head = a.iter().zip(&b).take_while(same).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev());
    let tail = tail.take_while(same).count();
    let middle = |words: &[&str]| words[head..words.len() - tail].concat();
    let part = (middle(&a), middle(&b));
    let shared: usize =
        a.iter().map(|word| word.len()).sum::<usize>() - part.0.len();
    let longer = part.0.len().max(part.1.len());
    (longer > 0 && longer <= shared).then_some(part)
}

/// Identifiers, and every other character by itself.
fn words(line: &str) -> Vec<&str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let name = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let (word, others) = rest.split_at(name.max(first.len_utf8()));
        words.push(word);
        rest = others;
    }
    words
}

#[cfg(test)]
mod tests {
    use book_machine::lines::difference;

    use super::*;

    #[test]
    fn the_same_change_in_many_lines_is_one_pattern() {
        let old = "let a = load(x).await;\nother();\nlet b = save(y).await;\n\
                   same();\nstore.end(z).await;\n\nfn a(x: Arc<Memory>) {}\n\n\
                   fn b(xs: Vec<Memory>) {}\n\nlet c: Memory = c;\n";
        let new = old.replace(".await", ".await?").replace("other", "another");
        let lines = difference(old, &new.replace("Memory", "Store"));
        let change = Change { file: "a.rs".into(), from: None, lines };
        let expected = ["3 × inserts `?`", "3 × `Memory` becomes `Store`"];
        assert_eq!(patterns([&change].into_iter()), expected);
    }
}
