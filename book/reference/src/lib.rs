//! The book's pages of reference, made from the server itself: it is asked what it
//! does, its comments are not read.
//!
//! | module | what it is |
//! |---|---|
//! | [`errors`] | every error, and what it means |
//! | [`settings`] | every setting: default, unit, what is accepted, what it does |
//! | [`parts`] | in which chapter each part of the server is explained |
//! | [`plan`] | the chapters, and what each of them is to bring |

pub mod errors;
pub mod parts;
pub mod plan;
pub mod settings;

/// The pages by their path from the top of the repository. `cargo xtask bless`
/// writes them.
pub fn pages() -> Vec<(&'static str, String)> {
    vec![
        ("book/src/errors.md", errors::page()),
        ("README.md", settings::readme()),
        ("book/src/settings.md", settings::page()),
        ("book/src/parts.md", parts::page()),
    ]
}
