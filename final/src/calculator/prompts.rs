//! Prompts: texts that a person fills in.

use std::collections::BTreeMap;

use self::Rule::{Count, OneOf, Text};
use super::formulas;
use crate::protocol::content::{Content, Role};
use crate::protocol::prompts::{
    Prompt, PromptArgument, PromptMessage, PromptResult,
};
use crate::service::ServiceError;

/// How many problems one prompt may ask for: a page of exercises.
const MOST_PROBLEMS: u8 = 50;
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

/// Checked values by name.
type Values<'a> = dyn Fn(&str) -> &'a str + 'a;

/// A prompt and all that is known about it.
struct Definition {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    arguments: &'static [Argument],
    message: fn(&Values<'_>) -> String,
}

/// An argument and what it may be.
struct Argument {
    name: &'static str,
    description: &'static str,
    rule: Rule,
    /// What counts when it is absent or blank (forms send blanks); `None` if it
    /// is required.
    default: Option<&'static str>,
}

enum Rule {
    /// Any text; these are proposed.
    Text(&'static [&'static str]),
    /// One of these.
    OneOf(&'static [&'static str]),
    /// A whole number from 1 to [`MOST_PROBLEMS`].
    Count,
}

/// Any text, with nothing to propose.
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
static PROMPTS: [Definition; 5] = [
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
            // A formula that the library does not have is still a question.
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

/// The prompts as they are listed.
pub(super) fn list() -> Vec<Prompt> {
    let listed = |prompt: &Definition| Prompt {
        name: prompt.name.into(),
        title: Some(prompt.title.into()),
        description: prompt.description.into(),
        arguments: prompt.arguments.iter().map(Argument::listed).collect(),
    };
    PROMPTS.iter().map(listed).collect()
}

/// Fills in a prompt.
///
/// # Errors
/// [`ServiceError::InvalidParams`] names the argument and the rule it breaks.
pub fn fill(
    name: &str,
    given: &BTreeMap<String, String>,
) -> Result<PromptResult, ServiceError> {
    let prompt = find(name)?;
    let mut values = BTreeMap::new();
    for argument in prompt.arguments {
        values.insert(argument.name, argument.value(given).map_err(invalid)?);
    }
    let value = &|name: &str| values.get(name).copied().unwrap_or_default();
    let content = Content::text((prompt.message)(value));
    Ok(PromptResult {
        description: Some(prompt.description.into()),
        messages: vec![PromptMessage { role: Role::User, content }],
    })
}

/// What is proposed for an argument of a prompt.
///
/// # Errors
/// [`ServiceError::InvalidParams`] if there is no such prompt or argument.
pub fn proposals(
    name: &str,
    argument: &str,
) -> Result<&'static [&'static str], ServiceError> {
    let mut arguments = find(name)?.arguments.iter();
    let argument = arguments.find(|known| known.name == argument);
    match argument.map(|argument| &argument.rule) {
        Some(Text(values) | OneOf(values)) => Ok(values),
        Some(Count) => Ok(&["5", "10", "20"]),
        None => Err(invalid("the prompt has no such argument".into())),
    }
}

fn find(name: &str) -> Result<&'static Definition, ServiceError> {
    let found = PROMPTS.iter().find(|prompt| prompt.name == name);
    found.ok_or_else(|| invalid("unknown prompt".into()))
}

fn invalid(rule: String) -> ServiceError {
    ServiceError::InvalidParams(rule.into())
}

impl Argument {
    /// The same argument, but it may be left out.
    const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    fn listed(&self) -> PromptArgument {
        let mut description = self.description.to_owned();
        if let OneOf(values) = self.rule {
            description = format!("{description}: {}", values.join(", "));
        }
        let required = self.default.is_none();
        PromptArgument { name: self.name.into(), description, required }
    }

    /// The value, or the rule that it breaks.
    fn value<'a>(
        &self,
        given: &'a BTreeMap<String, String>,
    ) -> Result<&'a str, String> {
        let name = self.name;
        let value = given.get(name).map_or("", |value| value.trim());
        match (&self.rule, self.default) {
            (_, Some(default)) if value.is_empty() => Ok(default),
            _ if value.is_empty() => {
                Err(format!("{name} is required and must not be empty"))
            }
            (OneOf(values), _) if !values.contains(&value) => {
                Err(format!("{name} must be one of: {}", values.join(", ")))
            }
            (Count, _) if !is_count(value) => Err(format!(
                "{name} must be a whole number from 1 to {MOST_PROBLEMS}"
            )),
            _ => Ok(value),
        }
    }
}

fn is_count(value: &str) -> bool {
    value.parse().is_ok_and(|count: u8| (1..=MOST_PROBLEMS).contains(&count))
}
