//! Which rule is proven by what.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::{self, Page, Rule, named_in};
use super::scan::Scan;

/// One rule and what holds it.
pub struct Row {
    /// The rule.
    pub rule: Rule,
    /// Where the specification states it.
    pub page: &'static Page,
    /// The tests that prove it, each with its file.
    pub tests: Vec<(String, String)>,
    /// Why it does not apply.
    pub reason: Option<&'static str>,
}

/// All rules of some parts, and what is wrong with the index.
pub struct Index {
    /// In the order of the catalogue.
    pub rows: Vec<Row>,
    /// One sentence each.
    pub faults: Vec<String>,
}

impl Row {
    /// A rule has tests or a reason, never both.
    fn fault(&self) -> Option<String> {
        let rule = self.rule;
        match (self.tests.first(), self.reason) {
            (None, None) => Some(format!("{rule} has neither a test nor a reason")),
            (Some((file, name)), Some(_)) => {
                Some(format!("{rule} has a reason, but {file} proves it in {name}"))
            }
            _ => None,
        }
    }
}

impl Index {
    /// Puts together what the files say and the reasons, which are a list of
    /// rules and a sentence each. Ids must exist, whichever part they are of.
    pub fn build(
        files: &[(String, Scan)],
        reasons: &[(&str, &'static str)],
        parts: &str,
    ) -> Self {
        let mut faults = unknown_in(files);
        let reasons = reasons_by_rule(reasons, &mut faults);
        let mut rows: Vec<Row> = catalogue::all()
            .filter(|(rule, _)| parts.contains(rule.part))
            .map(|(rule, page)| {
                let reason = reasons.get(&rule).copied();
                Row { rule, page, tests: Vec::new(), reason }
            })
            .collect();
        for row in &mut rows {
            for (file, scan) in files {
                let proving =
                    scan.tests.iter().filter(|test| test.rules.contains(&row.rule));
                row.tests
                    .extend(proving.map(|test| (file.clone(), test.name.clone())));
            }
        }
        faults.extend(rows.iter().filter_map(Row::fault));
        Self { rows, faults }
    }

    /// How many rows are as they should be.
    pub fn sound(&self) -> usize {
        self.rows.iter().filter(|row| row.fault().is_none()).count()
    }
}

/// Ids that no rule has.
fn unknown_in(files: &[(String, Scan)]) -> Vec<String> {
    let named = files.iter().flat_map(|(file, scan)| {
        scan.named.iter().map(move |(line, rule)| (file, line, rule))
    });
    named
        .filter(|(.., rule)| !rule.exists())
        .map(|(file, line, rule)| format!("{file}:{line}: {rule} does not exist"))
        .collect()
}

fn reasons_by_rule(
    reasons: &[(&str, &'static str)],
    faults: &mut Vec<String>,
) -> BTreeMap<Rule, &'static str> {
    let mut by_rule = BTreeMap::new();
    for (ids, reason) in reasons {
        let rules: BTreeSet<Rule> = named_in(ids).into_iter().collect();
        if rules.is_empty() {
            faults.push(format!("the reason {reason:?} is of no rule"));
        }
        for rule in rules {
            if !rule.exists() {
                faults
                    .push(format!("the reason {reason:?}: {rule} does not exist"));
            } else if by_rule.insert(rule, *reason).is_some() {
                faults.push(format!("{rule} has two reasons"));
            }
        }
    }
    by_rule
}

#[cfg(test)]
mod tests {
    use super::{Index, Scan};
    use crate::rules::scan::scan;

    fn file(comment: &str) -> Vec<(String, Scan)> {
        let text = format!("/// {comment}\n#[test]\nfn it_holds() {{}}\n");
        vec![("tests/it.rs".to_owned(), scan(&text))]
    }

    /// An index of the derived rules, of which the first two are in question.
    fn index(comment: &str, reasons: &[(&str, &'static str)]) -> Index {
        let mut all = vec![("D003 to D019", "of no interest here")];
        all.extend(reasons);
        Index::build(&file(comment), &all, "D")
    }

    #[test]
    fn a_rule_with_a_test_or_a_reason_is_sound() {
        let index = index("D001: it holds.", &[("D002", "there is one node")]);
        assert_eq!(index.faults, [] as [&str; 0]);
        assert_eq!((index.rows.len(), index.sound()), (19, 19));
        let row = &index.rows[0];
        assert_eq!(row.tests, [("tests/it.rs".into(), "it_holds".into())]);
        assert_eq!(index.rows[1].reason, Some("there is one node"));
    }

    #[test]
    fn a_rule_with_neither_a_test_nor_a_reason_is_a_fault() {
        let index = index("D001", &[]);
        assert_eq!(index.faults, ["D002 has neither a test nor a reason"]);
        assert_eq!(index.sound(), 18);
    }

    #[test]
    fn a_rule_with_a_test_and_a_reason_is_a_fault() {
        let index = index("D001 to D002", &[("D002", "there is one node")]);
        let fault = "D002 has a reason, but tests/it.rs proves it in it_holds";
        assert_eq!(index.faults, [fault]);
    }

    #[test]
    fn an_id_that_no_rule_has_is_a_fault_of_whichever_part() {
        let index = index("D001, D020, L209", &[("D002, M186", "no")]);
        assert_eq!(
            index.faults,
            [
                "tests/it.rs:1: D020 does not exist",
                "tests/it.rs:1: L209 does not exist",
                "the reason \"no\": M186 does not exist",
            ]
        );
    }

    #[test]
    fn a_second_reason_and_a_reason_of_no_rule_are_faults() {
        let index =
            index("D001", &[("D002", "a"), ("D002 to D003", "b"), ("", "c")]);
        assert_eq!(
            index.faults,
            [
                "D002 has two reasons",
                "D003 has two reasons",
                "the reason \"c\" is of no rule",
            ]
        );
    }

    #[test]
    fn only_the_rules_of_the_wanted_parts_need_a_proof() {
        assert_eq!(Index::build(&file("D001"), &[], "D").faults.len(), 18);
        assert_eq!(Index::build(&file("D001"), &[], "LMD").faults.len(), 411);
    }
}
