//! The table of tools: what a client sees before it calls one. The schemas are
//! made from the types that the handlers read and write, so that they cannot
//! promise what the code does not keep.

use schemars::{
    JsonSchema, Schema, generate::SchemaSettings, transform::RecursiveTransform,
};
use serde_json::Value;

use super::{
    arguments::{
        AdvancedArguments, BatchArguments, CalculateArguments, DemoArguments,
        SampleArguments,
    },
    results::{BatchResult, CalculationResult, DemoResult, SampleResult},
};
use crate::protocol::tools::{Tool, ToolAnnotations};

pub const CALCULATE: &str = "calculate";
pub const BATCH: &str = "batch_calculate";
pub const ADVANCED: &str = "advanced_calculate";
pub const DEMO: &str = "demo_progress";

/// A call leaves nothing behind.
const READS: ToolAnnotations = ToolAnnotations {
    read_only_hint: true,
    destructive_hint: false,
    idempotent_hint: true,
    open_world_hint: false,
};

/// A call adds a line to the session's history, and a second call a second one.
const RECORDS: ToolAnnotations =
    ToolAnnotations { read_only_hint: false, idempotent_hint: false, ..READS };

/// The tools that are always there.
pub fn built_in() -> Vec<Tool> {
    vec![
        tool::<CalculateArguments, CalculationResult>(
            CALCULATE,
            "Calculate",
            "Adds, subtracts, multiplies or divides two numbers and records the \
             calculation in the session's history.",
            RECORDS,
        ),
        tool::<BatchArguments, BatchResult>(
            BATCH,
            "Calculate a batch",
            "Does up to 100 calculations in one call. One that fails does not \
             stop the others; those that succeed are recorded.",
            RECORDS,
        ),
        tool::<AdvancedArguments, CalculationResult>(
            ADVANCED,
            "Calculate a function",
            "Factorial, power, square root, logarithm, sine, cosine or tangent \
             of a number; recorded in the session's history.",
            RECORDS,
        ),
        tool::<DemoArguments, DemoResult>(
            DEMO,
            "Demonstrate progress",
            "Pretends to work in steps and reports progress after each, to show \
             what a long call looks like.",
            READS,
        ),
    ]
}

/// The tool that a deployment may add under a name of its own.
pub fn sample(name: &str) -> Tool {
    tool::<SampleArguments, SampleResult>(
        name,
        "Sample",
        "Prints the text that it is given, to try out how a client calls a tool.",
        READS,
    )
}

fn tool<A: JsonSchema, R: JsonSchema>(
    name: &str,
    title: &str,
    description: &str,
    annotations: ToolAnnotations,
) -> Tool {
    let settings = SchemaSettings::draft2020_12;
    Tool {
        name: name.into(),
        title: Some(title.into()),
        description: description.into(),
        input_schema: schema::<A>(settings().for_deserialize()),
        output_schema: Some(schema::<R>(settings().for_serialize())),
        annotations: Some(annotations),
    }
}

fn schema<T: JsonSchema>(mut settings: SchemaSettings) -> Value {
    settings.inline_subschemas = true;
    // 2020-12 is what MCP assumes. Saying it makes some clients look for a
    // meta-schema that they do not have.
    settings.meta_schema = None;
    let settings = settings.with_transform(RecursiveTransform(simplify));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.remove("title");
    schema.to_value()
}

/// Rewrites what is correct but not understood by every model's interface.
fn simplify(schema: &mut Schema) {
    // The width of a Rust type.
    schema.remove("format");
    // An optional argument is left out, not null.
    if let Some(Value::Array(types)) = schema.get("type") {
        let given = types.iter().find(|name| *name != "null").cloned();
        schema.insert("type".into(), given.into());
    }
    // An enum whose variants are documented.
    if let Some(Value::Array(variants)) = schema.remove("oneOf") {
        let names: Value =
            variants.iter().map(|one| one["const"].clone()).collect();
        schema.insert("type".into(), "string".into());
        schema.insert("enum".into(), names);
    }
}
