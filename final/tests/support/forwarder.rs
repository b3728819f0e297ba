//! An address that moves from one server to another, as a name or a virtual address
//! does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Forwards connections to a port of 127.0.0.1. Dropping it closes them.
#[derive(Debug)]
pub struct Forwarder {
    port: u16,
    target: Arc<AtomicU16>,
    task: JoinHandle<()>,
}

impl Forwarder {
    /// An address that leads to this port.
    pub async fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.unwrap_or_else(|error| panic!("no port: {error}"));
        let address = listener.local_addr();
        let port = address.map_or(0, |address| address.port());
        let target = Arc::new(AtomicU16::new(target));
        let task = tokio::spawn(forward(listener, target.clone()));
        Self { port, target, task }
    }

    /// The address, without credentials.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// New connections lead to this port from now on. Old ones stay as they are.
    pub fn move_to(&self, target: u16) {
        self.target.store(target, Ordering::SeqCst);
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(listener: TcpListener, target: Arc<AtomicU16>) {
    let mut connections = JoinSet::new();
    while let Ok((mut near, _)) = listener.accept().await {
        let port = target.load(Ordering::SeqCst);
        connections.spawn(async move {
            if let Ok(mut far) = TcpStream::connect(("127.0.0.1", port)).await {
                // An error means that one of the two has left.
                let _ = copy_bidirectional(&mut near, &mut far).await;
            }
        });
    }
}
