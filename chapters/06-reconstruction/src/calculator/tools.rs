//! The tools as clients list them.

use serde_json::json;

use crate::protocol::tools::Tool;

pub const CALCULATE: &str = "calculate";

/// The tools that are always there.
pub fn built_in() -> Vec<Tool> {
    vec![Tool {
        name: CALCULATE.into(),
        title: Some("Calculate".into()),
        description: "Adds, subtracts, multiplies or divides two numbers.".into(),
        input_schema: json!({
            "type": "object",
            "properties": {
                "a": { "type": "number", "description": "The first number." },
                "b": { "type": "number", "description": "The second number." },
                "op": { "enum": ["add", "subtract", "multiply", "divide"] },
            },
            "required": ["a", "b", "op"],
            "additionalProperties": false,
        }),
    }]
}
