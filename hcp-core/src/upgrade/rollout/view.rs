//! What the state of a rollout follows from.

use jiff::Timestamp;

use crate::version::ReleaseVersion;

/// What is looked at of a `HostedCluster`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClusterView<'a, C> {
    /// `metadata.generation`.
    pub generation: Option<i64>,
    /// Whether `metadata.deletionTimestamp` is set.
    pub deleting: bool,
    /// When `spec.release` was last written, if the caller knows; without it, a spec that nobody takes up has no deadline.
    pub changed_at: Option<Timestamp>,
    /// `spec.release.image`.
    pub image: &'a str,
    /// `spec.controlPlaneRelease.image`.
    pub control_plane_image: Option<&'a str>,
    /// The version of `image`, if the caller knows; it decides where one reference is a tag and the other a digest.
    pub target: Option<&'a ReleaseVersion>,
    /// `status.version`.
    pub version: Option<VersionView<'a>>,
    /// `status.controlPlaneVersion`, since 4.20.
    pub control_plane_version: Option<VersionView<'a>>,
    /// `status.conditions`.
    pub conditions: &'a [C],
}

/// What is looked at of `status.version`.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct VersionView<'a> {
    /// `desired.image`.
    pub desired_image: &'a str,
    /// `desired.version`; empty until the cluster version operator has reported.
    pub desired_version: &'a str,
    /// The newest entry of `history`.
    pub newest: Option<HistoryView<'a>>,
}

/// What is looked at of an entry of `history`.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct HistoryView<'a> {
    /// `state` is `Completed`.
    pub completed: bool,
    /// `image`.
    pub image: &'a str,
    /// `version`; empty while `HyperShift`'s operator stands in for the cluster version operator.
    pub version: &'a str,
    /// `startedTime`.
    pub started: Option<Timestamp>,
    /// `completionTime`.
    pub finished: Option<Timestamp>,
}

/// What is looked at of a `NodePool`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PoolView<'a, C> {
    /// `metadata.generation`.
    pub generation: Option<i64>,
    /// Whether `metadata.deletionTimestamp` is set.
    pub deleting: bool,
    /// When `spec.release` was last written, if the caller knows.
    pub changed_at: Option<Timestamp>,
    /// `spec.release.image`.
    pub image: &'a str,
    /// The version of `image`, if the caller knows.
    pub target: Option<&'a ReleaseVersion>,
    /// `spec.replicas`; none with autoscaling.
    pub replicas: Option<i32>,
    /// `status.version`; empty before the first rollout.
    pub version: &'a str,
    /// `status.conditions`.
    pub conditions: &'a [C],
}

impl<'a, C> ClusterView<'a, C> {
    /// A cluster of this release with these conditions, about which nothing else is known.
    #[must_use]
    pub const fn new(image: &'a str, conditions: &'a [C]) -> Self {
        Self {
            generation: None,
            deleting: false,
            changed_at: None,
            image,
            control_plane_image: None,
            target: None,
            version: None,
            control_plane_version: None,
            conditions,
        }
    }

    /// With its generation.
    #[must_use]
    pub const fn with_generation(mut self, generation: Option<i64>) -> Self {
        self.generation = generation;
        self
    }

    /// Being deleted, or not.
    #[must_use]
    pub const fn with_deleting(mut self, deleting: bool) -> Self {
        self.deleting = deleting;
        self
    }

    /// With the time of the last change of its release.
    #[must_use]
    pub const fn with_changed_at(mut self, at: Option<Timestamp>) -> Self {
        self.changed_at = at;
        self
    }

    /// With a release of its own for the control plane.
    #[must_use]
    pub const fn with_control_plane_image(mut self, image: Option<&'a str>) -> Self {
        self.control_plane_image = image;
        self
    }

    /// With the version of its release image.
    #[must_use]
    pub const fn with_target(mut self, target: Option<&'a ReleaseVersion>) -> Self {
        self.target = target;
        self
    }

    /// With `status.version`.
    #[must_use]
    pub const fn with_version(mut self, version: Option<VersionView<'a>>) -> Self {
        self.version = version;
        self
    }

    /// With `status.controlPlaneVersion`.
    #[must_use]
    pub const fn with_control_plane_version(mut self, version: Option<VersionView<'a>>) -> Self {
        self.control_plane_version = version;
        self
    }
}

impl<'a> VersionView<'a> {
    /// This desired release, and the newest entry of the history.
    #[must_use]
    pub const fn new(image: &'a str, version: &'a str, newest: Option<HistoryView<'a>>) -> Self {
        Self { desired_image: image, desired_version: version, newest }
    }
}

impl<'a> HistoryView<'a> {
    /// An entry of this release that began and, where it is completed, ended then.
    #[must_use]
    pub const fn new(
        completed: bool,
        (image, version): (&'a str, &'a str),
        started: Option<Timestamp>,
        finished: Option<Timestamp>,
    ) -> Self {
        Self { completed, image, version, started, finished }
    }
}

impl<'a, C> PoolView<'a, C> {
    /// A pool of this release with this `status.version` and these conditions, about which nothing else is known.
    #[must_use]
    pub const fn new(image: &'a str, version: &'a str, conditions: &'a [C]) -> Self {
        Self {
            generation: None,
            deleting: false,
            changed_at: None,
            image,
            target: None,
            replicas: None,
            version,
            conditions,
        }
    }

    /// With its generation.
    #[must_use]
    pub const fn with_generation(mut self, generation: Option<i64>) -> Self {
        self.generation = generation;
        self
    }

    /// Being deleted, or not.
    #[must_use]
    pub const fn with_deleting(mut self, deleting: bool) -> Self {
        self.deleting = deleting;
        self
    }

    /// With the time of the last change of its release.
    #[must_use]
    pub const fn with_changed_at(mut self, at: Option<Timestamp>) -> Self {
        self.changed_at = at;
        self
    }

    /// With the version of its release image.
    #[must_use]
    pub const fn with_target(mut self, target: Option<&'a ReleaseVersion>) -> Self {
        self.target = target;
        self
    }

    /// With `spec.replicas`.
    #[must_use]
    pub const fn with_replicas(mut self, replicas: Option<i32>) -> Self {
        self.replicas = replicas;
        self
    }
}
