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
    registry: Mutex<Registry>,
    ending: CancellationToken,
    /// The maximum number of each owner.
    max_per_owner: usize,
}

#[derive(Debug, Default)]
struct Registry {
    open: HashMap<u64, Arc<SubscriptionState>>,
    /// The number of the newest one.
    last: u64,
}

/// The filter and the pending changes of one subscription.
#[derive(Debug)]
struct SubscriptionState {
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
    state: Arc<SubscriptionState>,
    all: Arc<Subscriptions>,
}

impl Subscriptions {
    /// Creates an empty registry that accepts `max_per_owner` subscriptions per
    /// owner.
    pub fn new(max_per_owner: usize) -> Self {
        let registry = Mutex::default();
        Self { registry, ending: CancellationToken::new(), max_per_owner }
    }

    /// Opens a subscription; `None` if the owner has reached the limit.
    pub fn open(self: &Arc<Self>, owner: &Arc<str>) -> Option<Subscription> {
        let state = Arc::new(SubscriptionState {
            owner: owner.clone(),
            filter: OnceLock::new(),
            pending: Mutex::default(),
            more: Notify::new(),
        });
        let mut all = lock(&self.registry);
        let own = all.open.values().filter(|other| other.owner == *owner);
        if own.count() >= self.max_per_owner {
            return None;
        }
        all.last += 1;
        let number = all.last;
        all.open.insert(number, state.clone());
        Some(Subscription { number, state, all: self.clone() })
    }

    /// Publishes a change to all subscriptions whose filter names it.
    pub fn publish(&self, change: &ResourceChange) {
        for state in lock(&self.registry).open.values() {
            if state.filter.get().is_some_and(|it| it.names(change)) {
                state.publish([change.clone()]);
            }
        }
    }

    /// Publishes all that the filters name, because messages of other nodes may have
    /// been lost. Sessions need none of this: their messages are in the log.
    pub fn publish_everything(&self) {
        for state in lock(&self.registry).open.values() {
            if let Some(filter) = state.filter.get() {
                state.publish(filter.changes());
            }
        }
    }

    /// Ends all subscriptions, and those that are opened later.
    pub fn end(&self) {
        self.ending.cancel();
    }
}

impl SubscriptionState {
    fn publish(&self, changes: impl IntoIterator<Item = ResourceChange>) {
        lock(&self.pending).extend(changes);
        self.more.notify_one();
    }
}

impl Subscription {
    /// Sets the filter, once. Changes that it names are published from now on.
    pub fn set_filter(&self, filter: Filter) {
        let _ = self.state.filter.set(filter);
    }

    /// Returns the next change; `None` if the node ends its subscriptions.
    pub async fn next(&self) -> Option<ResourceChange> {
        loop {
            if let Some(change) = lock(&self.state.pending).pop_first() {
                return Some(change);
            }
            tokio::select! {
                () = self.state.more.notified() => {}
                () = self.all.ending.cancelled() => return None,
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        lock(&self.all.registry).open.remove(&self.number);
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
