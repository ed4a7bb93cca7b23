use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::forge::{self, PAGE, bucket, key_value, revision};
use super::*;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn verify_bytes(bytes: &[u8]) -> Result<VerifiedSnapshot, SnapshotError> {
    verify_source(Path::new("test.db"), bytes, bytes.len() as u64)
}

/// The damage found in this content, with a digest that agrees with it.
fn damage(content: &[u8]) -> (Rule, Place) {
    match verify_bytes(&forge::seal(content)) {
        Err(SnapshotError::Damaged { rule, place, .. }) => (rule, place),
        other => panic!("expected damage, got {other:?}"),
    }
}

/// A sound database: root with `key` on pages 3 (branch), 4 and 5 (leaves), and an inline bucket.
fn sound() -> Vec<Vec<u8>> {
    let keys: Vec<_> = (1..=4).map(revision).collect();
    let values: Vec<_> = (1..=4).map(key_value).collect();
    let inline = forge::inline(&[(b"clusterVersion", b"3.5.0")]);
    vec![
        forge::root(2, &[(b"cluster", &inline), (b"key", &bucket(3))]),
        forge::branch(3, &[(&keys[0], 4), (&keys[2], 5)]),
        forge::leaf(4, &[(&keys[0], &values[0]), (&keys[1], &values[1])]),
        forge::leaf(5, &[(&keys[2], &values[2]), (&keys[3], &values[3])]),
    ]
}

/// The damage found in the sound database after `change`.
fn damage_after(change: impl FnOnce(&mut Vec<Vec<u8>>)) -> (Rule, Place) {
    let mut pages = sound();
    change(&mut pages);
    damage(&forge::database(&pages))
}

fn patch(page: &mut [u8], at: usize, bytes: &[u8]) {
    page[at..at + bytes.len()].copy_from_slice(bytes);
}

#[test]
fn fixtures_give_the_numbers_of_etcdutl() {
    let cases = [
        ("small.db", 356_174_302, 67, 73, 36_864, 66),
        ("tree.db", 1_583_675_351, 79, 877, 143_360, 870),
    ];
    for (name, hash, revision, total_keys, total_size, revisions) in cases {
        let found = verify(&data(name)).unwrap();
        assert_eq!((found.hash, found.revision), (hash, revision), "{name}");
        assert_eq!((found.total_keys, found.total_size), (total_keys, total_size), "{name}");
        assert_eq!(found.revisions, revisions, "{name}");
        assert_eq!((found.size, &found.path), (total_size + 32, &data(name)), "{name}");
        let [member] = found.members.as_slice() else { panic!("{:?}", found.members) };
        assert_eq!((member.name.as_str(), member.is_learner), ("fixture", false));
        assert_eq!(member.peer_urls, ["http://127.0.0.1:24380"]);
        let json = serde_json::to_string(&found).unwrap();
        assert_eq!(serde_json::from_str::<VerifiedSnapshot>(&json).unwrap(), found);
    }
}

#[test]
fn forged_database_is_sound() {
    let found = verify_bytes(&forge::seal(&forge::database(&sound()))).unwrap();
    assert_eq!((found.revision, found.revisions, found.total_keys), (4, 4, 5));
    let mut crc = Vec::from(*b"clusterclusterVersion3.5.0key");
    (1..=4).for_each(|n| crc.extend([revision(n.into()), key_value(n)].concat()));
    assert_eq!(found.hash, crc32c::crc32c(&crc));
}

#[test]
fn tampering_is_rejected() {
    let good = fs::read(data("small.db")).unwrap();
    let mut flipped = good.clone();
    flipped[30_000] ^= 1;
    let digest =
        |bytes: &[u8]| matches!(verify_bytes(bytes), Err(SnapshotError::DigestMismatch { .. }));
    let trailer =
        |bytes: &[u8]| matches!(verify_bytes(bytes), Err(SnapshotError::NoTrailer { .. }));
    assert!(digest(&flipped));
    assert!(digest(&good[..20_000]));
    assert!(trailer(&good[..good.len() - 32]));
    assert!(trailer(&[&good[..], b"x"].concat()));
    assert!(trailer(&good[..good.len() / 2]));
    assert!(trailer(b""));
    assert!(trailer(&good[..32]));
}

#[test]
fn path_must_be_a_file() {
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(verify(directory.path()), Err(SnapshotError::NotAFile { .. })));
    let missing = verify(&directory.path().join("none")).unwrap_err();
    assert!(matches!(missing, SnapshotError::Io { .. }) && !missing.wants_new_snapshot());
}

#[test]
fn meta_pages_are_checked() {
    let pages = sound().concat();
    let with = |first: Vec<u8>, second: Vec<u8>| [first, second, pages.clone()].concat();
    let (good, wrong) = (forge::meta(1, 4096, 2, 6, 8), vec![0; PAGE]);
    // Either one is enough, and the larger transaction id wins.
    for content in [with(good.clone(), wrong.clone()), with(wrong.clone(), good.clone())] {
        verify_bytes(&forge::seal(&content)).unwrap();
    }
    let newer = forge::meta(1, 4096, 3, 6, 10);
    assert_eq!(damage(&with(good.clone(), newer)).0, Rule::ElementFlags { flags: 0 });
    verify_bytes(&forge::seal(&with(good.clone(), forge::meta(1, 4096, 3, 6, 7)))).unwrap();

    assert_eq!(damage(&with(wrong.clone(), wrong.clone())).0, Rule::MetaInvalid);
    let mut summed = good.clone();
    summed[16 + 16] ^= 1;
    assert_eq!(damage(&with(summed, wrong.clone())).0, Rule::MetaInvalid);
    for size in [0, 512, 5000, 1 << 30] {
        let (rule, _) = damage(&with(forge::meta(0, size, 2, 6, 9), wrong.clone()));
        assert_eq!(rule, Rule::PageSize { size });
    }
    assert_eq!(
        damage(&with(wrong, forge::meta(1, 8192, 2, 6, 9))).0,
        Rule::PageSize { size: 8192 }
    );
    for high in [7, u64::MAX] {
        let (rule, _) = damage(&with(forge::meta(0, 4096, 2, high, 9), good.clone()));
        assert_eq!(rule, Rule::HighWater { pages: high });
    }
}

#[test]
fn page_references_are_checked() {
    let out = Rule::PageOutOfBounds { pages: 6 };
    for child in [0_u64, 1, 6, u64::MAX] {
        let (rule, place) = damage_after(|pages| patch(&mut pages[1], 24, &child.to_le_bytes()));
        assert_eq!((rule, place.page, place.bucket.as_deref()), (out, Some(child), Some("key")));
    }
    // The same page twice, a page that is its own child, and the root bucket's page as a child.
    for child in [5_u64, 3, 2] {
        let (rule, _) = damage_after(|pages| patch(&mut pages[1], 24, &child.to_le_bytes()));
        let twice = if child == 5 { Rule::KeyOutsideParent } else { Rule::PageReferencedTwice };
        assert_eq!(rule, twice, "child {child}");
    }
    let (rule, place) = damage_after(|pages| patch(&mut pages[1], 40, &4_u64.to_le_bytes()));
    assert_eq!((rule, place.page), (Rule::PageReferencedTwice, Some(4)));
    let (rule, _) = damage_after(|pages| patch(&mut pages[2], 0, &[5]));
    assert_eq!(rule, Rule::PageIdMismatch { found: 5 });
    let (rule, _) = damage_after(|pages| patch(&mut pages[2], 8, &[4]));
    assert_eq!(rule, Rule::PageType { flags: 4 });
    let (rule, _) = damage_after(|pages| patch(&mut pages[3], 12, &[1]));
    assert_eq!(rule, Rule::OverflowOutOfBounds { overflow: 1 });
    let (rule, _) = damage_after(|pages| patch(&mut pages[2], 12, &[1]));
    assert_eq!(rule, Rule::PageReferencedTwice, "overflow of page 4 is page 5");
    let (rule, _) = damage_after(|pages| patch(&mut pages[1], 10, &[0]));
    assert_eq!(rule, Rule::BranchEmpty);
}

#[test]
fn freelist_page_is_nobody_elses() {
    let mut content = forge::database(&sound());
    for page in [0, PAGE] {
        patch(&mut content, page + 16 + 32, &5_u64.to_le_bytes());
        let sum = bolt::fnv1a(&content[page + 16..page + 72]);
        patch(&mut content, page + 72, &sum.to_le_bytes());
    }
    assert_eq!(damage(&content).0, Rule::PageType { flags: 2 });
    patch(&mut content, 5 * PAGE + 8, &[0x10]);
    assert_eq!(damage(&content).0, Rule::PageReferencedTwice);
}

#[test]
fn elements_are_checked() {
    // Leaf elements: flags at 16, position at 20, key size at 24, value size at 28; the next one
    // from 32.
    let (rule, place) = damage_after(|pages| patch(&mut pages[2], 28, &u32::MAX.to_le_bytes()));
    assert_eq!((rule, place.page), (Rule::ElementOutOfBounds, Some(4)));
    assert_eq!(place.offset, 4 * PAGE as u64 + 16);
    let (rule, _) = damage_after(|pages| patch(&mut pages[2], 36, &u32::MAX.to_le_bytes()));
    assert_eq!(rule, Rule::ElementOutOfBounds);
    let (rule, _) = damage_after(|pages| patch(&mut pages[2], 20, &[16]));
    assert_eq!(rule, Rule::ElementOverlap, "the first key lies in the table");
    let (rule, _) = damage_after(|pages| patch(&mut pages[2], 28, &[200]));
    assert_eq!(rule, Rule::KeyValueMalformed, "the first value runs into the second key");
    let (rule, _) = damage_after(|pages| patch(&mut pages[2], 10, &u16::MAX.to_le_bytes()));
    assert_eq!(rule, Rule::ElementTable { count: u16::MAX });
    let (rule, _) = damage_after(|pages| patch(&mut pages[2], 24, &[0]));
    assert_eq!(rule, Rule::KeySize { size: 0 });
    let (rule, _) = damage_after(|pages| patch(&mut pages[2], 16, &[1]));
    assert_eq!(rule, Rule::ElementFlags { flags: 1 }, "a bucket in a bucket");
    let (rule, _) = damage_after(|pages| patch(&mut pages[0], 16, &[0]));
    assert_eq!(rule, Rule::ElementFlags { flags: 0 }, "a plain key in the root");
}

#[test]
fn keys_of_more_than_bbolts_limit_are_refused() {
    let long = vec![b'k'; 32_769];
    let root = forge::page(2, forge::LEAF, 8, &[[&[1, 0, 0, 0], &long, &bucket(3)]]);
    let (rule, _) = damage(&forge::database(&[root]));
    assert_eq!(rule, Rule::KeySize { size: 32_769 });
}

#[test]
fn key_order_is_checked() {
    let (first, third) = (revision(1), revision(3));
    let (one, three) = (key_value(1), key_value(3));
    let (rule, place) =
        damage_after(|pages| pages[2] = forge::leaf(4, &[(&first, &one), (&first, &one)]));
    assert_eq!((rule, place.page), (Rule::KeyOrder, Some(4)));
    let (rule, _) = damage_after(|pages| pages[2] = forge::leaf(4, &[(&third, &three)]));
    assert_eq!(rule, Rule::KeyOutsideParent, "not below the next child's key");
    let (rule, _) = damage_after(|pages| pages[3] = forge::leaf(5, &[(&first, &one)]));
    assert_eq!(rule, Rule::KeyOutsideParent, "below its own child's key");
    let (rule, place) =
        damage_after(|pages| pages[1] = forge::branch(3, &[(&third, 4), (&first, 5)]));
    assert_eq!((rule, place.page), (Rule::KeyOrder, Some(3)));
}

#[test]
fn deep_trees_are_refused() {
    let key = revision(1);
    let mut pages = vec![forge::root(2, &[(b"key", &bucket(3))])];
    pages.extend((3..80).map(|id| forge::branch(id, &[(&key, id + 1)])));
    pages.push(forge::leaf(80, &[(&key, &key_value(1))]));
    assert_eq!(damage(&forge::database(&pages)).0, Rule::TreeTooDeep { limit: 64 });
}

#[test]
fn buckets_are_checked() {
    let keyed =
        |name: &[u8], value: &[u8]| damage(&forge::database(&[forge::root(2, &[(name, value)])])).0;
    assert_eq!(keyed(b"key", &[0; 15]), Rule::BucketHeader { size: 15 });
    assert_eq!(keyed(b"key", &[0; 31]), Rule::BucketHeader { size: 15 });
    assert_eq!(keyed(b"other", &forge::inline(&[])), Rule::KeyBucketMissing);
    let mut inline = forge::inline(&[]);
    inline[16 + 8] = 1;
    assert_eq!(keyed(b"key", &inline), Rule::PageType { flags: 1 });
    inline[16 + 8] = 2;
    inline[16 + 12] = 1;
    assert_eq!(keyed(b"key", &inline), Rule::OverflowOutOfBounds { overflow: 1 });
    inline[16 + 12] = 0;
    inline[16 + 10] = 9;
    assert_eq!(keyed(b"key", &inline), Rule::ElementTable { count: 9 });
    let member = forge::inline(&[(b"1", br#"{"id":2}"#)]);
    assert_eq!(keyed(b"members", &member), Rule::MemberMalformed);
}

#[test]
fn crowds_of_members_are_refused() {
    let keys: Vec<_> = (0..=1024).map(|id| format!("{id:04x}")).collect();
    let values: Vec<_> = (0..=1024).map(|id| format!("{{\"id\":{id}}}")).collect();
    let elements: Vec<_> = keys
        .iter()
        .zip(&values)
        .map(|(key, value)| [&[0; 4][..], key.as_bytes(), value.as_bytes()])
        .collect();
    let root = forge::root(2, &[(b"members", &bucket(3))]);
    let content = forge::database(&[root, forge::page(3, forge::LEAF, 8, &elements)]);
    assert_eq!(damage(&content).0, Rule::TooManyMembers { limit: 1024 });
}

#[test]
fn store_without_keys_has_revision_zero() {
    let content = forge::database(&[forge::root(2, &[(b"key", &forge::inline(&[]))])]);
    let found = verify_bytes(&forge::seal(&content)).unwrap();
    assert_eq!((found.revision, found.total_keys), (0, 0));
}

/// Reads a database whose bucket `key` has this one entry.
fn one_entry(key: &[u8], value: &[u8]) -> Result<(), Rule> {
    let inline = forge::inline(&[(key, value)]);
    let content = forge::database(&[forge::root(2, &[(b"key", &inline)])]);
    match verify_bytes(&forge::seal(&content)) {
        Ok(_) => Ok(()),
        Err(SnapshotError::Damaged { rule, .. }) => Err(rule),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn revisions_and_their_values_are_read() {
    let key = revision(5);
    one_entry(&key, &key_value(5)).unwrap();
    one_entry(&key, b"").unwrap();
    let tombstone = [&key[..], b"t"].concat();
    one_entry(&tombstone, &[0x0a, 1, b'k']).unwrap();
    // A later etcd may add fields of any type.
    let varied = [0x3a, 2, 0, 0, 0x41, 1, 2, 3, 4, 5, 6, 7, 8, 0x4d, 1, 2, 3, 4];
    one_entry(&key, &[&key_value(5)[..], &varied].concat()).unwrap();
}

#[test]
fn revisions_and_their_values_are_checked() {
    let key = revision(5);
    assert_eq!(one_entry(b"5", b""), Err(Rule::RevisionMalformed { size: 1 }));
    assert_eq!(one_entry(&key, &key_value(6)), Err(Rule::ModRevision { main: 5, found: 6 }));
    assert_eq!(one_entry(&key, &[0x0a, 1, b'k']), Err(Rule::ModRevision { main: 5, found: 0 }));
    let wrong: [&[u8]; 8] = [
        &[0x0a, 9, b'k'],
        &[0x0a],
        &[0x08, 1],
        &[0x1a, 1, 5],
        &[0, 1],
        &[0x3b],
        &[0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        &[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    ];
    for value in wrong {
        assert_eq!(one_entry(&key, value), Err(Rule::KeyValueMalformed), "{value:x?}");
    }
}

#[test]
fn long_values_are_read_in_windows() {
    let value = |size: u32| {
        let mut value = vec![0x0a, 1, b'k', 0x18, 1, 0x2a];
        let mut left = size;
        while left > 0x7f {
            value.push(0x80 | left.to_le_bytes()[0]);
            left >>= 7;
        }
        value.push(left.to_le_bytes()[0]);
        value.extend((0..size).map(|at| at.to_le_bytes()[0]));
        // After the long field, where a reader of the fields must jump back to read the value.
        value.extend([0x30, 7]);
        value
    };
    for size in [60_000, 65_536, 65_536 * 3, 1_000_000] {
        let (key, value) = (revision(1), value(size));
        let overflow = u32::try_from((32 + 17 + value.len()) / PAGE).unwrap();
        let leaf = forge::page(3, forge::LEAF, overflow, &[[&[0; 4], &key, &value]]);
        let content = forge::database(&[forge::root(2, &[(b"key", &bucket(3))]), leaf]);
        let found = verify_bytes(&forge::seal(&content)).unwrap();
        assert_eq!(found.hash, crc32c::crc32c(&[b"key", &key[..], &value].concat()), "{size}");
    }
}

#[test]
fn errors_name_file_place_rule_and_remedy() {
    let error = verify_bytes(&forge::seal(&forge::database(&{
        let mut pages = sound();
        patch(&mut pages[2], 8, &[4]);
        pages
    })))
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "test.db: byte 16384, page 4, bucket \"key\": page has the wrong type, flags 0x0004"
    );
    assert!(error.wants_new_snapshot() && error.remedy().contains("another healthy member"));
    let fault = Fault::at(1, None, Rule::KeyOrder).in_bucket(&[b'\n'; 5000]);
    let text = fault.in_file(Path::new("f")).to_string();
    assert!(text.len() < 200 && text.contains(r"\n"), "{text}");
}

/// Where most of the structure is: headers and element tables. Uniform positions mostly hit values
/// and free pages.
fn position(length: usize) -> impl Strategy<Value = usize> {
    let pages = length / PAGE;
    prop_oneof![
        2 => 0..length,
        3 => (0..pages, 0..PAGE.min(160)).prop_map(|(page, at)| page * PAGE + at),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Changed bytes under a digest that agrees: whatever the reader makes of it, it returns.
    #[test]
    fn damage_under_a_good_digest_never_panics(
        tree in any::<bool>(),
        changes in prop::collection::vec((position(140_000), any::<u8>()), 1..12),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
        fix_meta in any::<bool>(),
    ) {
        let mut content = fs::read(data(if tree { "tree.db" } else { "small.db" })).unwrap();
        content.truncate(content.len() - 32);
        for (at, byte) in &changes {
            let length = content.len();
            content[at % length] = *byte;
        }
        if let Some(cut) = cut {
            content.truncate((cut.index(content.len()) / 512).max(1) * 512);
        }
        if fix_meta && content.len() >= 80 {
            let sum = bolt::fnv1a(&content[16..72]);
            patch(&mut content, 72, &sum.to_le_bytes());
        }
        // Past the digest, which a forger can compute as well as we can.
        if let Ok((_, size)) = read_database(&*content, content.len() as u64) {
            prop_assert!(size <= content.len() as u64);
        }
    }

    /// Any change to a file as the member sent it is noticed.
    #[test]
    fn any_change_is_rejected(
        at in any::<prop::sample::Index>(),
        mask in 1_u8..,
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = fs::read(data("small.db")).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= mask;
        prop_assert!(verify_bytes(&bytes).is_err());
        bytes[at] ^= mask;
        bytes.truncate(cut.index(bytes.len()));
        prop_assert!(verify_bytes(&bytes).is_err());
    }

    /// Noise, bare and behind a valid meta page, never panics and is never accepted.
    #[test]
    fn noise_is_rejected(
        noise in prop::collection::vec(any::<u8>(), 0..16_384),
        root in 2_u64..6,
    ) {
        prop_assert!(verify_bytes(&noise).is_err());
        let mut content = [forge::meta(0, 4096, root, 6, 1), vec![0; PAGE], noise].concat();
        content.resize(6 * PAGE, 0);
        prop_assert!(verify_bytes(&forge::seal(&content)).is_err());
    }
}
