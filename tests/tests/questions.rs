//! What the server asks its client, and whom.

use serde_json::{Value, json};
use suite::{Client, Node, NodeBuilder, Program};

fn fixture() -> NodeBuilder {
    Node::builder().program(Program::CONFORMANCE).set("SSE_AFTER", 1)
}

/// The tools that show a form, with their arguments.
fn forms() -> [(&'static str, Value); 3] {
    [
        ("test_elicitation", json!({ "message": "Who are you?" })),
        ("test_elicitation_sep1034_defaults", json!({})),
        ("test_elicitation_sep1330_enums", json!({})),
    ]
}

/// A value that fits in one field of a form, or a list of choices.
fn assert_is_field(field: &Value) {
    let kind = field["type"].as_str().unwrap_or_default();
    let primitive = ["string", "number", "integer", "boolean"];
    match kind {
        "array" => {
            let choices = &field["items"];
            let is_choice =
                choices["enum"].is_array() || choices["anyOf"].is_array();
            assert!(is_choice, "a list of anything: {field}");
        }
        _ => assert!(primitive.contains(&kind), "not a field: {field}"),
    }
    assert_eq!(field.get("properties"), None, "nested: {field}");
}

/// L144, L145.
#[tokio::test]
async fn a_form_is_flat_and_says_why_it_is_shown() {
    let node = fixture().start().await;
    let client = Client::builder().capabilities(json!({ "elicitation": {} }));
    let client = client.connect(&node).await;
    for (tool, arguments) in forms() {
        let mut call = client.start_call(tool, arguments).await;
        let question = call.expect("elicitation/create").await;
        let params = &question["params"];
        assert!(params["message"].as_str().is_some_and(|m| !m.is_empty()));
        assert!(
            ["form", ""].contains(&params["mode"].as_str().unwrap_or_default())
        );
        let schema = &params["requestedSchema"];
        assert_eq!(schema["type"], "object", "{tool}");
        let fields = schema["properties"].as_object();
        let fields = fields.unwrap_or_else(|| panic!("no fields in {schema}"));
        assert!(!fields.is_empty(), "{tool}");
        fields.values().for_each(assert_is_field);
        client.answer(&question, json!({ "action": "cancel" })).await;
        call.rest().await.text();
    }
}

/// L143, L202: an empty declaration means forms, `url` alone does not; before
/// 2025-06-18 there were none.
#[tokio::test]
async fn a_form_is_shown_only_to_clients_that_know_forms() {
    let node = fixture().start().await;
    for (version, declared, asked) in [
        ("2025-11-25", json!({ "elicitation": {} }), true),
        ("2025-11-25", json!({ "elicitation": { "form": {} } }), true),
        ("2025-11-25", json!({ "elicitation": { "form": {}, "url": {} } }), true),
        ("2025-11-25", json!({ "elicitation": { "url": {} } }), false),
        ("2025-11-25", json!({ "sampling": {}, "roots": {} }), false),
        ("2025-06-18", json!({ "elicitation": {} }), true),
        ("2025-03-26", json!({ "elicitation": {} }), false),
    ] {
        let client = Client::builder().version(version);
        let client = client.capabilities(declared.clone()).connect(&node).await;
        let arguments = json!({ "message": "Who are you?" });
        let mut call = client.start_call("test_elicitation", arguments).await;
        if asked {
            let question = call.expect("elicitation/create").await;
            client.answer(&question, json!({ "action": "decline" })).await;
            let told = call.rest().await.text();
            assert!(told.contains("decline"), "{version} {declared}: {told}");
        } else {
            let refused = call.rest().await;
            assert!(
                refused.failure().contains("elicitation"),
                "{version} {declared}"
            );
            assert_eq!(refused.messages().len(), 1, "{version} {declared}");
        }
    }
}

/// L158: whatever the person does is an answer.
#[tokio::test]
async fn a_person_may_accept_decline_or_cancel() {
    let node = fixture().start().await;
    let client = Client::builder().capabilities(json!({ "elicitation": {} }));
    let client = client.connect(&node).await;
    let user = json!({ "username": "ada", "email": "a@b.example" });
    for answer in [
        json!({ "action": "accept", "content": user }),
        json!({ "action": "decline" }),
        json!({ "action": "cancel" }),
        json!({ "action": "cancel", "content": {} }),
    ] {
        let arguments = json!({ "message": "Who are you?" });
        let mut call = client.start_call("test_elicitation", arguments).await;
        let question = call.expect("elicitation/create").await;
        client.answer(&question, answer.clone()).await;
        let told = call.rest().await.text();
        let action = answer["action"].as_str().unwrap_or_default();
        assert!(told.starts_with(&format!("User response: {action}")), "{told}");
    }
}

/// L150, L151, L152, L157, L162: who somebody is, says the token. Neither the
/// session's id nor a client's name is enough to answer for another.
#[tokio::test]
async fn nobody_answers_a_question_that_somebody_else_was_asked() {
    let tokens = "alice=alice-has-a-long-token,bob=bob-has-another-token";
    let node = fixture().set("API_TOKENS", tokens).start().await;
    let open = Client::builder().capabilities(json!({ "roots": {} }));
    let alice = open.clone().token("alice-has-a-long-token").connect(&node).await;
    let bob = open.token("bob-has-another-token").connect(&node).await;
    let mut call = alice.start_call("test_list_roots", json!({})).await;
    let question = call.expect("roots/list").await;
    let roots = |uri: &str| json!({ "roots": [{ "uri": uri }] });

    let posing = alice.with_token("bob-has-another-token");
    let refused = posing.answer(&question, roots("file:///posing")).await;
    assert_eq!((refused.status, refused.code()), (404, -32600));
    let elsewhere = bob.answer(&question, roots("file:///elsewhere")).await;
    assert_eq!(elsewhere.status, 202, "nobody in that session waits for it");

    assert_eq!(alice.answer(&question, roots("file:///own")).await.status, 202);
    assert_eq!(call.rest().await.text(), "Roots: file:///own");
}

/// L165, L166, L169: no tools, no context of other servers, and an answer that is
/// none is not believed.
#[tokio::test]
async fn a_model_is_asked_for_text_and_its_answer_is_checked() {
    let node = fixture().start().await;
    let client = Client::builder().capabilities(json!({ "sampling": {} }));
    let client = client.connect(&node).await;
    let text = json!({ "type": "text", "text": "Paris" });
    for (answer, is_one) in [
        (json!({ "role": "assistant", "content": text, "model": "m" }), true),
        (json!({ "role": "assistant", "model": "m" }), false),
        (json!({ "role": "nobody", "content": text, "model": "m" }), false),
        (json!({ "role": "assistant", "content": 7, "model": "m" }), false),
    ] {
        let arguments = json!({ "prompt": "The capital of France?" });
        let mut call = client.start_call("test_sampling", arguments).await;
        let question = call.expect("sampling/createMessage").await;
        for absent in ["tools", "toolChoice", "includeContext"] {
            assert_eq!(question["params"].get(absent), None, "{question}");
        }
        client.answer(&question, answer.clone()).await;
        let ended = call.rest().await;
        match is_one {
            true => assert_eq!(ended.text(), "LLM response: Paris"),
            false => assert_eq!(ended.code(), -32603, "{answer}"),
        }
    }
}

/// L171: roots may be none, or vanish while they are asked for.
#[tokio::test]
async fn a_client_may_have_no_roots_or_lose_them() {
    let node = fixture().start().await;
    let client = Client::builder().capabilities(json!({ "roots": {} }));
    let client = client.connect(&node).await;
    let mut call = client.start_call("test_list_roots", json!({})).await;
    let question = call.expect("roots/list").await;
    let changed = client.notify("notifications/roots/list_changed", json!({}));
    assert_eq!(changed.await.status, 202);
    client.answer(&question, json!({ "roots": [] })).await;
    assert_eq!(call.rest().await.text(), "Roots: ");

    let mut call = client.start_call("test_list_roots", json!({})).await;
    let question = call.expect("roots/list").await;
    client.refuse(&question, "roots are gone").await;
    assert_eq!(call.rest().await.code(), -32603);
}

/// L170: neither what was asked nor what was answered, however much is logged.
#[tokio::test]
async fn what_a_client_answers_is_not_written_to_the_log() {
    let node = fixture().set("LOG_LEVEL", "debug").start().await;
    let client = Client::builder()
        .capabilities(json!({ "sampling": {}, "elicitation": {} }))
        .connect(&node)
        .await;
    let arguments = json!({ "prompt": "a private question" });
    let mut call = client.start_call("test_sampling", arguments).await;
    let question = call.expect("sampling/createMessage").await;
    let text = json!({ "type": "text", "text": "a private answer" });
    let answer = json!({ "role": "assistant", "content": text, "model": "m" });
    client.answer(&question, answer).await;
    call.rest().await.text();

    for refuses in [true, false] {
        let arguments = json!({ "message": "a private form" });
        let mut call = client.start_call("test_elicitation", arguments).await;
        let question = call.expect("elicitation/create").await;
        match refuses {
            true => client.refuse(&question, "not now").await,
            false => client.answer(&question, json!({ "private": "field" })).await,
        };
        call.rest().await.error();
    }
    let log = node.stop().await;
    assert!(log.contains("DEBUG"), "{log}");
    assert!(!log.contains("private"), "{log}");
}
