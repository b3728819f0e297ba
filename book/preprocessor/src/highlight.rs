//! Colours for code, without JavaScript: the classes of mdBook's own themes.

/// A line of `file` as HTML.
pub fn line(file: &str, text: &str) -> String {
    let language = Language::of(file);
    let mut html = String::new();
    let mut rest = text;
    let mut before = String::new();
    while let Some(c) = rest.chars().next() {
        let (length, class) = language.token(rest, c, &before);
        let (token, after) = rest.split_at(length);
        match class {
            Some(class) => {
                html.push_str("<span class=\"hljs-");
                html.push_str(class);
                html.push_str("\">");
                html.push_str(&escape(token));
                html.push_str("</span>");
            }
            None => html.push_str(&escape(token)),
        }
        if !token.trim().is_empty() {
            before = token.to_owned();
        }
        rest = after;
    }
    html
}

/// Text as HTML.
pub fn escape(text: &str) -> String {
    let entity = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(entity).collect()
}

struct Language {
    comment: &'static str,
    keywords: &'static [&'static str],
    rust: bool,
}

const RUST: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else",
    "enum", "extern", "false", "fn", "for", "if", "impl", "in", "let", "loop",
    "match", "mod", "move", "mut", "pub", "ref", "return", "self", "Self",
    "static", "struct", "super", "trait", "true", "type", "unsafe", "use", "where",
    "while",
];
const LUA: &[&str] = &[
    "and", "do", "else", "elseif", "end", "false", "for", "function", "if", "in",
    "local", "nil", "not", "or", "return", "then", "true", "while",
];

impl Language {
    fn of(file: &str) -> Self {
        let (comment, keywords, rust) = match file.rsplit_once('.') {
            Some((_, "rs")) => ("//", RUST, true),
            Some((_, "lua")) => ("--", LUA, false),
            Some((_, "toml" | "yml" | "yaml" | "sh" | "cfg" | "py")) => {
                ("#", &["true", "false"] as &[&str], false)
            }
            _ => ("\u{0}", &[] as &[&str], false),
        };
        Self { comment, keywords, rust }
    }

    /// How long the token is that `rest` begins with, and its class.
    fn token(
        &self,
        rest: &str,
        c: char,
        before: &str,
    ) -> (usize, Option<&'static str>) {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        if rest.starts_with(self.comment) {
            return (rest.len(), Some("comment"));
        }
        if self.rust && (rest.starts_with("#[") || rest.starts_with("#![")) {
            let end = rest.find(']').map_or(rest.len(), |end| end + 1);
            return (end, Some("meta"));
        }
        if c == '"' {
            return (string_end(rest), Some("string"));
        }
        if c == '\'' && self.rust {
            return self.quote(rest);
        }
        if c.is_ascii_digit() {
            let number = |c: char| word(c);
            let end = rest.find(|c| !number(c)).unwrap_or(rest.len());
            return (end, Some("number"));
        }
        if !word(c) {
            return (c.len_utf8(), None);
        }
        let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        let class = if self.keywords.contains(&token) {
            Some("keyword")
        } else if self.rust && before == "fn" {
            Some("title")
        } else if self.rust && after.starts_with('!') && !after.starts_with("!=") {
            Some("built_in")
        } else if self.rust && c.is_uppercase() {
            Some("type")
        } else {
            None
        };
        (end, class)
    }

    /// A character in quotes, or a lifetime.
    fn quote(&self, rest: &str) -> (usize, Option<&'static str>) {
        let mut inside = rest.char_indices().skip(1);
        let first = inside.next().map(|(_, c)| c);
        if first == Some('\\') {
            let end = inside.skip(1).find(|(_, c)| *c == '\'');
            return (
                end.map_or(rest.len(), |(index, _)| index + 1),
                Some("string"),
            );
        }
        if let Some((index, '\'')) = inside.next() {
            return (index + 1, Some("string"));
        }
        let name = |c: char| c.is_alphanumeric() || c == '_';
        let end = rest[1..].find(|c| !name(c)).map_or(rest.len(), |end| end + 1);
        (end, Some("symbol"))
    }
}

/// To the closing quote, or to the end of the line.
fn string_end(rest: &str) -> usize {
    let mut escaped = false;
    for (index, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    rest.len()
}
