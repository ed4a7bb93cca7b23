//! What the server, its clients and its watches share.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use super::clock::FakeClock;
use super::faults::{Faults, Subject, Verdict};
use super::kinds::Kinds;
use super::log::{LoggedRequest, Outcome};
use super::object::name;
use super::request::{ApiRequest, Target, Verb};
use super::status::ApiError;
use super::store::Store;
use super::world::{Reply, World};

/// What watches wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tick {
    /// The revision of the latest change.
    pub(super) revision: u64,
    /// How often bookmarks were asked for.
    pub(super) bookmarks: u64,
}

/// What the server, its clients and its watches share.
pub(super) struct Shared {
    world: Mutex<World>,
    requests: Mutex<Vec<LoggedRequest>>,
    ticks: watch::Sender<Tick>,
    pub(super) clock: FakeClock,
    pub(super) faults: Faults,
}

impl fmt::Debug for Shared {
    /// Without the objects, some of which are Secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tick, requests) = (*self.ticks.borrow(), self.requests().len());
        f.debug_struct("Shared")
            .field("tick", &tick)
            .field("requests", &requests)
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn new() -> Arc<Self> {
        let world = World {
            store: Store::new(),
            kinds: Kinds::builtin(),
            now: Timestamp::UNIX_EPOCH,
            collects_garbage: true,
        };
        Arc::new(Self {
            world: Mutex::new(world),
            requests: Mutex::new(Vec::new()),
            ticks: watch::Sender::new(Tick::default()),
            clock: FakeClock::new(),
            faults: Faults::default(),
        })
    }

    /// Reads or changes the world at the time of the clock, and wakes the watches.
    pub(super) fn with_world<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.now = self.clock.now();
        let result = act(&mut world);
        let revision = world.store.revision();
        self.ticks.send_if_modified(|tick| {
            let changed = tick.revision != revision;
            tick.revision = revision;
            changed
        });
        result
    }

    /// What happens from now on.
    pub(super) fn ticks(&self) -> watch::Receiver<Tick> {
        self.ticks.subscribe()
    }

    /// Has every watch that allows it tell a bookmark.
    pub(super) fn bookmark(&self) {
        self.ticks.send_modify(|tick| tick.bookmarks += 1);
    }

    /// The log of requests.
    pub(super) fn requests(&self) -> MutexGuard<'_, Vec<LoggedRequest>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what became of a request.
    pub(super) fn conclude(&self, request: usize, outcome: Outcome) {
        if let Some(logged) = self.requests().get_mut(request) {
            logged.outcome = outcome;
        }
    }

    /// What the script has in store for a request.
    pub(super) fn verdict(&self, request: &ApiRequest, number: usize) -> Verdict {
        let Target::Resource(path) = &request.target else { return Verdict::default() };
        let kinds = self.with_world(|world| world.kinds.of(&path.group, &path.plural));
        let sent: serde_json::Value = match (&path.name, request.verb) {
            (None, Verb::Create) => serde_json::from_slice(&request.body).unwrap_or_default(),
            _ => serde_json::Value::Null,
        };
        self.faults.meet(
            &Subject {
                verb: request.verb,
                kind: kinds.as_ref().map_or("", |kind| &kind.name),
                namespace: path.namespace.as_deref().unwrap_or_default(),
                name: path.name.as_deref().unwrap_or_else(|| name(&sent)),
                subresource: path.subresource.as_deref().unwrap_or_default(),
            },
            number,
        )
    }

    /// Answers a request from the current state.
    pub(super) fn handle(&self, request: &ApiRequest) -> Result<Reply, ApiError> {
        self.with_world(|world| world.handle(request))
    }

    /// Answers a read from an older state.
    pub(super) fn handle_stale(
        &self,
        request: &ApiRequest,
        revision: u64,
    ) -> Result<Reply, ApiError> {
        self.with_world(|world| {
            let mut old = world.clone();
            old.store = world.store.rolled_back_to(revision);
            old.handle(request)
        })
    }

    /// The refusal that an injected conflict is for this request.
    pub(super) fn modified(&self, request: &ApiRequest) -> ApiError {
        let kind = match &request.target {
            Target::Resource(path) => {
                let kind = self.with_world(|world| world.kinds.of(&path.group, &path.plural));
                kind.map(|kind| (kind, path.name.clone().unwrap_or_default()))
            }
            Target::Path(_) => None,
        };
        kind.map_or_else(ApiError::no_such_resource, |(kind, name)| {
            ApiError::modified(&kind, &name)
        })
    }
}
