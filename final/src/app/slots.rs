//! The limits on connections, of all clients together and of each one.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::lock::lock;

/// The pause between two warnings, so that a flood of connections does not become a
/// flood of log lines.
const WARNING_PAUSE: Duration = Duration::from_secs(60);

/// The greatest numbers of connections.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Connections of all clients together.
    pub total: usize,
    /// Connections of one client; behind a trusted proxy, its concurrent requests.
    pub per_network: usize,
    /// Further connections, for operators' routes only.
    pub reserved: usize,
}

/// The places for connections, and how many of them are taken.
#[derive(Debug)]
pub(super) struct Slots {
    limits: Limits,
    taken: Mutex<Usage>,
}

#[derive(Debug, Default)]
struct Usage {
    total: usize,
    by_network: HashMap<Arc<str>, usize>,
    /// Reserved places that are taken, oldest first, each with the token that
    /// closes its connection.
    reserved: VecDeque<(u64, CancellationToken)>,
    next_reserved: u64,
    warned: Option<Instant>,
}

/// A place that is taken until this value is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    connections: usize,
    network: Option<Arc<str>>,
}

/// A reserved place that is taken until this value is dropped, or until a newer
/// connection needs it.
#[derive(Debug)]
pub(super) struct ReservedSlot {
    slots: Arc<Slots>,
    number: u64,
    /// Closes the connection.
    pub hang_up: CancellationToken,
}

impl Slots {
    pub fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self { limits, taken: Mutex::default() })
    }

    /// Takes a place for a connection; returns `None` if none is left. `network` is
    /// `None` for a proxy, whose connections belong to many clients.
    pub fn connection(
        self: &Arc<Self>,
        network: Option<&Arc<str>>,
    ) -> Option<Slot> {
        self.take(1, network)
    }

    /// Takes a place for a request that came through a proxy.
    pub fn request(self: &Arc<Self>, network: &Arc<str>) -> Option<Slot> {
        self.take(0, Some(network))
    }

    fn take(
        self: &Arc<Self>,
        connections: usize,
        network: Option<&Arc<str>>,
    ) -> Option<Slot> {
        let mut taken = lock(&self.taken);
        let of_network =
            network.and_then(|n| taken.by_network.get(n)).copied().unwrap_or(0);
        if taken.total + connections > self.limits.total
            || of_network >= self.limits.per_network
        {
            taken.warn(network);
            return None;
        }
        taken.total += connections;
        if let Some(network) = network {
            taken.by_network.insert(network.clone(), of_network + 1);
        }
        Some(Slot { slots: self.clone(), connections, network: network.cloned() })
    }

    /// Takes a reserved place. If none is left, closes the oldest reserved
    /// connection, which is not a probe, because a probe is answered within
    /// milliseconds.
    pub fn reserved(self: &Arc<Self>) -> ReservedSlot {
        let mut taken = lock(&self.taken);
        if taken.reserved.len() >= self.limits.reserved
            && let Some((_, oldest)) = taken.reserved.pop_front()
        {
            oldest.cancel();
        }
        let number = taken.next_reserved;
        let hang_up = CancellationToken::new();
        taken.next_reserved += 1;
        taken.reserved.push_back((number, hang_up.clone()));
        ReservedSlot { slots: self.clone(), number, hang_up }
    }
}

impl Usage {
    fn warn(&mut self, network: Option<&Arc<str>>) {
        let is_due = |at: Instant| at.elapsed() >= WARNING_PAUSE;
        if self.warned.is_none_or(is_due) {
            self.warned = Some(Instant::now());
            let connections = self.total;
            let client = network.map(|n| &**n);
            tracing::warn!(connections, client, "too many connections");
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = lock(&self.slots.taken);
        taken.total -= self.connections;
        let Some(network) = &self.network else { return };
        match taken.by_network.get_mut(network) {
            Some(1) | None => {
                taken.by_network.remove(network);
            }
            Some(count) => *count -= 1,
        }
    }
}

impl Drop for ReservedSlot {
    fn drop(&mut self) {
        let mut taken = lock(&self.slots.taken);
        taken.reserved.retain(|(number, _)| *number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { total: 3, per_network: 2, reserved: 2 };

    fn named(name: &str) -> Arc<str> {
        name.into()
    }

    #[test]
    fn one_client_cannot_take_the_places_of_others() {
        let slots = Slots::new(LIMITS);
        let one = named("one");
        let other = named("other");
        let held = [slots.connection(Some(&one)), slots.connection(Some(&one))];
        assert!(held.iter().all(Option::is_some));
        assert!(slots.connection(Some(&one)).is_none(), "it has two");
        let last = slots.connection(Some(&other)).expect("the third place");
        assert!(slots.connection(Some(&named("third"))).is_none(), "all are taken");
        drop(last);
        assert!(slots.connection(None).is_some(), "it was given back");
        drop(held);
        assert!(slots.connection(Some(&one)).is_some(), "both were given back");
        assert!(lock(&slots.taken).by_network.is_empty(), "and nothing is kept");
    }

    #[test]
    fn requests_through_a_proxy_count_for_their_client_only() {
        let slots = Slots::new(LIMITS);
        let client = named("client");
        let requests = [slots.request(&client), slots.request(&client)];
        assert!(requests.iter().all(Option::is_some));
        assert!(slots.request(&client).is_none());
        assert!(slots.request(&named("other")).is_some());
        let proxy = [(); 3].map(|()| slots.connection(None));
        assert!(proxy.iter().all(Option::is_some), "they took no connection");
    }

    #[test]
    fn a_reserved_place_is_always_to_be_had() {
        let slots = Slots::new(LIMITS);
        let [oldest, older, newest] = [(); 3].map(|()| slots.reserved());
        assert!(oldest.hang_up.is_cancelled());
        assert!(!older.hang_up.is_cancelled());
        drop((oldest, older));
        let next = slots.reserved();
        assert!(!newest.hang_up.is_cancelled() && !next.hang_up.is_cancelled());
    }
}
