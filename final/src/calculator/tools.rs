//! The table of tools, as clients list them. The schemas are generated from the
//! types that the handlers read and write, so schemas and code cannot disagree.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::arguments::{
    AdvancedArguments, BatchArguments, CalculateArguments, ClearArguments,
    CloseTapeArguments, DemoArguments, OpenTapeArguments, SampleArguments,
};
use super::results::{
    BatchResult, CalculationResult, ClearResult, CloseTapeResult, DemoResult,
    OpenTapeResult, SampleResult,
};
use crate::protocol::tools::{Tool, ToolAnnotations};
use crate::protocol::version::Era;

pub const CALCULATE: &str = "calculate";
pub const BATCH: &str = "batch_calculate";
pub const ADVANCED: &str = "advanced_calculate";
pub const DEMO: &str = "demo_progress";
pub const CLEAR: &str = "confirm_clear";
pub const OPEN_TAPE: &str = "open_tape";
pub const CLOSE_TAPE: &str = "close_tape";

/// A call changes nothing.
const READS: ToolAnnotations = ToolAnnotations {
    read_only_hint: true,
    destructive_hint: false,
    idempotent_hint: true,
    open_world_hint: false,
};

/// A call appends an entry to a history, and a second call appends a second entry.
const RECORDS: ToolAnnotations =
    ToolAnnotations { read_only_hint: false, idempotent_hint: false, ..READS };

/// A call removes data for good, and a second call removes nothing.
const REMOVES: ToolAnnotations =
    ToolAnnotations { read_only_hint: false, destructive_hint: true, ..READS };

/// The sentence from which a model learns where results are recorded.
const IN_SESSION: &str = "Results are recorded in the session's history, \
    calculator://history.";

/// The same sentence for the stateless era.
const ON_TAPE: &str = "Results are recorded only on a tape: to remember them, call \
    open_tape once, before the first of them, and pass its tape_id to every call.";

/// Returns the tools that every deployment has.
pub fn built_in(era: Era) -> Vec<Tool> {
    let tools = match era {
        Era::Stateful(_) => [calculations(IN_SESSION), others()].concat(),
        Era::Stateless => [calculations(ON_TAPE), others(), tapes()].concat(),
    };
    let adapt = |tool| if era.is_stateless() { tool } else { in_session(tool) };
    tools.into_iter().map(adapt).map(with_examples).collect()
}

/// Removes the tape from the schemas of a tool. A session has a history of its own,
/// so every calculation is recorded.
fn in_session(mut tool: Tool) -> Tool {
    let input = &mut tool.input_schema;
    if let Some(Value::Object(arguments)) = input.get_mut("properties") {
        arguments.remove("tape_id");
    }
    if let Some(Value::Array(required)) = input.get_mut("required") {
        required.retain(|name| name != "tape_id");
        if required.is_empty() {
            input.as_object_mut().map(|input| input.remove("required"));
        }
    }
    if let Some(Value::Array(examples)) = input.get_mut("examples") {
        for example in examples.iter_mut().filter_map(Value::as_object_mut) {
            example.remove("tape_id");
        }
    }
    if let Some(output) = &mut tool.output_schema {
        recorded(output);
    }
    tool
}

/// Rewrites the schema of a result that is always recorded.
fn recorded(output: &mut Value) {
    if let Some(Value::Object(members)) = output.get_mut("properties") {
        members.remove("note");
    }
    if output["properties"].get("calculationId").is_some()
        && let Some(Value::Array(required)) = output.get_mut("required")
    {
        required.push("calculationId".into());
    }
}

/// Moves the examples into the description, where every model reads them. The
/// interfaces of some models reject all tools if one schema has `examples`.
fn with_examples(mut tool: Tool) -> Tool {
    let schema = tool.input_schema.as_object_mut();
    let Some(Value::Array(examples)) = schema.and_then(|it| it.remove("examples"))
    else {
        return tool;
    };
    let examples = examples.iter().filter(|example| **example != json!({}));
    let examples: Vec<String> = examples.map(Value::to_string).collect();
    if !examples.is_empty() {
        tool.description.push_str(" For example: ");
        tool.description.push_str(&examples.join(" or "));
    }
    tool
}

fn tapes() -> Vec<Tool> {
    vec![
        tool::<OpenTapeArguments, OpenTapeResult>(
            OPEN_TAPE,
            "Open a tape",
            "Opens a tape: a history that later requests can read and add to. Call \
             it once, before the first calculation that is to be recorded; pass the \
             tape_id that it returns to every calculate, batch_calculate and \
             advanced_calculate, and read calculator://tapes/{tape_id}/history. A \
             tape exists until it is closed or has not been used for a while.",
            RECORDS,
        ),
        tool::<CloseTapeArguments, CloseTapeResult>(
            CLOSE_TAPE,
            "Close a tape",
            "Deletes a tape and everything that is recorded on it.",
            REMOVES,
        ),
    ]
}

/// Returns the tools whose results are recorded.
fn calculations(recorded: &str) -> Vec<Tool> {
    let and_where = |text: &str| format!("{text} {recorded}");
    vec![
        tool::<CalculateArguments, CalculationResult>(
            CALCULATE,
            "Calculate",
            &and_where("Adds, subtracts, multiplies or divides two numbers."),
            RECORDS,
        ),
        tool::<BatchArguments, BatchResult>(
            BATCH,
            "Calculate a batch",
            &and_where(
                "Makes up to 100 calculations in one call. One that fails does not \
                 stop the others and is not recorded.",
            ),
            RECORDS,
        ),
        tool::<AdvancedArguments, CalculationResult>(
            ADVANCED,
            "Calculate a function",
            &and_where(
                "Factorial, power, square root, logarithm, sine, cosine or tangent \
                 of a number.",
            ),
            RECORDS,
        ),
    ]
}

fn others() -> Vec<Tool> {
    vec![
        tool::<DemoArguments, DemoResult>(
            DEMO,
            "Demonstrate progress",
            "Pretends to work in steps and reports progress after each, to show \
             what a long call looks like.",
            READS,
        ),
        tool::<ClearArguments, ClearResult>(
            CLEAR,
            "Clear the history",
            "Asks the user whether to clear the history of calculations, and clears \
             it if the user confirms.",
            REMOVES,
        ),
    ]
}

/// Returns the tool that a deployment may add under a name of its own.
pub fn sample(name: &str) -> Tool {
    with_examples(tool::<SampleArguments, SampleResult>(
        name,
        "Sample",
        "Prints the text that it is given, to try out how a client calls a tool.",
        READS,
    ))
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
    // MCP assumes 2020-12. If `$schema` names it, some clients look for a
    // meta-schema that they do not have.
    settings.meta_schema = None;
    let settings = settings.with_transform(RecursiveTransform(simplify));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.remove("title");
    // A tool without arguments has empty `properties`.
    let object = schema.ensure_object();
    object.entry("properties").or_insert_with(|| json!({}));
    schema.to_value()
}

/// Rewrites correct constructs that not every model's interface understands.
fn simplify(schema: &mut Schema) {
    // `format` is the width of a Rust type.
    schema.remove("format");
    // A client omits an optional argument, and does not send null.
    if let Some(Value::Array(types)) = schema.get("type") {
        let given = types.iter().find(|name| *name != "null").cloned();
        schema.insert("type".into(), given.into());
    }
    // `oneOf` is an enum whose variants are documented.
    if let Some(Value::Array(variants)) = schema.remove("oneOf") {
        let names: Value =
            variants.iter().map(|one| one["const"].clone()).collect();
        schema.insert("type".into(), "string".into());
        schema.insert("enum".into(), names);
    }
}
