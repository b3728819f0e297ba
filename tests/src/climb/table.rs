//! The table of chapters and capabilities, made from the scenarios.

use std::fmt::Write;

use super::{Chapter, scenarios};

/// The page of the book that holds the table.
pub const PAGE: &str = "book/src/behaviour.md";

const HEAD: &str = "\
# What each chapter can do

Each row of this table stands for one or more scenarios of the **ladder**, the acceptance
tests of this book. A mark means that the chapter's server passes them. For example,
`cargo xtask check 03` runs all scenarios of chapters 01 to 03 against chapter 03's server.
`cargo xtask check table` generates this page from the scenarios.

";

/// The whole page.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    let chapters = Chapter::all();
    let ids: Vec<&str> = chapters.iter().map(|chapter| &*chapter.id).collect();
    // Writing to a string cannot fail.
    let _ = writeln!(page, "| capability | {} |", ids.join(" | "));
    let _ = writeln!(page, "|---|{}", ":-:|".repeat(ids.len()));
    for (capability, since) in capabilities() {
        let marks =
            chapters.iter().map(|c| if c.number < since { "" } else { "✓" });
        let marks: Vec<&str> = marks.collect();
        let _ = writeln!(page, "| {capability} | {} |", marks.join(" | "));
    }
    page.push_str(
        "\n## The scenarios\n\n| since | what holds | needs |\n|---|---|---|\n",
    );
    for scenario in scenarios::ALL.iter().copied().flatten() {
        let needs: Vec<String> =
            scenario.needs.iter().map(ToString::to_string).collect();
        let (name, needs) = (scenario.name, needs.join(", "));
        let _ = writeln!(page, "| {:02} | {name} | {needs} |", scenario.since);
    }
    page.push_str("\n## What later chapters change\n\n");
    page.push_str(
        "In these scenarios a later chapter gives another correct answer to the \
         same request.\n\n\
         | what holds | from | why |\n|---|---|---|\n",
    );
    for scenario in scenarios::ALL.iter().copied().flatten() {
        for change in scenario.changes {
            let from = chapters.iter().find(|c| c.number == change.since);
            let from = from
                .map_or_else(|| format!("{:02}", change.since), |c| c.id.clone());
            let _ =
                writeln!(page, "| {} | {from} | {} |", scenario.name, change.why);
        }
    }
    page
}

/// Every capability and the chapter that brings it, in the order of the scenarios.
fn capabilities() -> Vec<(&'static str, u8)> {
    let mut found: Vec<(&str, u8)> = Vec::new();
    for scenario in scenarios::ALL.iter().copied().flatten() {
        if !found.iter().any(|(name, _)| *name == scenario.capability) {
            found.push((scenario.capability, scenario.since));
        }
    }
    found
}
