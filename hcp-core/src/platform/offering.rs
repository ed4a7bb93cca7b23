//! How mature what is offered is, release by release.

use super::kind::PlatformType;
use crate::version::Minor;

/// What Red Hat offers: not the same list as the platforms of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Offering {
    /// Bare metal, by agents.
    BareMetal,
    /// OpenShift Virtualization, connected.
    Virtualization,
    /// OpenShift Virtualization without a connection to the internet.
    VirtualizationDisconnected,
    /// Amazon Web Services.
    Aws,
    /// Amazon Web Services with 64-bit ARM.
    AwsArm64,
    /// IBM Z.
    IbmZ,
    /// IBM Power.
    IbmPower,
    /// Agents on machines that are not bare metal.
    NonBareMetalAgent,
}

/// How far something may be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Maturity {
    /// Without a support agreement, not for production.
    TechnologyPreview,
    /// Supported.
    GenerallyAvailable,
}

impl Offering {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::BareMetal,
        Self::Virtualization,
        Self::VirtualizationDisconnected,
        Self::Aws,
        Self::AwsArm64,
        Self::IbmZ,
        Self::IbmPower,
        Self::NonBareMetalAgent,
    ];

    /// The `spec.platform.type` of its hosted clusters.
    #[must_use]
    pub const fn platform(self) -> PlatformType {
        match self {
            Self::Virtualization | Self::VirtualizationDisconnected => PlatformType::KubeVirt,
            Self::Aws | Self::AwsArm64 => PlatformType::Aws,
            Self::BareMetal | Self::IbmZ | Self::IbmPower | Self::NonBareMetalAgent => {
                PlatformType::Agent
            }
        }
    }

    /// How mature it is in a release of OpenShift; nothing where neither source says so, which is so for releases other than 4.15 to 4.17.
    ///
    /// Sources: the product documentation of 4.15, chapters 1.2 and 2; the table of the release notes of hosted control planes for 4.17.
    #[must_use]
    pub const fn maturity(self, release: Minor) -> Option<Maturity> {
        use Maturity::{GenerallyAvailable, TechnologyPreview};
        let index = match (release.major, release.minor) {
            (4, 15) => 0,
            (4, 16) => 1,
            (4, 17) => 2,
            _ => return None,
        };
        let preview_until_16 =
            [Some(TechnologyPreview), Some(TechnologyPreview), Some(GenerallyAvailable)];
        let row = match self {
            Self::BareMetal | Self::Virtualization => [Some(GenerallyAvailable); 3],
            Self::VirtualizationDisconnected => {
                [Some(TechnologyPreview), None, Some(GenerallyAvailable)]
            }
            Self::Aws => {
                [Some(TechnologyPreview), Some(GenerallyAvailable), Some(GenerallyAvailable)]
            }
            Self::AwsArm64 | Self::IbmZ | Self::IbmPower => preview_until_16,
            Self::NonBareMetalAgent => [Some(TechnologyPreview); 3],
        };
        row[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_of_4_15_has_two_that_are_generally_available() {
        let available: Vec<_> = Offering::ALL
            .iter()
            .filter(|offering| {
                offering.maturity(Minor::new(4, 15)) == Some(Maturity::GenerallyAvailable)
            })
            .collect();
        assert_eq!(available, [&Offering::BareMetal, &Offering::Virtualization]);
    }

    #[test]
    fn nothing_loses_its_maturity_and_nothing_is_said_of_other_releases() {
        for offering in Offering::ALL {
            let known: Vec<_> =
                (15..=17).filter_map(|minor| offering.maturity(Minor::new(4, minor))).collect();
            assert!(known.is_sorted(), "{offering:?}");
            assert_eq!(offering.maturity(Minor::new(4, 14)), None);
            assert_eq!(offering.maturity(Minor::new(5, 15)), None);
        }
    }
}
