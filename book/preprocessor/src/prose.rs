//! The words of a page: how many, and in how long sentences.

/// A sentence that is longer than readers in their second language like.
#[derive(Clone, Debug, PartialEq)]
pub struct LongSentence {
    /// The line where it begins, from 1.
    pub line: usize,
    /// Its words.
    pub words: usize,
    /// How it begins.
    pub start: String,
}

/// The limit of a sentence, in words.
pub const SENTENCE: usize = 25;

/// The lines of a page that are prose: no code, no tables' rules, no directives.
pub fn lines(source: &str) -> Vec<(usize, String)> {
    let mut fence: Option<String> = None;
    let mut found = Vec::new();
    for (index, line) in source.lines().enumerate() {
        let trimmed = line.trim();
        if let Some(open) = &fence {
            if trimmed.starts_with(open.as_str()) {
                fence = None;
            }
            continue;
        }
        if let Some(open) = opens_fence(trimmed) {
            fence = Some(open);
            continue;
        }
        if trimmed.starts_with("{{") {
            continue;
        }
        found.push((index + 1, line.to_owned()));
    }
    found
}

/// A line without its inline code.
pub fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("``")
}

/// The characters that open a fenced block, if the line does.
pub fn opens_fence(line: &str) -> Option<String> {
    let first = line.chars().next().filter(|c| ['`', '~'].contains(c))?;
    let length = line.chars().take_while(|c| *c == first).count();
    (length >= 3).then(|| first.to_string().repeat(length))
}

/// `1 file`, `2 files`.
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// How many words the reader reads.
pub fn words(source: &str) -> usize {
    lines(source)
        .iter()
        .map(|(_, line)| plain(line).split_whitespace().count())
        .sum()
}

/// Markup away: tags, links' targets, marks of tables, lists and emphasis.
pub fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let skip = match c {
            '<' if tag(rest) => rest.find('>').map(|end| end + 1),
            ']' if rest.starts_with("](") => rest.find(')').map(|end| end + 1),
            '*' | '`' | '#' | '|' | '[' | ']' | '>' => Some(c.len_utf8()),
            _ => None,
        };
        match skip {
            Some(skip) => rest = &rest[skip..],
            None => {
                text.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    let marks = |text: &str| text.chars().all(|c| "-:.0123456789 ".contains(c));
    if marks(&text) { String::new() } else { text }
}

fn tag(rest: &str) -> bool {
    let next = rest[1..].chars().next();
    next.is_some_and(|c| c.is_ascii_alphabetic() || c == '/' || c == '!')
}

/// The sentences of more than [`SENTENCE`] words.
pub fn long_sentences(source: &str) -> Vec<LongSentence> {
    let mut found = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut start = 1;
    let mut close = |open: &mut Vec<String>, start: usize| {
        if open.len() > SENTENCE {
            let start_words = open.iter().take(6).cloned().collect::<Vec<_>>();
            let words = open.len();
            let begin = start_words.join(" ");
            found.push(LongSentence { line: start, words, start: begin });
        }
        open.clear();
    };
    for (number, line) in lines(source) {
        let trimmed = line.trim_start();
        let begins = trimmed.is_empty()
            || ["#", "|", "- ", "* ", ">", "<"]
                .iter()
                .any(|m| trimmed.starts_with(m));
        if begins {
            close(&mut open, start);
        }
        for word in plain(&line).split_whitespace() {
            if open.is_empty() {
                start = number;
            }
            open.push(word.to_owned());
            let end = word.trim_end_matches(['"', ')', '”', '*']);
            if end.ends_with(['.', '?', '!', ':', ';']) {
                close(&mut open, start);
            }
        }
        if trimmed.starts_with('|') || trimmed.starts_with('#') {
            close(&mut open, start);
        }
    }
    close(&mut open, start);
    found
}
