//! The proxy between a client and a node.
//!
//! It passes on every byte that it reads, with one freedom: each event of a stream
//! becomes a chunk of its own, so that a story can stop between two of them.

use std::io::Result;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::select;

use super::Recorder;
use super::head::{Head, Length, Source, framed};
use super::record::What;
use crate::Event;

/// Accepts connections for as long as the story runs; `who` is client and server.
pub(super) async fn serve(
    recorder: Recorder,
    who: [&str; 2],
    server: SocketAddr,
) -> SocketAddr {
    let (listener, address) = listen().await;
    let who = who.map(str::to_owned);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (recorder, who) = (recorder.clone(), who.clone());
            tokio::spawn(async move {
                // An error is a connection that broke, which both sides notice.
                let _ = converse(&recorder, &who, client, server).await;
            });
        }
    });
    address
}

/// A listener on a free port.
pub(super) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener =
        listener.unwrap_or_else(|error| panic!("no port for a proxy: {error}"));
    let address = listener.local_addr();
    let address =
        address.unwrap_or_else(|error| panic!("a proxy without a port: {error}"));
    (listener, address)
}

/// One connection, until one side ends it.
async fn converse(
    recorder: &Recorder,
    [client, server]: &[String; 2],
    socket: TcpStream,
    address: SocketAddr,
) -> Result<()> {
    let upstream = TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    upstream.set_nodelay(true)?;
    let (requests, mut to_client) = socket.into_split();
    let (answers, mut to_server) = upstream.into_split();
    let (mut requests, mut answers) = (Source::new(requests), Source::new(answers));
    let (there, back) = ([&**client, &**server], [&**server, &**client]);
    loop {
        let head = select! {
            head = requests.head() => head?,
            () = answers.end() => return Ok(()),
        };
        let Some(head) = head else { return Ok(()) };
        let (raw, said) = requests.body(head.length()).await?;
        let line = head.line.trim_end_matches(" HTTP/1.1").to_owned();
        let asked = line.clone();
        let request = What::Request {
            line,
            headers: head.headers,
            body: String::from_utf8_lossy(&said).into_owned(),
        };
        let bytes = [head.raw, raw].concat();
        if !recorder.pass(there, request, &bytes, &mut to_server).await {
            return to_client.shutdown().await;
        }
        let answered = select! {
            answered =
                answer(recorder, back, &mut answers, &mut to_client, &asked) => answered,
            // The client has left; so does this.
            () = requests.end() => return Ok(()),
        };
        match answered {
            Ok(true) => {}
            Ok(false) => return to_client.shutdown().await,
            Err(error) => {
                recorder.broke(back);
                return Err(error);
            }
        }
    }
}

/// Passes one answer on; whether the connection is still open.
async fn answer(
    recorder: &Recorder,
    back: [&str; 2],
    answers: &mut Source,
    to_client: &mut OwnedWriteHalf,
    asked: &str,
) -> Result<bool> {
    let head = answers.head().await?;
    let head = head.ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let line = head.line.trim_start_matches("HTTP/1.1 ").to_owned();
    let is_stream = head.is_stream();
    let (raw, said) = match is_stream || asked.starts_with("HEAD ") {
        true => (Vec::new(), Vec::new()),
        false => answers.body(length_of(&head)).await?,
    };
    let response = What::Response {
        asked: asked.to_owned(),
        line,
        headers: head.headers,
        body: String::from_utf8_lossy(&said).into_owned(),
    };
    let bytes = [head.raw, raw].concat();
    if !recorder.pass(back, response, &bytes, to_client).await {
        return Ok(false);
    }
    match is_stream {
        true => stream(recorder, back, answers, to_client).await,
        false => Ok(true),
    }
}

/// An answer without a word about its length has none in the tests' servers.
fn length_of(head: &Head) -> Length {
    match head.line.contains(" 204 ") || head.line.contains(" 304 ") {
        true => Length::Known(0),
        false => head.length(),
    }
}

/// Passes the events of a stream on, one by one.
async fn stream(
    recorder: &Recorder,
    back: [&str; 2],
    answers: &mut Source,
    to_client: &mut OwnedWriteHalf,
) -> Result<bool> {
    let mut unread = Vec::new();
    loop {
        let chunk = answers.chunk().await?;
        if chunk.is_empty() {
            unread.extend_from_slice(&framed(&[]));
            let end = recorder.pass(back, What::End, &unread, to_client).await;
            return Ok(end);
        }
        unread.extend_from_slice(&chunk);
        while let Some(end) = end_of_event(&unread) {
            let bytes: Vec<u8> = unread.drain(..end).collect();
            let frame = framed(&bytes);
            let open = match Event::parse(&String::from_utf8_lossy(&bytes)) {
                Some(event) => {
                    let event = What::Event(event);
                    recorder.pass(back, event, &frame, to_client).await
                }
                None => to_client.write_all(&frame).await.is_ok(),
            };
            if !open {
                return Ok(false);
            }
        }
    }
}

/// Where the first event or comment ends: behind a blank line.
fn end_of_event(bytes: &[u8]) -> Option<usize> {
    let text = ["\n\n", "\r\n\r\n"].map(|end| {
        let found =
            bytes.windows(end.len()).position(|window| window == end.as_bytes());
        found.map(|at| at + end.len())
    });
    text.into_iter().flatten().min()
}
