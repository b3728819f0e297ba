//! One message in a few words, for an arrow of a diagram, and in all its words, for
//! a pattern.

use serde_json::Value as Json;

use super::record::{Command, SESSION, What};
use super::resp::Value;

/// The longest text beside an arrow, in characters.
const LONGEST: usize = 44;

/// All words of a message, for a pattern to look into.
pub fn all(what: &What) -> String {
    match what {
        What::Request { line, headers, body }
        | What::Response { line, headers, body, .. } => {
            let headers =
                headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
            format!("{line}\n{}\n{body}", headers.collect::<String>())
        }
        What::Event(event) => {
            let id = event.id.as_deref().unwrap_or_default();
            let data = event.data.as_deref().unwrap_or_default();
            format!("id: {id}\ndata: {data}")
        }
        What::Command(command) => whole(command),
        What::Reply(command, value) => {
            format!("{} {}", whole(command), reply(value))
        }
        What::Pushed { channel, payload } => format!("{channel} {payload}"),
        What::Line(text) | What::Remark(text) => text.clone(),
        What::End => "end of stream".to_owned(),
        What::Cut | What::Killed | What::Held(_) | What::Refused(_) => {
            String::new()
        }
    }
}

fn whole(command: &Command) -> String {
    let parts =
        [std::slice::from_ref(&command.name), &*command.keys, &*command.arguments];
    parts.concat().join(" ")
}

/// A message in a few words.
///
/// Of a resource in JSON only the member `focus` is shown, if it has that one.
pub fn few(what: &What, focus: Option<&str>) -> String {
    let message = |text: &str| message(text, focus);
    match what {
        What::Request { line, headers, body } => {
            let method = line.split(' ').next().unwrap_or_default();
            let last = headers.iter().find(|(name, _)| name == "last-event-id");
            match last {
                Some((_, id)) => format!("{method} Last-Event-ID: {id}"),
                None if body.is_empty() => method.to_owned(),
                None if is_answer(body) => {
                    cut(&format!("{method} answer {}", message(body)))
                }
                None => format!("{method} {}", message(body)),
            }
        }
        What::Response { line, headers, body, .. } => {
            let status = line.split(' ').next().unwrap_or_default();
            let is_stream = headers
                .iter()
                .any(|(_, value)| value.starts_with("text/event-stream"));
            let session = headers.iter().find(|(name, _)| name == SESSION);
            let session = session.map(|(_, id)| format!("{id}, "));
            let text = match (is_stream, body.is_empty()) {
                (true, _) => "event stream".to_owned(),
                (_, true) => line[status.len()..].trim().to_owned(),
                (_, false) => message(body),
            };
            format!("{status} {}{text}", session.unwrap_or_default())
        }
        What::Event(event) => {
            let id = event.id.as_deref().unwrap_or_default();
            match event.data.as_deref().unwrap_or_default() {
                "" if event.retry.is_some() && event.id.is_none() => {
                    "event: retry".to_owned()
                }
                "" => format!("event {id}"),
                data => {
                    let said = message(data);
                    let said = said.trim_start_matches("notifications/");
                    cut(&format!("event {id} {said}"))
                }
            }
        }
        What::End => "end of the stream".to_owned(),
        What::Command(command) => {
            let key = command.keys.first().map(String::as_str).unwrap_or_default();
            let short = if command.name.ends_with(".lua") {
                String::new()
            } else {
                cut(&command.arguments.join(" "))
            };
            [&command.name, key, &short].join(" ").trim_end().to_owned()
        }
        What::Reply(_, Value::List(items)) => format!("{} values", items.len()),
        What::Reply(_, value) => cut(&reply(value)),
        What::Pushed { payload, .. } => format!("message {payload}"),
        What::Line(text) => message(text),
        What::Cut => "the connection breaks".to_owned(),
        What::Killed => "killed".to_owned(),
        What::Held(held) => match &**held {
            What::Reply(command, _) => {
                format!("held back: the reply to {}", command.name)
            }
            held => format!("held back: {}", few(held, focus)),
        },
        What::Refused(what) => format!("no connection for {}", few(what, focus)),
        What::Remark(text) => text.clone(),
    }
}

/// Whether this is a response: a client answers a question of the server.
fn is_answer(body: &str) -> bool {
    let json = serde_json::from_str::<Json>(body);
    json.is_ok_and(|json| json.get("method").is_none() && json.is_object())
}

/// A JSON-RPC message in a few words; any other text as it is.
fn message(text: &str, focus: Option<&str>) -> String {
    let Ok(json) = serde_json::from_str::<Json>(text) else { return cut(text) };
    let params = &json["params"];
    if let Some(method) = json["method"].as_str() {
        let what = match method {
            "tools/call" => {
                format!("{} {}", word(&params["name"]), words(&params["arguments"]))
            }
            "resources/read"
            | "resources/subscribe"
            | "resources/unsubscribe"
            | "notifications/resources/updated" => word(&params["uri"]),
            "initialize" => word(&params["protocolVersion"]),
            "notifications/progress" => word(&params["progress"]),
            _ => String::new(),
        };
        return cut(format!("{method} {what}").trim_end());
    }
    if let Some(error) = json.get("error") {
        return cut(&word(&error["message"]));
    }
    let result = &json["result"];
    let text = [
        &result["content"][0]["text"],
        &result["contents"][0]["text"],
        &result["protocolVersion"],
    ];
    match text.into_iter().find_map(Json::as_str) {
        Some(text) => cut(&focus
            .and_then(|name| member(text, name))
            .unwrap_or(text.to_owned())),
        None if result.as_object().is_some_and(|result| result.is_empty()) => {
            "{}".to_owned()
        }
        None => cut(&result.to_string()),
    }
}

/// The member of a JSON object in a text, with its name.
fn member(text: &str, name: &str) -> Option<String> {
    let object = serde_json::from_str::<Json>(text).ok()?;
    object.get(name).map(|value| format!("… \"{name}\":{value} …"))
}

fn word(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The values of an object, without their names.
fn words(value: &Json) -> String {
    let values = value.as_object().into_iter().flat_map(|object| object.values());
    values.map(word).collect::<Vec<_>>().join(" ")
}

/// A reply as a text.
pub fn reply(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Error(text) => format!("error {text}"),
        Value::Nil => "(nil)".to_owned(),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(reply).collect();
            format!("[{}]", items.join(", "))
        }
    }
}

/// At most [`LONGEST`] characters, without a cut through an id's name.
fn cut(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    if text.chars().count() <= LONGEST {
        return text;
    }
    let kept: String = text.chars().take(LONGEST - 2).collect();
    format!("{} …", kept.trim_end())
}
