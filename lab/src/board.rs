//! The board: which node is in which state, and where it listens.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use lab::recorder::{Route, Upstream};

/// The state of a process, as the reader knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Up,
    /// It is stopped, and its connections stay open.
    Paused,
    /// It was asked to end, and still runs.
    Draining,
    /// It does not run.
    Dead,
}

impl State {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Paused => "paused",
            Self::Draining => "draining",
            Self::Dead => "dead",
        }
    }
}

/// One row of the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The name of the node, or `redis`.
    pub name: String,
    /// Its state.
    pub state: State,
    /// Where the process itself listens, while it runs.
    pub address: Option<SocketAddr>,
}

/// All rows. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Board {
    rows: Arc<Mutex<Vec<Row>>>,
    turn: Arc<Mutex<usize>>,
    changed: watch::Sender<()>,
}

impl Board {
    /// Writes the state of a process.
    pub fn set(&self, name: &str, state: State, address: Option<SocketAddr>) {
        let mut rows = lock(&self.rows);
        let row = Row { name: name.to_owned(), state, address };
        match rows.iter_mut().find(|row| row.name == name) {
            Some(old) => *old = row,
            None => rows.push(row),
        }
        drop(rows);
        self.changed.send_replace(());
    }

    /// All rows, in the order in which they were written first.
    pub fn rows(&self) -> Vec<Row> {
        lock(&self.rows).clone()
    }

    /// The state of a process; one that was never started is dead.
    pub fn state(&self, name: &str) -> State {
        let rows = lock(&self.rows);
        let row = rows.iter().find(|row| row.name == name);
        row.map_or(State::Dead, |row| row.state)
    }

    /// Sees each change.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// The route to one node.
    pub fn route(&self, name: &str) -> Route {
        let (board, name) = (self.clone(), name.to_owned());
        Arc::new(move || {
            let rows = board.rows();
            let row = rows.iter().find(|row| row.name == name);
            let address = row.and_then(|row| row.address);
            Upstream { name: name.clone(), address }
        })
    }

    /// The route to the next of these nodes that accepts connections, in turn. Like a
    /// load balancer without health checks, it does not know which of them is paused.
    pub fn route_in_turn(&self, nodes: &[String], without: &str) -> Route {
        let (board, nodes, none) =
            (self.clone(), nodes.to_vec(), without.to_owned());
        Arc::new(move || {
            let rows = board.rows();
            let accepts = |row: &&Row| {
                nodes.contains(&row.name)
                    && matches!(row.state, State::Up | State::Paused)
            };
            let living: Vec<&Row> = rows.iter().filter(accepts).collect();
            let mut turn = lock(&board.turn);
            let next = living.get(*turn % living.len().max(1));
            *turn = turn.wrapping_add(1);
            let name = next.map_or_else(|| none.clone(), |row| row.name.clone());
            Upstream { name, address: next.and_then(|row| row.address) }
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{Board, State};

    #[test]
    fn connections_go_to_the_living_nodes_in_turn() {
        let board = Board::default();
        let address = "127.0.0.1:1".parse().ok();
        for name in ["a", "b", "c"] {
            board.set(name, State::Up, address);
        }
        board.set("redis", State::Up, address);
        let nodes = ["a", "b", "c"].map(str::to_owned);
        let route = board.route_in_turn(&nodes, "any");
        let next = || route().name;
        assert_eq!([next(), next(), next(), next()], ["a", "b", "c", "a"]);
        board.set("b", State::Dead, None);
        board.set("c", State::Paused, address);
        assert_eq!([next(), next()], ["a", "c"]);
        board.set("a", State::Draining, address);
        board.set("c", State::Dead, None);
        assert_eq!(route().address, None);
        assert_eq!(route().name, "any");
    }
}
