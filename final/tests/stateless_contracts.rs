//! What the stateless era reads and writes, without a server.
#![allow(clippy::unwrap_used)]

use mcp_server::protocol::caching::CacheHint;
use mcp_server::protocol::envelope::Envelope;
use mcp_server::protocol::errors::{INVALID_PARAMS, RESOURCE_NOT_FOUND};
use mcp_server::protocol::lifecycle::Implementation;
use mcp_server::protocol::logging::Level;
use mcp_server::protocol::meta::RequestMeta;
use mcp_server::protocol::method::Method;
use mcp_server::protocol::parameters::HeaderParameter;
use mcp_server::protocol::results::{ResultEnvelope, ResultMeta, ResultType};
use mcp_server::protocol::subscriptions::ListenParams;
use mcp_server::protocol::to_raw;
use mcp_server::protocol::trace::TraceContext;
use mcp_server::protocol::version::{Era, MODERN, SUPPORTED, Version};
use serde_json::{Value, json};

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const INFO: &str = "io.modelcontextprotocol/clientInfo";
const LEVEL: &str = "io.modelcontextprotocol/logLevel";

fn envelope(meta: Value) -> Option<Result<Envelope, String>> {
    let params = to_raw(&json!({ "name": "any", "_meta": meta }));
    let envelope = RequestMeta::of(Some(&params))?.envelope?;
    Some(envelope.map_err(|bad| bad.to_string()))
}

/// M014, M020: only a version in `_meta` makes a request one of this era.
#[test]
fn a_request_without_a_version_in_its_meta_has_no_envelope() {
    assert!(RequestMeta::of(None).is_none());
    assert!(envelope(json!({})).is_none());
    assert!(envelope(json!({ "protocolVersion": MODERN })).is_none());
    assert!(
        envelope(json!({ CAPABILITIES: {}, "x": "protocolVersion" })).is_none()
    );
}

/// M018, M019, M154.
#[test]
fn an_envelope_says_what_it_must_or_why_not() {
    let complete = envelope(json!({ VERSION: MODERN, CAPABILITIES: {} }));
    let complete = complete.unwrap().unwrap();
    assert_eq!((&*complete.version, &complete.client), (MODERN, &None));
    assert_eq!(complete.log_level().unwrap(), None);

    let all = json!({
        VERSION: "2030-01-01",
        CAPABILITIES: { "elicitation": {}, "unknown": 5 },
        INFO: { "name": "n", "version": "1", "title": "more" },
        LEVEL: "warning",
    });
    let all = envelope(all).unwrap().unwrap();
    assert!(all.capabilities.elicitation && !all.capabilities.sampling);
    assert_eq!(all.client.as_ref().unwrap().name, "n");
    assert_eq!(all.log_level().unwrap(), Some(Level::Warning));

    // What is optional may be `null`.
    let nulls =
        json!({ VERSION: MODERN, CAPABILITIES: {}, INFO: null, LEVEL: null });
    let nulls = envelope(nulls).unwrap().unwrap();
    assert_eq!((&nulls.client, nulls.log_level().unwrap()), (&None, None));

    for bad in [
        json!({ VERSION: 7, CAPABILITIES: {} }),
        json!({ VERSION: null, CAPABILITIES: {} }),
        json!({ VERSION: MODERN }),
        json!({ VERSION: MODERN, CAPABILITIES: null }),
        json!({ VERSION: MODERN, CAPABILITIES: [] }),
        json!({ VERSION: MODERN, CAPABILITIES: {}, INFO: "me" }),
        json!({ VERSION: MODERN, CAPABILITIES: {}, INFO: ["n", "1"] }),
        json!({ VERSION: MODERN, CAPABILITIES: {},
            INFO: { "name": "n".repeat(257), "version": "1" } }),
    ] {
        assert!(envelope(bad.clone()).unwrap().is_err(), "{bad}");
    }
    for level in [json!("loud"), json!(3)] {
        let meta = json!({ VERSION: MODERN, CAPABILITIES: {}, LEVEL: level });
        assert!(envelope(meta).unwrap().unwrap().log_level().is_err(), "{level}");
    }
}

/// M006, M022, M086 to M088.
#[test]
fn a_result_is_stamped_with_what_it_is() {
    let server =
        Implementation { name: "s".into(), title: None, version: "1".into() };
    let server = to_raw(&server);
    let stamp = |cache| ResultEnvelope {
        result_type: ResultType::Complete,
        cache,
        meta: ResultMeta { server: &server, subscription: None },
    };
    let read = |raw: Box<serde_json::value::RawValue>| -> Value {
        serde_json::from_str(raw.get()).unwrap()
    };
    let meta = json!({ "io.modelcontextprotocol/serverInfo":
        { "name": "s", "version": "1" } });
    assert_eq!(
        read(stamp(None).on(&to_raw(&json!({})))),
        json!({ "resultType": "complete", "_meta": meta })
    );
    assert_eq!(
        read(stamp(Some(CacheHint::NONE)).on(&to_raw(&json!({ "tools": [{}] })))),
        json!({ "resultType": "complete", "ttlMs": 0, "cacheScope": "private",
            "_meta": meta, "tools": [{}] })
    );
}

/// M025: anything else is no context, and no error.
#[test]
fn a_traceparent_has_the_form_of_the_standard() {
    let (trace, parent) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let good = format!("00-{trace}-{parent}-01");
    let read = TraceContext::parse(&good).unwrap();
    assert_eq!((&*read.trace_id, &*read.parent_id), (trace, parent));
    assert!(TraceContext::parse(&format!("cc-{trace}-{parent}-01-more")).is_some());
    let zeros = "0".repeat(32);
    for bad in [
        "",
        "00",
        &good.to_uppercase(),
        &format!("{good}-more"),
        &format!("ff-{trace}-{parent}-01"),
        &format!("00-{zeros}-{parent}-01"),
        &format!("00-{trace}-{}-01", &zeros[..16]),
        &format!("00-{trace}-{parent}"),
        &format!("00-{trace}-{parent}-1"),
        &format!("00-{}-{parent}-01", &trace[1..]),
        &format!("00-{trace}-{parent}é-01"),
    ] {
        assert_eq!(TraceContext::parse(bad), None, "{bad}");
    }
    let trace = |value: Value| {
        let params = to_raw(&json!({ "_meta": { "traceparent": value } }));
        RequestMeta::of(Some(&params)).unwrap().trace
    };
    assert_eq!(trace(json!(good)), Some(read));
    assert_eq!(trace(json!(7)), None);
}

/// M076 to M078.
#[test]
fn a_mirrored_argument_is_named_well_and_reached_by_properties_alone() {
    let schema = |properties: Value| json!({ "properties": properties });
    let found = HeaderParameter::of(&schema(json!({
        "region": { "type": "string", "x-mcp-header": "Region" },
        "page": { "properties": {
            "size": { "type": "integer", "x-mcp-header": "Page-Size" } } },
        "x-mcp-header": { "type": "string" },
    })));
    let found = found.unwrap();
    let names: Vec<_> =
        found.iter().map(|it| (&*it.header, it.is_integer)).collect();
    assert_eq!(names, [("mcp-param-page-size", true), ("mcp-param-region", false)]);
    let arguments = json!({ "page": { "size": 7 }, "region": null });
    assert_eq!(found[0].value_in(&arguments), Some(&json!(7)));
    assert_eq!(found[1].value_in(&arguments), None, "M071: null");

    let named = |name: Value| json!({ "type": "string", "x-mcp-header": name });
    for bad in [
        schema(json!({ "a": named(json!("")) })),
        schema(json!({ "a": named(json!("two words")) })),
        schema(json!({ "a": named(json!("line\nbreak")) })),
        schema(json!({ "a": named(json!(7)) })),
        schema(json!({ "a": named(json!("X")), "b": named(json!("x")) })),
        schema(json!({ "a": { "type": "number", "x-mcp-header": "A" } })),
        schema(json!({ "a": { "type": "object", "x-mcp-header": "A" } })),
        schema(json!({ "a": { "type": "array", "items": named(json!("A")) } })),
        schema(json!({ "a": { "anyOf": [named(json!("A"))] } })),
        json!({ "$defs": { "a": named(json!("A")) } }),
        json!({ "x-mcp-header": "A" }),
    ] {
        assert!(HeaderParameter::of(&bad).is_err(), "{bad}");
    }
}

/// A6, M012, M094, D019: what differs between the eras.
#[test]
fn the_eras_are_told_apart_in_one_place() {
    assert_eq!(SUPPORTED[0], MODERN);
    for name in SUPPORTED {
        assert_eq!(Era::parse(name).unwrap().as_str(), name);
    }
    assert_eq!(Era::parse("2024-10-07"), None);
    let stateful = Era::Stateful(Version::LATEST);
    assert_eq!(stateful.no_such_resource(), RESOURCE_NOT_FOUND);
    assert_eq!(Era::Stateless.no_such_resource(), INVALID_PARAMS);
    let asking: Vec<&str> = Method::ALL
        .iter()
        .filter(|method| Era::Stateless.asks_in_results_of(**method))
        .map(|method| method.as_str())
        .collect();
    assert_eq!(asking, ["tools/call", "resources/read", "prompts/get"]);
    let only_there: Vec<&str> = Method::ALL
        .iter()
        .filter(|method| {
            Era::Stateless.has_request(**method) && !stateful.has_request(**method)
        })
        .map(|method| method.as_str())
        .collect();
    assert_eq!(only_there, ["server/discover", "subscriptions/listen"]);
}

/// L009: what to listen for has names; a list of switches is none.
#[test]
fn a_filter_is_an_object() {
    let read = |text: &str| serde_json::from_str::<ListenParams>(text);
    let some = read(r#"{"notifications":{"toolsListChanged":true,"other":1}}"#);
    let some = some.unwrap().notifications;
    assert!(some.tools_list_changed && !some.prompts_list_changed);
    assert!(read(r#"{"notifications":{}}"#).unwrap().notifications.is_empty());
    for wrong in [
        r#"{"notifications":[]}"#,
        r#"{"notifications":[true]}"#,
        r#"{"notifications":[true,false,false,["a:b"]]}"#,
        r#"{"notifications":null}"#,
        r#"{"notifications":{"toolsListChanged":true,"toolsListChanged":false}}"#,
        "{}",
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
