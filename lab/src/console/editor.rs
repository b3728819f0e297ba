//! The line editor, with history and completion.

use std::sync::{Arc, Mutex, PoisonError};

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Helper};

use super::{PROMPT, grammar};

type Readline = rustyline::Editor<Completion, MemHistory>;

/// What can be typed behind the name of a command. Clones share the list.
#[derive(Debug, Clone, Default)]
pub struct Words(Arc<Mutex<Vec<String>>>);

impl Words {
    /// Adds a word.
    pub fn add(&self, word: &str) {
        let mut words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }

    fn that_begin_with(&self, start: &str) -> Vec<String> {
        let words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        words.iter().filter(|word| word.starts_with(start)).cloned().collect()
    }
}

/// The line editor.
pub struct Editor(Readline);

impl Editor {
    /// Prepares the terminal.
    ///
    /// # Errors
    /// A sentence, if the terminal cannot be used.
    pub fn open(words: Words) -> Result<Self, String> {
        let config = Config::builder().completion_type(CompletionType::List);
        let config = config.auto_add_history(true).build();
        let history = MemHistory::with_config(&config);
        let mut readline = Readline::with_history(config, history)
            .map_err(|error| format!("this terminal cannot be used: {error}"))?;
        readline.set_helper(Some(Completion { words }));
        Ok(Self(readline))
    }

    /// Reads the next line that is not empty; `None` after Ctrl-C or Ctrl-D.
    pub fn read(&mut self) -> Option<String> {
        loop {
            match self.0.readline(PROMPT) {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => return Some(line.trim().to_owned()),
                Err(ReadlineError::Signal(_)) => {}
                Err(_) => return None,
            }
        }
    }
}

/// Completes the first word to a command, and every other one to what is known.
struct Completion {
    words: Words,
}

impl Completer for Completion {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let typed = &line[..at];
        let start = typed.rfind(' ').map_or(0, |blank| blank + 1);
        Ok((start, candidates(typed, &self.words)))
    }
}

/// What the last word of a line can become.
fn candidates(typed: &str, words: &Words) -> Vec<String> {
    match typed.rsplit_once(' ') {
        Some((_, last)) => words.that_begin_with(last),
        None => {
            let names = grammar::COMMANDS.iter().map(grammar::Usage::name);
            let mut names: Vec<String> = names
                .filter(|name| name.starts_with(typed))
                .map(Into::into)
                .collect();
            names.dedup();
            names
        }
    }
}

impl Helper for Completion {}
impl Highlighter for Completion {}
impl Hinter for Completion {
    type Hint = String;
}
impl Validator for Completion {}

#[cfg(test)]
mod tests {
    use super::{Words, candidates};

    #[test]
    fn the_first_word_is_a_command_and_the_others_are_what_is_known() {
        let words = Words::default();
        for word in ["a", "s1", "s1", "calculator://history"] {
            words.add(word);
        }
        assert_eq!(candidates("re", &words), ["read", "resume", "redis"]);
        assert_eq!(candidates("read a s", &words), ["s1"]);
        assert_eq!(candidates("read a s1 calc", &words), ["calculator://history"]);
        assert!(candidates("x", &words).is_empty());
    }
}
