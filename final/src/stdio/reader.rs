//! The input: a line at a time, none longer than a message may be.

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// One line of input.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// Its bytes, which need not be text.
    Whole(Vec<u8>),
    /// It was longer than the limit, and was discarded.
    TooLong,
}

/// Reads lines.
pub struct LineReader<R> {
    input: R,
    max_line: usize,
}

impl<R: AsyncBufRead + Unpin> LineReader<R> {
    /// Reads lines of at most `max_line` bytes.
    pub fn new(input: R, max_line: usize) -> Self {
        Self { input, max_line }
    }

    /// Returns the next line as soon as its end has arrived, without waiting for
    /// the line after it. `None` at the end of the input, and when it cannot be
    /// read.
    pub async fn next(&mut self) -> Option<Line> {
        let mut line = Vec::new();
        let mut is_long = false;
        let mut is_begun = false;
        loop {
            let bytes = self.input.fill_buf().await.ok()?;
            if bytes.is_empty() && !is_begun {
                return None;
            }
            is_begun = true;
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let part = &bytes[..end.unwrap_or(bytes.len())];
            is_long |= line.len() + part.len() > self.max_line;
            match is_long {
                true => line = Vec::new(),
                false => line.extend_from_slice(part),
            }
            let is_over = end.is_some() || bytes.is_empty();
            let used = part.len() + usize::from(end.is_some());
            self.input.consume(used);
            if is_over {
                return Some(match is_long {
                    true => Line::TooLong,
                    false => Line::Whole(line),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::BufReader;

    use super::*;

    async fn lines(input: &[u8], buffer: usize) -> Vec<Line> {
        let input = BufReader::with_capacity(buffer, input);
        let mut reader = LineReader::new(input, 4);
        let mut lines = Vec::new();
        while let Some(line) = reader.next().await {
            lines.push(line);
        }
        lines
    }

    #[tokio::test]
    async fn lines_come_whole_however_the_input_is_cut() {
        let whole = |text: &str| Line::Whole(text.into());
        let expected = [
            whole("abcd"),
            Line::TooLong,
            whole(""),
            whole("\u{e9}"),
            whole("end"),
        ];
        for buffer in 1..20 {
            let input = "abcd\nabcde\n\n\u{e9}\nend".as_bytes();
            assert_eq!(lines(input, buffer).await, expected, "{buffer}");
        }
        assert_eq!(lines(b"", 8).await, []);
        assert_eq!(lines(b"\n", 8).await, [whole("")]);
        assert_eq!(lines(b"abcdefgh", 3).await, [Line::TooLong]);
    }
}
