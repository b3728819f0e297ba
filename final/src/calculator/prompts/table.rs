//! The table of prompts.

use super::Rule::{Count, OneOf, Text};
use super::{Argument, Definition, Rule};
use crate::calculator::formulas;

const LEVELS: &[&str] = &["basic", "intermediate", "advanced"];
const DIFFICULTIES: &[&str] = &["easy", "medium", "hard"];
const TOPICS: &[&str] = &[
    "arithmetic",
    "algebra",
    "geometry",
    "trigonometry",
    "statistics",
    "calculus",
];

/// Any text, without proposals.
const ANY: Rule = Text(&[]);
const FLAG: Rule = OneOf(&["true", "false"]);

const fn required(
    name: &'static str,
    rule: Rule,
    description: &'static str,
) -> Argument {
    Argument { name, description, rule, default: None }
}

/// All prompts, in the order in which they are listed.
pub static PROMPTS: [Definition; 5] = [
    Definition {
        name: "explain-calculation",
        title: "Explain a calculation",
        description: "Explains how an operation works, at a chosen depth.",
        arguments: &[
            required(
                "operation",
                ANY,
                "An operation or a calculation, such as 12 × 12",
            ),
            required("level", OneOf(LEVELS), "How deep, basic if left out")
                .or("basic"),
        ],
        message: |value| {
            let level = value("level");
            let operation = value("operation");
            format!(
                "Explain this operation or calculation at a {level} level: \
                 {operation}\n\nSay what it means, show one worked example, and \
                 name the mistake that people make most often."
            )
        },
    },
    Definition {
        name: "generate-problems",
        title: "Generate practice problems",
        description: "Writes exercises on a topic, with an answer key.",
        arguments: &[
            required("topic", Text(TOPICS), "What to practise, such as fractions"),
            required("difficulty", OneOf(DIFFICULTIES), "How hard"),
            required("count", Count, "How many, 1 to 50"),
        ],
        message: |value| {
            let topic = value("topic");
            let difficulty = value("difficulty");
            let count = value("count");
            format!(
                "Write practice problems.\nTopic: {topic}\nDifficulty: \
                 {difficulty}\nHow many: {count}\n\nNumber them, let each need one \
                 new idea, and put the answers at the end. Check every answer with \
                 the calculator tools."
            )
        },
    },
    Definition {
        name: "solve_math_problem",
        title: "Solve a problem",
        description: "Solves a problem, with or without the steps.",
        arguments: &[
            required("problem", ANY, "The problem in words or symbols"),
            required("showWork", FLAG, "Whether to show the steps"),
        ],
        message: |value| {
            let manner = match value("showWork") {
                "true" => "Show every step and the reason for it, then the result.",
                _ => "Give the result only, with its unit if it has one.",
            };
            let problem = value("problem");
            format!(
                "Solve this problem: {problem}\n\nUse the calculator tools for \
                 the arithmetic. {manner}"
            )
        },
    },
    Definition {
        name: "explain_formula",
        title: "Explain a formula",
        description: "Explains a formula, one of the library or any other.",
        arguments: &[
            required(
                "formula",
                Text(&formulas::NAMES),
                "A name from the library, another name, or an equation",
            ),
            required("context", ANY, "Where it is to be used, such as a mortgage")
                .or(""),
        ],
        message: |value| {
            // A user may ask about a formula that the library does not have.
            let name = value("formula");
            let subject = match formulas::find(name) {
                Some(known) => format!("{name}: {}", known.formula),
                None => name.to_owned(),
            };
            let context = match value("context") {
                "" => String::new(),
                context => format!("\nIt is to be used here: {context}"),
            };
            format!(
                "Explain this formula: {subject}{context}\n\nSay what each letter \
                 means, when the formula holds, and work one example with numbers."
            )
        },
    },
    Definition {
        name: "calculator_assistant",
        title: "Ask the calculator",
        description: "Answers a question in words with the help of the tools.",
        arguments: &[required("query", ANY, "What you want to know")],
        message: |value| {
            let query = value("query");
            format!(
                "Answer this with the calculator tools: {query}\n\nDo not \
                 calculate in your head. Say which calculations you made."
            )
        },
    },
];
