//! The shape of `final`: its map is true, its imports are flat, a name means one
//! thing, and files and functions are short.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs::read_to_string;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use suite::climb::chapters::root;
use syn::spanned::Spanned;
use syn::visit::Visit;

fn sources(folder: &Path) -> Vec<PathBuf> {
    files(folder, "rs")
}

fn files(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, kind));
        } else if path.extension().is_some_and(|ending| ending == kind) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A source file of `final`, by its path below `src`.
fn final_sources() -> Vec<(String, String)> {
    let folder = root().join("final/src");
    let name = |path: &Path| {
        path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned()
    };
    let files = sources(&folder);
    files.iter().map(|path| (name(path), read_to_string(path).unwrap())).collect()
}

/// The rows of the map in `lib.rs`, from the top down: the modules of each.
fn map() -> Vec<Vec<String>> {
    let lib = read_to_string(root().join("final/src/lib.rs")).unwrap();
    let rows = lib.lines().filter_map(|line| line.strip_prefix("//! | [`"));
    rows.map(|row| {
        let cell = row.split('|').next().unwrap();
        let names = cell.split(|c: char| !c.is_ascii_lowercase() && c != '_');
        names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
    })
    .collect()
}

/// The row of a module in the map; the crate's root stands above all.
fn row(map: &[Vec<String>], module: &str) -> Option<usize> {
    map.iter().position(|row| row.iter().any(|name| name == module))
}

/// The modules that a source names after `crate::`, comments left out.
fn imported(source: &str) -> Vec<String> {
    let code: Vec<&str> =
        source.lines().map(|line| line.split("//").next().unwrap()).collect();
    let code = code.join("\n");
    let named = code.split("crate::").skip(1);
    let module = |rest: &str| -> String {
        rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect()
    };
    named.map(module).filter(|name| !name.is_empty()).collect()
}

#[test]
fn imports_point_downward_in_the_map() {
    let map = map();
    assert!(map.len() > 5, "lib.rs has no map");
    let mut upward = Vec::new();
    for (file, source) in final_sources() {
        let module = file.split(['/', '.']).next().unwrap();
        if ["lib", "main"].contains(&module) {
            continue;
        }
        let own = row(&map, module);
        let own = own.unwrap_or_else(|| panic!("{module} is not on the map"));
        for other in imported(&source).iter().filter(|other| *other != module) {
            if row(&map, other).is_none_or(|row| row <= own) {
                upward.push(format!("{file} imports {other}"));
            }
        }
    }
    upward.dedup();
    assert!(upward.is_empty(), "these point upward:\n{}", upward.join("\n"));
}

#[test]
fn a_use_declaration_names_one_module() {
    let folders =
        ["final", "tests", "testkit", "xtask", "chapters", "book/reference"];
    let mut nested = Vec::new();
    for path in folders.iter().flat_map(|folder| sources(&root().join(folder))) {
        let file = syn::parse_file(&read_to_string(&path).unwrap()).unwrap();
        let mut uses = NestedUses::default();
        uses.visit_file(&file);
        let place = path.strip_prefix(root()).unwrap().display();
        nested.extend(uses.0.iter().map(|line| format!("{place}:{line}")));
    }
    assert!(nested.is_empty(), "nested use trees:\n{}", nested.join("\n"));
}

/// The lines on which a `use` tree has a path inside its braces.
#[derive(Default)]
struct NestedUses(Vec<usize>);

impl<'a> Visit<'a> for NestedUses {
    fn visit_use_group(&mut self, group: &'a syn::UseGroup) {
        let is_path = |tree: &syn::UseTree| {
            matches!(tree, syn::UseTree::Path(_) | syn::UseTree::Group(_))
        };
        if group.items.iter().any(is_path) {
            self.0.push(group.span().start().line);
        }
    }
}

/// The public types of a crate's sources, with the files that define them.
fn public_types(files: &[(String, String)]) -> BTreeMap<String, Vec<String>> {
    let mut types: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, source) in files {
        for item in syn::parse_file(source).unwrap().items {
            let (visibility, name) = match item {
                syn::Item::Struct(item) => (item.vis, item.ident),
                syn::Item::Enum(item) => (item.vis, item.ident),
                syn::Item::Trait(item) => (item.vis, item.ident),
                syn::Item::Type(item) => (item.vis, item.ident),
                _ => continue,
            };
            if !matches!(visibility, syn::Visibility::Inherited) {
                types.entry(name.to_string()).or_default().push(file.clone());
            }
        }
    }
    types
}

#[test]
fn no_two_public_types_share_a_name() {
    let types = public_types(&final_sources());
    let shared: Vec<String> = types
        .iter()
        // Each module's own `Result` is the convention of the language.
        .filter(|(name, files)| files.len() > 1 && *name != "Result")
        .map(|(name, files)| format!("{name} in {}", files.join(", ")))
        .collect();
    assert!(shared.is_empty(), "{}", shared.join("\n"));
}

/// The glossary names a type behind its term: **event log** (`EventLog`).
#[test]
fn every_type_of_the_glossary_exists() {
    let types = public_types(&final_sources());
    let page = read_to_string(root().join("book/src/glossary.md")).unwrap();
    let entries = page.lines().filter_map(|line| line.strip_prefix("**"));
    let mut named = 0;
    for entry in entries {
        let Some((term, rest)) = entry.split_once("** (`") else { continue };
        let name = rest.split('`').next().unwrap();
        assert!(types.contains_key(name), "{term}: there is no type {name}");
        named += 1;
    }
    assert!(named > 0, "no entry of the glossary names a type");
}

/// What a module owns in Redis.
struct Owned {
    module: &'static str,
    /// Its keys and channels, by the names that its scripts have for them.
    keys: &'static [&'static str],
    /// Its fields, values and messages; of those with a variable end the beginning.
    words: &'static [&'static str],
}

/// The modules with scripts, from the lowest up.
const OWNED: [Owned; 4] = [
    Owned { module: "redis", keys: &[], words: &["+inf", "-inf", "REJECTED"] },
    Owned {
        module: "sessions",
        keys: &["record", "history", "audit", "totals", "places", "index"],
        words: &[
            "created",
            "indexed",
            "last_activity",
            "log_level",
            "node",
            "owner",
            "postponed",
            "principal",
            "recorded",
            "request",
            "requests",
            "response",
            "schema",
        ],
    },
    Owned {
        module: "events",
        keys: &["calls", "events", "queue"],
        words: &[
            "attempt:",
            "batch:",
            "c",
            "call:",
            "elsewhere",
            "end",
            "evicted:",
            "g",
            "here",
            "holds",
            "kind",
            "last:",
            "listener",
            "log_bytes",
            "message",
            "none",
            "open",
            "opening",
            "over",
            "previous",
            "read",
            "reader",
            "reader:",
            "replaced",
            "silent:",
            "stream",
            "stream:",
            "streams",
            "unknown",
            "withdrawn",
        ],
    },
    Owned {
        module: "bus",
        keys: &["node_channels", "broadcast_channel"],
        words: &[
            " cancel ",
            "answer:",
            "cancelled:",
            "claimed ",
            "look",
            "question:",
            "read ",
        ],
    },
];

/// The scripts of a module, by their paths, without comments.
fn scripts(module: &str) -> Vec<(String, String)> {
    let folder = root().join("final/src").join(module);
    let files = files(&folder, "lua").into_iter().map(|path| {
        let source = read_to_string(&path).unwrap();
        let code = source.lines().map(|line| line.split("--").next().unwrap());
        (path.display().to_string(), code.collect::<Vec<_>>().join("\n"))
    });
    files.collect()
}

/// The words between quotes that are not Redis' own: of a pattern for a field the
/// beginning of the field, of an error its code.
fn words(code: &str) -> impl Iterator<Item = &str> {
    let quoted = code.split('\'').skip(1).step_by(2);
    let owned =
        quoted.filter(|word| word.contains(|c: char| c.is_ascii_lowercase()));
    owned.filter_map(|word| match word.strip_prefix('^') {
        Some(pattern) => {
            let (field, _) = pattern.split_once(':')?;
            let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
            field.chars().all(is_name).then(|| &word[1..=field.len() + 1])
        }
        None if word.starts_with("REJECTED ") => Some("REJECTED"),
        None => Some(word),
    })
}

/// The identifiers of Lua code, without what is between quotes.
fn identifiers(code: &str) -> impl Iterator<Item = &str> {
    let code = code.split('\'').step_by(2);
    code.flat_map(|code| code.split(|c: char| !c.is_alphanumeric() && c != '_'))
}

#[test]
fn no_script_knows_what_a_higher_module_keeps_in_redis() {
    let mut faults = Vec::new();
    for (at, owned) in OWNED.iter().enumerate() {
        let (known, higher) = OWNED.split_at(at + 1);
        let known: Vec<_> = known.iter().flat_map(|it| it.words).collect();
        let keys: Vec<_> = higher.iter().flat_map(|it| it.keys).collect();
        let scripts = scripts(owned.module);
        for (file, code) in &scripts {
            let strange = words(code).filter(|word| !known.contains(&word));
            faults.extend(strange.map(|word| format!("{file} knows '{word}'")));
            let of_others = identifiers(code).filter(|name| keys.contains(&name));
            faults.extend(of_others.map(|name| format!("{file} knows {name}")));
        }
        let all: String = scripts.into_iter().map(|(_, code)| code).collect();
        let unused = owned.words.iter().filter(|word| !all.contains(**word));
        let unused = unused.filter(|_| owned.module != "redis");
        faults.extend(unused.map(|it| format!("{} has no '{it}'", owned.module)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A prelude gives each of them a name.
#[test]
fn no_script_takes_an_argument_or_a_key_by_its_position() {
    let all = OWNED.iter().flat_map(|owned| scripts(owned.module));
    let by_position: Vec<String> = all
        .filter(|(_, code)| code.contains("ARGV") || code.contains("KEYS["))
        .map(|(file, _)| file)
        .collect();
    assert!(by_position.is_empty(), "{}", by_position.join("\n"));
}

/// Files with more than 250 lines, each with the reason.
const LONG_FILES: &[(&str, &str)] = &[
    ("bus/redis.rs", "the Bus trait on Redis, one method a script"),
    ("engine.rs", "the engine's parts, and how they are connected"),
    ("redis/connection.rs", "one server and a cluster behind one type"),
    ("service/asking.rs", "the same question in both eras"),
    ("service/context.rs", "all that a handler may touch, each with its docs"),
    ("sessions/memory.rs", "the SessionStore trait in memory, one method each"),
    ("sessions/redis.rs", "the SessionStore trait on Redis, one method a script"),
];

/// Functions that are longer or nest deeper, by file and name, each with the reason.
const LONG_FUNCTIONS: &[(&str, &str)] = &[
    ("error.rs: meaning", "one row a variant: the table of errors is one match"),
    ("http/error.rs: meaning", "one row a variant, as in error.rs"),
];

/// How many lines a file may have, its unit tests left aside.
const MAX_FILE: usize = 250;

/// How many lines a function may have, from its name to its last brace.
const MAX_FUNCTION: usize = 45;

/// How many lines 95 of 100 functions have at most.
const USUAL_FUNCTION: usize = 25;

/// How deep `if`, `match` and loops may nest in a function.
const MAX_NESTING: usize = 4;

/// The sources without files of unit tests.
fn product_sources() -> impl Iterator<Item = (String, String)> {
    let is_test = |file: &str| file.ends_with("tests.rs");
    final_sources().into_iter().filter(move |(file, _)| !is_test(file))
}

#[test]
fn a_file_has_at_most_250_lines() {
    let mut wrong = Vec::new();
    for (file, source) in product_sources() {
        let tests = Shape::of(&source).test_lines;
        let lines = source.lines().count() - tests;
        let is_listed = LONG_FILES.iter().any(|(name, _)| *name == file);
        if is_listed != (lines > MAX_FILE) {
            wrong.push(format!("{file}: {lines} lines, listed: {is_listed}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn functions_are_short_and_flat() {
    let mut functions = Vec::new();
    for (file, source) in product_sources() {
        for (name, lines, nesting) in Shape::of(&source).functions {
            functions.push((lines, nesting, format!("{file}: {name}")));
        }
    }
    functions.sort();
    let mut wrong = Vec::new();
    for (lines, nesting, name) in &functions {
        let is_listed = LONG_FUNCTIONS.iter().any(|(listed, _)| listed == name);
        let is_over = *lines > MAX_FUNCTION || *nesting > MAX_NESTING;
        if is_over != is_listed {
            let text =
                format!("{lines} lines, {nesting} deep, listed: {is_listed}");
            wrong.push(format!("{name}: {text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let longer = &functions[functions.len() * 95 / 100..];
    assert!(longer[0].0 <= USUAL_FUNCTION, "95 of 100 are shorter:\n{longer:#?}");
}

/// The functions of a source, with their lines and how deep they nest. It is read as
/// tokens, so that those within macros are seen too. Unit tests are left out.
#[derive(Default)]
struct Shape {
    functions: Vec<(String, usize, usize)>,
    test_lines: usize,
}

impl Shape {
    fn of(source: &str) -> Self {
        let mut shape = Self::default();
        shape.read(source.parse().unwrap());
        shape
    }

    fn read(&mut self, tokens: TokenStream) {
        let mut function = None;
        let mut is_test = false;
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(word) if word == "fn" => {
                    let line = word.span().start().line;
                    function = tokens.peek().map(|name| (name.to_string(), line));
                }
                TokenTree::Punct(mark) if mark.as_char() == ';' => {
                    function = None;
                    is_test = false;
                }
                TokenTree::Group(group) => {
                    let block = group.delimiter() == Delimiter::Brace;
                    is_test |= group.to_string().replace(' ', "") == "[cfg(test)]";
                    if is_test && block {
                        self.test_lines += lines_of(&group);
                        is_test = false;
                        continue;
                    }
                    if let Some((name, line)) = function.take_if(|_| block) {
                        let lines = group.span_close().end().line + 1 - line;
                        let nesting = nesting(group.stream());
                        self.functions.push((name, lines, nesting));
                    }
                    self.read(group.stream());
                }
                _ => {}
            }
        }
    }
}

fn lines_of(group: &Group) -> usize {
    group.span_close().end().line + 1 - group.span_open().start().line
}

/// How deep `if`, `match` and loops nest. `else if` is as deep as its `if`.
fn nesting(tokens: TokenStream) -> usize {
    let mut deepest = 0;
    let mut is_control = false;
    let mut is_pattern = false;
    let mut last = String::new();
    for token in tokens {
        let text = match &token {
            TokenTree::Group(group) => format!("{:?}", group.delimiter()),
            other => other.to_string(),
        };
        match (&token, text.as_str()) {
            (TokenTree::Group(group), "Brace") if is_control && !is_pattern => {
                deepest = deepest.max(1 + nesting(group.stream()));
                is_control = false;
            }
            (TokenTree::Group(group), _) => {
                deepest = deepest.max(nesting(group.stream()));
            }
            (_, "if" | "match" | "while" | "loop") => is_control = true,
            (_, "else") => is_control = last == "Brace",
            (_, "for") => {
                is_control = true;
                is_pattern = true;
            }
            (_, "let") => is_pattern = is_control,
            (_, "in" | "=") => is_pattern = false,
            // The guard of an arm has no block.
            (_, ">") if last == "=" => is_control = false,
            (_, ";") => is_control = false,
            _ => {}
        }
        last = text;
    }
    deepest
}

#[test]
fn the_shape_of_a_function_is_seen() {
    let source = "fn one() { select! { x = y => if let Some(A { b }) = x {
        for B { c } in d { loop { } } } else if e { } else { } } }
        fn two(f: fn(u8)) {
            let Some(a) = b else { match c { 1 if d => { } _ => { } } };
        }
        #[cfg(test)] mod tests {
            fn three() { } }";
    let shape = Shape::of(source);
    let found: Vec<_> =
        shape.functions.iter().map(|(n, l, d)| (&**n, *l, *d)).collect();
    assert_eq!(found, [("one", 2, 3), ("two", 3, 1)]);
    assert_eq!(shape.test_lines, 2);
}
