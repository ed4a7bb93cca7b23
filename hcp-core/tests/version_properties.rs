//! What holds for all versions, and for all answers beside upstream's.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cmp::Ordering;
use std::collections::BTreeMap;

use hcp_core::Severity;
use hcp_core::conditions::ConditionStatus;
use hcp_core::platform::{NetworkType, PlatformType};
use hcp_core::version::compat::{
    ReleaseArguments, UpgradingArguments, is_upgrading, is_valid_release_version,
    is_valid_release_version_4_15, supported_ocp_versions, validate_version_skew,
};
use hcp_core::version::{
    ApiServers, Component, ConfigMapView, GatePolicy, GateRequest, HistoryEntry, KubernetesMinor,
    Minor, OcpMinor, OperatorRelease, ReleaseChoice, ReleaseLimits, ReleasePolicy, ReleaseRequest,
    ReleaseVersion, RunningVersions, SkewPolicy, SupportedVersions, VersionChange, component_skew,
    lint_supported_versions, node_pool_skew, upgrade_gate, validate_release,
};
use proptest::prelude::*;

const COMPONENTS: [Component; 7] = [
    Component::KubeApiserver,
    Component::KubeControllerManager,
    Component::KubeScheduler,
    Component::CloudControllerManager,
    Component::Kubelet,
    Component::KubeProxy,
    Component::Kubectl,
];

const POLICIES: [SkewPolicy; 3] =
    [SkewPolicy::Kubernetes, SkewPolicy::OddEven, SkewPolicy::NMinus3];

/// Close together, so that rules meet: 4.y or 5.y, few patches, few prereleases.
fn version() -> impl Strategy<Value = ReleaseVersion> {
    let minor = prop_oneof![
        6 => (Just(4_u64), 7..26_u64),
        3 => (Just(5_u64), 0..4_u64),
        1 => (prop_oneof![Just(0_u64), Just(3), Just(6)], 0..15_u64),
    ];
    let rest = prop_oneof![
        6 => Just(""),
        1 => Just("-rc.1"),
        1 => Just("-rc.2"),
        1 => Just("-0.nightly-2026-01-01-000000"),
        1 => Just("+build"),
    ];
    (minor, 0..3_u64, rest).prop_map(|((major, minor), patch, rest)| {
        format!("{major}.{minor}.{patch}{rest}").parse().unwrap()
    })
}

/// The same without majors that have no place.
fn known() -> impl Strategy<Value = ReleaseVersion> {
    version().prop_filter("4 or 5", |version| version.ocp_minor().is_ok())
}

fn four() -> impl Strategy<Value = ReleaseVersion> {
    version().prop_filter("4", |version| version.minor().major == 4)
}

fn kubernetes() -> impl Strategy<Value = KubernetesMinor> {
    (20..32_u32).prop_map(KubernetesMinor::new)
}

fn network() -> impl Strategy<Value = NetworkType> {
    prop_oneof![Just("OVNKubernetes"), Just("OpenShiftSDN"), Just("Calico")]
        .prop_map(NetworkType::from)
}

fn platform() -> impl Strategy<Value = PlatformType> {
    prop_oneof![Just("AWS"), Just("PowerVS"), Just("KubeVirt")].prop_map(PlatformType::from)
}

fn severity() -> impl Strategy<Value = Option<Severity>> {
    proptest::option::of(prop_oneof![
        Just(Severity::Notice),
        Just(Severity::Warning),
        Just(Severity::Refusal)
    ])
}

const CHOICES: [ReleaseChoice; 10] = [
    ReleaseChoice::MinorSkip,
    ReleaseChoice::PoolMinorSkip,
    ReleaseChoice::PatchDowngrade,
    ReleaseChoice::PoolPatchDowngrade,
    ReleaseChoice::Prerelease,
    ReleaseChoice::StaleForce,
    ReleaseChoice::Forced,
    ReleaseChoice::TagAgainstDigest,
    ReleaseChoice::ControlPlaneRelease,
    ReleaseChoice::ValidationSkipped,
];

fn policy() -> impl Strategy<Value = ReleasePolicy> {
    proptest::collection::vec(severity(), CHOICES.len()).prop_map(|severities| {
        CHOICES
            .into_iter()
            .zip(severities)
            .fold(ReleasePolicy::default(), |policy, (choice, severity)| {
                policy.with(choice, severity)
            })
    })
}

/// One that lets through what upstream lets through.
fn silent() -> ReleasePolicy {
    CHOICES.into_iter().fold(ReleasePolicy::default(), |policy, choice| policy.with(choice, None))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_order_is_total(a in version(), b in version(), c in version()) {
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a.cmp(&b) == Ordering::Equal, a == b);
        if a <= b && b <= c {
            prop_assert!(a <= c);
        }
    }

    #[test]
    fn what_is_read_is_printed_as_it_was(text in "[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]{1,2}([-+][a-z0-9.+-]{0,8})?|\\PC{0,12}") {
        if let Ok(version) = text.parse::<ReleaseVersion>() {
            prop_assert_eq!(version.to_string(), text.clone());
        }
        if let Ok(minor) = text.parse::<Minor>() {
            prop_assert_eq!(minor.to_string(), text.clone());
        }
        if let Ok(minor) = text.parse::<KubernetesMinor>() {
            prop_assert!(text.trim_start_matches('v').starts_with(&minor.to_string()));
        }
    }

    #[test]
    fn normalising_keeps_the_order_and_nothing_else_changes(a in known(), b in known()) {
        let (left, right) = (a.normalised().unwrap(), b.normalised().unwrap());
        let order = a.precedence(&b).unwrap();
        prop_assert_eq!(order, left.as_semver().cmp_precedence(right.as_semver()));
        prop_assert_eq!(order.reverse(), b.precedence(&a).unwrap());
        if a.minor().major == b.minor().major {
            prop_assert_eq!(order, a.as_semver().cmp_precedence(b.as_semver()));
        }
        prop_assert_eq!(&left.normalised().unwrap(), &left);
        prop_assert_eq!(left.as_semver().patch, a.as_semver().patch);
        prop_assert_eq!(&left.as_semver().pre, &a.as_semver().pre);
        prop_assert_eq!(&left.as_semver().build, &a.as_semver().build);
        prop_assert_eq!(left.minor().kubernetes().unwrap(), a.minor().kubernetes().unwrap());
    }

    #[test]
    fn a_change_has_its_opposite(a in known(), b in known()) {
        let opposite = match a.change_to(&b).unwrap() {
            VersionChange::PatchUp => VersionChange::PatchDown,
            VersionChange::PatchDown => VersionChange::PatchUp,
            VersionChange::MinorUp(count) => VersionChange::MinorDown(count),
            VersionChange::MinorDown(count) => VersionChange::MinorUp(count),
            other => other,
        };
        prop_assert_eq!(b.change_to(&a).unwrap(), opposite);
        prop_assert_eq!(opposite == VersionChange::Same, a.precedence(&b).unwrap().is_eq());
    }

    #[test]
    fn minors_follow_each_other(index in 0..60_000_u16, count in 0..100_u16) {
        let minor = OcpMinor::new(index).minor();
        prop_assert_eq!(minor.normalised().unwrap().index(), index);
        prop_assert_eq!(minor.next().unwrap().previous(1).unwrap(), minor);
        prop_assert_eq!(minor.previous(count).is_ok(), count <= index);
        prop_assert_eq!(minor.to_string().parse::<Minor>().unwrap(), minor);
    }

    #[test]
    fn component_skew_is_symmetric_between_equals_and_one_sided_elsewhere(a in kubernetes(), b in kubernetes()) {
        for component in COMPONENTS {
            let there = component_skew(component, a, ApiServers::one(b)).is_ok();
            let back = component_skew(component, b, ApiServers::one(a)).is_ok();
            if matches!(component, Component::KubeApiserver | Component::Kubectl) {
                prop_assert_eq!(there, back, "{}", component);
            } else {
                prop_assert_eq!(there && back, a == b, "{}", component);
            }
        }
        prop_assert_eq!(ApiServers::between(a, b), ApiServers::between(b, a));
        let apart = component_skew(Component::KubeApiserver, a, ApiServers::one(b)).is_err();
        prop_assert_eq!(ApiServers::between(a, b).is_err(), apart);
    }

    #[test]
    fn two_api_servers_allow_what_both_allow(its in kubernetes(), older in kubernetes()) {
        let newer = KubernetesMinor::new(older.index() + 1);
        for component in COMPONENTS {
            let both = component_skew(component, its, ApiServers::between(newer, older).unwrap());
            let each = [older, newer].map(|one| component_skew(component, its, ApiServers::one(one)));
            prop_assert_eq!(both.is_ok(), each.iter().all(Result::is_ok), "{}", component);
        }
    }

    #[test]
    fn a_pool_fits_two_versions_if_it_fits_both(a in known(), b in known(), pool in known()) {
        let (one, other) = (RunningVersions::one(a.clone()), RunningVersions::one(b.clone()));
        let (a_text, b_text) = (a.to_string(), b.to_string());
        let history = [HistoryEntry::partial(&a_text), HistoryEntry::completed(&b_text)];
        let both = RunningVersions::from_status("", history).unwrap();
        prop_assert!(both.oldest.precedence(&both.newest).unwrap().is_le());
        for policy in POLICIES {
            let fits = |cluster| node_pool_skew(policy, cluster, &pool).is_ok();
            prop_assert_eq!(fits(&both), fits(&one) && fits(&other));
        }
    }

    #[test]
    fn pool_skew_is_one_sided(a in known(), b in known()) {
        for policy in POLICIES {
            let fits = |cluster: &ReleaseVersion, pool| {
                node_pool_skew(policy, &RunningVersions::one(cluster.clone()), pool).is_ok()
            };
            prop_assert_eq!(fits(&a, &b) && fits(&b, &a), a.precedence(&b).unwrap().is_eq());
        }
    }

    #[test]
    fn the_skew_of_node_pools_is_upstream_s(cluster in version(), pool in version()) {
        let running = RunningVersions::one(cluster.clone());
        for policy in POLICIES {
            let ours = node_pool_skew(policy, &running, &pool);
            let theirs = validate_version_skew(policy, &cluster, &pool);
            match policy {
                SkewPolicy::Kubernetes => {}
                SkewPolicy::OddEven if cluster.minor().major != 4 || pool.minor().major != 4 => {}
                _ => prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?} {:?}", ours, theirs),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_upstream_refuses_is_refused(
        (target, current, control_plane) in (version(), proptest::option::of(version()), proptest::option::of(version())),
        hosted_cluster in proptest::option::of(version()),
        (latest, minimum) in (version(), version()),
        (network, platform) in (network(), platform()),
        policy in policy(),
        skip in any::<bool>(),
    ) {
        let limits = ReleaseLimits::new(latest.minor(), minimum.minor());
        let mut request = match &hosted_cluster {
            Some(cluster) => ReleaseRequest::node_pool(&target, cluster, limits, &network, &platform),
            None => ReleaseRequest::hosted_cluster(&target, limits, &network, &platform),
        };
        request.current = current.as_ref();
        request.skip_validation = skip;
        if hosted_cluster.is_none() {
            request.control_plane = control_plane.as_ref();
        }
        let latest = ReleaseVersion::new(latest.minor().major, latest.minor().minor, 0);
        let minimum = ReleaseVersion::new(minimum.minor().major, minimum.minor().minor, 0);
        let upstream = is_valid_release_version(&ReleaseArguments {
            version: request.control_plane.unwrap_or(&target),
            current: current.as_ref(),
            maximum: hosted_cluster.as_ref().unwrap_or(&latest),
            minimum: &minimum,
            latest: &latest,
            network: &network,
            platform: &platform,
        });
        let allowed = validate_release(&request, &policy).is_allowed();
        prop_assert!(upstream.is_ok() || !allowed, "{:?}", upstream);
        // And with a policy that lets through what upstream does, nothing else is refused,
        // but for a pool's patch and for the release that controlPlaneRelease hides.
        let patch_ahead = hosted_cluster
            .as_ref()
            .is_some_and(|cluster| target.precedence(cluster).is_ok_and(Ordering::is_gt));
        let unknown_current = current.as_ref().is_some_and(|current| current.ocp_minor().is_err());
        if !patch_ahead && request.control_plane.is_none() && !unknown_current {
            let verdict = validate_release(&request, &silent());
            prop_assert_eq!(verdict.is_allowed(), upstream.is_ok(), "{:?} {:?}", verdict, upstream);
            prop_assert!(verdict.worst().is_none_or(|worst| worst == Severity::Refusal));
        }
    }

    #[test]
    fn what_the_operator_of_4_15_refuses_is_refused(
        (target, current) in (four(), proptest::option::of(four())),
        (latest, minimum) in (four(), four()),
        (network, platform) in (network(), platform()),
        policy in policy(),
    ) {
        let limits = ReleaseLimits::new(latest.minor(), minimum.minor());
        let mut request = ReleaseRequest::hosted_cluster(&target, limits, &network, &platform);
        request.current = current.as_ref();
        let upstream = is_valid_release_version_4_15(&ReleaseArguments {
            version: &target,
            current: current.as_ref(),
            maximum: &latest,
            minimum: &minimum,
            latest: &latest,
            network: &network,
            platform: &platform,
        });
        let allowed = validate_release(&request, &policy).is_allowed();
        prop_assert!(upstream.is_ok() || !allowed, "{:?}", upstream);
        prop_assert_eq!(validate_release(&request, &silent()).is_allowed(), upstream.is_ok());
    }

    #[test]
    fn what_upstream_s_gate_refuses_is_refused(
        (target, running) in (known(), proptest::option::of(proptest::option::of(known()))),
        (image, running_image, force) in (0..2_u8, 0..2_u8, proptest::option::of(0..2_u8)),
        upgradeable in proptest::option::of(prop_oneof![
            Just(ConditionStatus::True), Just(ConditionStatus::False), Just(ConditionStatus::Unknown)
        ]),
        (control_plane_release, feature_set) in (any::<bool>(), prop_oneof![Just(None), Just(Some("TechPreviewNoUpgrade"))]),
        severities in proptest::collection::vec(severity(), 4),
    ) {
        let name = |number: u8| format!("release@sha256:{number}");
        let (image, running_image, force) = (name(image), name(running_image), force.map(name));
        let mut request = GateRequest::new(&image, &target).with_upgradeable(upgradeable);
        if let Some(running) = &running {
            request = request.with_running(&running_image, running.as_ref());
        }
        request.force_upgrade_to = force.as_deref();
        request.control_plane_release = control_plane_release;
        request.feature_set = feature_set;
        let version = running.clone().flatten().map(|version| version.to_string()).unwrap_or_default();
        let upstream = is_upgrading(&UpgradingArguments {
            image: &image,
            version: &target.to_string(),
            desired: running.is_some().then_some((&running_image, &version)),
            upgradeable: upgradeable.map(|status| (status, "", "")),
            force_upgrade_to: force.as_deref(),
            control_plane_release,
        });
        let policy = GatePolicy::default()
            .with_forced(severities[0])
            .with_control_plane_release(severities[1])
            .with_upgradeable_missing(severities[2])
            .with_feature_set(severities[3]);
        let gate = upgrade_gate(&request, &policy);
        prop_assert!(upstream.is_ok() || !gate.is_allowed(), "{:?} {:?}", upstream, gate);
        prop_assert_eq!(gate.passage.is_some(), upstream.is_ok());
        if running != Some(None) {
            let silent = GatePolicy::default()
                .with_forced(None)
                .with_control_plane_release(None)
                .with_upgradeable_missing(None)
                .with_feature_set(None);
            prop_assert_eq!(upgrade_gate(&request, &silent).is_allowed(), upstream.is_ok());
        }
    }

    #[test]
    fn the_readers_of_supported_versions_agree(
        list in prop_oneof![
            Just(r#"{"versions":["5.0","4.23","4.22"]}"#.to_owned()),
            "\\{\"versions\": ?\\[(\"[45]\\.[0-9]{1,2}\",?){0,3}\\]\\}",
            "\\PC{0,20}",
        ],
        server_version in proptest::option::of("[a-f0-9]{0,3}"),
    ) {
        let mut data = BTreeMap::from([("supported-versions".to_owned(), list)]);
        data.extend(server_version.map(|text| ("server-version".to_owned(), text)));
        let labels = BTreeMap::from([("hypershift.openshift.io/supported-versions".to_owned(), "true".to_owned())]);
        let findings = lint_supported_versions(&ConfigMapView::new("hypershift", "supported-versions", &labels, &data));
        let refused = findings.iter().any(|finding| finding.severity == Severity::Refusal);
        let read = SupportedVersions::from_config_map(&data);
        prop_assert!(read.is_ok() || refused, "{:?}", read);
        if let Ok(read) = read {
            let (theirs, server) = supported_ocp_versions(Ok(&data)).unwrap();
            prop_assert_eq!(theirs.join(" "), read.to_string());
            prop_assert_eq!(server, read.server_version());
            prop_assert_eq!(SupportedVersions::from_config_map(&read.to_config_map()).unwrap(), read);
        }
    }
}

#[test]
fn what_an_operator_publishes_is_read_back_and_is_what_its_limits_say() {
    let platform = PlatformType::Aws;
    for place in 14..=24 {
        let operator = OperatorRelease::of(OcpMinor::new(place).minor()).unwrap();
        let supported = operator.supported("9a3b1c");
        let read = SupportedVersions::from_config_map(&supported.to_config_map()).unwrap();
        assert_eq!(read, supported);
        let limits = operator.limits(&platform);
        assert_eq!(read.latest(), Some(limits.latest));
        assert_eq!(read.oldest(), Some(limits.minimum));
        for place in 0..40 {
            let minor = OcpMinor::new(place).minor();
            let release = ReleaseVersion::new(minor.major, minor.minor, 3);
            let request =
                ReleaseRequest::hosted_cluster(&release, limits, &NetworkType::Calico, &platform);
            let verdict = validate_release(&request, &ReleasePolicy::default());
            assert_eq!(verdict.is_allowed(), read.supports(minor), "{minor} on {read}");
        }
    }
}
