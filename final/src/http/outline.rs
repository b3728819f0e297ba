//! Reads a message's own members, and skips their contents.

use crate::protocol::body::Body;
use crate::protocol::jsonrpc::RequestId;

/// The longest outline, in bytes. The members of a message and an id take a few
/// hundred; a longer text is no message whose id matters.
const MAX_OUTLINE: usize = 4096;

/// A JSON text with empty arrays and objects in the place of nested ones, so that
/// it is short however long the text is. The rules for reading it are those of a
/// body.
#[derive(Debug, Default)]
pub struct Outline {
    text: Vec<u8>,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Outline {
    /// Reads the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let before = self.depth;
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                // Indentation is no part of the outline.
                b' ' | b'\t' | b'\r' | b'\n' if self.text.ends_with(b" ") => {
                    continue;
                }
                _ => {}
            }
            // A bracket belongs to the text on its outer side.
            if before.min(self.depth) <= 1 && self.text.len() <= MAX_OUTLINE {
                self.text.push(byte);
            }
        }
    }

    /// Returns the id of the request, if the whole text is one.
    pub fn request_id(&self) -> Option<RequestId> {
        if self.text.len() > MAX_OUTLINE {
            return None;
        }
        match Body::parse(&self.text) {
            Ok(body) => body.request_id().cloned(),
            Err(error) => error.id(),
        }
    }
}
