//! A block whose body the reader writes.

use super::Format;
use crate::highlight::escape;
use crate::lines::Line;
use crate::shown::Shown;

/// The contract, the red tests and the command that runs them; the book's body folds
/// out beneath.
pub fn render(
    format: Format,
    shown: &Shown,
    contract: &[Line],
    chapter: &str,
) -> String {
    let item = match shown.items.is_empty() {
        true => shown.file.clone(),
        false => shown.items.join(", "),
    };
    let place = shown.place.as_ref().map(|place| place.words.as_str());
    let place = place.unwrap_or_default();
    let mut text = match format {
        Format::Html => format!(
            "<figure class=\"step yours\">\n<figcaption><strong>Your turn</strong> \
             <code>{}</code> <code class=\"item\">{}</code> \
             <span class=\"verb\">{}</span></figcaption>\n\n",
            escape(&shown.file),
            escape(&item),
            super::with_code(place)
        ),
        Format::Markdown => {
            format!("**Your turn** **`{}`** `{item}` *{place}*\n\n", shown.file)
        }
    };
    text.push_str(&format.placed(shown, contract));
    text.push_str(&format!(
        "Write the body. `cargo xtask yours {chapter}` runs these tests, which are red \
         until it is right:\n\n"
    ));
    for (name, lines) in &shown.tests {
        let title = name.replace('_', " ");
        let body = format.code("test.rs", lines);
        text.push_str(&format.folded("test", &title, &body));
    }
    let body = format.code(&shown.file, &shown.lines);
    text.push_str(&format.folded("solution", "The book's body", &body));
    text.push_str(&super::rides(format, shown));
    if format == Format::Html {
        text.push_str("</figure>\n\n");
    }
    text
}
