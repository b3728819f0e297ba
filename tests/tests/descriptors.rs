//! The limit of descriptors that a server is started with. Alone in its process,
//! because a child inherits the limit of the test.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use suite::Node;
use tokio::net::TcpStream;

/// What many systems start a program with is not much more.
const LOW: u64 = 256;

fn set(current: Option<u64>, maximum: Option<u64>) {
    let set = setrlimit(Resource::Nofile, Rlimit { current, maximum });
    set.unwrap_or_else(|error| panic!("the limit cannot be set: {error}"));
}

/// Started like this, a server must serve far more clients than the soft limit says.
#[tokio::test]
async fn a_low_limit_of_descriptors_is_raised_or_told() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    set(Some(LOW), maximum);
    let node = Node::start().await;
    set(current, maximum);
    let mut clients = Vec::new();
    for _ in 0..2 * LOW {
        let client = TcpStream::connect(node.address()).await;
        clients.push(client.unwrap_or_else(|error| panic!("no client: {error}")));
    }
    assert_eq!(node.get("/livez").await.status, 200);
    drop(clients);
    let log = node.stop().await;
    assert!(!log.contains("could not be accepted"), "{log}");

    // Last, because it cannot be raised again.
    set(Some(2 * LOW), Some(2 * LOW));
    let log = Node::start().await.stop().await;
    assert!(log.contains("WARN too few descriptors"), "{log}");
}
