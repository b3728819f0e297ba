//! A served page loads itself again when the book was built anew.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use book_machine::server::{Builds, answer_all};
use tempfile::TempDir;

struct Server {
    address: SocketAddr,
    builds: Arc<Builds>,
    folder: TempDir,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (builds, path) =
            (Arc::new(Builds::default()), folder.path().to_owned());
        let told = builds.clone();
        thread::spawn(move || answer_all(&listener, &path, &told));
        Self { address, builds, folder }
    }

    fn ask(&self, path: &str) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\n\r\n").unwrap();
        BufReader::new(stream)
    }

    fn get(&self, path: &str) -> String {
        let mut text = String::new();
        self.ask(path).read_to_string(&mut text).unwrap();
        text
    }
}

/// Reads on until this line.
#[track_caller]
fn wait_for(lines: &mut BufReader<TcpStream>, expected: &str) {
    let mut seen = Vec::new();
    while seen.last().is_none_or(|line| line != expected) {
        let mut line = String::new();
        let more = lines.read_line(&mut line).unwrap_or_default() > 0;
        assert!(more, "{expected:?} did not come after {seen:?}");
        seen.push(line.trim_end().to_owned());
    }
}

#[test]
fn an_open_page_is_told_each_time_that_the_book_is_built() {
    let server = Server::start();
    let mut pages =
        [server.ask("/changes-of-the-book"), server.ask("/changes-of-the-book")];
    pages.iter_mut().for_each(|page| wait_for(page, ": waiting"));
    for _ in 0..2 {
        server.builds.announce();
        pages.iter_mut().for_each(|page| wait_for(page, "data: built"));
    }
    // The others are served meanwhile.
    assert!(server.get("/").starts_with("HTTP/1.1 404"));
}

#[test]
fn only_pages_get_the_script_and_the_files_stay_without_it() {
    let server = Server::start();
    let page = server.folder.path().join("page.html");
    std::fs::write(&page, "<p>words</p>\n").unwrap();
    std::fs::write(server.folder.path().join("book.css"), "p {}\n").unwrap();
    let text = server.get("/page.html");
    let length = text.lines().find_map(|l| l.strip_prefix("Content-Length: "));
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    assert_eq!(length, Some(body.len().to_string().as_str()));
    assert!(body.starts_with("<p>words</p>\n<script>"), "{body}");
    assert!(body.contains("'/changes-of-the-book'"), "{body}");
    assert!(server.get("/book.css").ends_with("\r\n\r\np {}\n"));
    assert_eq!(std::fs::read_to_string(page).unwrap(), "<p>words</p>\n");
    assert!(server.get("/../Cargo.toml").starts_with("HTTP/1.1 404"));
}
