//! What Redis was told to do, and when: its `MONITOR`.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use testkit::RedisServer;

use crate::Error;

/// A command that a client sent. What scripts do on their own is none.
#[derive(Debug, PartialEq)]
pub struct Command {
    /// By Redis' clock, in µs.
    pub at: u64,
    pub text: String,
}

/// Watches a Redis from now on.
pub struct Monitor {
    redis_told: Receiver<String>,
}

/// Marks the end of what is to be read.
const END: &str = "bench-end";

impl Monitor {
    pub fn start(redis: &RedisServer) -> Result<Self, Error> {
        let mut stream = connect(redis)?;
        stream.write_all(b"MONITOR\r\n")?;
        let mut lines = BufReader::new(stream).lines();
        if lines.next().transpose()?.as_deref() != Some("+OK") {
            return Err("Redis cannot be watched".into());
        }
        // Redis ends a client that does not read what it asked for. The thread ends
        // with the mark, with Redis, or when nothing happens for long.
        let (told, redis_told) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let is_end = line.contains(END);
                if told.send(line).is_err() || is_end {
                    break;
                }
            }
        });
        Ok(Self { redis_told })
    }

    /// All commands until now.
    pub fn end(self, redis: &RedisServer) -> Result<Vec<Command>, Error> {
        connect(redis)?.write_all(format!("ECHO {END}\r\nQUIT\r\n").as_bytes())?;
        let mut commands = Vec::new();
        loop {
            let line = self.redis_told.recv_timeout(Duration::from_secs(5))?;
            if line.contains(END) {
                return Ok(commands);
            }
            commands.extend(Command::read(&line));
        }
    }
}

/// A connection that gives up after a while.
fn connect(redis: &RedisServer) -> Result<TcpStream, Error> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, redis.port()))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    Ok(stream)
}

impl Command {
    /// `+1795609986.474238 [0 127.0.0.1:49960] "EVALSHA" "…"`
    fn read(line: &str) -> Option<Self> {
        let (at, rest) = line.strip_prefix('+')?.split_once(" [0 ")?;
        let (client, text) = rest.split_once("] ")?;
        if client == "lua" {
            return None;
        }
        let at = at.replace('.', "").parse().ok()?;
        Some(Self { at, text: text.to_owned() })
    }
}

/// How many commands were sent about a session in this time. Each is at most one round
/// trip.
pub fn about(commands: &[Command], session: &str, from: u64, to: u64) -> usize {
    let is_meant = |one: &&Command| {
        (from..=to).contains(&one.at) && one.text.contains(session)
    };
    commands.iter().filter(is_meant).count()
}

#[cfg(test)]
mod tests {
    use super::{Command, about};

    fn commands(lines: &[&str]) -> Vec<Command> {
        lines.iter().filter_map(|line| Command::read(line)).collect()
    }

    #[test]
    fn what_a_script_does_is_no_command() {
        let all = commands(&[
            r#"+1795609986.474238 [0 127.0.0.1:4] "EVALSHA" "d9" "1" "mcp:{a}""#,
            r#"+1795609986.474240 [0 lua] "hget" "mcp:{a}" "owner""#,
        ]);
        let [one] = &all[..] else { panic!("{all:?}") };
        assert_eq!(one.at, 1_795_609_986_474_238);
        assert!(one.text.starts_with("\"EVALSHA\""));
    }

    #[test]
    fn what_is_said_of_a_session_is_counted_in_the_time_of_its_call() {
        let all = commands(&[
            r#"+1.000009 [0 home:1] "EVALSHA" "mcp:{a}""#,
            r#"+1.000012 [0 away:1] "EVALSHA" "mcp:{a}""#,
            r#"+1.000012 [0 lua] "HGET" "mcp:{a}""#,
            r#"+1.000013 [0 away:1] "EVALSHA" "mcp:{b}""#,
            r#"+1.000014 [0 away:1] "EVALSHA" "mcp:{a}:history""#,
            r#"+1.000021 [0 away:1] "EVALSHA" "mcp:{a}""#,
        ]);
        assert_eq!(about(&all, "{a}", 1_000_010, 1_000_020), 2);
    }
}
