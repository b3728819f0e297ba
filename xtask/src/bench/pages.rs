//! The figures in the pages.
//!
//! A page has blocks between comments: `<!-- bench: NAME; NAME -->` is followed by a
//! table of these figures, `<!-- bench-budgets -->` by one of all budgets,
//! `<!-- bench-budget: NAME -->` by a line that says whether one is met, and
//! `<!-- bench-model: NAME -->` by what is computed. All end with `<!-- /bench -->`.
//! Among words, `<span data-figure="NAME">…</span>` holds a median. All this is written
//! here, and a test compares it with the results: a page cannot say anything else.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::model;
use super::results;
use crate::Error;
use crate::workspace::root;

const END: &str = "<!-- /bench -->";
const SPAN: &str = "<span data-figure=\"";

/// The pages with figures.
fn pages() -> [PathBuf; 3] {
    ["book/src/scaling.md", "book/src/final.md", "README.md"]
        .map(|page| root().join(page))
}

/// Writes all figures anew.
pub fn write() -> Result<(), Error> {
    let results = results::read()?;
    for page in pages() {
        let text = fs::read_to_string(&page)?;
        fs::write(&page, filled(&text, &results)?)?;
    }
    Ok(())
}

/// A page's text with the figures as they must be.
fn filled(text: &str, results: &Value) -> Result<String, Error> {
    let mut page = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        page.push_str(&with_medians(line, results)?);
        page.push('\n');
        if let Some(block) = block(line, results)? {
            page.push_str(&block);
            lines.by_ref().find(|line| *line == END).ok_or("a block has no end")?;
            page.push_str(END);
            page.push('\n');
        }
    }
    Ok(page)
}

/// A line with the figures among its words.
fn with_medians(line: &str, results: &Value) -> Result<String, Error> {
    let mut parts = line.split(SPAN);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) =
            part.split_once("\">").ok_or("a span without its name")?;
        let (_, rest) = rest.split_once("</span>").ok_or("a span has no end")?;
        let median = written(number(name, "median", results)?);
        text.push_str(&format!("{SPAN}{name}\">{median}</span>{rest}"));
    }
    Ok(text)
}

/// What belongs below a line, if anything does.
fn block(line: &str, results: &Value) -> Result<Option<String>, Error> {
    if line == "<!-- bench-budgets -->" {
        return Ok(Some(budgets(results)));
    }
    let inside = |prefix| line.strip_prefix(prefix)?.strip_suffix(" -->");
    if let Some(names) = inside("<!-- bench: ") {
        return measured(names, results).map(Some);
    }
    if let Some(name) = inside("<!-- bench-budget: ") {
        return budget(name, results).map(Some);
    }
    let name = inside("<!-- bench-model: ");
    name.map(|name| model::block(name, results)).transpose()
}

fn number(name: &str, part: &str, results: &Value) -> Result<f64, Error> {
    let number = results["figures"][name][part].as_f64();
    number.ok_or_else(|| format!("there is no figure {name:?}").into())
}

fn measured(names: &str, results: &Value) -> Result<String, Error> {
    let mut table = String::from("\n| | median | smallest | largest | |\n");
    table.push_str("|---|---:|---:|---:|---|\n");
    for name in names.split("; ") {
        let part = |part: &str| number(name, part, results).map(written);
        let (median, min, max) = (part("median")?, part("min")?, part("max")?);
        let unit = unit(&results["figures"][name]);
        let label = name.split_once(": ").map_or(name, |(_, label)| label);
        table.push_str(&format!(
            "| {label} | {median} | {min} | {max} | {unit} |\n"
        ));
    }
    table.push('\n');
    Ok(table)
}

/// All figures that have a budget.
fn budgets(results: &Value) -> String {
    let mut table =
        String::from("\n| | measured | budget | |\n|---|---:|---:|---|\n");
    for (name, figure) in results["figures"].as_object().into_iter().flatten() {
        if let Some(Judged { measured, budget, met }) = Judged::read(figure) {
            let met = if met { "met" } else { "**missed**" };
            table
                .push_str(&format!("| {name} | {measured} | {budget} | {met} |\n"));
        }
    }
    table.push('\n');
    table
}

/// One of them, in words.
fn budget(name: &str, results: &Value) -> Result<String, Error> {
    let judged = Judged::read(&results["figures"][name]);
    let Judged { measured, budget, met } =
        judged.ok_or_else(|| format!("{name:?} has no budget"))?;
    let met = if met { "met" } else { "missed" };
    Ok(format!("\n**{name}: {measured}. The budget, {budget}, is {met}.**\n\n"))
}

/// A figure beside its budget.
struct Judged {
    measured: String,
    budget: String,
    met: bool,
}

impl Judged {
    fn read(figure: &Value) -> Option<Self> {
        let unit = unit(figure);
        let with_unit = |value| format!("{} {unit}", written(value));
        let with_unit = |value| with_unit(value).trim_end().to_owned();
        let median = figure["median"].as_f64()?;
        let (sign, bound, met) =
            match (figure["at_least"].as_f64(), figure["at_most"].as_f64()) {
                (Some(least), _) => ('≥', least, median >= least),
                (_, Some(most)) => ('≤', most, median <= most),
                _ => return None,
            };
        let budget = format!("{sign} {}", with_unit(bound));
        Some(Self { measured: with_unit(median), budget, met })
    }
}

fn unit(figure: &Value) -> &str {
    match figure["unit"].as_str() {
        Some("ratio" | "1") | None => "",
        Some("1/s") => "per second",
        Some(unit) => unit,
    }
}

/// As many digits as say something.
pub fn written(value: f64) -> String {
    match value.abs() {
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        ..1000.0 => format!("{value:.0}"),
        _ => {
            let whole = format!("{value:.0}");
            let (high, low) = whole.split_at(whole.len() - 3);
            format!("{high},{low}")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Judged, filled, pages, results, written};

    #[test]
    fn the_pages_say_what_was_measured() {
        let results = results::read().unwrap();
        for page in pages() {
            let text = std::fs::read_to_string(&page).unwrap();
            let right = filled(&text, &results).unwrap();
            assert!(text == right, "{}: cargo xtask bench --plot", page.display());
        }
    }

    #[test]
    fn every_missed_budget_is_explained() {
        let page = std::fs::read_to_string(&pages()[0]).unwrap();
        let results = results::read().unwrap();
        for (name, figure) in results["figures"].as_object().unwrap() {
            if Judged::read(figure).is_some_and(|judged| !judged.met) {
                let place = format!("<!-- bench-budget: {name} -->");
                assert!(page.contains(&place), "what is left of {name:?}?");
            }
        }
    }

    fn example() -> Value {
        json!({ "figures": {
            "a: rate": { "unit": "1/s", "median": 7654.0, "min": 1.0, "max": 9e3 },
            "a: ratio": { "unit": "ratio", "median": 0.5, "at_least": 0.6 },
            "b: size": { "unit": "MiB", "median": 11.5, "at_most": 12.0 },
        }})
    }

    fn page(text: &str) -> String {
        filled(text, &example()).unwrap()
    }

    #[test]
    fn a_page_without_figures_stays_as_it_is() {
        let text = "# A page\n\nWith a line.\n";
        assert_eq!(page(text), text);
    }

    #[test]
    fn a_figure_that_is_not_there_is_an_error() {
        for text in [
            "<!-- bench: none -->\n<!-- /bench -->\n",
            "<!-- bench-budget: a: rate -->\n<!-- /bench -->\n",
            "At <span data-figure=\"none\">5</span>.\n",
        ] {
            assert!(filled(text, &example()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_figure_among_words_is_replaced() {
        let stale = "At <span data-figure=\"a: rate\">1</span> or more.\n";
        assert_eq!(page(stale), stale.replace(">1<", ">7,654<"));
    }

    #[test]
    fn budgets_are_judged_by_the_page() {
        let table = page("<!-- bench-budgets -->\n<!-- /bench -->\n");
        assert!(
            table.contains("| a: ratio | 0.50 | ≥ 0.60 | **missed** |"),
            "{table}"
        );
        assert!(
            table.contains("| b: size | 11.5 MiB | ≤ 12.0 MiB | met |"),
            "{table}"
        );
        assert!(!table.contains("a: rate"), "{table}");
        let line = page("<!-- bench-budget: a: ratio -->\n<!-- /bench -->\n");
        assert!(line.contains("a: ratio: 0.50. The budget, ≥ 0.60, is missed."));
    }

    #[test]
    fn figures_are_written_with_the_digits_that_say_something() {
        let all = [0.6194, 12.34, 999.4, 1234.0, 76742.4].map(written);
        assert_eq!(all, ["0.62", "12.3", "999", "1,234", "76,742"]);
    }
}
