//! The domain through its public door.

#![allow(clippy::expect_used)]

use ch02_clean_architecture::calculator::Calculator;
use ch02_clean_architecture::calculator::arithmetic::Operation;
use ch02_clean_architecture::protocol::content::Content;
use ch02_clean_architecture::protocol::errors::INVALID_PARAMS;
use ch02_clean_architecture::protocol::tools::ToolResult;
use ch02_clean_architecture::protocol::{RawJson, to_raw};
use ch02_clean_architecture::service::Service;
use serde_json::json;
use serde_json::value::RawValue;

async fn calculate(arguments: RawJson) -> ToolResult {
    let calculator = Calculator::default();
    let answer = calculator.call_tool("calculate", Some(&arguments)).await;
    answer.expect("there is such a tool")
}

fn text(result: &ToolResult) -> &str {
    let Content::Text { text } = &result.content[0];
    text
}

#[tokio::test]
async fn a_result_is_written_as_a_person_would_write_it() {
    for (arguments, written) in [
        (json!({"a": 100, "b": 50, "op": "add"}), "100 add 50 = 150"),
        (json!({"a": 1, "b": 1.5, "op": "subtract"}), "1 subtract 1.5 = -0.5"),
        (
            json!({"a": 0.1, "b": 3, "op": "multiply"}),
            "0.1 multiply 3 = 0.30000000000000004",
        ),
        (json!({"a": 7, "b": 2, "op": "divide"}), "7 divide 2 = 3.5"),
    ] {
        let result = calculate(to_raw(&arguments)).await;
        assert_eq!((text(&result), result.is_error), (written, false));
    }
}

/// L106: the model reads a result, not a protocol error, and tries again.
#[tokio::test]
async fn bad_arguments_are_a_result_that_names_the_rule() {
    for arguments in [
        "{}",
        r#"{"a":1,"b":2}"#,
        r#"{"a":"1","b":2,"op":"add"}"#,
        r#"{"a":1,"b":2,"op":"modulo"}"#,
        r#"{"a":1,"b":2,"op":"add","c":3}"#,
        r#"{"a":1,"b":2,"op":"add","a":3}"#,
        r#"{"a":1,"b":2,"op":"\ud800"}"#,
        r#"[1,2,"add"]"#,
    ] {
        let arguments = RawValue::from_string(arguments.into()).expect("JSON");
        let result = calculate(arguments).await;
        assert!(result.is_error);
        let rule = "a and b must be numbers, op must be";
        assert!(text(&result).starts_with(rule), "{result:?}");
    }
}

#[test]
fn what_json_cannot_hold_is_no_result() {
    assert!(Operation::Divide.apply(1.0, 0.0).is_err());
    assert!(Operation::Divide.apply(0.0, 0.0).is_err());
    assert!(Operation::Multiply.apply(1e300, 1e300).is_err());
    assert_eq!(Operation::Divide.apply(0.0, 5.0), Ok(0.0));
}

#[tokio::test]
async fn an_unknown_tool_is_an_error_of_the_protocol() {
    let answer = Calculator::default().call_tool("translate", None).await;
    assert_eq!(answer.expect_err("no such tool").code, INVALID_PARAMS);
}
