//! A connection to Redis that can be cut.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A proxy on a port of its own. Dropping it cuts all connections for good.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    cuts: watch::Sender<u64>,
    accepting: JoinHandle<()>,
}

impl Link {
    /// A link to a port of this machine.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .unwrap_or_else(|error| panic!("no port for a link: {error}"));
        let address = listener
            .local_addr()
            .unwrap_or_else(|error| panic!("a link without address: {error}"));
        let (cuts, seen) = watch::channel(0);
        let accepting = tokio::spawn(accept(listener, port, seen));
        Self { address, cuts, accepting }
    }

    /// Its URL for a client of Redis.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Breaks all connections that there are. New ones can be made.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, port: u16, cuts: watch::Receiver<u64>) {
    let mut connections = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        connections.spawn(carry(near, port, cuts.clone()));
    }
}

async fn carry(mut near: TcpStream, port: u16, mut cuts: watch::Receiver<u64>) {
    cuts.mark_unchanged();
    let Ok(mut far) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else {
        return;
    };
    tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => {}
        _ = cuts.changed() => {}
    }
}
