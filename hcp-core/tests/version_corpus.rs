//! The rules about versions against tables of cases, HyperShift's own among them.

#![cfg(feature = "yaml")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use hcp_core::conditions::ConditionStatus;
use hcp_core::platform::{NetworkType, PlatformType};
use hcp_core::version::compat::{
    ReleaseArguments, Upgrading, UpgradingArguments, is_upgrading, is_valid_release_version,
    is_valid_release_version_4_15, supported_ocp_versions, validate_version_skew,
};
use hcp_core::version::{
    ApiServers, Component, ConfigMapView, GatePolicy, GateRequest, KubernetesMinor, ReleaseLimits,
    ReleasePolicy, ReleaseRequest, ReleaseRole, ReleaseVersion, RunningVersions, SkewPolicy,
    SupportedVersions, component_skew, lint_supported_versions, node_pool_skew, upgrade_gate,
    validate_release,
};
use hcp_core::{Finding, Rule};
use serde::Deserialize;
use serde::de::DeserializeOwned;

fn cases<T: DeserializeOwned>(text: &str) -> Vec<T> {
    serde_saphyr::from_str(text).unwrap()
}

/// `refusal minor-skip`, and so on.
fn ids<R: Rule>(findings: &[Finding<R>]) -> Vec<String> {
    for finding in findings {
        let row = finding.row();
        assert!(!row.message.is_empty() && !row.remedy.is_empty(), "{finding}");
        assert!(!row.path.steps().is_empty(), "{finding}");
    }
    findings.iter().map(|finding| format!("{} {}", finding.severity, finding.rule.id())).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReleaseCase {
    name: String,
    #[serde(rename = "from")]
    _from: Option<String>,
    role: Option<String>,
    target: ReleaseVersion,
    image: Option<String>,
    control_plane: Option<ReleaseVersion>,
    current: Option<ReleaseVersion>,
    current_image: Option<String>,
    hosted_cluster: Option<ReleaseVersion>,
    latest: Option<ReleaseVersion>,
    maximum: Option<ReleaseVersion>,
    minimum: Option<ReleaseVersion>,
    #[serde(default)]
    network: String,
    platform: Option<String>,
    force: Option<String>,
    #[serde(default)]
    skip: bool,
    upstream: Option<String>,
    upstream_4_15: Option<String>,
    ours: Vec<String>,
}

impl ReleaseCase {
    fn check(&self) {
        let network = NetworkType::from(self.network.as_str());
        let platform = PlatformType::from(self.platform.as_deref().unwrap_or("AWS"));
        let latest = self.latest.clone().unwrap_or(ReleaseVersion::new(5, 1, 0));
        let minimum = self.minimum.clone().unwrap_or(ReleaseVersion::new(4, 14, 0));
        // The operator's own latest version limits every maximum.
        let limit = self.maximum.as_ref().unwrap_or(&latest);
        let limits = ReleaseLimits::new(limit.minor(), minimum.minor());
        let target = &self.target;
        let mut request = match (self.role.as_deref(), &self.hosted_cluster) {
            (None, None) => ReleaseRequest::hosted_cluster(target, limits, &network, &platform),
            (Some("node pool"), Some(cluster)) => {
                ReleaseRequest::node_pool(target, cluster, limits, &network, &platform)
            }
            (Some("karpenter"), Some(cluster)) => {
                ReleaseRequest::karpenter(target, cluster, limits, &network, &platform)
            }
            _ => unreachable!("{}: a pool, and only a pool, has a hosted cluster", self.name),
        };
        request.target_image = self.image.as_deref();
        request.current = self.current.as_ref();
        request.current_image = self.current_image.as_deref();
        request.control_plane = self.control_plane.as_ref();
        request.force_upgrade_to = self.force.as_deref();
        request.skip_validation = self.skip;
        let verdict = validate_release(&request, &ReleasePolicy::default());
        assert_eq!(ids(verdict.findings()), self.ours, "{}", self.name);

        let arguments = ReleaseArguments {
            version: self.control_plane.as_ref().unwrap_or(target),
            current: self.current.as_ref(),
            maximum: self.hosted_cluster.as_ref().unwrap_or(limit),
            minimum: &minimum,
            latest: &latest,
            network: &network,
            platform: &platform,
        };
        let skipped = self.skip && request.role == ReleaseRole::HostedCluster;
        let upstream = if skipped { Ok(()) } else { is_valid_release_version(&arguments) };
        assert_eq!(upstream.err(), self.upstream, "{}", self.name);
        if let Some(expected) = &self.upstream_4_15 {
            let upstream = is_valid_release_version_4_15(&arguments);
            assert_eq!(&upstream.err().unwrap_or_default(), expected, "{}: 4.15", self.name);
        }
    }
}

#[test]
fn releases_are_judged_as_the_table_says() {
    let cases: Vec<ReleaseCase> = cases(include_str!("data/version/release.yaml"));
    assert!(cases.len() > 30);
    cases.iter().for_each(ReleaseCase::check);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GateCase {
    name: String,
    #[serde(rename = "from")]
    _from: Option<String>,
    running: Option<String>,
    running_image: Option<String>,
    target: ReleaseVersion,
    image: Option<String>,
    upgradeable: Option<ConditionStatus>,
    force: Option<String>,
    #[serde(default)]
    control_plane_release: bool,
    feature_set: Option<String>,
    upstream: String,
    passage: Option<String>,
    ours: Vec<String>,
}

impl GateCase {
    fn check(&self) {
        let image = self.image.clone().unwrap_or_else(|| format!("image-{}", self.target));
        let running_version = self.running.clone().unwrap_or_default();
        let running_image =
            self.running_image.clone().unwrap_or_else(|| format!("image-{running_version}"));
        let parsed = running_version.parse::<ReleaseVersion>().ok();
        let mut request = GateRequest::new(&image, &self.target).with_upgradeable(self.upgradeable);
        if self.running.is_some() {
            request = request.with_running(&running_image, parsed.as_ref());
        }
        request.force_upgrade_to = self.force.as_deref();
        request.control_plane_release = self.control_plane_release;
        request.feature_set = self.feature_set.as_deref();
        let gate = upgrade_gate(&request, &GatePolicy::default());
        assert_eq!(ids(gate.verdict.findings()), self.ours, "{}", self.name);
        let passage = gate.passage.map(|passage| format!("{passage:?}"));
        assert_eq!(passage, self.passage, "{}", self.name);

        let answer = is_upgrading(&UpgradingArguments {
            image: &image,
            version: &self.target.to_string(),
            desired: self.running.is_some().then_some((&running_image, &running_version)),
            upgradeable: self.upgradeable.map(|status| (status, "", "")),
            force_upgrade_to: self.force.as_deref(),
            control_plane_release: self.control_plane_release,
        });
        assert_eq!(answer.is_ok(), gate.passage.is_some(), "{}", self.name);
        assert_eq!(written(answer), self.upstream, "{}", self.name);
    }
}

fn written(answer: Result<Upgrading, String>) -> String {
    match answer {
        Err(message) => format!("error: {message}"),
        Ok(upgrading) if !upgrading.upgrading => "not upgrading".to_owned(),
        Ok(upgrading) if upgrading.message.is_empty() => "upgrading".to_owned(),
        Ok(upgrading) => format!("upgrading: {}", upgrading.message),
    }
}

#[test]
fn upgrades_pass_the_gate_as_the_table_says() {
    let cases: Vec<GateCase> = cases(include_str!("data/version/gate.yaml"));
    assert!(cases.len() > 15);
    cases.iter().for_each(GateCase::check);
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SkewCase {
    #[serde(rename = "from")]
    _from: Option<String>,
    policy: String,
    cluster: ReleaseVersion,
    pool: ReleaseVersion,
    upstream: Option<String>,
    ours: Option<String>,
}

#[test]
fn node_pools_fit_their_hosted_cluster_as_the_table_says() {
    let cases: Vec<SkewCase> = cases(include_str!("data/version/skew.yaml"));
    assert!(cases.len() > 30);
    for case in cases {
        let policy = match case.policy.as_str() {
            "Kubernetes" => SkewPolicy::Kubernetes,
            "OddEven" => SkewPolicy::OddEven,
            "NMinus3" => SkewPolicy::NMinus3,
            other => panic!("{other}"),
        };
        let cluster = RunningVersions::one(case.cluster.clone());
        let ours = node_pool_skew(policy, &cluster, &case.pool);
        assert_eq!(ours.err().map(|rule| rule.id()), case.ours.as_deref(), "{case:?}");
        let upstream = validate_version_skew(policy, &case.cluster, &case.pool);
        assert_eq!(upstream.err(), case.upstream, "{case:?}");
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ComponentCase {
    component: String,
    apiservers: Vec<KubernetesMinor>,
    allowed: Vec<KubernetesMinor>,
    refused: Vec<KubernetesMinor>,
}

#[test]
fn components_fit_their_api_servers_as_kubernetes_says() {
    let cases: Vec<ComponentCase> = cases(include_str!("data/version/components.yaml"));
    let all = [
        Component::KubeApiserver,
        Component::KubeControllerManager,
        Component::KubeScheduler,
        Component::CloudControllerManager,
        Component::Kubelet,
        Component::KubeProxy,
        Component::Kubectl,
    ];
    for component in all {
        assert!(cases.iter().any(|case| case.component == component.name()), "{component}");
    }
    for case in cases {
        let component =
            all.into_iter().find(|component| component.name() == case.component).unwrap();
        let first = case.apiservers[0];
        let apiservers =
            ApiServers::between(first, *case.apiservers.get(1).unwrap_or(&first)).unwrap();
        for its in &case.allowed {
            assert_eq!(component_skew(component, *its, apiservers), Ok(()), "{case:?}");
        }
        for its in &case.refused {
            assert!(component_skew(component, *its, apiservers).is_err(), "{its}: {case:?}");
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SupportedCase {
    name: String,
    object: ConfigMap,
    upstream: String,
    ours: Vec<String>,
}

#[derive(Deserialize)]
struct ConfigMap {
    metadata: Metadata,
    data: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Metadata {
    namespace: String,
    name: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[test]
fn config_maps_of_supported_versions_are_read_and_explained_as_the_table_says() {
    let cases: Vec<SupportedCase> = cases(include_str!("data/version/supported.yaml"));
    for SupportedCase { name, object, upstream, ours } in cases {
        let ConfigMap { metadata, data } = &object;
        let view = ConfigMapView::new(&metadata.namespace, &metadata.name, &metadata.labels, data);
        let findings = lint_supported_versions(&view);
        assert_eq!(ids(&findings), ours, "{name}");
        match supported_ocp_versions(Ok(data)) {
            Ok((versions, _)) => assert_eq!(versions.join(" "), upstream, "{name}"),
            Err(message) => {
                let start = upstream.strip_prefix("error: ").unwrap();
                assert!(message.starts_with(start), "{name}: {message}");
            }
        }
        let read = SupportedVersions::from_config_map(data);
        let data_is_bad = findings.iter().any(|finding| {
            finding.severity == hcp_core::Severity::Refusal
                && finding.path.to_string().starts_with("data")
        });
        assert_eq!(read.is_err(), data_is_bad, "{name}: {read:?}");
        if let Ok(read) = read {
            assert_eq!(&read.to_config_map(), data, "{name}: it is written as it was read");
        }
    }
}

#[test]
fn the_mistakes_of_the_documentation_s_example_are_explained() {
    let cases: Vec<SupportedCase> = cases(include_str!("data/version/supported.yaml"));
    let case = cases.iter().find(|case| case.name == "the example of the documentation").unwrap();
    let metadata = &case.object.metadata;
    let view = ConfigMapView::new(
        &metadata.namespace,
        &metadata.name,
        &metadata.labels,
        &case.object.data,
    );
    let printed: Vec<String> =
        lint_supported_versions(&view).iter().map(ToString::to_string).collect();
    assert_eq!(
        printed,
        [
            "refusal server-version-missing: data[\"server-version\"]: the operator's revision is \
             missing; restart the operator, which writes the ConfigMap anew",
            "refusal supported-versions-json: data[\"supported-versions\"]: not the JSON that is \
             expected: EOF while parsing a string (line 1, column 21); write it as \
             {\"versions\":[\"4.15\",\"4.14\",\"4.13\"]}, with double quotes",
        ]
    );
}

#[test]
fn a_missing_config_map_is_reported_in_upstream_s_words() {
    assert_eq!(
        supported_ocp_versions(Err("not found")).unwrap_err(),
        "failed to find supported versions on the server: not found"
    );
}
