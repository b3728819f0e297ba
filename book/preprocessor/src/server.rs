//! A folder in the browser, for whoever writes a page.

use std::io::{BufRead, BufReader, Result, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

/// How often the sources are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Serves `folder` on this machine only, on port 3000 or a free one, until the
/// process ends. Calls `changed` when a file below `watched` has changed.
///
/// # Errors
/// If no port can be had.
pub fn serve(folder: &Path, watched: &[PathBuf], changed: impl Fn()) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 3000))
        .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    println!("the book is on http://{}/", listener.local_addr()?);
    let folder = folder.to_owned();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A browser that breaks off is its own matter.
            let _ = answer(stream, &folder);
        }
    });
    let mut seen = latest(watched);
    loop {
        thread::sleep(LOOK);
        let now = latest(watched);
        if now != seen {
            seen = now;
            changed();
        }
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

fn answer(mut stream: TcpStream, folder: &Path) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut request = String::new();
    let mut lines = BufReader::new(stream.try_clone()?);
    lines.read_line(&mut request)?;
    let path = request.split(' ').nth(1).unwrap_or("/");
    let path = path.split(['?', '#']).next().unwrap_or("/").trim_start_matches('/');
    let climbs = path.split('/').any(|part| part == "..");
    let mut file = folder.join(path);
    if file.is_dir() {
        file.push("index.html");
    }
    let body = if climbs { None } else { std::fs::read(&file).ok() };
    let (status, body) = match body {
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
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}
