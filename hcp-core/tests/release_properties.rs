//! What holds for every reference, every set of mirrors and every set of overrides.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use hcp_core::release::{
    ImageRef, MirrorKind, MirrorSet, MirrorSource, MirrorSourcePolicy, Mirrors, PullSecret,
    RegistryOverrides, RegistryScope, ReleaseMetadata, Sameness, same_image,
};
use proptest::prelude::*;

fn host() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        "[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?(\\.[a-z]{2,5}){1,3}",
        "localhost",
        "[A-Z]{1,5}",
        Just("192.0.2.7".to_owned()),
        Just("[2001:db8::1]".to_owned()),
    ];
    (name, proptest::option::of(1..=u16::MAX)).prop_map(|(name, port)| match port {
        Some(port) => format!("{name}:{port}"),
        None => name,
    })
}

fn repository() -> impl Strategy<Value = String> {
    let component = "[a-z0-9]{1,5}((\\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}";
    proptest::collection::vec(component, 1..4).prop_map(|components| components.join("/"))
}

fn reference() -> impl Strategy<Value = String> {
    let tag = proptest::option::of("[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,12}");
    let digest = proptest::option::of(prop_oneof!["sha256:[0-9a-f]{64}", "sha512:[0-9a-f]{128}"]);
    (host(), repository(), tag, digest).prop_map(|(host, repository, tag, digest)| {
        let tag = tag.map_or_else(String::new, |tag| format!(":{tag}"));
        let digest = digest.map_or_else(String::new, |digest| format!("@{digest}"));
        format!("{host}/{repository}{tag}{digest}")
    })
}

/// Few names, so that they meet.
fn scope() -> impl Strategy<Value = RegistryScope> {
    prop_oneof!["[ab]\\.io", "[ab]\\.io/[xy]", "[ab]\\.io/[xy]/[xy]"]
        .prop_map(|text| text.parse().unwrap())
}

fn source() -> impl Strategy<Value = MirrorSource> {
    prop_oneof![3 => scope().prop_map(MirrorSource::Scope), 1 => Just("*.io".parse().unwrap())]
}

fn set() -> impl Strategy<Value = MirrorSet> {
    let kind = prop_oneof![
        Just(MirrorKind::ImageDigestMirrorSet),
        Just(MirrorKind::ImageContentSourcePolicy),
        Just(MirrorKind::ImageTagMirrorSet),
    ];
    let policy = prop_oneof![
        3 => Just(MirrorSourcePolicy::AllowContactingSource),
        1 => Just(MirrorSourcePolicy::NeverContactSource),
    ];
    let entry = (source(), proptest::collection::vec(scope(), 0..4), policy);
    (kind, "[a-c]", proptest::collection::vec(entry, 0..4)).prop_map(|(kind, name, entries)| {
        entries.into_iter().fold(MirrorSet::new(kind, name), |set, (source, mirrors, policy)| {
            set.with(source, mirrors, policy)
        })
    })
}

fn mirrored_image() -> impl Strategy<Value = ImageRef> {
    let digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    ("[ab]\\.io/[xy](/[xy]){0,2}", any::<bool>()).prop_map(move |(name, by_digest)| {
        format!("{name}{}", if by_digest { digest } else { ":t" }).parse().unwrap()
    })
}

proptest! {
    #[test]
    fn what_is_read_is_written_again_byte_for_byte(text in reference()) {
        let image: ImageRef = text.parse().unwrap();
        prop_assert_eq!(&image.to_string(), &text);
        prop_assert_eq!(&ImageRef::parse_familiar(&text).unwrap(), &image);
        let json = serde_json::to_string(&image).unwrap();
        prop_assert_eq!(&serde_json::from_str::<ImageRef>(&json).unwrap(), &image);
        prop_assert_eq!(same_image(&image, &image), Sameness::Same);
        let scope: RegistryScope = image.name().parse().unwrap();
        prop_assert!(scope.contains(&image));
    }

    #[test]
    fn damaged_references_never_panic_and_what_is_read_is_whole(
        text in reference(), at in any::<prop::sample::Index>(), c in any::<char>(), cut in any::<bool>(),
    ) {
        let mut characters: Vec<char> = text.chars().collect();
        let at = at.index(characters.len());
        if cut { characters.truncate(at) } else { characters.insert(at, c) }
        let damaged: String = characters.into_iter().collect();
        match damaged.parse::<ImageRef>() {
            Ok(image) => prop_assert_eq!(image.to_string(), damaged),
            Err(error) => prop_assert!(error.offset <= damaged.len(), "{}", error),
        }
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in any::<String>(), ascii in "[ -~]{0,80}") {
        for text in [text, ascii] {
            let _ = text.parse::<ImageRef>();
            let _ = ImageRef::parse_familiar(&text);
            let _ = text.parse::<RegistryScope>();
            let _ = text.parse::<MirrorSource>();
            let _ = PullSecret::parse(text.as_bytes());
            let _ = ReleaseMetadata::parse(text.as_bytes());
            if let Ok(overrides) = text.parse::<RegistryOverrides>() {
                prop_assert_eq!(overrides.to_string().parse::<RegistryOverrides>().unwrap(), overrides);
            }
        }
    }

    #[test]
    fn mirrors_do_not_depend_on_the_order_of_the_objects(
        sets in proptest::collection::vec(set(), 0..5), image in mirrored_image(), seed in any::<u64>(),
    ) {
        let mirrors = Mirrors::new(sets.clone());
        let mut shuffled = sets;
        let length = shuffled.len().max(1);
        let turn = usize::try_from(seed % 5).unwrap() % length;
        shuffled.rotate_left(turn);
        if seed % 2 == 0 { shuffled.reverse(); }
        let other = Mirrors::new(shuffled);
        prop_assert_eq!(mirrors.lint(), other.lint());
        prop_assert_eq!(&mirrors, &other);
        let candidates = mirrors.candidates(&image);
        prop_assert_eq!(&candidates, &other.candidates(&image));
        for (index, candidate) in candidates.iter().enumerate() {
            if let Ok(at) = &candidate.image {
                prop_assert_eq!(at.digest(), image.digest());
                prop_assert_eq!(at.tag(), image.tag());
            }
            prop_assert!(candidates[..index].iter().all(|before| before.image != candidate.image));
        }
        let forbidden = mirrors.sets().iter()
            .filter(|set| set.kind.is_for_digests() == image.digest().is_some())
            .all(|set| set.sources.iter().all(|of| of.policy == MirrorSourcePolicy::AllowContactingSource));
        if forbidden {
            prop_assert!(candidates.iter().any(|candidate| candidate.image.as_ref() == Ok(&image)));
        }
    }

    #[test]
    fn an_order_that_one_object_asks_for_is_kept(
        mirrors in proptest::collection::hash_set(scope(), 1..5), other in set(), image in mirrored_image(),
    ) {
        let list: Vec<_> = mirrors.into_iter().collect();
        let source: MirrorSource = image.registry().parse().unwrap();
        let kind = if image.digest().is_some() { MirrorKind::ImageDigestMirrorSet } else { MirrorKind::ImageTagMirrorSet };
        let own = MirrorSet::new(kind, "own").with(source, list.clone(), MirrorSourcePolicy::AllowContactingSource);
        // Only what speaks of the same images could change it.
        prop_assume!(other.kind.is_for_digests() != kind.is_for_digests());
        let candidates = Mirrors::new([other, own]).candidates(&image);
        let expected: Vec<_> = list.iter()
            .map(|mirror| format!("{mirror}/{}", image.repository()))
            .collect();
        let found: Vec<_> = candidates.iter()
            .filter_map(|candidate| candidate.image.as_ref().ok())
            .map(ImageRef::name)
            .collect();
        prop_assert_eq!(&found[..expected.len()], &expected[..]);
    }

    #[test]
    fn overrides_are_read_as_they_are_written(
        pairs in proptest::collection::vec((scope(), scope()), 0..6), image in mirrored_image(),
    ) {
        let overrides = pairs.into_iter()
            .fold(RegistryOverrides::new(), |all, (source, target)| all.with(source, target));
        let text = overrides.to_string();
        prop_assert_eq!(&text.parse::<RegistryOverrides>().unwrap(), &overrides);
        let longest = overrides.iter()
            .filter(|(source, _)| source.contains(&image))
            .max_by_key(|(source, _)| source.to_string().len());
        if let Ok(applied) = overrides.apply(&image) {
            let expected = match longest {
                Some((source, target)) => image.to_string().replacen(&source.to_string(), &target.to_string(), 1),
                None => image.to_string(),
            };
            prop_assert_eq!(applied.to_string(), expected);
        } else {
            prop_assert!(longest.is_some());
        }
    }
}
