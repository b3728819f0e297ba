//! The book on paper: Chromium prints pages of the site to PDF files.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use testkit::programs::find;

use super::site;
use crate::process::run_within;
use crate::{Error, workspace};

/// The names under which it is installed.
const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// How long one file may take.
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(180);

/// Paper does not fold. It leaves out what only the instructor reads, what spoils an
/// exercise, and given code, which the repository has.
const STYLE: &str = "\
<style>
@page { size: A4; margin: 16mm 14mm; }
.cover { height: 240mm; display: flex; flex-direction: column; justify-content: center; }
.cover h1 { font-size: 32pt; }
.contents { break-before: page; break-after: page; }
.contents li { list-style: none; margin: 1.2mm 0; }
details.notes, details.hint, details.solution { display: none; }
details.given::details-content { display: none; }
</style>";

/// A browser that prints.
pub struct Browser(PathBuf);

impl Browser {
    /// Finds the browser, if there is one.
    pub fn find() -> Option<Self> {
        BROWSERS.into_iter().find_map(find).map(Self)
    }

    /// Prints a file of HTML, and returns the number of pages.
    ///
    /// # Errors
    /// If the browser fails or takes too long.
    pub fn print(&self, html: &Path, pdf: &Path) -> Result<usize, Error> {
        let folder = workspace::empty_folder("book/browser")?;
        let mut command = Command::new(&self.0);
        command.args(["--headless", "--disable-gpu", "--no-pdf-header-footer"]);
        // As root, for example in a container, it does not start with its sandbox. It
        // reads only files of ours.
        command.args(["--no-sandbox", "--generate-pdf-document-outline"]);
        command
            .arg(format!("--user-data-dir={}", folder.join("profile").display()));
        command.arg(format!("--print-to-pdf={}", pdf.display()));
        command.arg(format!("file://{}", html.display())).stdin(Stdio::null());
        if pdf.exists() {
            std::fs::remove_file(pdf)?;
        }
        let printed = run_within(DEADLINE, &mut command, &folder.join("log"))?;
        match std::fs::read(pdf) {
            Ok(bytes) if printed.success => Ok(pages(&bytes)),
            _ => Err(format!("{} was not printed", html.display()).into()),
        }
    }
}

/// The number of pages of a PDF file of Chromium, which does not compress its objects.
fn pages(pdf: &[u8]) -> usize {
    let starts = |at: usize, text: &[u8]| pdf[at..].starts_with(text);
    let is_page =
        |at: &usize| starts(*at, b"/Type /Page") && !starts(*at, b"/Type /Pages");
    (0..pdf.len()).filter(is_page).count()
}

/// Writes the whole book as one page of HTML, with a cover and contents, and returns
/// its file. It is in the site, whose style sheets and figures it uses.
///
/// # Errors
/// If the site cannot be read or written.
pub fn whole_book() -> Result<PathBuf, Error> {
    let folder = site::folder();
    let print = std::fs::read_to_string(folder.join("print.html"))?;
    let title = site::title(&print);
    let styles = site::style_sheets(&print);
    let (_, rest) = print.split_once("<main>").ok_or("print.html has no <main>")?;
    let (main, _) =
        rest.split_once("</main>").ok_or("print.html has no </main>")?;
    let contents = contents(main);
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\" class=\"light\">\n<head>\n\
         <meta charset=\"UTF-8\">\n<title>{title}</title>\n{styles}{STYLE}\n</head>\n\
         <body>\n<main class=\"content\">\n\
         <section class=\"cover\"><h1>{title}</h1><p>{}</p></section>\n\
         <nav class=\"contents\"><h2>Contents</h2>\n<ul>\n{contents}</ul></nav>\n\
         {main}\n</main>\n</body>\n</html>\n",
        site::description(&print),
    );
    let file = folder.join("book.html");
    std::fs::write(&file, html)?;
    Ok(file)
}

/// A link to each chapter.
fn contents(main: &str) -> String {
    let headings = main.split("<h1 id=\"").skip(1);
    let entry = |rest: &str| {
        let (id, rest) = rest.split_once('"')?;
        let (_, rest) = rest.split_once("<a class=\"header\"")?;
        let (_, rest) = rest.split_once('>')?;
        let (name, _) = rest.split_once("</a>")?;
        Some(format!("<li><a href=\"#{id}\">{name}</a></li>\n"))
    };
    headings.filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contents_have_a_link_to_each_chapter() {
        let main = "<h1 id=\"one\"><a class=\"header\" href=\"#one\">1. <em>One</em></a></h1>\
            <h2 id=\"no\">No</h2><h1 id=\"two\"><a class=\"header\" href=\"#two\">Two</a></h1>";
        assert_eq!(
            contents(main),
            "<li><a href=\"#one\">1. <em>One</em></a></li>\n\
             <li><a href=\"#two\">Two</a></li>\n"
        );
    }

    #[test]
    fn pages_are_counted_and_not_the_tree_that_holds_them() {
        let pdf = b"<</Type /Pages\n/Count 2>> <</Type /Page\n>> <</Type /Page\n>>";
        assert_eq!(pages(pdf), 2);
    }
}
