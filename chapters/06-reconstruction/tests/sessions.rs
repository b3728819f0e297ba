//! The ids that a session is known by.

use ch06_reconstruction::sessions::SessionId;

/// L062, L063
#[test]
fn an_id_is_read_only_in_the_form_in_which_it_is_issued() {
    let id = SessionId::random();
    assert_eq!(SessionId::parse(&id.to_string()), Some(id));
    for text in [
        "",
        "11111111-2222-3333-4444-555555555555",
        "6F9619FF-8B86-4D01-B42D-00C04FC964FF",
        "6f9619ff8b864d01b42d00c04fc964ff",
        "6f9619ff-8b86-4d01-b42d-00c04fc964ff ",
    ] {
        assert_eq!(SessionId::parse(text), None, "{text:?}");
    }
}
