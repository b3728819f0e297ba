//! The ports of the lab, which are the same each time if they are free.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// The port of node a; b has the next one.
pub const NODES: u16 = 1453;
/// The port of the address for all nodes.
pub const BALANCER: u16 = 1463;

/// The port of the live page.
pub const WATCH: u16 = 1473;

/// How many ports are tried from the first one on.
const TRIES: u16 = 100;

/// A listener of the lab.
#[derive(Debug)]
pub struct Listener {
    /// The socket.
    pub listener: tokio::net::TcpListener,
    /// Its address.
    pub address: SocketAddr,
}

/// Listens on the first port from this one on that is free.
///
/// # Errors
/// A sentence, if none is free.
pub fn listen(first: u16) -> Result<Listener, String> {
    let ports = first..first.saturating_add(TRIES);
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok();
    let listener = ports.into_iter().find_map(bind).ok_or_else(|| {
        format!("no port is free from {first} to {}", first.saturating_add(TRIES))
    })?;
    listening(listener).map_err(|error| format!("no address to listen on: {error}"))
}

/// Listens on any free port.
///
/// # Errors
/// A sentence, if there is none.
pub fn listen_anywhere() -> Result<Listener, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let listening = listener.and_then(listening);
    listening.map_err(|error| format!("no address to listen on: {error}"))
}

fn listening(listener: TcpListener) -> std::io::Result<Listener> {
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    Ok(Listener { listener, address })
}
