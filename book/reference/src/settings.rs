//! Every setting: default, unit, what is accepted, what it does.

use mcp_server::config::{Config, Setting};

use suite::climb::chapters::root;

const HEAD: &str = "\
# Settings

Every setting of the finished server is a variable of the environment. An empty one
counts as not set. A value that cannot be used stops the start, and everything that is
wrong is reported together. The chapters have those that they have come to.

The table is written by `cargo xtask bless`, and so is the one in `README.md`: both are
printed from the server's own table of settings.

| variable, and what it does | default | accepts |
|---|---|---|
";

/// What stands in front of the table in `README.md`.
const MARK: &str = "<!-- configuration -->\n";

/// The names of all variables that the server asks for.
pub fn names() -> Vec<String> {
    Config::table().iter().map(|it| it.variable.to_owned()).collect()
}

fn default(setting: &Setting) -> String {
    match setting.default {
        "" => "none".to_owned(),
        value => format!("`{value}`"),
    }
}

/// The whole page.
pub fn page() -> String {
    page_of(&Config::table())
}

/// The page of a server that has these settings.
pub fn page_of(table: &[Setting]) -> String {
    let row = |setting: &Setting| {
        let Setting { variable, meaning, accepts, unit, .. } = setting;
        let value = format!("{} {unit}", default(setting));
        format!(
            "| `{variable}`<br>{meaning} | {} | {accepts} |\n",
            value.trim_end()
        )
    };
    table.iter().map(row).fold(HEAD.to_owned(), |page, row| page + &row)
}

/// `README.md`, with its table as the server has it.
pub fn readme() -> String {
    let page = std::fs::read_to_string(root().join("README.md"));
    let page = page.unwrap_or_else(|error| panic!("README.md: {error}"));
    let (before, table) = page.split_once(MARK).unwrap_or((&page, ""));
    let after = table.split_once("\n\n").map_or("", |(_, after)| after);
    let row = |setting: &Setting| {
        let Setting { variable, meaning, .. } = setting;
        format!("| `{variable}` | {} | {meaning} |\n", default(setting))
    };
    let rows: String = Config::table().iter().map(row).collect();
    let head = "| variable | default | meaning |\n|---|---|---|\n";
    format!("{before}{MARK}{head}{rows}\n{after}")
}
