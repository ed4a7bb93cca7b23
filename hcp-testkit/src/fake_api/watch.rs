//! Watches: what happens to the objects of a collection, event by event.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use http_body::Frame;
use serde_json::{Value, json};
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep_until};

use super::delete::with_version;
use super::faults::WatchFault;
use super::kinds::Kind;
use super::list::{chosen, requested_version};
use super::present::Shown;
use super::selector::ObjectSelector;
use super::shared::{Shared, Tick};
use super::status::{ApiError, FieldFault};
use super::store::{Change, Store};
use super::world::{Call, World};

/// A watch as it was asked for, and how far it has come.
pub(super) struct Watch {
    kind: Arc<Kind>,
    namespace: Option<String>,
    selector: ObjectSelector,
    shown: Shown,
    bookmarks: bool,
    timeout: Option<Duration>,
    /// Changes up to this revision are told.
    position: u64,
    /// Events that come before all changes.
    initial: VecDeque<Value>,
    /// Whether nothing comes after them.
    ends: bool,
}

/// A watch while it is read.
struct Open {
    watch: Watch,
    shared: Arc<Shared>,
    ticks: Receiver<Tick>,
    pending: VecDeque<Value>,
    deadline: Option<Instant>,
    fault: Option<WatchFault>,
    told: usize,
    ended: bool,
    bookmarked: u64,
}

impl Watch {
    /// Begins a watch: with what there is now or, from a version, with what happened since.
    pub(super) fn open(world: &World, call: &Call<'_>) -> Result<Self, ApiError> {
        let query = &call.request.query;
        let mut watch = Self {
            kind: Arc::clone(&call.kind),
            namespace: call.path.namespace.clone(),
            selector: ObjectSelector::of(query)?,
            shown: call.shown.clone(),
            bookmarks: query.flag("allowWatchBookmarks"),
            timeout: query.number("timeoutSeconds")?.map(Duration::from_secs),
            position: world.store.revision(),
            initial: VecDeque::new(),
            ends: false,
        };
        let asked = requested_version(call)?;
        let wants_initial = query.get("sendInitialEvents");
        if wants_initial.is_some() && query.get("resourceVersionMatch") != Some("NotOlderThan") {
            let why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
            let fault = FieldFault::forbidden("resourceVersionMatch", why);
            return Err(ApiError::invalid_kind("meta.k8s.io", "ListOptions", "", vec![fault]));
        }
        let wants_initial = wants_initial.map(|_| query.flag("sendInitialEvents"));
        if wants_initial.unwrap_or(asked == 0) {
            for (_, object) in chosen(world, call)? {
                watch.initial.push_back(event("ADDED", &watch.shown.object(&object)));
            }
            if wants_initial.is_some() && watch.bookmarks {
                let bookmark = watch.shown.bookmark(watch.position, true);
                watch.initial.push_back(event("BOOKMARK", &bookmark));
            }
        } else if asked < world.store.compacted() {
            watch.initial.push_back(too_old(asked, world.store.compacted()));
            watch.ends = true;
        } else if asked > 0 {
            watch.position = asked;
        }
        Ok(watch)
    }

    /// The lines of the answer.
    pub(super) fn stream(
        self,
        shared: Arc<Shared>,
        fault: Option<WatchFault>,
    ) -> impl Stream<Item = io::Result<Frame<Bytes>>> + Send + 'static {
        let ticks = shared.ticks();
        let bookmarked = ticks.borrow().bookmarks;
        let deadline = self.timeout.map(|timeout| Instant::now() + timeout);
        let open = Open {
            watch: self,
            shared,
            ticks,
            pending: VecDeque::new(),
            deadline,
            fault,
            told: 0,
            ended: false,
            bookmarked,
        };
        stream::unfold(open, |mut open| async move {
            let line = open.next().await?;
            Some((line, open))
        })
    }

    /// The event that a change is for this watch, if it is one.
    fn event_of(&self, change: &Change) -> Option<Value> {
        if !change.key.is_in(&self.kind, self.namespace.as_deref()) {
            return None;
        }
        let meant = |object: &&Arc<Value>| self.selector.matches(object);
        let before = change.before.as_ref().filter(meant);
        let after = change.after.as_ref().filter(meant);
        match (before, after) {
            (None, Some(after)) => Some(event("ADDED", &self.shown.object(after))),
            (Some(_), Some(after)) => Some(event("MODIFIED", &self.shown.object(after))),
            // What is gone, or no longer meant, is shown as it was, with the version of the change.
            (Some(before), None) => {
                let gone = with_version(before, change.revision);
                Some(event("DELETED", &self.shown.object(&gone)))
            }
            (None, None) => None,
        }
    }

    fn read(&mut self, store: &Store) -> VecDeque<Value> {
        let changes = store.changes_after(self.position);
        let events = changes.iter().filter_map(|change| self.event_of(change)).collect();
        self.position = self.position.max(store.revision());
        events
    }
}

impl Open {
    async fn next(&mut self) -> Option<io::Result<Frame<Bytes>>> {
        loop {
            if self.ended {
                return None;
            }
            if let Some(end) = self.injected_end() {
                self.ended = true;
                return Some(end);
            }
            if let Some(event) = self.watch.initial.pop_front().or_else(|| self.pending.pop_front())
            {
                return Some(Ok(self.tell(&event)));
            }
            if self.watch.ends {
                return None;
            }
            let tick = *self.ticks.borrow_and_update();
            self.pending = self.shared.with_world(|world| self.watch.read(&world.store));
            if self.watch.bookmarks && tick.bookmarks != self.bookmarked {
                self.bookmarked = tick.bookmarks;
                self.pending.push_back(self.bookmark());
            }
            if self.pending.is_empty() && !self.changed().await {
                self.watch.ends = true;
                // A watch that runs out of time says where it was.
                if self.watch.bookmarks {
                    self.pending.push_back(self.bookmark());
                }
            }
        }
    }

    /// Waits for a change; false if the time is up or the server gone.
    async fn changed(&mut self) -> bool {
        let Some(deadline) = self.deadline else { return self.ticks.changed().await.is_ok() };
        tokio::select! {
            changed = self.ticks.changed() => changed.is_ok(),
            () = sleep_until(deadline) => false,
        }
    }

    fn tell(&mut self, event: &Value) -> Frame<Bytes> {
        self.told += 1;
        let mut line = format!("{event}\n");
        if self.fault == Some(WatchFault::Repeat(self.told)) {
            line.push_str(&line.clone());
        }
        Frame::data(Bytes::from(line))
    }

    fn injected_end(&self) -> Option<io::Result<Frame<Bytes>>> {
        match self.fault {
            Some(WatchFault::Cut(after)) if self.told >= after => {
                Some(Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the watch was cut")))
            }
            Some(WatchFault::Expire(after)) if self.told >= after => {
                let line = format!("{}\n", too_old(self.watch.position, self.watch.position + 1));
                Some(Ok(Frame::data(Bytes::from(line))))
            }
            _ => None,
        }
    }

    fn bookmark(&self) -> Value {
        event("BOOKMARK", &self.watch.shown.bookmark(self.watch.position, false))
    }
}

fn event(what: &str, object: &Value) -> Value {
    json!({ "type": what, "object": object })
}

fn too_old(asked: u64, oldest: u64) -> Value {
    let message = format!("too old resource version: {asked} ({oldest})");
    event("ERROR", &ApiError::expired(&message).body())
}
