//! Rules that no test proves, and why. Most do not apply; where the server leaves a
//! recommendation unheeded, its reason says so.

/// One rule, a list, or a range, and a sentence.
#[rustfmt::skip]
pub const REASONS: &[(&str, &str)] = &[
    ("L013", "no OAuth: the operator configures tokens; stdio serves its own user"),
    ("L019", "the server has no `_meta` keys of its own"),
    ("L069", "2024-11-05 is not spoken, which is optional"),
    ("L070", "there is no transport of our own"),
    ("L074, L190 to L201", "the tasks capability is not declared"),
    ("L084 to L087", "the server does not ping: comments on streams and the \
        limit for stalled readers find dead connections"),
    ("L088", "the server asks for no progress, so it issues no tokens"),
    ("L093", "reports are not limited: handlers set the pace, and what waits is \
        bounded"),
    ("L096, L112, L121", "listChanged is not declared: the lists do not change"),
    ("L103", "the text block is a sentence, not the JSON that stands beside it"),
    ("L141", "the calculator asks the user for nothing"),
    ("L142, L146 to L149, L153 to L156, L159 to L161, L164",
        "elicitation by URL is not offered"),
    ("L167, L168", "models are asked without tools"),
    ("L178", "a token is required only where API_TOKENS is set; else the address, \
        Host and Origin guard a local server"),
    ("L179", "the server is no proxy of an authorization server"),
    ("L180 to L183", "no OAuth: the operator configures the tokens"),
    ("L186", "no OAuth: whatever is wrong with a token, it is 401"),
    ("L187", "tokens have no scopes"),
];
