//! Says hello to whoever is named.

use std::env;

/// Who is greeted if nobody is named.
const NOBODY: &str = "world";

fn main() {
    let name = env::args().nth(1);
    println!("{}", greet(name.as_deref()));
}

/// The greeting, with a fallback.
fn greet(name: Option<&str>) -> String {
    format!("Hello, {}!", name.unwrap_or(NOBODY))
}

/// Gone in the next chapter.
#[allow(dead_code)]
fn shout(text: &str) -> String {
    text.to_uppercase()
}
