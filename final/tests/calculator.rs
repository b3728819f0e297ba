//! The calculator room, through its public door. What needs a session is told in
//! the stories over HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::draft202012;
use mcp_server::calculator::arithmetic::{Function, Operation};
use mcp_server::calculator::history::{
    Calculation, CalculationId, find, newest_ids,
};
use mcp_server::calculator::number::Number;
use mcp_server::calculator::{
    Calculator, CalculatorSettings, SampleToolError, formulas, prompts, resources,
};
use mcp_server::protocol::content::{Content, Role};
use mcp_server::protocol::lifecycle::{ClientCapabilities, ClientInfo};
use mcp_server::protocol::to_raw;
use mcp_server::protocol::tools::Tool;
use mcp_server::protocol::version::{Era, Version};
use mcp_server::service::{Service, ServiceError};
use mcp_server::sessions::{
    Principal, SessionId, SessionInit, SessionRecord, Timestamp, Totals,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const ERA: Era = Era::Stateful(Version::LATEST);

fn number(value: f64) -> Number {
    Number::new(value).expect("a finite number")
}

fn calculator() -> Calculator {
    Calculator::new(CalculatorSettings::default()).expect("the built-in tools")
}

fn with_sample(name: &str) -> Result<Calculator, SampleToolError> {
    let sample_tool = Some(name.to_owned());
    Calculator::new(CalculatorSettings {
        sample_tool,
        ..CalculatorSettings::default()
    })
}

fn session() -> SessionRecord {
    let opened = SessionInit {
        id: SessionId::random(),
        principal: Principal::anonymous(),
        owner: "127.0.0.1".into(),
        era: Era::Stateful(Version::LATEST),
        client: ClientInfo { name: "test".into(), version: "1".into() },
        capabilities: ClientCapabilities::default(),
    };
    SessionRecord::new(opened, Timestamp(1_700_000_000_000))
}

fn operation(name: &str) -> Operation {
    serde_json::from_value(name.into()).expect(name)
}

fn function(name: &str) -> Function {
    serde_json::from_value(name.into()).expect(name)
}

// Numbers

/// The right column is what node printed for `String(n)`.
#[test]
#[allow(clippy::excessive_precision, reason = "as a caller may write them")]
fn numbers_print_as_javascript_prints_them() {
    for (value, text) in [
        (0.0, "0"),
        (-0.0, "0"),
        (5.0, "5"),
        (-5.0, "-5"),
        (0.1, "0.1"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1.0 / 3.0, "0.3333333333333333"),
        (-2.5, "-2.5"),
        (0.000001, "0.000001"),
        (0.0000015, "0.0000015"),
        (1e-7, "1e-7"),
        (-1e-7, "-1e-7"),
        (1.5e-7, "1.5e-7"),
        (1.23e-18, "1.23e-18"),
        (5e-324, "5e-324"),
        (2.2250738585072014e-308, "2.2250738585072014e-308"),
        (9007199254740993.0, "9007199254740992"),
        (1e20, "100000000000000000000"),
        (123456789012345680000.0, "123456789012345680000"),
        (999999999999999900000.0, "999999999999999900000"),
        (1e21, "1e+21"),
        (-1e21, "-1e+21"),
        (1.5e21, "1.5e+21"),
        (1e100, "1e+100"),
        (f64::MAX, "1.7976931348623157e+308"),
        (std::f64::consts::LN_10, "2.302585092994046"),
        (123456.789, "123456.789"),
    ] {
        assert_eq!(number(value).to_string(), text);
    }
}

#[test]
fn numbers_in_json_are_written_as_javascript_writes_them() {
    for (value, text) in [
        (150.0, "150"),
        (-3.0, "-3"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (9007199254740991.0, "9007199254740991"),
        (9007199254740992.0, "9007199254740992"),
        (1e20, "100000000000000000000"),
        (1e-7, "1e-7"),
        (1e300, "1e+300"),
    ] {
        assert_eq!(to_raw(&number(value)).get(), text);
    }
    assert_eq!(serde_json::to_value(number(150.0)).unwrap(), json!(150));
}

#[test]
fn infinity_and_nan_are_not_numbers() {
    for value in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        assert_eq!(Number::new(value), None);
    }
    assert!(serde_json::from_str::<Number>("1e400").is_err());
    assert!(serde_json::from_str::<Number>("null").is_err());
}

proptest! {
    #[test]
    fn a_printed_number_reads_back_as_the_same_double(bits: u64) {
        let Some(number) = Number::new(f64::from_bits(bits)) else {
            return Ok(());
        };
        let text = number.to_string();
        prop_assert_eq!(text.parse::<f64>().unwrap(), number.get());
        prop_assert_eq!(serde_json::from_str::<Number>(&text).unwrap(), number);
        let json = to_raw(&number);
        prop_assert_eq!(serde_json::from_str::<Number>(json.get()).unwrap(), number);
    }

    #[test]
    fn no_arguments_make_a_function_panic(value: f64, base: Option<f64>) {
        let (Some(value), base) = (Number::new(value), base.and_then(Number::new))
        else {
            return Ok(());
        };
        for name in ["factorial", "power", "sqrt", "log", "sin", "cos", "tan"] {
            if let Ok(result) = function(name).apply(value, base) {
                prop_assert!(result.get().is_finite());
            }
        }
    }
}

// Arithmetic

#[test]
fn the_four_operations_calculate() {
    for (name, a, b, result) in [
        ("add", 100.0, 50.0, 150.0),
        ("subtract", 100.0, 50.0, 50.0),
        ("multiply", -3.0, 0.5, -1.5),
        ("divide", 7.0, 2.0, 3.5),
    ] {
        let operation = operation(name);
        assert_eq!(operation.name(), name);
        assert_eq!(operation.apply(number(a), number(b)), Ok(number(result)));
    }
}

#[test]
fn the_functions_calculate() {
    for (name, value, base, result) in [
        ("factorial", 0.0, None, "1"),
        ("factorial", 5.0, None, "120"),
        ("factorial", 22.0, None, "1.1240007277776077e+21"),
        ("factorial", 170.0, None, "7.257415615307994e+306"),
        ("power", 3.0, Some(2.0), "8"),
        ("power", -1.0, Some(2.0), "0.5"),
        ("sqrt", 2.0, None, "1.4142135623730951"),
        ("sqrt", 0.0, Some(-5.0), "0"),
        ("log", 10.0, None, "2.302585092994046"),
        ("log", 1.0, None, "0"),
        ("log", 8.0, Some(2.0), "3"),
        ("log", 1000.0, Some(10.0), "3"),
        ("log", 243.0, Some(3.0), "5"),
        ("log", 0.125, Some(2.0), "-3"),
        ("log", 2.0, Some(4.0), "0.5"),
        ("sin", 0.0, None, "0"),
        ("cos", 0.0, None, "1"),
        ("tan", 0.0, None, "0"),
        ("sin", std::f64::consts::FRAC_PI_2, None, "1"),
    ] {
        let function = function(name);
        assert_eq!(function.name(), name);
        let outcome = function.apply(number(value), base.map(number));
        assert_eq!(outcome.map(|n| n.to_string()), Ok(result.into()), "{name}");
    }
}

#[test]
fn what_has_no_result_names_the_argument_and_the_rule() {
    for (name, a, b, argument) in [
        ("divide", 1.0, 0.0, "b must"),
        ("divide", 1.0, -0.0, "b must"),
        ("divide", 0.0, 0.0, "b must"),
        ("multiply", f64::MAX, 2.0, "a and b must"),
        ("divide", f64::MAX, 0.5, "a and b must"),
    ] {
        let error = operation(name).apply(number(a), number(b)).unwrap_err();
        assert!(error.to_string().starts_with(argument), "{error}");
    }
    for (name, value, base, argument) in [
        ("factorial", -1.0, None, "value must"),
        ("factorial", 2.5, None, "value must"),
        ("factorial", 171.0, None, "value must be at most 170"),
        ("factorial", f64::MAX, None, "value must be at most 170"),
        ("power", 3.0, None, "base is required"),
        ("power", 0.5, Some(-8.0), "value and base must"),
        ("power", -1.0, Some(0.0), "value and base must"),
        ("power", 5000.0, Some(10.0), "value and base must"),
        ("sqrt", -4.0, None, "value must"),
        ("log", 0.0, None, "value must"),
        ("log", -1.0, Some(2.0), "value must"),
        ("log", 8.0, Some(0.0), "base must"),
        ("log", 8.0, Some(-2.0), "base must"),
        ("log", 8.0, Some(1.0), "base must"),
    ] {
        let outcome = function(name).apply(number(value), base.map(number));
        let error = outcome.unwrap_err().to_string();
        assert!(error.starts_with(argument), "{name}: {error}");
    }
}

#[test]
fn only_the_arguments_that_count_are_recorded() {
    let (value, base) = (number(3.0), Some(number(2.0)));
    assert_eq!(function("power").inputs(value, base), [value, number(2.0)]);
    assert_eq!(function("log").inputs(value, None), [value]);
    assert_eq!(function("sqrt").inputs(value, base), [value]);
}

// Tools

fn tool<'a>(calculator: &'a Calculator, name: &str) -> &'a Tool {
    let mut tools = calculator.tools(ERA).iter();
    tools.find(|tool| tool.name == name).expect(name)
}

/// L017, L097, L098, L100, L101.
#[test]
fn every_tool_is_fully_described() {
    let calculator = with_sample("my.tool").unwrap();
    let names = |era| -> Vec<&str> {
        calculator.tools(era).iter().map(|tool| tool.name.as_str()).collect()
    };
    let everywhere = [
        "calculate",
        "batch_calculate",
        "advanced_calculate",
        "demo_progress",
        "confirm_clear",
    ];
    let tapes = ["open_tape", "close_tape"];
    assert_eq!(names(ERA), [&everywhere[..], &["my.tool"]].concat());
    let stateless = [&everywhere[..], &tapes, &["my.tool"]].concat();
    assert_eq!(names(Era::Stateless), stateless);
    for tool in Era::BOTH.into_iter().flat_map(|era| calculator.tools(era)) {
        assert!(Tool::is_valid_name(&tool.name));
        assert!(tool.title.is_some() && tool.annotations.is_some());
        let output = tool.output_schema.as_ref().expect("an output schema");
        for schema in [&tool.input_schema, output] {
            draft202012::meta::validate(schema).unwrap();
            assert_eq!(schema["type"], "object", "{}", tool.name);
            let text = schema.to_string();
            for noise in ["$ref", "$defs", "$schema", "title", "format", "null"] {
                assert!(!text.contains(&format!("\"{noise}\"")), "{noise}: {text}");
            }
            assert!(!text.contains("\\n"), "a broken line: {text}");
        }
        assert_eq!(tool.input_schema["additionalProperties"], false);
        for (name, property) in tool.input_schema["properties"].as_object().unwrap()
        {
            assert!(property["description"].is_string(), "{}: {name}", tool.name);
        }
    }
}

#[test]
fn every_example_of_a_tool_fits_its_schema() {
    let calculator = with_sample("sample").unwrap();
    let tools = Era::BOTH.into_iter().flat_map(|era| calculator.tools(era));
    for Tool { name, description, input_schema, .. } in tools {
        let (_, examples) =
            description.split_once(" For example: ").unwrap_or_default();
        let needs_one = input_schema["required"].is_array();
        assert!(!needs_one || !examples.is_empty(), "{name}: {description}");
        for example in examples.split(" or ").filter(|it| !it.is_empty()) {
            let example = serde_json::from_str(example).expect(example);
            draft202012::validate(input_schema, &example).unwrap();
        }
        // Some models' interfaces refuse every tool for it.
        assert_eq!(input_schema.get("examples"), None, "{name}");
    }
}

/// L107.
#[test]
fn the_schemas_accept_what_the_surface_allows_and_nothing_else() {
    let calculator = with_sample("sample").unwrap();
    let item = json!({"a": 1, "b": 2, "op": "add"});
    let batch = |n: usize| json!({"calculations": vec![item.clone(); n]});
    let log = |base: Value| json!({"operation": "log", "value": 8, "base": base});
    let reported = json!({"calculations": [item], "reportProgress": true});
    for (name, arguments, allowed) in [
        ("calculate", item.clone(), true),
        ("calculate", json!({"a": 1.5, "b": -2e3, "op": "divide"}), true),
        ("calculate", json!({"a": 1, "b": 2, "op": "add", "stream": true}), true),
        ("calculate", json!({"a": 1, "b": 2, "op": "modulo"}), false),
        ("calculate", json!({"a": "1", "b": 2, "op": "add"}), false),
        ("calculate", json!({"a": null, "b": 2, "op": "add"}), false),
        ("calculate", json!({"a": 1, "op": "add"}), false),
        ("calculate", json!({"a": 1, "b": 2, "op": "add", "c": 3}), false),
        ("calculate", json!({"a": 1, "b": 2, "op": "add", "stream": 1}), false),
        ("calculate", json!([]), false),
        ("batch_calculate", batch(0), false),
        ("batch_calculate", batch(1), true),
        ("batch_calculate", batch(100), true),
        ("batch_calculate", batch(101), false),
        ("batch_calculate", json!({"calculations": [{"a": 1, "b": 2}]}), false),
        ("batch_calculate", reported, true),
        ("advanced_calculate", json!({"operation": "sqrt", "value": 4}), true),
        ("advanced_calculate", log(json!(2)), true),
        ("advanced_calculate", log(Value::Null), false),
        ("advanced_calculate", json!({"operation": "cbrt", "value": 4}), false),
        ("demo_progress", json!({}), true),
        ("demo_progress", json!({"steps": 1}), true),
        ("demo_progress", json!({"steps": 100}), true),
        ("demo_progress", json!({"steps": 100.0}), true),
        ("demo_progress", json!({"steps": 0}), false),
        ("demo_progress", json!({"steps": 101}), false),
        ("demo_progress", json!({"steps": 2.5}), false),
        ("sample", json!({"value": ""}), true),
        ("sample", json!({"value": 1}), false),
        ("sample", json!({}), false),
    ] {
        let schema = &tool(&calculator, name).input_schema;
        let valid = draft202012::is_valid(schema, &arguments);
        assert_eq!(valid, allowed, "{name} {arguments}");
    }
}

#[test]
fn the_schemas_tell_the_defaults_and_the_choices() {
    let calculator = calculator();
    let properties = |name| &tool(&calculator, name).input_schema["properties"];
    assert_eq!(properties("demo_progress")["steps"]["default"], 5);
    assert_eq!(properties("calculate")["stream"]["default"], false);
    assert_eq!(
        properties("calculate")["op"]["enum"],
        json!(["add", "subtract", "multiply", "divide"])
    );
    assert_eq!(properties("advanced_calculate")["base"]["type"], "number");
}

#[test]
fn a_batch_result_is_a_calculation_or_an_error() {
    let calculator = calculator();
    let schema =
        tool(&calculator, "batch_calculate").output_schema.as_ref().unwrap();
    let done = json!({
        "operation": "add", "inputs": [1, 2], "result": 3, "calculationId": "x",
    });
    let failed = json!({"error": "b must not be 0 when op is divide"});
    let valid = |results: Value| {
        let result = json!({"results": results, "succeeded": 1, "failed": 1});
        draft202012::is_valid(schema, &result)
    };
    assert!(valid(json!([done, failed])));
    assert!(!valid(json!([{"result": 3}])));
}

/// L098 to L101.
#[test]
fn a_sample_tool_needs_a_name_of_its_own() {
    assert_eq!(calculator().tools(ERA).len(), 5);
    for bad in ["", "has space", "comma,", "ümlaut", &"x".repeat(129)] {
        let error = with_sample(bad).unwrap_err();
        assert_eq!(error, SampleToolError::BadName(bad.into()));
        assert!(error.to_string().contains("choose"), "{error}");
    }
    for taken in ["calculate", "open_tape"] {
        let error = with_sample(taken).unwrap_err();
        assert_eq!(error, SampleToolError::NameTaken(taken.into()));
        assert!(error.to_string().contains("choose"), "{error}");
    }
    assert!(with_sample("Calculate").is_ok());
}

// History

#[test]
fn a_calculation_is_kept_as_one_entry() {
    let inputs = vec![number(100.0), number(50.0)];
    let now = Timestamp(1_700_000_000_123);
    let calculation = Calculation::new("add", inputs, number(150.0), now);
    let entry = calculation.entry();
    assert_eq!(entry.operation, "add");
    let id = calculation.id;
    let body = format!(
        r#"{{"id":"{id}","timestamp":1700000000123,"operation":"add","inputs":[100,50],"result":150}}"#
    );
    assert_eq!(entry.body.get(), body);
}

#[test]
fn a_calculation_is_found_by_its_id_and_ids_come_newest_first() {
    let calculations: Vec<Calculation> = (0..3_u32)
        .map(|n| Calculation::new("add", vec![], number(n.into()), Timestamp(0)))
        .collect();
    let mut history: Vec<_> = calculations.iter().map(to_raw).collect();
    history.insert(0, to_raw(&"not a calculation"));
    for (calculation, kept) in calculations.iter().zip(&history[1..]) {
        let found = find(&history, calculation.id).expect("it is there");
        assert_eq!(found.get(), kept.get());
    }
    assert!(find(&history, CalculationId::random()).is_none());
    let ids: Vec<String> =
        calculations.iter().rev().map(|kept| kept.id.to_string()).collect();
    assert_eq!(newest_ids(&history), ids);
}

/// L117.
#[test]
fn an_id_has_only_one_form() {
    let id = CalculationId::random();
    let text = id.to_string();
    assert_eq!(CalculationId::parse(&text), Some(id));
    for other in [
        "",
        "last",
        &text.to_uppercase(),
        &format!("{text}/"),
        &format!("{{{text}}}"),
        &text.replace('-', ""),
    ] {
        assert_eq!(CalculationId::parse(other), None, "{other}");
    }
}

// Resources

/// L114, L115: only schemes of our own.
#[test]
fn a_session_is_offered_its_own_resources() {
    let (calculator, session) = (calculator(), session());
    let listed = calculator.resources(Some(&session.init));
    let uris: Vec<&str> = listed.iter().map(|found| found.uri.as_str()).collect();
    let info = format!("session://info/{}", session.init.id);
    assert_eq!(
        uris,
        [
            "calculator://constants",
            "calculator://stats",
            "formulas://library",
            "calculator://help",
            &info,
            "calculator://history",
            "session://events",
        ]
    );
    for uri in &uris {
        let (scheme, rest) = uri.split_once("://").unwrap();
        assert!(scheme.bytes().all(|b| b.is_ascii_lowercase()), "{uri}");
        assert!(!["http", "https", "file"].contains(&scheme), "{uri}");
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-/".contains(&b);
        assert!(!rest.is_empty() && rest.bytes().all(is_plain), "{uri}");
    }
    let json = Some("application/json");
    assert!(listed.iter().all(|found| found.mime_type.as_deref() == json));
    let names: BTreeSet<&str> =
        listed.iter().map(|found| found.name.as_str()).collect();
    assert_eq!(names.len(), listed.len());

    let templates = calculator.resource_templates(ERA);
    assert_eq!(templates.len(), 1);
    assert_eq!(templates[0].uri_template, "calculator://history/{calculationId}");
}

/// L117, L118.
#[test]
fn subscriptions_are_for_what_changes_and_is_the_sessions_own() {
    let (calculator, session, other) = (calculator(), session(), session());
    let own = format!("session://info/{}", session.init.id);
    let foreign = format!("session://info/{}", other.init.id);
    for (uri, allowed) in [
        ("calculator://history", true),
        ("calculator://stats", true),
        (&own, true),
        (&foreign, false),
        ("session://info/", false),
        ("calculator://constants", false),
        ("calculator://help", false),
        ("formulas://library", false),
        ("nonsense", false),
    ] {
        let subject = calculator.subject(Some(&session.init), uri);
        assert_eq!(subject.is_some(), allowed, "{uri}");
    }
    assert_eq!(calculator.changed_by_phase(&session.init), [own]);
}

#[test]
fn a_session_reads_about_itself() {
    let mut session = session();
    session.last_activity = Timestamp(1_700_000_002_500);
    (session.requests, session.recorded) = (7, 3);
    let now = Timestamp(1_700_000_003_000);
    assert_eq!(
        resources::info(&session, now),
        json!({
            "sessionId": session.init.id.to_string(),
            "startTime": "2023-11-14T22:13:20.000Z",
            "lastActivity": "2023-11-14T22:13:22.500Z",
            "requestCount": 7,
            "calculationCount": 3,
            "uptime": 3000,
        })
    );
}

#[test]
fn the_figures_add_up() {
    let by_operation = BTreeMap::from([("add".into(), 2), ("sqrt".into(), 1)]);
    let totals = Totals { by_operation, active_sessions: 4 };
    assert_eq!(
        resources::stats(&totals),
        json!({
            "totalCalculations": 3,
            "activeSessions": 4,
            "operationBreakdown": [
                {"operation": "add", "count": 2},
                {"operation": "sqrt", "count": 1},
            ],
        })
    );
}

#[test]
fn the_constants_are_exact() {
    let constants = resources::constants().to_string();
    for text in [
        r#""pi":3.141592653589793"#,
        r#""e":2.718281828459045"#,
        r#""sqrt2":1.4142135623730951"#,
        r#""ln2":0.6931471805599453"#,
        r#""ln10":2.302585092994046"#,
    ] {
        assert!(constants.contains(text), "{constants}");
    }
}

#[test]
fn help_has_every_tool_and_every_argument() {
    let calculator = with_sample("sample").unwrap();
    let help = resources::help(calculator.tools(ERA));
    let explained = help["tools"].as_array().unwrap();
    assert_eq!(explained.len(), calculator.tools(ERA).len());
    for (tool, help) in calculator.tools(ERA).iter().zip(explained) {
        assert_eq!(help["name"], tool.name);
        assert_eq!(help["arguments"], tool.input_schema["properties"]);
        assert_eq!(help["description"], tool.description);
        assert!(help["required"].is_array());
    }
}

#[test]
fn the_library_has_three_formulas() {
    let library = serde_json::to_value(formulas::library()).unwrap();
    assert!(library["quadratic"]["solution"].is_string());
    assert!(library["pythagorean"]["description"].is_string());
    assert!(library["compound_interest"]["variables"]["P"].is_string());
    for name in formulas::NAMES {
        assert!(library[name]["formula"].is_string(), "{name}");
    }
    assert_eq!(library.as_object().unwrap().len(), formulas::NAMES.len());
    let found = formulas::find(" Compound Interest ").unwrap();
    assert_eq!(found.name, "compound_interest");
}

// Prompts

fn fill(name: &str, given: &[(&str, &str)]) -> Result<String, String> {
    let given = given
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect();
    match prompts::fill(name, &given) {
        Ok(result) => {
            assert!(result.description.is_some());
            let [message] = &result.messages[..] else { panic!("one message") };
            assert_eq!(message.role, Role::User);
            let Content::Text { text } = &message.content else { panic!("text") };
            Ok(text.clone())
        }
        Err(ServiceError::InvalidParams(rule)) => Err(rule.into()),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn prompts_are_listed_with_their_arguments() {
    let listed: Vec<String> = calculator()
        .prompts(ERA)
        .iter()
        .map(|prompt| {
            let arguments = prompt.arguments.iter();
            let mark = |required| if required { "" } else { "?" };
            let arguments: Vec<String> = arguments
                .map(|argument| {
                    format!("{}{}", argument.name, mark(argument.required))
                })
                .collect();
            format!("{}({})", prompt.name, arguments.join(", "))
        })
        .collect();
    assert_eq!(
        listed,
        [
            "explain-calculation(operation, level?)",
            "generate-problems(topic, difficulty, count)",
            "solve_math_problem(problem, showWork)",
            "explain_formula(formula, context?)",
            "calculator_assistant(query)",
        ]
    );
}

/// L126: what was given is not read as a template once more.
#[test]
fn a_prompt_carries_what_it_was_given() {
    let text = fill("explain-calculation", &[("operation", "long division")]);
    let text = text.unwrap();
    assert!(text.contains("long division") && text.contains("basic"), "{text}");

    let level = [("operation", "sqrt"), ("level", "advanced")];
    assert!(fill("explain-calculation", &level).unwrap().contains("advanced"));

    let problems = [("topic", "algebra"), ("difficulty", "hard"), ("count", "7")];
    let text = fill("generate-problems", &problems).unwrap();
    for given in ["algebra", "hard", "7"] {
        assert!(text.contains(given), "{text}");
    }

    let solve = |work| fill("solve_math_problem", &[("problem", "1+1"), work]);
    assert_ne!(solve(("showWork", "true")), solve(("showWork", "false")));

    let query = fill("calculator_assistant", &[("query", "how far is {level}?")]);
    assert!(query.unwrap().contains("how far is {level}?"));
}

#[test]
fn a_known_formula_is_spelled_out_and_an_unknown_one_is_explained_all_the_same() {
    let known = fill("explain_formula", &[("formula", "Compound interest")]);
    assert!(known.unwrap().contains("A = P(1 + r/n)^(nt)"));
    let other = [("formula", "E = mc²"), ("context", "a reactor")];
    let text = fill("explain_formula", &other).unwrap();
    assert!(text.contains("E = mc²") && text.contains("a reactor"), "{text}");
}

#[test]
fn a_blank_optional_argument_counts_as_absent() {
    let absent = fill("explain-calculation", &[("operation", "add")]);
    let blank = [("operation", "add"), ("level", " ")];
    assert_eq!(fill("explain-calculation", &blank), absent);
}

/// L125, L126.
#[test]
fn a_bad_prompt_argument_is_named_with_its_rule() {
    let problems = |difficulty, count| {
        let given = [("topic", "x"), ("difficulty", difficulty), ("count", count)];
        fill("generate-problems", &given).unwrap_err()
    };
    assert_eq!(
        problems("brutal", "5"),
        "difficulty must be one of: easy, medium, hard"
    );
    for count in ["0", "51", "-1", "2.5", "many", "1e1", "99999999999"] {
        let rule = "count must be a whole number from 1 to 50";
        assert_eq!(problems("easy", count), rule, "{count}");
    }
    assert_eq!(problems("easy", ""), "count is required and must not be empty");
    for (prompt, given, argument) in [
        ("explain-calculation", ("level", "expert"), "operation"),
        ("solve_math_problem", ("problem", "1+1"), "showWork"),
        ("explain_formula", ("formula", " "), "formula"),
        ("calculator_assistant", ("query", ""), "query"),
    ] {
        let error = fill(prompt, &[given]).unwrap_err();
        assert!(error.starts_with(argument), "{error}");
    }
    let level = [("operation", "add"), ("level", "expert")];
    let error = fill("explain-calculation", &level).unwrap_err();
    assert_eq!(error, "level must be one of: basic, intermediate, advanced");
    let work = [("problem", "1+1"), ("showWork", "yes")];
    let error = fill("solve_math_problem", &work).unwrap_err();
    assert_eq!(error, "showWork must be one of: true, false");
    assert_eq!(fill("nonsense", &[]).unwrap_err(), "unknown prompt");
}

/// Whatever is proposed is also accepted.
#[test]
fn proposals_are_valid_values() {
    let proposed =
        |prompt, argument| prompts::proposals(prompt, argument).unwrap().to_vec();
    assert_eq!(
        proposed("explain-calculation", "level"),
        ["basic", "intermediate", "advanced"]
    );
    let difficulties = proposed("generate-problems", "difficulty");
    assert_eq!(difficulties, ["easy", "medium", "hard"]);
    assert_eq!(proposed("solve_math_problem", "showWork"), ["true", "false"]);
    assert_eq!(proposed("explain_formula", "formula"), formulas::NAMES);
    assert!(!proposed("generate-problems", "topic").is_empty());
    for count in proposed("generate-problems", "count") {
        let given = [("topic", "x"), ("difficulty", "easy"), ("count", count)];
        assert!(fill("generate-problems", &given).is_ok(), "{count}");
    }
    assert!(prompts::proposals("nonsense", "level").is_err());
    assert!(prompts::proposals("explain-calculation", "nonsense").is_err());
}

/// L095, L111, L120, L127, L133.
#[test]
fn the_server_declares_what_it_serves() {
    let info = calculator().info();
    assert_eq!(info.implementation.name, "stateful-mcp-calculator");
    assert_eq!(info.implementation.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(
        serde_json::to_value(info.capabilities).unwrap(),
        json!({
            "tools": {},
            "resources": {"subscribe": true},
            "prompts": {},
            "logging": {},
            "completions": {},
        })
    );
}
