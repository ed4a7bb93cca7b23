//! `CustomResourceDefinition`s as objects: what is created is served.

use std::sync::Arc;

use serde_json::{Value, json};

use super::kinds::Kind;
use super::store::Key;
use super::world::World;
use super::write::seconds;

/// Serves what the stored definitions define, and nothing of those that are gone.
pub(super) fn settle(world: &mut World) {
    let Some(definitions) = world.kinds.of("apiextensions.k8s.io", "customresourcedefinitions")
    else {
        return;
    };
    let stored: Vec<(Key, Value)> = world
        .store
        .iter()
        .filter(|(key, _)| key.is_in(&definitions, None))
        .map(|(key, object)| (key.clone(), Value::clone(object)))
        .collect();
    for (key, mut definition) in stored {
        if let Some(kind) = Kind::defined_by(&definition) {
            world.kinds.register(kind);
        }
        if definition["status"]["conditions"].is_null() {
            establish(&mut definition, &seconds(world.now));
            world.store.put(&key, definition);
        }
    }
    forget(world, &definitions);
}

/// Forgets the resources whose definitions are gone, and their objects.
fn forget(world: &mut World, definitions: &Kind) {
    let gone: Vec<Arc<Kind>> = world
        .kinds
        .iter()
        .filter(|kind| kind.defined)
        .filter(|kind| {
            world.store.get(&Key::new(definitions, "", &kind.qualified_plural())).is_none()
        })
        .cloned()
        .collect();
    for kind in gone {
        let keys = world.store.iter().map(|(key, _)| key).filter(|key| key.is_in(&kind, None));
        for key in keys.cloned().collect::<Vec<_>>() {
            world.store.remove(&key);
        }
        world.kinds.unregister(&kind.group, &kind.plural);
    }
}

fn establish(definition: &mut Value, now: &str) {
    let names = definition["spec"]["names"].clone();
    let stored =
        Kind::defined_by(definition).map_or_else(Vec::new, |kind| vec![kind.versions[0].clone()]);
    definition["status"] = json!({
        "acceptedNames": names,
        "storedVersions": stored,
        "conditions": [
            {
                "type": "NamesAccepted", "status": "True", "reason": "NoConflicts",
                "message": "no conflicts found", "lastTransitionTime": now,
            },
            {
                "type": "Established", "status": "True", "reason": "InitialNamesAccepted",
                "message": "the initial names have been accepted", "lastTransitionTime": now,
            },
        ],
    });
}
