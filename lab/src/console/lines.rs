//! Where lines come from: a line editor, a file or a pipe. Reading blocks, so it has a
//! thread of its own.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read, stdin};
use std::path::Path;
use std::thread;

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::editor::{Editor, Words};

/// Returns the next command, or `None` at the end.
type Reader = Box<dyn FnMut() -> Option<String> + Send>;

/// A source of commands. Each is asked for, so that the prompt of the line editor
/// stands behind the output of the command before.
#[derive(Debug)]
pub struct Lines {
    /// Whether it is a file or a pipe: the first command that fails ends the lab.
    pub is_script: bool,
    wanted: Sender<()>,
    lines: Receiver<String>,
    is_asked: bool,
}

impl Lines {
    /// The script, if there is one; otherwise standard input, with the line editor if
    /// it is a terminal.
    ///
    /// # Errors
    /// A sentence that names what cannot be read.
    pub fn open(script: Option<&Path>, words: Words) -> Result<Self, String> {
        match script {
            Some(path) => {
                let file = File::open(path);
                let file = file.map_err(|error| {
                    format!("cannot read {}: {error}", path.display())
                })?;
                Ok(Self::start(true, script_reader(file)))
            }
            None if stdin().is_terminal() => {
                let mut editor = Editor::open(words)?;
                Ok(Self::start(false, Box::new(move || editor.read())))
            }
            None => Ok(Self::start(true, script_reader(stdin()))),
        }
    }

    fn start(is_script: bool, mut read: Reader) -> Self {
        let (wanted, mut is_wanted) = channel(1);
        let (sender, lines) = channel(1);
        thread::spawn(move || {
            while is_wanted.blocking_recv().is_some() {
                let Some(line) = read() else { return };
                if sender.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        Self { is_script, wanted, lines, is_asked: false }
    }

    /// The next command, or `None` at the end. Dropping the future loses no line.
    pub async fn next(&mut self) -> Option<String> {
        if !self.is_asked {
            self.wanted.send(()).await.ok()?;
            self.is_asked = true;
        }
        let line = self.lines.recv().await;
        self.is_asked = false;
        line
    }
}

/// The lines of a script, without empty ones and comments.
fn script_reader(script: impl Read + Send + 'static) -> Reader {
    let lines = BufReader::new(script).lines().map_while(Result::ok);
    let lines = lines.map(|line| line.trim().to_owned());
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    Box::new(move || lines.next())
}
