//! Rules that no test proves, and why. Most do not apply; where the server leaves a
//! recommendation unheeded, its reason says so.

/// One rule, a list, or a range, and a sentence.
#[rustfmt::skip]
pub const REASONS: &[(&str, &str)] = &[
    ("L013", "no OAuth: the operator configures tokens; stdio serves its own user"),
    ("L019", "the server has no `_meta` keys of its own"),
    ("L069", "the two endpoints of 2024-11-05 are not served, which is optional"),
    ("L070", "there is no transport of our own"),
    ("L074, L190 to L201", "the tasks capability is not declared"),
    ("L084 to L087", "the server does not ping: comments on streams and the \
        limit for stalled readers find dead connections"),
    ("L088", "the server asks for no progress, so it issues no tokens"),
    ("L093", "reports are not limited: handlers set the pace, and what waits is \
        bounded"),
    ("L096, L112, L121", "listChanged is not declared: the lists do not change"),
    ("L103", "the text block is a sentence, not the JSON that stands beside it"),
    ("L142, L146 to L149, L153 to L156, L159 to L161, L164",
        "elicitation by URL is not offered"),
    ("L167, L168", "models are asked without tools"),
    ("L178", "a token is required only where API_TOKENS is set; else the address, \
        Host and Origin guard a local server"),
    ("L179", "the server is no proxy of an authorization server"),
    ("L180 to L183", "no OAuth: the operator configures the tokens"),
    ("L187", "tokens have no scopes"),
    ("M027, M171, M173, M174, M176", "no OAuth: the operator configures the tokens"),
    ("M029 to M032", "no schema comes from outside, and none is fetched: all are \
        the server's own and are compiled at its start"),
    ("M043", "there is no transport of our own"),
    ("M121", "the server sends no requests in this era, and a call ends when its \
        caller hangs up"),
    ("M161, M162, M164, M166", "elicitation by URL is not offered"),
    ("M169", "models are asked without tools"),
    ("M177", "tokens have no scopes"),
    ("M178", "the server is no proxy and calls nobody with a token"),
];
