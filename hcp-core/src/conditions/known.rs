//! The condition types that are known, and which status of each is good.

use super::view::{ConditionStatus, ConditionView};

/// Whose conditions they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConditionOwner {
    /// A `HostedCluster`, or the `HostedControlPlane` that most of them are copied from.
    HostedCluster,
    /// A `NodePool`.
    NodePool,
}

/// What a condition speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Aspect {
    /// Whether it serves.
    Available,
    /// Whether it is on its way to what is wanted.
    Progressing,
    /// Whether it serves, but not as it should.
    Degraded,
    /// Whether what is wanted makes sense.
    Valid,
    /// Whether it is reconciled at all.
    Active,
    /// A setting or a fact, neither good nor bad.
    Fact,
}

/// What one condition amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reading {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Its controller cannot tell, and should be able to.
    Unknown,
    /// Neither: a fact, or a type that this version does not know.
    Neutral,
}

/// What is known of a condition type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownCondition {
    /// `type`.
    pub kind: &'static str,
    /// What it speaks of.
    pub aspect: Aspect,
    /// The status that is good; none for a fact.
    pub good: Option<ConditionStatus>,
    /// Reasons with which the other status is no problem.
    pub excused: &'static [&'static str],
    /// Reasons with which even the good status is a problem.
    pub alarming: &'static [&'static str],
    /// Whether `Unknown` is what it says where the thing is not set up at all.
    pub may_be_unknown: bool,
}

const fn row(kind: &'static str, aspect: Aspect, good: Option<ConditionStatus>) -> KnownCondition {
    KnownCondition { kind, aspect, good, excused: &[], alarming: &[], may_be_unknown: false }
}

impl KnownCondition {
    const fn excused(mut self, reasons: &'static [&'static str]) -> Self {
        self.excused = reasons;
        self
    }

    const fn alarming(mut self, reasons: &'static [&'static str]) -> Self {
        self.alarming = reasons;
        self
    }

    const fn optional(mut self) -> Self {
        self.may_be_unknown = true;
        self
    }

    /// What a condition of this type amounts to.
    #[must_use]
    pub fn read<C: ConditionView>(&self, condition: &C) -> Reading {
        let Some(good) = self.good else { return Reading::Neutral };
        if self.alarming.contains(&condition.reason()) {
            return Reading::Bad;
        }
        match condition.status() {
            status if status == good => Reading::Good,
            ConditionStatus::Unknown if self.may_be_unknown => Reading::Neutral,
            ConditionStatus::Unknown => Reading::Unknown,
            _ if self.excused.contains(&condition.reason()) => Reading::Good,
            _ => Reading::Bad,
        }
    }
}

/// What is known of a type, if anything is.
#[must_use]
pub fn known(owner: ConditionOwner, kind: &str) -> Option<&'static KnownCondition> {
    known_conditions(owner).iter().find(|row| row.kind == kind)
}

/// All types that are known: those of a node pool in the order in which its controller sets them.
#[must_use]
pub const fn known_conditions(owner: ConditionOwner) -> &'static [KnownCondition] {
    match owner {
        ConditionOwner::HostedCluster => HOSTED_CLUSTER,
        ConditionOwner::NodePool => NODE_POOL,
    }
}

/// Sorts conditions: the known ones in the order of [`known_conditions`], then the others by type.
pub fn sort<C: ConditionView>(owner: ConditionOwner, conditions: &mut [C]) {
    let place = |kind: &str| known_conditions(owner).iter().position(|row| row.kind == kind);
    conditions.sort_by(|a, b| {
        let key = |condition: &C| place(condition.kind()).unwrap_or(usize::MAX);
        key(a).cmp(&key(b)).then_with(|| a.kind().cmp(b.kind()))
    });
}

const T: Option<ConditionStatus> = Some(ConditionStatus::True);
const F: Option<ConditionStatus> = Some(ConditionStatus::False);

/// Source: `HyperShift`, `api/hypershift/v1beta1/hostedcluster_conditions.go` and `support/conditions/conditions.go`.
const HOSTED_CLUSTER: &[KnownCondition] = {
    use Aspect::{Active, Available, Degraded, Fact, Progressing, Valid};
    &[
        row("Available", Available, T),
        row("Progressing", Progressing, F).alarming(&["Blocked"]),
        row("Degraded", Degraded, F),
        row("ReconciliationActive", Active, T).alarming(&["InvalidPausedUntilValue"]),
        row("ReconciliationSucceeded", Degraded, T),
        row("ConfigOperatorReconciliationSucceeded", Degraded, T),
        row("ValidConfiguration", Valid, T),
        row("SupportedHostedCluster", Valid, T),
        row("ValidReleaseImage", Valid, T),
        row("ValidReleaseInfo", Valid, T),
        row("IgnitionServerValidReleaseInfo", Valid, T),
        row("ValidHostedControlPlaneConfiguration", Valid, T),
        row("ValidIDPConfiguration", Valid, T),
        row("ValidOIDCConfiguration", Valid, T),
        row("PlatformCredentialsFound", Valid, T),
        row("ValidAWSIdentityProvider", Valid, T).optional(),
        row("ValidAWSKMSConfig", Valid, T).optional(),
        row("ValidAzureKMSConfig", Valid, T).optional(),
        row("ValidGCPWorkloadIdentity", Valid, T),
        row("ValidGCPCredentials", Valid, T),
        row("ValidKubeVirtInfraNetworkMTU", Degraded, T),
        row("InfrastructureReady", Available, T),
        row("EtcdAvailable", Available, T),
        row("UnmanagedEtcdAvailable", Available, T),
        row("KubeAPIServerAvailable", Available, T),
        row("IgnitionEndpointAvailable", Available, T),
        row("ExternalDNSReachable", Available, T).optional(),
        row("PublicEndpointExposed", Fact, None),
        row("AWSEndpointAvailable", Available, T),
        row("AWSEndpointServiceAvailable", Available, T),
        row("AWSDefaultSecurityGroupCreated", Available, T),
        row("DataPlaneConnectionAvailable", Available, T),
        row("ControlPlaneConnectionAvailable", Available, T),
        row("EtcdRecoveryActive", Degraded, F).alarming(&["EtcdRecoveryJobFailed"]),
        row("EtcdSnapshotRestored", Progressing, T),
        row("EtcdBackupSucceeded", Degraded, T),
        row("EtcdDataEncryptionUpToDate", Progressing, T),
        row("HostedClusterRestoredFromBackup", Progressing, T),
        row("ControlPlaneUpToDate", Progressing, T),
        row("ClusterVersionAvailable", Available, T),
        row("ClusterVersionSucceeding", Degraded, T),
        row("ClusterVersionFailing", Degraded, F),
        row("ClusterVersionProgressing", Progressing, F),
        row("ClusterVersionReleaseAccepted", Valid, T),
        row("ClusterVersionUpgradeable", Fact, None),
        row("ClusterVersionRetrievedUpdates", Fact, None),
        row("KubeVirtNodesLiveMigratable", Fact, None),
        row("AutoNodeEnabled", Fact, None),
        row("CloudResourcesDestroyed", Fact, None),
        row("HostedClusterDestroyed", Fact, None),
        row("AWSDefaultSecurityGroupDeleted", Fact, None),
        row("ClusterSizeComputed", Fact, None),
        row("ClusterSizeTransitionPending", Fact, None),
        row("ClusterSizeTransitionRequired", Fact, None),
    ]
};

/// What a rollout within the machines says when it has failed.
const IN_PLACE_FAILED: &[&str] = &["InplaceUpgradeFailed"];
/// What a pool says that has no machines because none are wanted.
const NO_REPLICAS: &[&str] = &["AsExpected"];

/// Source: `HyperShift`, `nodepool_controller.go` (the order) and `support/conditions/conditions.go`.
const NODE_POOL: &[KnownCondition] = {
    use Aspect::{Active, Available, Degraded, Fact, Progressing, Valid};
    &[
        row("AutoscalingEnabled", Fact, None).alarming(&["ValidationFailed"]),
        row("UpdateManagementEnabled", Valid, T),
        row("ValidReleaseImage", Valid, T),
        row("IgnitionEndpointAvailable", Available, T),
        row("ValidArchPlatform", Valid, T),
        row("ReconciliationActive", Active, T).alarming(&["InvalidPausedUntilValue"]),
        row("SupportedVersionSkew", Valid, T),
        row("ValidMachineConfig", Valid, T),
        row("UpdatingConfig", Progressing, F).alarming(IN_PLACE_FAILED),
        row("UpdatingVersion", Progressing, F).alarming(IN_PLACE_FAILED),
        row("ValidGeneratedPayload", Valid, T),
        row("ReachedIgnitionEndpoint", Available, T),
        row("AllMachinesReady", Available, T).excused(NO_REPLICAS),
        row("AllNodesHealthy", Available, T).excused(NO_REPLICAS),
        row("ClusterNetworkCIDRConflict", Degraded, F),
        row("KubeVirtNodesLiveMigratable", Fact, None),
        row("ValidPlatformConfig", Valid, T),
        row("ValidPlatformImage", Valid, T),
        row("ValidMachineTemplate", Valid, T),
        row("AWSSecurityGroupAvailable", Available, T),
        row("UpdatingPlatformMachineTemplate", Progressing, F),
        row("AutorepairEnabled", Fact, None),
        row("Ready", Available, T),
        row("ValidTuningConfig", Valid, T),
        row("performance.operator.openshift.io/Available", Available, T),
        row("performance.operator.openshift.io/Progressing", Progressing, F),
        row("performance.operator.openshift.io/Upgradeable", Fact, None),
        row("performance.operator.openshift.io/Degraded", Degraded, F),
    ]
};

/// The conditions of a node pool at which its controller stops when they are bad: what comes after them is not refreshed.
const STOPS: &[&str] = &[
    "AutoscalingEnabled",
    "UpdateManagementEnabled",
    "ValidReleaseImage",
    "IgnitionEndpointAvailable",
    "ValidArchPlatform",
    "ValidMachineConfig",
];

/// The condition that keeps a node pool's controller from refreshing the one of this type: a bad one that it checks earlier and stops at.
///
/// Source: `HyperShift`, `nodepool_controller.go`, the list of signal conditions; each of them ends the pass where it fails.
#[must_use]
pub fn blocker<'a, C: ConditionView>(conditions: &'a [C], kind: &str) -> Option<&'a C> {
    let earlier = NODE_POOL.iter().take_while(|row| row.kind != kind);
    let mut stops = earlier.filter(|row| STOPS.contains(&row.kind));
    stops.find_map(|row| {
        let condition = super::view::find(conditions, row.kind)?;
        let fails = condition.status() == ConditionStatus::False
            && (row.good.is_some() || row.alarming.contains(&condition.reason()));
        fails.then_some(condition)
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Condition, NodePoolCondition};
    use super::*;

    fn read(owner: ConditionOwner, kind: &str, status: ConditionStatus, reason: &str) -> Reading {
        known(owner, kind).unwrap().read(&Condition::new(kind, status).with_reason(reason))
    }

    #[test]
    fn status_and_reason_together_say_whether_it_is_good() {
        use ConditionOwner::{HostedCluster, NodePool};
        use ConditionStatus::{False, True, Unknown};
        for (owner, kind, status, reason, reading) in [
            (HostedCluster, "Available", True, "AsExpected", Reading::Good),
            (HostedCluster, "Degraded", True, "UnavailableReplicas", Reading::Bad),
            (HostedCluster, "Progressing", False, "AsExpected", Reading::Good),
            (HostedCluster, "Progressing", False, "Blocked", Reading::Bad),
            (HostedCluster, "EtcdAvailable", Unknown, "StatusUnknown", Reading::Unknown),
            (HostedCluster, "ExternalDNSReachable", Unknown, "StatusUnknown", Reading::Neutral),
            (HostedCluster, "EtcdRecoveryActive", False, "EtcdRecoveryJobFailed", Reading::Bad),
            (HostedCluster, "ReconciliationActive", True, "InvalidPausedUntilValue", Reading::Bad),
            (HostedCluster, "ClusterVersionUpgradeable", False, "x", Reading::Neutral),
            (NodePool, "AllMachinesReady", False, "AsExpected", Reading::Good),
            (NodePool, "AllMachinesReady", False, "NotFound", Reading::Bad),
            (NodePool, "UpdatingVersion", False, "InplaceUpgradeFailed", Reading::Bad),
            (NodePool, "UpdatingVersion", False, "AsExpected", Reading::Good),
            (NodePool, "AutoscalingEnabled", False, "AsExpected", Reading::Neutral),
        ] {
            assert_eq!(read(owner, kind, status, reason), reading, "{kind} {status} {reason}");
        }
        assert!(known(HostedCluster, "New").is_none());
    }

    #[test]
    fn no_type_is_listed_twice() {
        for owner in [ConditionOwner::HostedCluster, ConditionOwner::NodePool] {
            let mut kinds: Vec<_> = known_conditions(owner).iter().map(|row| row.kind).collect();
            let count = kinds.len();
            kinds.sort_unstable();
            kinds.dedup();
            assert_eq!(kinds.len(), count);
        }
        assert!(STOPS.iter().all(|kind| known(ConditionOwner::NodePool, kind).is_some()));
    }

    #[test]
    fn the_first_bad_condition_hides_what_comes_after_it() {
        let conditions = [
            NodePoolCondition::new("ValidArchPlatform", ConditionStatus::False),
            NodePoolCondition::new("ValidReleaseImage", ConditionStatus::False),
            NodePoolCondition::new("AutoscalingEnabled", ConditionStatus::False)
                .with_reason("AsExpected"),
        ];
        let kind = |kind| blocker(&conditions, kind).map(ConditionView::kind);
        assert_eq!(kind("UpdatingVersion"), Some("ValidReleaseImage"));
        assert_eq!(kind("ValidReleaseImage"), None);
        let mut sorted = conditions.to_vec();
        sorted.push(NodePoolCondition::new("A", ConditionStatus::True));
        sort(ConditionOwner::NodePool, &mut sorted);
        let kinds: Vec<_> = sorted.iter().map(ConditionView::kind).collect();
        assert_eq!(kinds, ["AutoscalingEnabled", "ValidReleaseImage", "ValidArchPlatform", "A"]);
    }
}
