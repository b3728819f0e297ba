//! A folder in the browser, for whoever writes a page.

use std::io::{BufRead, BufReader, Result, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

/// How often the sources are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Where a page hears that it is old.
const CHANGES: &str = "changes-of-the-book";

/// Goes into the pages that are served, and into no file: the book itself is read
/// without any script.
const RELOAD: &str = "<script>new EventSource('/changes-of-the-book')\
    .onmessage = () => location.reload();</script>\n";

/// How often the book was built since it is served, and who waits for the next time.
#[derive(Debug, Default)]
pub struct Builds {
    count: Mutex<u64>,
    more: Condvar,
}

impl Builds {
    /// The book was built anew: all open pages are told.
    pub fn announce(&self) {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.more.notify_all();
    }

    fn count(&self) -> u64 {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there are others than these.
    fn wait(&self, seen: u64) -> u64 {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let more = self.more.wait_while(count, |count| *count == seen);
        *more.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves `folder` on this machine only, on port 3000 or a free one, until the
/// process ends. Calls `rebuild` when a file below `watched` has changed; pages that
/// are open load themselves again if it returns `true`.
///
/// # Errors
/// If no port can be had.
pub fn serve(
    folder: &Path,
    watched: &[PathBuf],
    rebuild: impl Fn() -> bool,
) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 3000))
        .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    println!("the book is on http://{}/", listener.local_addr()?);
    let builds = Arc::new(Builds::default());
    let (folder, told) = (folder.to_owned(), builds.clone());
    thread::spawn(move || answer_all(&listener, &folder, &told));
    let mut seen = latest(watched);
    loop {
        thread::sleep(LOOK);
        let now = latest(watched);
        if now != seen {
            seen = now;
            if rebuild() {
                builds.announce();
            }
        }
    }
}

/// Answers whoever connects. A page that waits for changes keeps its connection, so
/// each has a thread.
pub fn answer_all(listener: &TcpListener, folder: &Path, builds: &Arc<Builds>) {
    for stream in listener.incoming().flatten() {
        let (folder, builds) = (folder.to_owned(), builds.clone());
        // A browser that breaks off is its own matter.
        thread::spawn(move || drop(answer(stream, &folder, &builds)));
    }
}

/// The number of files and the time of the newest.
fn latest(folders: &[PathBuf]) -> (usize, Option<SystemTime>) {
    let (mut count, mut newest) = (0, None);
    let mut open: Vec<PathBuf> = folders.to_vec();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                count += 1;
                let time = entry.metadata().and_then(|data| data.modified()).ok();
                newest = newest.max(time);
            }
        }
    }
    (count, newest)
}

fn answer(mut stream: TcpStream, folder: &Path, builds: &Builds) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut request = String::new();
    let mut lines = BufReader::new(stream.try_clone()?);
    lines.read_line(&mut request)?;
    let path = request.split(' ').nth(1).unwrap_or("/");
    let path = path.split(['?', '#']).next().unwrap_or("/").trim_start_matches('/');
    if path == CHANGES {
        return tell_changes(stream, builds);
    }
    let climbs = path.split('/').any(|part| part == "..");
    let mut file = folder.join(path);
    if file.is_dir() {
        file.push("index.html");
    }
    let body = if climbs { None } else { std::fs::read(&file).ok() };
    let (status, mut body) = match body {
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", b"not found".to_vec()),
    };
    let kind = match file.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    };
    if kind.starts_with("text/html") {
        body.extend(RELOAD.as_bytes());
    }
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Cache-Control: no-cache\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}

/// An event for each time that the book is built, until the page is left.
fn tell_changes(mut stream: TcpStream, builds: &Builds) -> Result<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
                Cache-Control: no-cache\r\nConnection: close\r\n\r\n: waiting\n\n";
    let mut seen = builds.count();
    stream.write_all(head.as_bytes())?;
    loop {
        seen = builds.wait(seen);
        stream.write_all(b"data: built\n\n")?;
    }
}
