//! The library of formulas: readable as a resource, explained by a prompt.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

/// A formula and what is needed to use it.
#[derive(Debug, Serialize)]
pub struct Formula {
    /// The key in the library.
    #[serde(skip)]
    pub name: &'static str,
    pub(super) formula: &'static str,
    description: &'static str,
    /// The equation solved for the unknown; `None` if `formula` is solved already.
    #[serde(skip_serializing_if = "Option::is_none")]
    solution: Option<&'static str>,
    #[serde(serialize_with = "as_object")]
    variables: &'static [(&'static str, &'static str)],
}

const FORMULAS: [Formula; 3] = [
    Formula {
        name: "quadratic",
        formula: "ax² + bx + c = 0",
        description: "The numbers x at which a parabola crosses zero; a is not 0.",
        solution: Some("x = (-b ± √(b² - 4ac)) / (2a)"),
        variables: &[
            ("a", "coefficient of x²"),
            ("b", "coefficient of x"),
            ("c", "constant term"),
            ("x", "the unknown"),
        ],
    },
    Formula {
        name: "pythagorean",
        formula: "a² + b² = c²",
        description: "How the sides of a right-angled triangle depend on each other.",
        solution: Some("c = √(a² + b²)"),
        variables: &[
            ("a", "one side of the right angle"),
            ("b", "the other side of the right angle"),
            ("c", "the side opposite the right angle"),
        ],
    },
    Formula {
        name: "compound_interest",
        formula: "A = P(1 + r/n)^(nt)",
        description: "What a deposit grows to when its interest earns interest.",
        solution: None,
        variables: &[
            ("A", "amount at the end"),
            ("P", "principal: the amount at the start"),
            ("r", "interest for a year, as a fraction: 0.05 for 5 %"),
            ("n", "how often a year interest is added"),
            ("t", "years"),
        ],
    },
];

/// The names of all formulas.
pub const NAMES: [&str; 3] = [FORMULAS[0].name, FORMULAS[1].name, FORMULAS[2].name];

/// Returns the formulas by name.
pub fn library() -> BTreeMap<&'static str, Formula> {
    FORMULAS.into_iter().map(|formula| (formula.name, formula)).collect()
}

/// Returns the formula that a user means: `Compound interest` is
/// `compound_interest`.
pub fn find(wanted: &str) -> Option<Formula> {
    let name = wanted.trim().to_lowercase().replace([' ', '-'], "_");
    FORMULAS.into_iter().find(|formula| formula.name == name)
}

fn as_object<S: Serializer>(
    pairs: &[(&'static str, &'static str)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().copied())
}
