//! The summary sheet of a chapter: what broke, the diagram, the pattern and the
//! trade-off, on one page to print. A chapter's page marks these parts.

use std::path::PathBuf;

use super::site;
use crate::Error;

/// Stands on a page above each part that belongs on its sheet.
const MARK: &str = "<!-- sheet -->";

/// The sections that need a part on the sheet, by their anchors. The first chapter has
/// no section about what breaks.
const SECTIONS: [&str; 3] = ["what-breaks", "the-idea", "trade-offs"];

const STYLE: &str = "\
<style>
@page { size: A4; margin: 14mm; }
html { font-size: 62.5%; }
body { margin: 0; background: white; color: black; font-size: 10pt; line-height: 1.3; }
main.sheet { max-width: 182mm; margin: 0 auto; padding: 0; }
h1 { font-size: 17pt; margin: 0 0 2mm; }
h2 { font-size: 12pt; margin: 3mm 0 1mm; }
h1 a, h2 a { color: inherit; text-decoration: none; }
p, blockquote, figure, table, pre { margin: 0 0 1.5mm; }
pre > code { padding: 1mm 2mm; font-size: 8.5pt; line-height: 1.2; }
main.sheet figure.recording svg { display: block; max-height: 95mm; margin: 0 auto; }
</style>";

/// The sheet of one chapter.
#[derive(Debug)]
pub struct Sheet {
    /// The name of the chapter's page, without its ending.
    pub name: String,
    body: String,
    /// What the page does not give it.
    pub missing: Vec<String>,
}

impl Sheet {
    /// Takes the marked parts of a page, each under the heading of its section.
    fn of(name: &str, page: &str) -> Self {
        let main = page.split_once("<main>").map_or(page, |(_, rest)| rest);
        let title = main.find("<h1").map_or("", |at| element(&main[at..]));
        let mut body = title.to_owned();
        let mut section = "";
        for (at, _) in main.match_indices(MARK) {
            let start = main[..at].rfind("<h2");
            let heading = start.map_or("", |at| element(&main[at..]));
            if heading != section {
                body.push_str(heading);
                section = heading;
            }
            body.push_str(element(&main[at + MARK.len()..]));
        }
        let missing = missing(main, &body);
        Self { name: name.to_owned(), body, missing }
    }

    /// Its file in the site. It is beside the chapter's page, so that relative links
    /// lead to the same places.
    pub fn file(&self) -> PathBuf {
        site::folder().join(format!("sheet-{}.html", self.name))
    }

    /// The file's text. `page` is any page of the site, for its style sheets.
    fn html(&self, page: &str) -> String {
        let Self { name, body, .. } = self;
        let styles = site::style_sheets(page);
        let title = site::title(page);
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\" class=\"light\">\n<head>\n\
             <meta charset=\"UTF-8\">\n<title>{title}</title>\n{styles}{STYLE}\n</head>\n\
             <body>\n<main class=\"content sheet\">\n{body}\n\
             <p><a href=\"{name}.html\">The whole chapter</a></p>\n</main>\n</body>\n</html>\n"
        )
    }
}

/// The sections without a part on the sheet, and a missing diagram.
fn missing(main: &str, body: &str) -> Vec<String> {
    let has = |text: &str, id: &str| text.contains(&format!("<h2 id=\"{id}\""));
    let mut missing: Vec<String> = SECTIONS
        .into_iter()
        .filter(|id| has(main, id) && !has(body, id))
        .map(|id| format!("no {MARK} in the section #{id}"))
        .collect();
    if !body.contains("<svg") && !body.contains("<pre") {
        missing.push(format!("no {MARK} above a diagram"));
    }
    missing
}

/// The first element of a text, with all that it contains.
fn element(html: &str) -> &str {
    let html = html.trim_start();
    let is_end = |c: char| c == '>' || c.is_whitespace();
    let Some(name) =
        html.strip_prefix('<').and_then(|rest| rest.split(is_end).next())
    else {
        return "";
    };
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let mut depth = 0;
    for (at, _) in html.match_indices('<') {
        let rest = &html[at..];
        if rest.starts_with(&close) {
            depth -= 1;
        } else if rest
            .strip_prefix(&open)
            .is_some_and(|rest| rest.starts_with(is_end))
        {
            depth += 1;
        }
        if depth == 0 {
            return &html[..at + close.len()];
        }
    }
    ""
}

/// Writes the sheets of these pages into the site, and on each page a link to its
/// sheet.
///
/// # Errors
/// If a page of the site cannot be read or written.
pub fn write(pages: &[String]) -> Result<Vec<Sheet>, Error> {
    pages.iter().map(|page| write_one(page)).collect()
}

fn write_one(page: &str) -> Result<Sheet, Error> {
    let name = page.trim_end_matches(".md");
    let path = site::folder().join(format!("{name}.html"));
    let html = std::fs::read_to_string(&path)?;
    let sheet = Sheet::of(name, &html);
    std::fs::write(sheet.file(), sheet.html(&html))?;
    let link = format!(
        "<p><a href=\"sheet-{name}.html\">This chapter on one page, to print</a></p>\n"
    );
    let end = html.find("</main>").unwrap_or(html.len());
    std::fs::write(path, format!("{}{link}{}", &html[..end], &html[end..]))?;
    Ok(sheet)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<main><h1 id=\"x\">3. Sessions</h1>\
        <h2 id=\"what-breaks\">What breaks</h2><p>Long.</p>\n<!-- sheet -->\n<p>It forgets.</p>\
        <h2 id=\"the-idea\">The idea</h2><!-- sheet -->\n\
        <figure><figure><svg></svg></figure></figure><p>More.</p>\
        <!-- sheet -->\n<p>An id.</p>\
        <h2 id=\"trade-offs\">Trade-offs</h2><!-- sheet --><p>Why one <b>lock</b>?</p>\
        <p>Not this.</p></main>";

    #[test]
    fn a_sheet_has_the_marked_parts_under_their_headings() {
        let sheet = Sheet::of("03-sessions", PAGE);
        assert_eq!(
            sheet.body,
            "<h1 id=\"x\">3. Sessions</h1>\
             <h2 id=\"what-breaks\">What breaks</h2><p>It forgets.</p>\
             <h2 id=\"the-idea\">The idea</h2>\
             <figure><figure><svg></svg></figure></figure><p>An id.</p>\
             <h2 id=\"trade-offs\">Trade-offs</h2><p>Why one <b>lock</b>?</p>"
        );
        assert_eq!(sheet.missing, [""; 0]);
    }

    #[test]
    fn a_section_without_a_marked_part_is_named() {
        let page = PAGE.replacen(MARK, "", 2);
        let expected = [
            "no <!-- sheet --> in the section #what-breaks",
            "no <!-- sheet --> above a diagram",
        ];
        assert_eq!(Sheet::of("03-sessions", &page).missing, expected);
    }
}
