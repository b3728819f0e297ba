//! The proxy between a client and a node.
//!
//! It passes on every byte that it reads, with one freedom: each event of a stream
//! becomes a chunk of its own, so that a story can stop between two of them.

use std::io::Result;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::select;

use super::Recorder;
use super::head::{Head, Length, Source, framed};
use super::record::{Entry, What};
use crate::event::Event;

/// The server that a connection is passed on to.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Its name in the record.
    pub name: String,
    /// Where it listens, while it runs.
    pub address: Option<SocketAddr>,
}

/// Chooses a server for each new connection.
pub type Route = Arc<dyn Fn() -> Upstream + Send + Sync>;

/// Accepts connections of `client` for as long as the runtime runs.
pub(super) async fn serve(
    recorder: Recorder,
    client: String,
    listener: TcpListener,
    route: Route,
) {
    while let Ok((socket, _)) = listener.accept().await {
        let (recorder, client) = (recorder.clone(), client.clone());
        let server = route();
        tokio::spawn(async move {
            // An error is a connection that broke, which both sides notice.
            let _ = open(&recorder, &client, server, socket).await;
        });
    }
}

/// Connects to the server, if it runs.
async fn open(
    recorder: &Recorder,
    client: &str,
    server: Upstream,
    socket: TcpStream,
) -> Result<()> {
    let upstream = match server.address {
        Some(address) => TcpStream::connect(address).await.ok(),
        None => None,
    };
    match upstream {
        Some(upstream) => {
            converse(recorder, [client, &server.name], socket, upstream).await
        }
        None => refuse(recorder, [client, &server.name], socket).await,
    }
}

/// Reads what the client would have sent to a server that does not run.
async fn refuse(
    recorder: &Recorder,
    [client, server]: [&str; 2],
    socket: TcpStream,
) -> Result<()> {
    let (requests, _to_client) = socket.into_split();
    let mut requests = Source::new(requests);
    let Some(head) = requests.head().await? else { return Ok(()) };
    let request = Request::read(head, &mut requests).await?;
    let refused = What::Refused(Box::new(request.what));
    recorder.write(|record| record.add(Entry::message(client, server, refused)));
    Ok(())
}

/// A request, and the bytes that it came in.
struct Request {
    what: What,
    line: String,
    bytes: Vec<u8>,
}

impl Request {
    /// Reads the body behind a head.
    async fn read(head: Head, requests: &mut Source) -> Result<Self> {
        let (raw, said) = requests.body(head.length()).await?;
        let line = head.line.trim_end_matches(" HTTP/1.1").to_owned();
        let what = What::Request {
            line: line.clone(),
            headers: head.headers,
            body: String::from_utf8_lossy(&said).into_owned(),
        };
        Ok(Self { what, line, bytes: [head.raw, raw].concat() })
    }
}

/// One connection, until one side ends it.
async fn converse(
    recorder: &Recorder,
    [client, server]: [&str; 2],
    socket: TcpStream,
    upstream: TcpStream,
) -> Result<()> {
    socket.set_nodelay(true)?;
    upstream.set_nodelay(true)?;
    let (requests, mut to_client) = socket.into_split();
    let (answers, mut to_server) = upstream.into_split();
    let (mut requests, mut answers) = (Source::new(requests), Source::new(answers));
    let (there, back) = ([client, server], [server, client]);
    loop {
        let head = select! {
            head = requests.head() => head?,
            () = answers.end() => return Ok(()),
        };
        let Some(head) = head else { return Ok(()) };
        let request = Request::read(head, &mut requests).await?;
        let Request { what, line, bytes } = request;
        if !recorder.pass(there, what, &bytes, &mut to_server).await {
            return to_client.shutdown().await;
        }
        let answered = select! {
            answered =
                answer(recorder, back, &mut answers, &mut to_client, &line) => answered,
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
