//! The state of the terminal, which must survive a signal.

use std::io::stdin;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// How the terminal was when the lab began. Dropping this restores it: the line
/// editor may be reading when a signal ends the lab.
#[derive(Debug)]
pub struct TerminalState(Option<Termios>);

impl TerminalState {
    /// Reads the state, if standard input is a terminal.
    pub fn read() -> Self {
        Self(tcgetattr(stdin()).ok())
    }
}

impl Drop for TerminalState {
    fn drop(&mut self) {
        if let Some(state) = &self.0 {
            // An error means that the terminal is gone.
            let _ = tcsetattr(stdin(), OptionalActions::Now, state);
        }
    }
}
