//! Which rules there are, and where the specification states them.

use std::fmt;

/// The id of a rule, such as `L035`: a part of the catalogue and a number in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// `L` for the stateful era, `M` for the stateless one, `D` for what follows
    /// from several nodes and two eras.
    pub part: char,
    /// Counts from 1 in each part.
    pub number: u16,
}

/// Rules that stand on one page of the specification, without a gap.
pub struct Page {
    part: char,
    first: u16,
    last: u16,
    /// The page, as the specification's addresses name it.
    pub name: &'static str,
    /// The revision, by its date.
    pub revision: &'static str,
}

/// All rules.
#[rustfmt::skip]
pub const PAGES: &[Page] = &[
    page('L', 1, 19, "basic/index", "2025-11-25"),
    page('L', 20, 32, "basic/lifecycle", "2025-11-25"),
    page('L', 33, 50, "basic/transports: endpoint and POST", "2025-11-25"),
    page('L', 51, 60, "basic/transports: GET and resumption", "2025-11-25"),
    page('L', 61, 68, "basic/transports: session and version", "2025-11-25"),
    page('L', 69, 71, "basic/transports: other transports", "2025-11-25"),
    page('L', 72, 82, "basic/utilities/cancellation", "2025-11-25"),
    page('L', 83, 87, "basic/utilities/ping", "2025-11-25"),
    page('L', 88, 94, "basic/utilities/progress", "2025-11-25"),
    page('L', 95, 110, "server/tools", "2025-11-25"),
    page('L', 111, 119, "server/resources", "2025-11-25"),
    page('L', 120, 126, "server/prompts", "2025-11-25"),
    page('L', 127, 132, "server/utilities/logging", "2025-11-25"),
    page('L', 133, 137, "server/utilities/completion", "2025-11-25"),
    page('L', 138, 140, "server/utilities/pagination", "2025-11-25"),
    page('L', 141, 164, "client/elicitation", "2025-11-25"),
    page('L', 165, 170, "client/sampling", "2025-11-25"),
    page('L', 171, 171, "client/roots", "2025-11-25"),
    page('L', 172, 179, "security best practices", "2025-11-25"),
    page('L', 180, 188, "basic/authorization", "2025-11-25"),
    page('L', 189, 201, "basic/utilities/tasks", "2025-11-25"),
    page('L', 202, 202, "differences from 2025-11-25", "2025-06-18"),
    page('L', 203, 203, "basic/transports", "2025-06-18"),
    page('L', 204, 204, "basic/transports", "2025-03-26"),
    page('L', 205, 205, "basic/index", "2025-03-26"),
    page('L', 206, 206, "basic/lifecycle", "2025-03-26"),
    page('L', 207, 207, "basic/transports", "2025-03-26"),
    page('L', 208, 208, "schema", "2025-03-26"),
    page('M', 1, 32, "basic/index", "2026-07-28"),
    page('M', 33, 40, "basic/versioning", "2026-07-28"),
    page('M', 41, 43, "basic/transports", "2026-07-28"),
    page('M', 44, 60, "basic/transports/streamable-http", "2026-07-28"),
    page('M', 61, 82, "basic/transports/streamable-http: headers", "2026-07-28"),
    page('M', 83, 85, "server/discover", "2026-07-28"),
    page('M', 86, 91, "server/utilities/caching", "2026-07-28"),
    page('M', 92, 92, "basic/patterns", "2026-07-28"),
    page('M', 93, 108, "basic/patterns/mrtr", "2026-07-28"),
    page('M', 109, 115, "basic/patterns/subscriptions", "2026-07-28"),
    page('M', 116, 121, "basic/patterns/cancellation", "2026-07-28"),
    page('M', 122, 124, "basic/patterns/progress", "2026-07-28"),
    page('M', 125, 137, "server/tools", "2026-07-28"),
    page('M', 138, 143, "server/resources", "2026-07-28"),
    page('M', 144, 147, "server/prompts", "2026-07-28"),
    page('M', 148, 149, "server/utilities/completion", "2026-07-28"),
    page('M', 150, 150, "server/utilities/pagination", "2026-07-28"),
    page('M', 151, 156, "server/utilities/logging", "2026-07-28"),
    page('M', 157, 167, "client/elicitation", "2026-07-28"),
    page('M', 168, 169, "client/sampling", "2026-07-28"),
    page('M', 170, 170, "client/roots", "2026-07-28"),
    page('M', 171, 178, "basic/authorization", "2026-07-28"),
    page('M', 179, 181, "security best practices", "2026-07-28"),
    page('M', 182, 185, "basic/transports/stdio", "2026-07-28"),
    page('D', 1, 14, "follows from several nodes", "stateful"),
    page('D', 15, 19, "follows from several nodes and two eras", "both"),
];

const fn page(
    part: char,
    first: u16,
    last: u16,
    name: &'static str,
    revision: &'static str,
) -> Page {
    Page { part, first, last, name, revision }
}

/// Every rule with its page, in the order of the catalogue.
pub fn all() -> impl Iterator<Item = (Rule, &'static Page)> {
    PAGES.iter().flat_map(|page| {
        let numbers = page.first..=page.last;
        numbers.map(move |number| (Rule { part: page.part, number }, page))
    })
}

impl Rule {
    fn parse(word: &str) -> Option<Self> {
        let part = word.chars().next().filter(|part| "LMD".contains(*part))?;
        let digits = &word[1..];
        let is_number =
            digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit());
        is_number.then_some(Self { part, number: digits.parse().ok()? })
    }

    /// Whether the catalogue has it.
    pub fn exists(self) -> bool {
        all().any(|(rule, _)| rule == self)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{:03}", self.part, self.number)
    }
}

/// The rules that a text names, alone, in lists, and in ranges: `L021 to L024`.
pub fn named_in(text: &str) -> Vec<Rule> {
    let is_edge = |c: char| !c.is_alphanumeric() && c != '_';
    let words = text.split(is_edge).filter(|word| !word.is_empty());
    let mut found: Vec<Rule> = Vec::new();
    let (mut before, mut last) = ("", "");
    for word in words {
        if let Some(rule) = Rule::parse(word) {
            let first = Rule::parse(before).filter(|_| last == "to");
            if let Some(first) = first.filter(|first| first.part == rule.part) {
                let between = first.number + 1..rule.number;
                found.extend(between.map(|number| Rule { number, ..rule }));
            }
            found.push(rule);
        }
        (before, last) = (last, word);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{PAGES, all, named_in};

    fn named(text: &str) -> String {
        let rules = named_in(text).into_iter().map(|rule| rule.to_string());
        rules.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_part_is_counted_without_a_gap() {
        for (part, count) in [('L', 208), ('M', 185), ('D', 19)] {
            let numbers: Vec<u16> = all()
                .filter(|(rule, _)| rule.part == part)
                .map(|(rule, _)| rule.number)
                .collect();
            assert_eq!(numbers, (1..=count).collect::<Vec<_>>(), "{part}");
        }
        assert!(PAGES.iter().all(|page| page.first <= page.last));
    }

    #[test]
    fn rules_are_named_alone_in_lists_and_in_ranges() {
        assert_eq!(named("L035: and more."), "L035");
        assert_eq!(named("D004, D007, D014 (L059)"), "D004 D007 D014 L059");
        assert_eq!(
            named("L021 to L024, M003 to M004."),
            "L021 L022 L023 L024 M003 M004"
        );
    }

    #[test]
    fn what_only_looks_like_a_rule_or_a_range_is_none() {
        assert_eq!(named("L35, L0355, XL035, M083a, N001, a_L035"), "");
        assert_eq!(named("from L035 to the end of D004"), "L035 D004");
        assert_eq!(named("L035 to D036"), "L035 D036");
        assert_eq!(named("L036 to L035"), "L036 L035");
    }
}
