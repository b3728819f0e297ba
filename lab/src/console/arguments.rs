//! The arguments of a tool, as JSON.

use serde_json::Value;

/// Tools whose arguments may be typed without their names, in this order.
const POSITIONAL: [(&str, &[&str]); 1] = [("calculate", &["a", "b", "op"])];

/// The JSON object for what was typed: an object, `name=value` for each argument, or
/// the values alone.
///
/// # Errors
/// A sentence that says what can be typed.
pub fn object(tool: &str, typed: &str) -> Result<String, String> {
    if typed.starts_with('{') {
        return match serde_json::from_str::<Value>(typed) {
            Ok(_) => Ok(typed.to_owned()),
            Err(error) => Err(format!("this is not a JSON object: {error}")),
        };
    }
    let words: Vec<&str> = typed.split_whitespace().collect();
    let named = words.iter().map(|word| word.split_once('=')).collect();
    let named: Option<Vec<_>> = named;
    let named = named.or_else(|| in_order(tool, &words)).ok_or_else(|| {
        let order = names(tool).map(|names| format!("{}, or ", names.join(" ")));
        let order = order.unwrap_or_default();
        format!("the arguments of {tool} are {order}name=value, or a JSON object")
    })?;
    let members = named
        .iter()
        .map(|(name, text)| format!("{}:{}", Value::from(*name), value(text)));
    Ok(format!("{{{}}}", members.collect::<Vec<_>>().join(",")))
}

/// The values in the order of their names.
fn in_order<'a>(tool: &str, values: &[&'a str]) -> Option<Vec<(&'a str, &'a str)>> {
    let names = names(tool)?;
    let pairs = names.iter().copied().zip(values.iter().copied());
    (names.len() == values.len()).then(|| pairs.collect())
}

fn names(tool: &str) -> Option<&'static [&'static str]> {
    let found = POSITIONAL.iter().find(|(known, _)| *known == tool);
    found.map(|(_, names)| *names)
}

/// JSON as it was typed, and any other text as a string.
fn value(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(_) => text.to_owned(),
        Err(_) => Value::from(text).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::object;

    #[test]
    fn three_ways_to_type_them_are_the_same_object() {
        let expected = Ok(r#"{"a":100,"b":50,"op":"add"}"#.to_owned());
        assert_eq!(object("calculate", "100 50 add"), expected);
        assert_eq!(object("calculate", "a=100 b=50 op=add"), expected);
        let json = r#"{"a":100,"b":50,"op":"add"}"#;
        assert_eq!(object("calculate", json), expected);
        assert_eq!(object("ping", ""), Ok("{}".into()));
    }

    #[test]
    fn what_cannot_be_arguments_is_answered_with_what_can() {
        assert_eq!(
            object("calculate", "1 2"),
            Err("the arguments of calculate are a b op, or name=value, or a JSON \
                 object"
                .into())
        );
        let sentence = object("other", "1").expect_err("no names are known");
        assert!(sentence.contains("of other are name=value"), "{sentence}");
        assert!(object("other", "{1}").is_err());
    }
}
