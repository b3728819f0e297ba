//! The open `subscriptions/listen` of this node, each with its pending changes.
//! spec: basic/patterns/subscriptions, 2026-07-28

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::lock::lock;
use crate::protocol::subscriptions::{Filter, List};

/// A change to which a client may have subscribed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceChange {
    /// A list has changed.
    List(List),
    /// The resource with this URI has changed.
    Resource(String),
}

/// All subscriptions of this node.
#[derive(Debug)]
pub struct Subscriptions {
    all: Mutex<Registry>,
    ending: CancellationToken,
    /// The maximum number of each owner.
    max_per_owner: usize,
}

#[derive(Debug, Default)]
struct Registry {
    listeners: HashMap<u64, Arc<Listener>>,
    /// The number of the newest one.
    last: u64,
}

/// The shared part of one subscription.
#[derive(Debug)]
struct Listener {
    owner: Arc<str>,
    /// The changes to publish; none before the filter is set.
    filter: OnceLock<Filter>,
    /// The changes that have not been sent yet. A repeated change is one entry, so
    /// there are never more than the filter names.
    pending: Mutex<BTreeSet<ResourceChange>>,
    more: Notify,
}

/// An open subscription. Dropping it closes it.
pub struct Subscription {
    number: u64,
    listener: Arc<Listener>,
    listeners: Arc<Subscriptions>,
}

impl Subscriptions {
    /// Creates an empty registry that accepts `max_per_owner` subscriptions per
    /// owner.
    pub fn new(max_per_owner: usize) -> Self {
        let all = Mutex::default();
        Self { all, ending: CancellationToken::new(), max_per_owner }
    }

    /// Opens a subscription; `None` if the owner has reached the limit.
    pub fn enter(self: &Arc<Self>, owner: &Arc<str>) -> Option<Subscription> {
        let listener = Arc::new(Listener {
            owner: owner.clone(),
            filter: OnceLock::new(),
            pending: Mutex::default(),
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

    /// Publishes a change to all subscriptions whose filter names it.
    pub fn publish(&self, change: &ResourceChange) {
        for listener in lock(&self.all).listeners.values() {
            if listener.filter.get().is_some_and(|it| it.names(change)) {
                listener.publish([change.clone()]);
            }
        }
    }

    /// Publishes all that the filters name, because changes may have been missed.
    pub fn publish_everything(&self) {
        for listener in lock(&self.all).listeners.values() {
            if let Some(filter) = listener.filter.get() {
                listener.publish(filter.changes());
            }
        }
    }

    /// Ends all subscriptions, and those that are opened later.
    pub fn end(&self) {
        self.ending.cancel();
    }
}

impl Listener {
    fn publish(&self, changes: impl IntoIterator<Item = ResourceChange>) {
        lock(&self.pending).extend(changes);
        self.more.notify_one();
    }
}

impl Subscription {
    /// Sets the filter, once. Changes that it names are published from now on.
    pub fn set_filter(&self, filter: Filter) {
        let _ = self.listener.filter.set(filter);
    }

    /// Returns the next change; `None` if the node ends its subscriptions.
    pub async fn next(&self) -> Option<ResourceChange> {
        loop {
            if let Some(change) = lock(&self.listener.pending).pop_first() {
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

    /// Returns all changes that the filter names.
    fn changes(&self) -> impl Iterator<Item = ResourceChange> {
        let lists = [List::Tools, List::Prompts, List::Resources];
        let lists = lists.into_iter().filter(|list| self.wants(*list));
        let resources = self.resource_subscriptions.iter().cloned();
        lists
            .map(ResourceChange::List)
            .chain(resources.map(ResourceChange::Resource))
    }
}
