//! Whether the ports that a reader needs are there to be had, and what to do if not.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

/// Where the first node of every chapter listens, and two more beside it.
pub const NODES: std::ops::RangeInclusive<u16> = 1453..=1455;
/// Where Redis listens unless it is told otherwise.
pub const REDIS: u16 = 6379;

/// How long a Redis may take to say that it is one.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was found, in a sentence, and whether the reader can go on like that.
pub type Finding = (bool, String);

/// A node wants to listen here.
pub fn for_a_node(port: u16) -> Finding {
    match is_free(port) {
        true => (true, format!("port {port} is free for a node")),
        false => {
            let help = "stop what listens there, or set PORT for each node";
            (false, format!("port {port} is taken: {help}"))
        }
    }
}

/// From chapter 05 on a Redis listens here, or will.
pub fn for_redis(port: u16) -> Finding {
    if is_free(port) {
        return (true, format!("port {port} is free for Redis"));
    }
    let elsewhere = format!(
        "run `redis-server --port {0}` and set REDIS_URL=redis://127.0.0.1:{0}",
        port.wrapping_add(1)
    );
    match greeting(port) {
        Some(answer) if answer.starts_with("+PONG") => {
            (true, format!("port {port}: a Redis is there already"))
        }
        Some(answer) if answer.starts_with("-NOAUTH") => {
            (false, format!("port {port}: a Redis with a password: {elsewhere}"))
        }
        _ => (false, format!("port {port} is taken, not by a Redis: {elsewhere}")),
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// What is answered to a PING.
fn greeting(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(b"PING\r\n").ok()?;
    let mut answer = [0; 64];
    let length = stream.read(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer[..length]).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use testkit::RedisServer;
    use testkit::ports::free_port;

    use super::*;

    #[test]
    fn a_taken_port_is_named_with_what_to_do() {
        let port = free_port();
        assert!(for_a_node(port).0);
        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let (held, sentence) = for_a_node(port);
        assert!(!held && sentence.contains("set PORT"), "{sentence}");
    }

    #[test]
    fn a_redis_is_told_from_something_else() {
        let port = free_port();
        assert_eq!(
            for_redis(port),
            (true, format!("port {port} is free for Redis"))
        );
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let answering = std::thread::spawn(move || {
            let (mut stream, _) = taken.accept().unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        });
        let (held, sentence) = for_redis(port);
        answering.join().unwrap();
        assert!(!held && sentence.contains("not by a Redis"), "{sentence}");
        assert!(
            sentence.contains("set REDIS_URL=redis://127.0.0.1:"),
            "{sentence}"
        );

        let redis = RedisServer::start(&[]).unwrap();
        let port = redis.port();
        let found = format!("port {port}: a Redis is there already");
        assert_eq!(for_redis(port), (true, found));
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.write_all(b"CONFIG SET requirepass x\r\n").unwrap();
        stream.read_exact(&mut [0; 5]).unwrap();
        let (held, sentence) = for_redis(port);
        assert!(!held && sentence.contains("with a password"), "{sentence}");
    }
}
