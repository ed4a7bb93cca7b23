//! What each release of the `HyperShift` operator supports.

use crate::platform::PlatformType;

use super::minor::{Minor, OcpMinor};
use super::release_check::ReleaseLimits;
use super::supported::SupportedVersions;

/// The range of releases that an operator supports.
///
/// | operator | latest | minimum | `KubeVirt` | `IBMCloud` |
/// | --- | --- | --- | --- | --- |
/// | 4.14 | 4.14 | 4.12 | 4.14 | 4.9 |
/// | 4.15 | 4.15 | 4.13 | 4.14 | 4.9 |
/// | 4.16 | 4.16 | 4.13 | 4.14 | 4.9 |
/// | 4.17 to 4.20 | its own | 4.14 | 4.14 | 4.9 |
/// | 4.21, 4.22 | its own | 4.14 | 4.14 | 4.14 |
/// | 4.23 or 5.0, 5.1 | 5.0, 5.1 | 4.14 | 4.14 | 4.14 |
///
/// The minimum of `KubeVirt` on 4.16 and that of `IBMCloud` on 4.21 are the stricter of two readings; the operator may accept older releases there.
///
/// Source: `HyperShift`, `support/supportedversion/version.go` of each release branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorRelease {
    latest: OcpMinor,
    minimum: OcpMinor,
    kubevirt: OcpMinor,
    ibm_cloud: OcpMinor,
}

/// An operator of which it is not known what it supports.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "what operator {0} supports is not in the table, which ends with 5.1; \
     read its ConfigMap supported-versions instead"
)]
#[non_exhaustive]
pub struct UnknownOperator(pub Minor);

/// 4.14, the first operator in the table, and the minimum of the later ones.
const FIRST: OcpMinor = OcpMinor::new(14);
/// 5.1, the last operator in the table.
const LAST: OcpMinor = OcpMinor::new(24);

impl OperatorRelease {
    /// The operator that was released with this minor version of OpenShift.
    ///
    /// # Errors
    ///
    /// Before 4.14 and after 5.1, of which nothing is known.
    ///
    /// ```
    /// # use hcp_core::version::{Minor, OperatorRelease};
    /// let operator = OperatorRelease::of(Minor::new(4, 15))?;
    /// assert_eq!(operator.supported("9a3b1c").to_string(), "4.15 4.14 4.13");
    /// # Ok::<(), hcp_core::version::UnknownOperator>(())
    /// ```
    pub fn of(operator: Minor) -> Result<Self, UnknownOperator> {
        let latest = operator.normalised().map_err(|_| UnknownOperator(operator))?;
        if !(FIRST..=LAST).contains(&latest) {
            return Err(UnknownOperator(operator));
        }
        let minimum = match latest.index() {
            14 => 12,
            15 | 16 => 13,
            _ => 14,
        };
        let ibm_cloud = if latest.index() <= 20 { 9 } else { 14 };
        Ok(Self {
            latest,
            minimum: OcpMinor::new(minimum),
            kubevirt: FIRST,
            ibm_cloud: OcpMinor::new(ibm_cloud),
        })
    }

    /// The newest minor version that it supports.
    #[must_use]
    pub const fn latest(&self) -> Minor {
        self.latest.minor()
    }

    /// The same for a hosted cluster whose annotation `allow-unsupported-kubevirt-rhcos-variants` is true: it lifts the limit of `KubeVirt` to the common one.
    #[must_use]
    pub const fn with_any_kubevirt_image(mut self) -> Self {
        self.kubevirt = self.minimum;
        self
    }

    /// The oldest minor version that it supports on a platform.
    ///
    /// What [`SKIP_RELEASE_IMAGE_VALIDATION`](super::SKIP_RELEASE_IMAGE_VALIDATION) does to the minimum is told by `validate_release`.
    #[must_use]
    pub const fn minimum(&self, platform: &PlatformType) -> Minor {
        match platform {
            PlatformType::KubeVirt => self.kubevirt.minor(),
            PlatformType::IbmCloud => self.ibm_cloud.minor(),
            _ => self.minimum.minor(),
        }
    }

    /// The limits of a platform, for [`validate_release`](super::validate_release).
    #[must_use]
    pub const fn limits(&self, platform: &PlatformType) -> ReleaseLimits {
        ReleaseLimits::new(self.latest(), self.minimum(platform))
    }

    /// What it writes into its `ConfigMap`: from the latest to the minimum, 4.23 beside 5.0.
    #[must_use]
    pub fn supported(&self, server_version: &str) -> SupportedVersions {
        let mut versions = Vec::new();
        for place in (self.minimum.index()..=self.latest.index()).rev() {
            let minor = OcpMinor::new(place).minor();
            versions.push(minor);
            if minor == Minor::new(5, 0) {
                versions.push(Minor::new(4, 23));
            }
        }
        SupportedVersions::new(versions, server_version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supported(operator: Minor) -> String {
        OperatorRelease::of(operator).unwrap().supported("revision").to_string()
    }

    #[test]
    fn the_lists_are_those_of_the_release_branches() {
        assert_eq!(supported(Minor::new(4, 14)), "4.14 4.13 4.12");
        assert_eq!(supported(Minor::new(4, 15)), "4.15 4.14 4.13");
        assert_eq!(supported(Minor::new(4, 16)), "4.16 4.15 4.14 4.13");
        assert_eq!(supported(Minor::new(4, 18)), "4.18 4.17 4.16 4.15 4.14");
        let five_one = "5.1 5.0 4.23 4.22 4.21 4.20 4.19 4.18 4.17 4.16 4.15 4.14";
        assert_eq!(supported(Minor::new(5, 1)), five_one);
        assert_eq!(supported(Minor::new(5, 0)), five_one.trim_start_matches("5.1 "));
        assert_eq!(supported(Minor::new(4, 23)), supported(Minor::new(5, 0)));
    }

    #[test]
    fn platforms_have_minima_of_their_own() {
        let operator = OperatorRelease::of(Minor::new(4, 15)).unwrap();
        assert_eq!(operator.minimum(&PlatformType::Aws), Minor::new(4, 13));
        assert_eq!(operator.minimum(&PlatformType::KubeVirt), Minor::new(4, 14));
        assert_eq!(
            operator.with_any_kubevirt_image().minimum(&PlatformType::KubeVirt),
            Minor::new(4, 13)
        );
        assert_eq!(operator.minimum(&PlatformType::IbmCloud), Minor::new(4, 9));
        for (operator, ibm_cloud) in [(14, 9), (16, 9), (17, 9), (20, 9), (21, 14), (24, 14)] {
            let operator = OperatorRelease::of(OcpMinor::new(operator).minor()).unwrap();
            assert_eq!(operator.minimum(&PlatformType::IbmCloud), Minor::new(4, ibm_cloud));
        }
    }

    #[test]
    fn an_operator_outside_the_table_is_an_error_that_says_where_to_look() {
        for operator in [Minor::new(4, 13), Minor::new(5, 2), Minor::new(6, 0)] {
            let error = OperatorRelease::of(operator).unwrap_err();
            assert!(error.to_string().ends_with("read its ConfigMap supported-versions instead"));
        }
    }
}
