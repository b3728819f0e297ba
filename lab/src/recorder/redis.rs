//! The proxy between a node and Redis. It passes on every byte as it came.

use std::collections::VecDeque;
use std::io::Result;
use std::net::Ipv4Addr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::io::AsyncReadExt;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::select;

use super::record::{Command, Entry, Place, What};
use super::resp::{self, Value};
use super::{REDIS, Recorder, noise};

/// Accepts connections of `node` for as long as the runtime runs. Redis listens on
/// `port`.
pub(super) async fn serve(
    recorder: Recorder,
    node: String,
    listener: TcpListener,
    port: u16,
) {
    while let Ok((socket, _)) = listener.accept().await {
        let line = Line {
            recorder: recorder.clone(),
            node: node.clone(),
            asked: Mutex::default(),
        };
        // An error is a connection that broke, which both sides notice.
        tokio::spawn(async move { line.converse(socket, port).await });
    }
}

/// One connection of a node.
struct Line {
    recorder: Recorder,
    node: String,
    /// Commands that wait for their replies, and where they stand in the record.
    asked: Mutex<VecDeque<(Command, Option<Place>)>>,
}

impl Line {
    async fn converse(self, node: TcpStream, port: u16) -> Result<()> {
        let redis = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        node.set_nodelay(true)?;
        redis.set_nodelay(true)?;
        let (mut commands, mut to_node) = node.into_split();
        let (mut replies, mut to_redis) = redis.into_split();
        // When one direction ends, so does the other.
        select! {
            ended = self.commands(&mut commands, &mut to_redis) => ended,
            ended = self.replies(&mut replies, &mut to_node) => ended,
        }
    }

    async fn commands(
        &self,
        from: &mut OwnedReadHalf,
        to: &mut OwnedWriteHalf,
    ) -> Result<()> {
        let mut unread = Vec::new();
        while from.read_buf(&mut unread).await? > 0 {
            while let Some((value, length)) = resp::parse(&unread)? {
                let bytes: Vec<u8> = unread.drain(..length).collect();
                if !self.command(&value.words(), &bytes, to).await {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Passes one command on; whether the connection is still open.
    async fn command(
        &self,
        words: &[String],
        bytes: &[u8],
        to: &mut OwnedWriteHalf,
    ) -> bool {
        let command = self.recorder.command(words);
        // Redis answers these once for each channel: they are known by what comes.
        let subscribes = command.name.ends_with("SUBSCRIBE");
        if subscribes {
            self.name_node(words);
        }
        let message = What::Command(command.clone());
        // Before it is sent: its reply may come at once.
        if !subscribes {
            self.asked().push_back((command, None));
        }
        let note = |place| {
            if let (false, Some(last)) = (subscribes, self.asked().back_mut()) {
                last.1 = place;
            }
        };
        let who = [&*self.node, REDIS];
        self.recorder.pass_noted(who, message, bytes, to, note).await
    }

    fn asked(&self) -> MutexGuard<'_, VecDeque<(Command, Option<Place>)>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A node subscribes to a channel with its own id in its name.
    fn name_node(&self, words: &[String]) {
        for (_, id) in words.iter().filter_map(|word| word.rsplit_once(':')) {
            self.recorder.name(id, &self.node);
        }
    }

    async fn replies(
        &self,
        from: &mut OwnedReadHalf,
        to: &mut OwnedWriteHalf,
    ) -> Result<()> {
        let mut unread = Vec::new();
        while from.read_buf(&mut unread).await? > 0 {
            while let Some((value, length)) = resp::parse(&unread)? {
                let bytes: Vec<u8> = unread.drain(..length).collect();
                let Some(message) = self.reply(value) else {
                    tokio::io::AsyncWriteExt::write_all(to, &bytes).await?;
                    continue;
                };
                let who = [REDIS, &*self.node];
                if !self.recorder.pass(who, message, &bytes, to).await {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// What a reply is, if it is worth a word.
    fn reply(&self, value: Value) -> Option<What> {
        let words = value.words();
        match words.first().map(String::as_str) {
            Some("message") if words.len() == 3 => {
                let (channel, payload) = (words[1].clone(), words[2].clone());
                return Some(What::Pushed { channel, payload });
            }
            Some("subscribe" | "unsubscribe") if words.len() == 3 => return None,
            _ => {}
        }
        let (command, place) = self.asked().pop_front()?;
        if let Value::Error(text) = &value
            && text.starts_with("NOSCRIPT")
        {
            // The same script follows with its source, and that is what runs.
            let place = place?;
            self.recorder.write(|record| record.take_back(place));
            return None;
        }
        if noise::waits_for_reply(&command) {
            if noise::did_nothing(&command, &value) {
                return None;
            }
            let asked = What::Command(command.clone());
            let asked = Entry::message(&self.node, REDIS, asked);
            self.recorder.write(|record| record.tell(asked));
        }
        Some(What::Reply(command, value))
    }
}
