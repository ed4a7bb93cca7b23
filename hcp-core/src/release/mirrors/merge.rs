//! One order of mirrors out of those that several objects ask for.

use std::collections::BTreeMap;

use super::object::{MirrorKind, MirrorSet, MirrorSource, MirrorSourcePolicy};
use crate::release::scope::RegistryScope;

/// All that is declared for one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Merged {
    /// In the order in which they are asked; the source may be among them.
    pub(super) mirrors: Vec<DeclaredMirror>,
    /// The strictest of the policies.
    pub(super) policy: MirrorSourcePolicy,
    /// The mirrors on which the objects contradict each other.
    pub(super) contradictory: Vec<RegistryScope>,
    /// By whom it is declared: index into the sets, index into their sources.
    pub(super) declared: Vec<(MirrorKind, String, usize, MirrorSourcePolicy)>,
}

/// A mirror and the object that names it first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DeclaredMirror {
    pub(super) mirror: RegistryScope,
    pub(super) kind: MirrorKind,
    pub(super) object: String,
}

/// Merges sets that come in the order in which they count.
pub(super) fn merge<'a>(
    sets: impl Iterator<Item = &'a MirrorSet>,
) -> BTreeMap<MirrorSource, Merged> {
    let mut lists: BTreeMap<MirrorSource, (Merged, Vec<Vec<RegistryScope>>)> = BTreeMap::new();
    for set in sets {
        for (index, of) in set.sources.iter().enumerate() {
            let (merged, orders) = lists.entry(of.source.clone()).or_insert_with(|| {
                let (mirrors, contradictory, declared) = (Vec::new(), Vec::new(), Vec::new());
                let policy = MirrorSourcePolicy::AllowContactingSource;
                (Merged { mirrors, policy, contradictory, declared }, Vec::new())
            });
            merged.policy = merged.policy.max(of.policy);
            merged.declared.push((set.kind, set.name.clone(), index, of.policy));
            for mirror in &of.mirrors {
                if merged.mirrors.iter().all(|known| known.mirror != *mirror) {
                    let (kind, object) = (set.kind, set.name.clone());
                    merged.mirrors.push(DeclaredMirror { mirror: mirror.clone(), kind, object });
                }
            }
            orders.push(of.mirrors.clone());
        }
    }
    lists
        .into_iter()
        .map(|(source, (mut merged, orders))| {
            order(&mut merged, &orders);
            (source, merged)
        })
        .collect()
}

/// Sorts so that every order is kept; what appears first goes first where they leave it open, and where they contradict each other.
fn order(merged: &mut Merged, orders: &[Vec<RegistryScope>]) {
    let mut left = std::mem::take(&mut merged.mirrors);
    while !left.is_empty() {
        let is_free = |candidate: &DeclaredMirror| {
            orders.iter().all(|order| {
                let place = order.iter().position(|mirror| *mirror == candidate.mirror);
                place.is_none_or(|place| {
                    let before = &order[..place];
                    left.iter().all(|other| {
                        other.mirror == candidate.mirror || !before.contains(&other.mirror)
                    })
                })
            })
        };
        let free = left.iter().position(is_free);
        if free.is_none() {
            merged.contradictory.push(left[0].mirror.clone());
        }
        merged.mirrors.push(left.remove(free.unwrap_or(0)));
    }
}
