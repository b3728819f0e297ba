//! Heads and bodies of HTTP/1.1 messages, as they come over a socket.

use std::io::{Error, ErrorKind, Result};

use tokio::io::AsyncReadExt;
use tokio::net::tcp::OwnedReadHalf;

/// One direction of a connection.
#[derive(Debug)]
pub struct Source {
    half: OwnedReadHalf,
    /// What has been read and not been used.
    unread: Vec<u8>,
}

/// The head of a message, and the bytes that it came in.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// The first line.
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The bytes, with the blank line.
    pub raw: Vec<u8>,
}

/// How long a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// So many bytes.
    Known(usize),
    /// In chunks, each of which says how long it is.
    Chunked,
}

impl Head {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// How long the body is. Without a word about it there is none.
    pub fn length(&self) -> Length {
        let chunked = self.header("transfer-encoding");
        if chunked.is_some_and(|value| value.contains("chunked")) {
            return Length::Chunked;
        }
        let length = self.header("content-length");
        Length::Known(length.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// Whether an event stream follows.
    pub fn is_stream(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default();
        kind.starts_with("text/event-stream") && self.length() == Length::Chunked
    }

    fn read(raw: Vec<u8>) -> Self {
        let text = String::from_utf8_lossy(&raw).into_owned();
        let mut lines = text.split("\r\n");
        let line = lines.next().unwrap_or_default().to_owned();
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
        Self { line, headers: headers.collect(), raw }
    }
}

impl Source {
    /// Reads this direction.
    pub fn new(half: OwnedReadHalf) -> Self {
        Self { half, unread: Vec::new() }
    }

    /// The next head, or `None` if the connection ends before it.
    ///
    /// # Errors
    /// The connection broke, or ended within the head.
    pub async fn head(&mut self) -> Result<Option<Head>> {
        loop {
            let end = self.unread.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                let raw = self.unread.drain(..end + 4).collect();
                return Ok(Some(Head::read(raw)));
            }
            if !self.more().await? {
                return match self.unread.is_empty() {
                    true => Ok(None),
                    false => Err(ErrorKind::UnexpectedEof.into()),
                };
            }
        }
    }

    /// A whole body: the bytes that it came in, and what they say.
    ///
    /// # Errors
    /// The connection broke or ended within it.
    pub async fn body(&mut self, length: Length) -> Result<(Vec<u8>, Vec<u8>)> {
        match length {
            Length::Known(length) => {
                let raw = self.take(length).await?;
                Ok((raw.clone(), raw))
            }
            Length::Chunked => {
                let (mut raw, mut said) = (Vec::new(), Vec::new());
                loop {
                    let chunk = self.chunk().await?;
                    said.extend_from_slice(&chunk);
                    raw.extend_from_slice(&framed(&chunk));
                    if chunk.is_empty() {
                        return Ok((raw, said));
                    }
                }
            }
        }
    }

    /// What the next chunk says; nothing, if it is the last one.
    ///
    /// # Errors
    /// The connection broke or ended, or this is no chunk.
    pub async fn chunk(&mut self) -> Result<Vec<u8>> {
        let end = loop {
            match self.unread.windows(2).position(|two| two == b"\r\n") {
                Some(end) => break end,
                None if self.more().await? => {}
                None => return Err(ErrorKind::UnexpectedEof.into()),
            }
        };
        let line = self.take(end + 2).await?;
        let size = String::from_utf8_lossy(&line[..end]).into_owned();
        let size = usize::from_str_radix(size.trim(), 16)
            .map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
        let mut chunk = self.take(size + 2).await?;
        chunk.truncate(size);
        Ok(chunk)
    }

    /// Waits for the end of the connection, and keeps what comes before it.
    pub async fn end(&mut self) {
        while let Ok(true) = self.more().await {}
    }

    async fn take(&mut self, length: usize) -> Result<Vec<u8>> {
        while self.unread.len() < length {
            if !self.more().await? {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.unread.drain(..length).collect())
    }

    async fn more(&mut self) -> Result<bool> {
        Ok(self.half.read_buf(&mut self.unread).await? > 0)
    }
}

/// The same as one chunk.
pub fn framed(chunk: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat()
}
