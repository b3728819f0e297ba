//! In which chapter each part of the server is explained. What a chapter that is
//! there has, it has; what is still to be written is in the plan.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use mcp_server::calculator::{Calculator, CalculatorSettings};
use mcp_server::protocol::lifecycle::{ClientCapabilities, ClientInfo};
use mcp_server::protocol::version::{Era, Version};
use mcp_server::service::Service;
use mcp_server::sessions::{Principal, SessionId, SessionInit};

use super::plan::{PLAN, Part};
use super::settings;
use suite::climb::chapters::{FINAL, root};
use suite::climb::{Chapter, scenarios};

const HEAD: &str = "\
# From a part of the server to its chapter

These tables list every feature, setting and file of the [finished server](final.md),
each once, with the chapter that introduces it. The contents of a written chapter come from
its crate. The other chapters are *planned*, and the tables show what they will introduce.
Later chapters may change a file again.

`cargo xtask bless` generates this page. A test fails if a file, a setting, a tool, a
resource or a prompt is in none of the three tables.

";

/// A crate as the plan sees it: what it has, without its texts.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// 1 to 17, or [`FINAL`].
    pub number: u8,
    /// What its folder is called, behind the number.
    pub name: String,
    /// The files below `src`.
    pub files: BTreeSet<String>,
    /// The variables of the finished server that it knows.
    pub settings: BTreeSet<String>,
}

impl Inventory {
    /// What the crate in `folder` has.
    pub fn of(number: u8, name: &str, folder: &Path) -> Self {
        let mut found = Self { number, name: name.into(), ..Self::default() };
        let known = settings::names();
        let top = folder.join("src");
        let mut open = vec![top.clone()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                let has = |name: &&String| text.contains(&format!("\"{name}\""));
                found.settings.extend(known.iter().filter(has).cloned());
                let inside = path.strip_prefix(&top).unwrap_or(&path);
                let inside = inside.to_string_lossy().replace('\\', "/");
                // A chapter's unit tests have files of their own.
                if !inside.ends_with("tests.rs") {
                    found.files.insert(inside);
                }
            }
        }
        found
    }

    /// All crates, `final` last.
    pub fn all() -> Vec<Self> {
        let folder = |chapter: &Chapter| match chapter.number {
            FINAL => root().join("final"),
            _ => {
                let name = format!("{}-{}", chapter.id, chapter.title);
                root().join("chapters").join(name)
            }
        };
        let of = |c: &Chapter| Self::of(c.number, &c.title, &folder(c));
        Chapter::all().iter().map(of).collect()
    }
}

/// The names of what the calculator offers, in both eras.
pub fn offered() -> BTreeSet<String> {
    let sample = "the sample tool";
    let settings = CalculatorSettings {
        sample_tool: Some("sample".to_owned()),
        ..CalculatorSettings::default()
    };
    let calculator =
        Calculator::new(settings).unwrap_or_else(|error| panic!("{error}"));
    let stateful = Era::Stateful(Version::LATEST);
    let session = SessionInit {
        id: SessionId::random(),
        principal: Principal::anonymous(),
        owner: String::new(),
        era: stateful,
        client: ClientInfo { name: String::new(), version: String::new() },
        capabilities: ClientCapabilities::default(),
    };
    let id = session.id.to_string();
    let mut found = BTreeSet::new();
    for era in [stateful, Era::Stateless] {
        let tools = calculator.tools(era).iter();
        found.extend(tools.map(|tool| tool.name.replace("sample", sample)));
        let templates = calculator.resource_templates(era).iter();
        found.extend(templates.map(|template| template.uri_template.clone()));
        found.extend(calculator.prompts(era).iter().map(|p| p.name.clone()));
    }
    let resources = calculator.resources(Some(&session)).into_iter();
    found.extend(resources.map(|r| r.uri.replace(&id, "{sessionId}")));
    found
}

/// What is wrong with a plan, in sentences.
pub fn faults(
    plan: &[Part],
    crates: &[Inventory],
    offered: &BTreeSet<String>,
) -> Vec<String> {
    let Some(last) = crates.iter().find(|one| one.number == FINAL) else {
        return vec!["there is no final".to_owned()];
    };
    let mut faults = Vec::new();
    for one in crates {
        let planned = plan.iter().find(|part| part.chapter == one.number);
        if planned.is_none_or(|part| part.name != one.name) {
            faults.push(format!("{} is not called so in the plan", one.name));
        }
    }
    let mut check =
        |kind: &str,
         all: &BTreeSet<String>,
         of: fn(&Part) -> &'static [&'static str],
         has: &dyn Fn(&Inventory, &str) -> Option<bool>| {
            for item in all {
                let parts: Vec<u8> = plan
                    .iter()
                    .flat_map(|part| {
                        of(part).iter().map(move |e| (part.chapter, e))
                    })
                    .filter(|(_, entry)| covers(entry, item))
                    .map(|(chapter, _)| chapter)
                    .collect();
                let [planned] = parts[..] else {
                    let times = parts.len();
                    faults.push(format!(
                        "{kind} {item} is in {times} parts of the plan, not in one"
                    ));
                    continue;
                };
                let first = crates.iter().find(|one| has(one, item) == Some(true));
                if let Some(first) = first.filter(|first| first.number < planned) {
                    faults.push(format!(
                    "{kind} {item} is in chapter {:02} already, the plan says {}",
                    first.number,
                    id(planned)
                ));
                }
                let there = crates.iter().find(|one| one.number == planned);
                if there.is_some_and(|one| has(one, item) == Some(false)) {
                    faults.push(format!(
                        "{kind} {item} was to come with chapter {}, which has none",
                        id(planned)
                    ));
                }
            }
            for entry in plan.iter().flat_map(|part| of(part).iter()) {
                let is_words = entry.contains(' ') || entry.starts_with('/');
                if !is_words && !all.iter().any(|item| covers(entry, item)) {
                    faults.push(format!(
                        "{kind} {entry} is planned, and not in final"
                    ));
                }
            }
        };
    check("file", &last.files, |part| part.files, &|one, file| {
        Some(one.files.contains(file))
    });
    check("setting", &last.settings, |part| part.settings, &|one, name| {
        Some(one.settings.contains(name))
    });
    check("offer", offered, |part| part.surface, &|_, _| None);
    faults
}

/// Whether an entry of the plan means this item.
fn covers(entry: &str, item: &str) -> bool {
    entry == item || entry.ends_with('/') && item.starts_with(entry)
}

/// The whole page.
pub fn page() -> String {
    let crates = Inventory::all();
    let mut page = HEAD.to_owned();
    page.push_str("## What it can do\n\n| chapter | brings |\n|---|---|\n");
    for part in PLAN {
        let mut brings = capabilities(part.chapter);
        brings.extend(part.surface.iter().map(|name| word(name)));
        push(&mut page, part, &crates, &brings);
    }
    page.push_str("\n## Settings\n\n| chapter | variables |\n|---|---|\n");
    for part in PLAN {
        let names: Vec<String> = part.settings.iter().map(|n| word(n)).collect();
        push(&mut page, part, &crates, &names);
    }
    page.push_str("\n## Files\n\n| chapter | of `final/src` |\n|---|---|\n");
    for part in PLAN {
        let names: Vec<String> = files(part, &crates).map(|n| word(n)).collect();
        push(&mut page, part, &crates, &names);
    }
    page
}

/// The files of the finished server that a part of the plan means.
fn files<'a>(
    part: &Part,
    crates: &'a [Inventory],
) -> impl Iterator<Item = &'a String> {
    let last = crates.iter().filter(|one| one.number == FINAL);
    let all = last.flat_map(|one| &one.files);
    let entries = part.files;
    all.filter(|file| entries.iter().any(|entry| covers(entry, file)))
}

/// What the ladder asks for since this chapter.
fn capabilities(chapter: u8) -> Vec<String> {
    let mut found: Vec<(&str, u8)> = Vec::new();
    for scenario in scenarios::ALL.iter().copied().flatten() {
        if !found.iter().any(|(name, _)| *name == scenario.capability) {
            found.push((scenario.capability, scenario.since));
        }
    }
    let of = found.into_iter().filter(|(_, since)| *since == chapter);
    of.map(|(name, _)| name.to_owned()).collect()
}

/// Names are code, sentences are not.
fn word(name: &str) -> String {
    match name.contains(' ') {
        true => name.to_owned(),
        false => format!("`{name}`"),
    }
}

fn push(page: &mut String, part: &Part, crates: &[Inventory], items: &[String]) {
    if items.is_empty() {
        return;
    }
    let id = id(part.chapter);
    let there = crates.iter().any(|one| one.number == part.chapter);
    let title = match (part.chapter, there) {
        (FINAL, _) => "[final](final.md)".to_owned(),
        (_, true) => format!("[{id} {}]({id}-{}.md)", part.name, part.name),
        (_, false) => format!("{id} {}, *planned*", part.name),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(page, "| {title} | {} |", items.join("; "));
}

fn id(chapter: u8) -> String {
    match chapter {
        FINAL => "final".to_owned(),
        number => format!("{number:02}"),
    }
}
