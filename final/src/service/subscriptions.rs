//! Requests of the stateless era that listen on this node, and what each of them
//! has still to be told.
//! spec: basic/patterns/subscriptions, 2026-07-28

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::lock::lock;
use crate::protocol::subscriptions::{Filter, List};

/// Something that a listener may have asked to hear of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceChange {
    /// Of a list.
    List(List),
    /// Of the resource with this URI.
    Resource(String),
}

/// All that listen on this node.
#[derive(Debug)]
pub struct Subscriptions {
    all: Mutex<Registry>,
    ending: CancellationToken,
    /// How many each owner may have.
    max_per_owner: usize,
}

#[derive(Debug, Default)]
struct Registry {
    listeners: HashMap<u64, Arc<Listener>>,
    /// The number of the last one.
    last: u64,
}

/// One that listens.
#[derive(Debug)]
struct Listener {
    owner: Arc<str>,
    /// What it hears of; nothing yet if that is not decided.
    filter: OnceLock<Filter>,
    /// What it has not been told yet. A change that happens again meanwhile is told
    /// once, so there is never more here than the filter names.
    untold: Mutex<BTreeSet<ResourceChange>>,
    more: Notify,
}

/// A place among the listeners, which is free again when this is dropped.
pub struct Subscription {
    number: u64,
    listener: Arc<Listener>,
    listeners: Arc<Subscriptions>,
}

impl Subscriptions {
    /// None yet, and at most `max_per_owner` of each owner.
    pub fn new(max_per_owner: usize) -> Self {
        let all = Mutex::default();
        Self { all, ending: CancellationToken::new(), max_per_owner }
    }

    /// Takes a place; `None` if the owner has as many as it may.
    pub fn enter(self: &Arc<Self>, owner: &Arc<str>) -> Option<Subscription> {
        let listener = Arc::new(Listener {
            owner: owner.clone(),
            filter: OnceLock::new(),
            untold: Mutex::default(),
            more: Notify::new(),
        });
        let mut all = lock(&self.all);
        let others = all.listeners.values();
        if others.filter(|other| other.owner == *owner).count()
            >= self.max_per_owner
        {
            return None;
        }
        all.last += 1;
        let number = all.last;
        all.listeners.insert(number, listener.clone());
        Some(Subscription { number, listener, listeners: self.clone() })
    }

    /// Tells everybody who wants to hear of it.
    pub fn tell(&self, change: &ResourceChange) {
        for listener in lock(&self.all).listeners.values() {
            if listener.filter.get().is_some_and(|it| it.names(change)) {
                listener.tell([change.clone()]);
            }
        }
    }

    /// Tells everybody of everything: something may have been missed.
    pub fn publish_everything(&self) {
        for listener in lock(&self.all).listeners.values() {
            if let Some(filter) = listener.filter.get() {
                listener.tell(filter.changes());
            }
        }
    }

    /// Asks all to end, and those who are yet to come.
    pub fn end(&self) {
        self.ending.cancel();
    }
}

impl Listener {
    fn tell(&self, changes: impl IntoIterator<Item = ResourceChange>) {
        lock(&self.untold).extend(changes);
        self.more.notify_one();
    }
}

impl Subscription {
    /// Hears of what `filter` names from now on. Decided once.
    pub fn hear(&self, filter: Filter) {
        let _ = self.listener.filter.set(filter);
    }

    /// What is to be told next; `None` if the node asks everybody to end.
    pub async fn next(&self) -> Option<ResourceChange> {
        loop {
            if let Some(change) = lock(&self.listener.untold).pop_first() {
                return Some(change);
            }
            tokio::select! {
                () = self.listener.more.notified() => {}
                () = self.listeners.ending.cancelled() => return None,
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        lock(&self.listeners.all).listeners.remove(&self.number);
    }
}

impl Filter {
    fn names(&self, change: &ResourceChange) -> bool {
        match change {
            ResourceChange::List(list) => self.wants(*list),
            ResourceChange::Resource(uri) => {
                self.resource_subscriptions.contains(uri)
            }
        }
    }

    /// Everything that it names.
    fn changes(&self) -> impl Iterator<Item = ResourceChange> {
        let lists = [List::Tools, List::Prompts, List::Resources];
        let lists = lists.into_iter().filter(|list| self.wants(*list));
        let resources = self.resource_subscriptions.iter().cloned();
        lists
            .map(ResourceChange::List)
            .chain(resources.map(ResourceChange::Resource))
    }
}
