//! Objects, and everything that ever happened to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::kinds::Kind;

/// Where an object is kept; the order is that of etcd's keys, and so of lists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    group: String,
    plural: String,
    /// `namespace/name`, or the name alone in the cluster's scope.
    path: String,
}

/// The current objects and the log of changes: one revision for each, counted over all kinds.
#[derive(Clone)]
pub(super) struct Store {
    objects: BTreeMap<Key, Arc<Value>>,
    log: Vec<Change>,
    revision: u64,
    compacted: u64,
    created: u64,
}

/// One change of one object.
#[derive(Clone)]
pub(super) struct Change {
    pub(super) revision: u64,
    pub(super) key: Key,
    pub(super) before: Option<Arc<Value>>,
    pub(super) after: Option<Arc<Value>>,
}

impl Key {
    /// The key of an object of this kind; `namespace` is empty in the cluster's scope.
    pub(super) fn new(kind: &Kind, namespace: &str, name: &str) -> Self {
        let path =
            if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") };
        Self { group: kind.group.clone(), plural: kind.plural.clone(), path }
    }

    /// The object's namespace; empty in the cluster's scope.
    pub(super) fn namespace(&self) -> &str {
        self.path.split_once('/').map_or("", |(namespace, _)| namespace)
    }

    /// The object's name.
    pub(super) fn name(&self) -> &str {
        self.path.split_once('/').map_or(&*self.path, |(_, name)| name)
    }

    /// `namespace/name`, or the name alone: the order of lists.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The resource that the object is of.
    pub(super) fn resource(&self) -> (&str, &str) {
        (&self.group, &self.plural)
    }

    /// Whether the object is in this collection; no namespace means all of them.
    pub(super) fn is_in(&self, kind: &Kind, namespace: Option<&str>) -> bool {
        self.group == kind.group
            && self.plural == kind.plural
            && namespace.is_none_or(|namespace| self.namespace() == namespace)
    }
}

impl Store {
    /// A store with nothing in it; etcd's first revision is 1.
    pub(super) const fn new() -> Self {
        Self { objects: BTreeMap::new(), log: Vec::new(), revision: 1, compacted: 0, created: 0 }
    }

    /// The revision of the latest change.
    pub(super) const fn revision(&self) -> u64 {
        self.revision
    }

    /// The revision up to which history is forgotten.
    pub(super) const fn compacted(&self) -> u64 {
        self.compacted
    }

    /// Forgets what the objects were before now. Watches that are open go on.
    pub(super) const fn compact(&mut self) {
        self.compacted = self.revision;
    }

    /// A number that was not given before: for UIDs and generated names.
    pub(super) const fn next_number(&mut self) -> u64 {
        self.created += 1;
        self.created
    }

    /// An object.
    pub(super) fn get(&self, key: &Key) -> Option<&Arc<Value>> {
        self.objects.get(key)
    }

    /// All objects, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Key, &Arc<Value>)> {
        self.objects.iter()
    }

    /// The objects as they were right after this revision.
    pub(super) fn at(&self, revision: u64) -> BTreeMap<Key, Arc<Value>> {
        let mut objects = self.objects.clone();
        for change in self.changes_after(revision).iter().rev() {
            match &change.before {
                Some(before) => objects.insert(change.key.clone(), Arc::clone(before)),
                None => objects.remove(&change.key),
            };
        }
        objects
    }

    /// The store as it was right after this revision, or at its beginning if that is before.
    pub(super) fn rolled_back_to(&self, revision: u64) -> Self {
        let revision = revision.min(self.revision);
        let kept = self.log.len() - self.changes_after(revision).len();
        Self {
            objects: self.at(revision),
            log: self.log[..kept].to_vec(),
            revision,
            compacted: self.compacted.min(revision),
            created: self.created,
        }
    }

    /// What happened after this revision.
    pub(super) fn changes_after(&self, revision: u64) -> &[Change] {
        &self.log[self.log.partition_point(|change| change.revision <= revision)..]
    }

    /// Writes an object, and says what was written: the same with its new `resourceVersion`.
    pub(super) fn put(&mut self, key: &Key, mut object: Value) -> Arc<Value> {
        self.revision += 1;
        set_resource_version(&mut object, self.revision);
        let object = Arc::new(object);
        let before = self.objects.insert(key.clone(), Arc::clone(&object));
        self.record(key, before, Some(Arc::clone(&object)));
        object
    }

    /// Removes an object, and says what it was.
    pub(super) fn remove(&mut self, key: &Key) -> Option<Arc<Value>> {
        let before = self.objects.remove(key)?;
        self.revision += 1;
        self.record(key, Some(Arc::clone(&before)), None);
        Some(before)
    }

    fn record(&mut self, key: &Key, before: Option<Arc<Value>>, after: Option<Arc<Value>>) {
        self.log.push(Change { revision: self.revision, key: key.clone(), before, after });
    }
}

/// Writes the version of an object into it.
pub(super) fn set_resource_version(object: &mut Value, revision: u64) {
    object["metadata"]["resourceVersion"] = revision.to_string().into();
}
