//! Whether members that all answer "healthy" really hold the same data.
//!
//! Two independent comparisons. A revision grows by at most one per raft entry, so over one history two members'
//! revisions cannot differ by more than the entries that lie between them; where they do, the stores took
//! different courses. And at one revision with one compact revision, all stores have one HashKV hash.

use crate::health::{HashKv, Status};
use crate::quorum::quorum_size;

use super::Stores;

/// One started voter's store. `index` is the caller's.
pub(super) struct Store<'a> {
    pub(super) index: usize,
    pub(super) status: &'a Status,
    pub(super) hash: Option<HashKv>,
}

/// What is wrong with one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Difference {
    /// Its contents differ from the store at that index of the caller's, at one revision; so many agree.
    Hash { other: usize, agreeing: usize },
    /// Its revision does not fit to the store at that index of the caller's.
    Revision { other: usize },
}

/// The comparison's outcome, with the caller's indices of those that differ.
pub(super) struct Comparison {
    pub(super) stores: Stores,
    pub(super) different: Vec<(usize, Difference)>,
}

/// Compares the stores of a cluster with that many voters.
pub(super) fn compare(stores: &[Store<'_>], voters: usize) -> Comparison {
    let majority = largest_agreeing_group(stores);
    if majority.len() == stores.len() {
        let hashed = stores.iter().filter(|s| s.hash.is_some()).count();
        let comparable = comparable_hashes(stores);
        let outcome = if comparable && hashed == stores.len() && hashed > 0 {
            Stores::Agree { members: hashed }
        } else {
            Stores::NotCompared
        };
        return Comparison { stores: outcome, different: Vec::new() };
    }
    let others: Vec<_> = (0..stores.len()).filter(|i| !majority.contains(i)).collect();
    let with_majority = |of: &dyn Fn(&Store<'_>, &Store<'_>) -> bool| {
        let pairs = others.iter().flat_map(|o| majority.iter().map(move |m| (*o, *m)));
        pairs.into_iter().any(|(o, m)| of(&stores[o], &stores[m]))
    };
    let ahead = with_majority(&|o, m| is_ahead(o.status, m.status));
    let by_contents = with_majority(&|o, m| hashes_differ(o.hash, m.hash));
    // A store that was not hashed contradicts nobody's contents, and does not vouch for anybody's either.
    let alike = largest_hashed_alike(stores, &majority);
    let vouching = if by_contents { alike } else { majority.len() };
    if ahead || vouching < quorum_size(voters) {
        let everyone: Vec<_> = (0..stores.len()).collect();
        return Comparison {
            stores: Stores::NoMajority,
            different: differences(stores, &everyone, &everyone),
        };
    }
    let outcome =
        if alike == majority.len() { Stores::MinorityDiffers } else { Stores::PartlyCompared };
    Comparison { stores: outcome, different: differences(stores, &others, &majority) }
}

/// How many of the group have one hash.
fn largest_hashed_alike(stores: &[Store<'_>], group: &[usize]) -> usize {
    let hashes = || group.iter().filter_map(|i| stores[*i].hash);
    let alike = hashes().map(|hash| hashes().filter(|h| *h == hash).count());
    alike.max().unwrap_or(0)
}

/// Whether `a` holds revisions that cannot be explained by the entries it has applied more than `b`.
fn is_ahead(a: &Status, b: &Status) -> bool {
    // While an entry is being applied its revision shows before its index does; an entry is committed by then.
    let applied_at_most = a.applied_index.saturating_add(1).min(a.raft_index.max(a.applied_index));
    let entries_between = applied_at_most.saturating_sub(b.applied_floor);
    a.revision.saturating_sub(b.revision) > entries_between
}

fn hashes_differ(a: Option<HashKv>, b: Option<HashKv>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => {
            a.revision == b.revision && a.compact_revision == b.compact_revision && a.hash != b.hash
        }
        _ => false,
    }
}

fn comparable_hashes(stores: &[Store<'_>]) -> bool {
    let mut hashes = stores.iter().filter_map(|s| s.hash);
    let Some(first) = hashes.next() else {
        return false;
    };
    hashes.all(|h| h.revision == first.revision && h.compact_revision == first.compact_revision)
}

fn conflict(a: &Store<'_>, b: &Store<'_>) -> bool {
    is_ahead(a.status, b.status) || is_ahead(b.status, a.status) || hashes_differ(a.hash, b.hash)
}

/// The largest set of stores none of which contradicts another, grown from each in turn; clusters are small.
fn largest_agreeing_group(stores: &[Store<'_>]) -> Vec<usize> {
    let mut largest = Vec::new();
    for seed in 0..stores.len() {
        let mut group = vec![seed];
        for candidate in (0..stores.len()).filter(|c| *c != seed) {
            if group.iter().all(|member| !conflict(&stores[*member], &stores[candidate])) {
                group.push(candidate);
            }
        }
        if group.len() > largest.len() {
            largest = group;
        }
        if largest.len() == stores.len() {
            break;
        }
    }
    largest
}

/// Each of `which` that contradicts one of `others`, with the first it contradicts.
fn differences(
    stores: &[Store<'_>],
    which: &[usize],
    others: &[usize],
) -> Vec<(usize, Difference)> {
    let explain = |i: &usize| Some((stores[*i].index, explain(stores, *i, others)?));
    which.iter().filter_map(explain).collect()
}

fn explain(stores: &[Store<'_>], index: usize, others: &[usize]) -> Option<Difference> {
    let store = &stores[index];
    let other = others.iter().find(|o| conflict(&stores[**o], store))?;
    let other = &stores[*other];
    if is_ahead(store.status, other.status) || is_ahead(other.status, store.status) {
        return Some(Difference::Revision { other: other.index });
    }
    Some(Difference::Hash {
        other: other.index,
        agreeing: stores.iter().filter(|s| s.hash == other.hash).count(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{ClusterId, MemberId};

    fn status(applied: u64, revision: u64) -> Status {
        Status::new(ClusterId::new(1), MemberId::new(1), applied, revision)
    }

    fn verdict(of: &[(Status, Option<HashKv>)]) -> (Stores, Vec<usize>) {
        let stores: Vec<_> = of
            .iter()
            .enumerate()
            .map(|(index, (status, hash))| Store { index, status, hash: *hash })
            .collect();
        let comparison = compare(&stores, of.len());
        (comparison.stores, comparison.different.iter().map(|(index, _)| *index).collect())
    }

    #[test]
    fn a_lagging_member_is_not_divergent() {
        let behind = [(status(100, 90), None), (status(100, 90), None), (status(40, 35), None)];
        assert_eq!(verdict(&behind), (Stores::NotCompared, vec![]));
    }

    #[test]
    fn one_store_that_lacks_revisions_is_named() {
        let stale = [(status(11, 51), None), (status(11, 51), None), (status(11, 1), None)];
        assert_eq!(verdict(&stale), (Stores::PartlyCompared, vec![2]));
    }

    #[test]
    fn a_majority_that_lost_data_is_not_believed() {
        // One member restored, two bootstrapped empty: the only good store is in the minority.
        let split = [(status(11, 51), None), (status(11, 1), None), (status(11, 1), None)];
        assert_eq!(verdict(&split), (Stores::NoMajority, vec![0, 1, 2]));
    }

    #[test]
    fn writes_during_the_probe_are_no_difference() {
        let mut early = status(100, 90);
        early.applied_floor = 95;
        let mut late = status(140, 131);
        late.applied_floor = 101;
        late.raft_index = 141;
        assert_eq!(
            verdict(&[(early.clone(), None), (late, None), (early, None)]).0,
            Stores::NotCompared
        );
    }

    #[test]
    fn an_entry_seen_before_its_index_is_no_difference() {
        let mut applying = status(100, 91);
        applying.raft_index = 101;
        let rest = (status(100, 90), None);
        assert_eq!(verdict(&[(applying, None), rest.clone(), rest]).0, Stores::NotCompared);
    }

    #[test]
    fn hashes_count_only_at_one_revision_and_compact_revision() {
        let with = |hash, compact| (status(100, 90), Some(HashKv::new(hash, 90, compact)));
        let agree = [with(7, 5), with(7, 5), with(7, 5)];
        assert_eq!(verdict(&agree), (Stores::Agree { members: 3 }, vec![]));
        let flipped = [with(7, 5), with(8, 5), with(7, 5)];
        assert_eq!(verdict(&flipped), (Stores::MinorityDiffers, vec![1]));
        let compacting = [with(7, 5), with(8, 6), with(7, 5)];
        assert_eq!(verdict(&compacting), (Stores::NotCompared, vec![]));
        let none = || (status(100, 90), None);
        // Whom the store without a hash agrees with is not known.
        let unknown = [with(7, 5), none(), with(8, 5)];
        assert_eq!(verdict(&unknown), (Stores::NoMajority, vec![0, 2]));
        let enough = [with(7, 5), none(), with(8, 5), with(7, 5), with(7, 5)];
        assert_eq!(verdict(&enough), (Stores::PartlyCompared, vec![2]));
        let each_its_own = [with(7, 5), with(8, 5), with(9, 5)];
        assert_eq!(verdict(&each_its_own).0, Stores::NoMajority);
    }
}
