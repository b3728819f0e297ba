//! Code that the reader writes: the page shows a signature, its contract and the tests
//! that are red until the body is right.

use syn::ImplItemFn;
use syn::spanned::Spanned as _;

use crate::compile::Compiler;
use crate::directive::Target;
use crate::outline::Outline;
use crate::repository::Repository;
use crate::tree::Tree;

/// What a stub says when it runs.
const TODO: &str = "not yet implemented";

/// What a stub of a script answers.
const LUA: &str = "return redis.error_reply('ERR not yet implemented')";

/// An item that the reader writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Yours {
    /// The line of its directive.
    pub line: usize,
    /// The item: a function, or a whole script.
    pub at: Target,
    /// The file of its tests and their names.
    pub tests: Target,
    /// The crate at the checkpoint after it, with the book's body.
    pub tree: Option<Tree>,
}

impl Yours {
    /// Proves that the tests are red with a stub, and green with the book's body. What
    /// was proven before is not run again.
    ///
    /// # Errors
    /// What does not hold, in one sentence and the words of cargo.
    pub fn prove(
        &self,
        repository: &Repository,
        target: &Tree,
    ) -> Result<(), String> {
        let tree = self.tree.as_ref().ok_or("no checkpoint follows it")?;
        let tree = self.with_tests(tree, target);
        let compiler = Compiler::new(repository);
        let arguments = self.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let green = compiler.run(&tree, &arguments);
        let green = green.map_err(|text| format!("the tests fail\n{text}"))?;
        self.each(&green, "ok", "does not pass, or does not exist")?;
        let red = compiler.fails(&self.stubbed(&tree)?, &arguments)?;
        let red = red.ok_or("the tests pass with a stub")?;
        self.each(&red, "FAILED", "passes with a stub")?;
        match red.contains(TODO) {
            true => Ok(()),
            false => Err(format!("the tests do not fail at the stub\n{red}")),
        }
    }

    /// The arguments of cargo that run the tests, and no others.
    pub fn arguments(&self) -> Vec<String> {
        let file = self.tests.file.rsplit('/').next().unwrap_or_default();
        let name = file.trim_end_matches(".rs");
        let fixed = ["test", "--test", name, "--", "--exact"];
        let fixed = fixed.into_iter().map(str::to_owned);
        fixed.chain(self.tests.items.iter().cloned()).collect()
    }

    /// The reader's crate with the file of the tests, and what tests share.
    pub fn with_tests(&self, reader: &Tree, target: &Tree) -> Tree {
        let mut tree = reader.clone();
        let is_wanted = |file: &str| {
            file == self.tests.file || file.starts_with("tests/support/")
        };
        for (file, text) in &target.files {
            if is_wanted(file) {
                tree.files.insert(file.clone(), text.clone());
            }
        }
        tree
    }

    fn stubbed(&self, tree: &Tree) -> Result<Tree, String> {
        let mut tree = tree.clone();
        let file = &self.at.file;
        let text = tree.get(file).ok_or_else(|| format!("no file {file}"))?;
        let stubbed = stubbed(&self.at, text)?;
        tree.files.insert(file.clone(), stubbed);
        Ok(tree)
    }

    /// Each named test has that outcome.
    fn each(&self, output: &str, outcome: &str, fault: &str) -> Result<(), String> {
        for name in &self.tests.items {
            if !output.contains(&format!("test {name} ... {outcome}")) {
                return Err(format!("the test {name} {fault}\n{output}"));
            }
        }
        Ok(())
    }
}

/// The file with a stub in the place of each item's body.
///
/// # Errors
/// If an item is no function, or the file is no script.
pub fn stubbed(at: &Target, text: &str) -> Result<String, String> {
    if at.items.is_empty() {
        return script(&at.file, text);
    }
    let mut outline = Outline::parse(&at.file, text)?;
    for name in &at.items {
        for path in outline.find(name).map_err(|error| error.to_string())? {
            let Some((last, above)) = path.split_last() else { continue };
            let nodes = outline.inside_mut(above).into_iter().flatten();
            for node in nodes.filter(|node| node.name == *last) {
                node.lines = function(&node.lines)
                    .ok_or_else(|| format!("`{name}` is no function"))?;
            }
        }
    }
    Ok(outline.render())
}

/// A function's docs and signature, with `todo!()` inside.
fn function(lines: &[String]) -> Option<Vec<String>> {
    let parsed: ImplItemFn = syn::parse_str(&lines.join("\n")).ok()?;
    let open = parsed.block.brace_token.span.open().span().start();
    let (line, column) = (open.line.checked_sub(1)?, open.column);
    let mut stub = lines[..=line].to_vec();
    let head: String = lines[line].chars().take(column + 1).collect();
    let close = lines.last()?;
    let indent = close.len() - close.trim_start().len();
    let indent = " ".repeat(indent);
    stub[line] = head;
    stub.push(format!("{indent}    todo!()"));
    stub.push(format!("{indent}}}"));
    Some(stub)
}

/// A script's comment at the top, and an error.
fn script(file: &str, text: &str) -> Result<String, String> {
    if !file.ends_with(".lua") {
        return Err("name a function: FILE#ITEM".into());
    }
    let comment = text.lines().take_while(|line| line.starts_with("--"));
    Ok(comment.chain([LUA]).map(|line| format!("{line}\n")).collect())
}
