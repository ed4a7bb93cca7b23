//! Feature sets, and what they forbid.
//!
//! Two systems share the words. This module is about the *feature set of one hosted cluster*, `spec.configuration.featureGate` of its `HostedCluster`, which `HyperShift` hands
//! through to OpenShift's own `FeatureGate`. The other one is the operator's: `hypershift install --tech-preview-no-upgrade` selects other CRDs with more platforms
//! and fields (`OpenStack`, GCP, backups of etcd…) for all clusters at once. Neither turns the other on, and only the first can forbid updates.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crate::finding::{Finding, Rule};
use crate::path::JsonPath;
use crate::version::Verdict;

string_enum! {
    /// A set of features that is not the default one.
    pub enum FeatureSet {
        /// The default one.
        Default = "",
        /// Single features, turned on and off by name; for nobody's production.
        CustomNoUpgrade = "CustomNoUpgrade",
        /// Features under development.
        DevPreviewNoUpgrade = "DevPreviewNoUpgrade",
        /// Technology previews.
        TechPreviewNoUpgrade = "TechPreviewNoUpgrade",
        /// What OKD ships.
        Okd = "OKD",
    }
}

/// What `spec.configuration.featureGate` asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeatureSelection {
    /// `featureSet`; none where the field, or anything above it, is not there.
    pub set: Option<FeatureSet>,
    /// `customNoUpgrade`, if it is there.
    pub custom: Option<CustomFeatures>,
}

/// Single features by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CustomFeatures {
    /// Those that are turned on.
    pub enabled: Vec<String>,
    /// Those that are turned off.
    pub disabled: Vec<String>,
}

/// What is wrong with a feature set, or with a change of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeatureRule {
    /// No such feature set.
    UnknownSet(String),
    /// A set that cannot be left is left for another.
    CannotChange {
        /// The set.
        from: FeatureSet,
        /// What is asked for.
        to: FeatureSet,
    },
    /// A set that cannot be left is removed. The CRD of the `HostedCluster` admits that: its rules compare two values, and now there is one only.
    CannotRemove {
        /// The set.
        from: FeatureSet,
    },
    /// From OKD's set to the default one.
    OkdToDefault,
    /// From here there is no way back, and no update to another minor version.
    NoWayBack {
        /// The set.
        to: FeatureSet,
    },
    /// Single features are named, and the set is not the one that reads them.
    CustomIgnored {
        /// The set.
        set: FeatureSet,
    },
    /// The set of single features, without any.
    CustomWithoutFeatures,
    /// A feature is both on and off.
    OnAndOff(String),
    /// A feature is named twice.
    NamedTwice(String),
    /// A feature has an empty name.
    EmptyName,
}

impl FeatureSet {
    /// Whether a cluster with this set can never leave it, and never updates to another minor version.
    ///
    /// Source: OpenShift, `config/v1/types_feature.go`, for the first; its documentation for the second, which nothing in `HyperShift` enforces.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::CustomNoUpgrade | Self::DevPreviewNoUpgrade | Self::TechPreviewNoUpgrade
        )
    }
}

/// Whether a cluster with this set may not update to another minor version. A set that this version does not know is taken to forbid it.
#[must_use]
pub const fn forbids_minor_update(set: Option<&FeatureSet>) -> bool {
    match set {
        None => false,
        Some(set) => set.is_final() || !set.is_known(),
    }
}

impl FeatureSelection {
    /// This set, without single features.
    #[must_use]
    pub const fn new(set: Option<FeatureSet>) -> Self {
        Self { set, custom: None }
    }

    /// The same with single features turned on and off.
    #[must_use]
    pub fn with_custom<T: Into<String>>(
        mut self,
        enabled: impl IntoIterator<Item = T>,
        disabled: impl IntoIterator<Item = T>,
    ) -> Self {
        self.custom = Some(CustomFeatures {
            enabled: enabled.into_iter().map(Into::into).collect(),
            disabled: disabled.into_iter().map(Into::into).collect(),
        });
        self
    }
}

#[cfg(feature = "api")]
impl From<&crate::api::FeatureGateSpec> for FeatureSelection {
    fn from(spec: &crate::api::FeatureGateSpec) -> Self {
        let custom = spec.custom_no_upgrade.as_ref().map(|custom| CustomFeatures {
            enabled: custom.enabled.clone().unwrap_or_default(),
            disabled: custom.disabled.clone().unwrap_or_default(),
        });
        Self { set: spec.feature_set.clone(), custom }
    }
}

/// What is wrong with a selection by itself.
pub fn check(selection: &FeatureSelection) -> Verdict<FeatureRule> {
    let mut findings = Vec::new();
    let set_path = gate().field("featureSet");
    if let Some(FeatureSet::Other(text)) = &selection.set {
        let text = text.clone();
        findings.push(Finding::refusal(set_path.clone(), FeatureRule::UnknownSet(text)));
    }
    let set = selection.set.clone().unwrap_or(FeatureSet::Default);
    match &selection.custom {
        Some(custom) => {
            if set != FeatureSet::CustomNoUpgrade {
                let path = gate().field("customNoUpgrade");
                findings.push(Finding::refusal(path, FeatureRule::CustomIgnored { set }));
            }
            check_names(custom, &mut findings);
        }
        None if set == FeatureSet::CustomNoUpgrade => {
            findings.push(Finding::warning(set_path, FeatureRule::CustomWithoutFeatures));
        }
        None => {}
    }
    Verdict::from(findings)
}

/// Empty, doubled and contradictory names.
fn check_names(custom: &CustomFeatures, findings: &mut Vec<Finding<FeatureRule>>) {
    let mut seen: BTreeMap<&str, bool> = BTreeMap::new();
    for (list, names, on) in
        [("enabled", &custom.enabled, true), ("disabled", &custom.disabled, false)]
    {
        for (index, name) in names.iter().enumerate() {
            let path = gate().field("customNoUpgrade").field(list).index(index);
            if name.is_empty() {
                findings.push(Finding::refusal(path, FeatureRule::EmptyName));
                continue;
            }
            match seen.insert(name, on) {
                Some(before) if before != on => {
                    findings.push(Finding::refusal(path, FeatureRule::OnAndOff(name.clone())));
                }
                Some(_) => {
                    findings.push(Finding::warning(path, FeatureRule::NamedTwice(name.clone())));
                }
                None => {}
            }
        }
    }
}

/// Whether a cluster may go from one selection to another, and what that means for it: everything that is wrong with the new one, and with the step.
pub fn transition(from: &FeatureSelection, to: &FeatureSelection) -> Verdict<FeatureRule> {
    let mut findings = check(to).into_findings();
    let path = gate().field("featureSet");
    let old = from.set.clone().unwrap_or(FeatureSet::Default);
    let new = to.set.clone().unwrap_or(FeatureSet::Default);
    if old.is_final() && old != new {
        let rule = match &to.set {
            None => FeatureRule::CannotRemove { from: old },
            Some(_) => FeatureRule::CannotChange { from: old, to: new },
        };
        findings.push(Finding::refusal(path, rule));
    } else if old == FeatureSet::Okd && new == FeatureSet::Default {
        findings.push(Finding::refusal(path, FeatureRule::OkdToDefault));
    } else if new.is_final() && old != new {
        findings.push(Finding::warning(path, FeatureRule::NoWayBack { to: new }));
    }
    Verdict::from(findings)
}

fn gate() -> JsonPath {
    JsonPath::fields("spec.configuration.featureGate")
}

/// What the API server itself says.
pub mod compat {
    use super::FeatureSet;

    /// Whether the CRDs of release 4.18 and later admit a change of `featureSet`; if not, their message. Before 4.18 everything is admitted.
    ///
    /// A set that appears or goes away is not compared with anything, as CEL's transition rules have it, so removal is always admitted.
    ///
    /// Source: OpenShift, `config/v1/types_feature.go`, the rules on `FeatureSet`.
    ///
    /// # Errors
    ///
    /// The message of the rule that fails first.
    pub fn admit(from: Option<&str>, to: Option<&str>) -> Result<(), String> {
        let Some(to) = to else { return Ok(()) };
        if !FeatureSet::KNOWN.contains(&to) {
            return Err(format!("Unsupported value: \"{to}\""));
        }
        match from.filter(|from| *from != to) {
            Some(from) if FeatureSet::from(from).is_final() => {
                Err(format!("{from} may not be changed"))
            }
            Some("OKD") if to.is_empty() => Err("cannot transition from OKD to Default".to_owned()),
            _ => Ok(()),
        }
    }
}

impl Rule for FeatureRule {
    fn id(&self) -> &'static str {
        match self {
            Self::UnknownSet(_) => "feature-set-unknown",
            Self::CannotChange { .. } => "feature-set-cannot-change",
            Self::CannotRemove { .. } => "feature-set-cannot-be-removed",
            Self::OkdToDefault => "feature-set-okd-to-default",
            Self::NoWayBack { .. } => "feature-set-no-way-back",
            Self::CustomIgnored { .. } => "feature-set-custom-ignored",
            Self::CustomWithoutFeatures => "feature-set-custom-without-features",
            Self::OnAndOff(_) => "feature-on-and-off",
            Self::NamedTwice(_) => "feature-named-twice",
            Self::EmptyName => "feature-empty-name",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::UnknownSet(_) => {
                format!("use one of {}", FeatureSet::KNOWN[1..].join(", ")).into()
            }
            Self::CannotChange { from, .. } | Self::CannotRemove { from } => {
                format!("keep {from}, or make a new cluster").into()
            }
            Self::OkdToDefault => "keep OKD, or make a new cluster".into(),
            Self::NoWayBack { .. } => "do this on clusters that you can throw away".into(),
            Self::CustomIgnored { .. } => {
                "remove customNoUpgrade; CustomNoUpgrade, which reads it, cannot be left again"
                    .into()
            }
            Self::CustomWithoutFeatures => "name features, or leave the set out".into(),
            Self::OnAndOff(_) => "keep it in one of the two lists".into(),
            Self::NamedTwice(_) | Self::EmptyName => "remove this entry".into(),
        }
    }
}

impl fmt::Display for FeatureRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownSet(text) => write!(f, "there is no feature set {text:?}"),
            Self::CannotChange { from, to } => {
                write!(f, "{from} can never be left, here for {}", or_default(to))
            }
            Self::CannotRemove { from } => write!(
                f,
                "{from} can never be left; the API server lets you remove it here, and the cluster's own FeatureGate then refuses to follow"
            ),
            Self::OkdToDefault => {
                f.write_str("OKD's feature set cannot be left for the default one")
            }
            Self::NoWayBack { to } => {
                write!(f, "{to} can never be left, and rules out updates to another minor version")
            }
            Self::CustomIgnored { set } => {
                write!(f, "the feature set is {}, which ignores single features", or_default(set))
            }
            Self::CustomWithoutFeatures => {
                f.write_str("CustomNoUpgrade without features changes nothing and cannot be left")
            }
            Self::OnAndOff(name) => write!(f, "{name} is turned on and off"),
            Self::NamedTwice(name) => write!(f, "{name} is named twice"),
            Self::EmptyName => f.write_str("a feature has no name"),
        }
    }
}

/// The set as it is named in prose.
fn or_default(set: &FeatureSet) -> &str {
    match set {
        FeatureSet::Default => "the default one",
        set => set.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(set: Option<&str>) -> FeatureSelection {
        FeatureSelection::new(set.map(FeatureSet::from))
    }

    fn ids(verdict: &Verdict<FeatureRule>) -> Vec<&'static str> {
        verdict.findings().iter().map(|finding| finding.rule.id()).collect()
    }

    #[test]
    fn each_step_is_judged_and_removal_is_worse_than_it_looks() {
        const TECH: Option<&str> = Some("TechPreviewNoUpgrade");
        const DEV: Option<&str> = Some("DevPreviewNoUpgrade");
        for (from, to, id, admitted) in [
            (None, None, None, true),
            (None, TECH, Some("feature-set-no-way-back"), true),
            (TECH, TECH, None, true),
            (TECH, DEV, Some("feature-set-cannot-change"), false),
            (TECH, Some(""), Some("feature-set-cannot-change"), false),
            (TECH, None, Some("feature-set-cannot-be-removed"), true),
            (Some("OKD"), Some(""), Some("feature-set-okd-to-default"), false),
            (Some("OKD"), None, Some("feature-set-okd-to-default"), true),
            (Some(""), Some("OKD"), None, true),
            (Some("OKD"), DEV, Some("feature-set-no-way-back"), true),
            (None, Some("TechPreview"), Some("feature-set-unknown"), false),
        ] {
            let verdict = transition(&select(from), &select(to));
            assert_eq!(ids(&verdict).first().copied(), id, "{from:?} -> {to:?}");
            assert_eq!(compat::admit(from, to).is_ok(), admitted, "{from:?} -> {to:?}");
            // Whatever the API server refuses, we refuse.
            assert!(admitted || !verdict.is_allowed(), "{from:?} -> {to:?}");
        }
        assert_eq!(
            compat::admit(TECH, DEV).unwrap_err(),
            "TechPreviewNoUpgrade may not be changed"
        );
    }

    #[test]
    fn single_features_must_agree_with_each_other_and_with_the_set() {
        let custom = select(Some("CustomNoUpgrade"));
        assert_eq!(ids(&check(&custom)), ["feature-set-custom-without-features"]);
        let contradictory = custom.with_custom(["A", "A", "B", ""], ["B"]);
        assert_eq!(
            ids(&check(&contradictory)),
            ["feature-named-twice", "feature-empty-name", "feature-on-and-off"]
        );
        let path = check(&contradictory).findings()[2].path.to_string();
        assert_eq!(path, "spec.configuration.featureGate.customNoUpgrade.disabled[0]");
        let ignored = select(None).with_custom(["A"], []);
        assert_eq!(
            check(&ignored).findings()[0].to_string(),
            "refusal feature-set-custom-ignored: spec.configuration.featureGate.customNoUpgrade: \
             the feature set is the default one, which ignores single features; \
             remove customNoUpgrade; CustomNoUpgrade, which reads it, cannot be left again"
        );
    }

    #[test]
    fn sets_that_cannot_be_left_and_unknown_ones_forbid_minor_updates() {
        for (set, forbids) in [
            (None, false),
            (Some(""), false),
            (Some("OKD"), false),
            (Some("TechPreviewNoUpgrade"), true),
            (Some("DevPreviewNoUpgrade"), true),
            (Some("CustomNoUpgrade"), true),
            (Some("SomethingNewNoUpgrade"), true),
        ] {
            assert_eq!(
                forbids_minor_update(set.map(FeatureSet::from).as_ref()),
                forbids,
                "{set:?}"
            );
        }
    }
}
