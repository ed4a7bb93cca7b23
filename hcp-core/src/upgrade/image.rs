//! Whether a release that is reported is the one that is asked for, without asking a registry.

use crate::release::{ImageRef, Sameness, same_image};
use crate::version::ReleaseVersion;

/// A release image with the version that it is known or said to be of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'a> {
    pub(super) image: &'a str,
    /// Empty if it is not known.
    pub(super) version: &'a str,
}

/// Whether `found` is the release `asked`, whose version may be known; unknown if neither the references nor the versions tell.
///
/// `HyperShift` compares the texts, so that a tag in the spec never equals the digest that the cluster version operator reports, and a cluster that is up
/// to date looks as if it were updating for ever. Two tags of one repository count as two releases here, too.
pub(super) fn is_release(
    asked: &str,
    version: Option<&ReleaseVersion>,
    found: Named<'_>,
) -> Sameness {
    if asked == found.image {
        return Sameness::Same;
    }
    let (Ok(one), Ok(other)) = (asked.parse::<ImageRef>(), found.image.parse::<ImageRef>()) else {
        return by_version(version, found.version).unwrap_or(Sameness::Unknown);
    };
    match same_image(&one, &other) {
        Sameness::Unknown => by_version(version, found.version).unwrap_or_else(|| {
            let tags = one.digest().is_none() && other.digest().is_none();
            let one_repository =
                one.registry() == other.registry() && one.repository() == other.repository();
            if tags && one_repository { Sameness::Different } else { Sameness::Unknown }
        }),
        told => told,
    }
}

fn by_version(asked: Option<&ReleaseVersion>, found: &str) -> Option<Sameness> {
    let (asked, found) = (asked?, found.parse::<ReleaseVersion>().ok()?);
    Some(if *asked == found { Sameness::Same } else { Sameness::Different })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_and_a_digest_are_told_apart_by_their_version_only() {
        let digest = format!("quay.io/r@sha256:{}", "a".repeat(64));
        let digest = digest.as_str();
        let version = ReleaseVersion::new(4, 16, 2);
        let cases = [
            ("quay.io/r:1", None, ("quay.io/r:1", ""), Sameness::Same),
            ("quay.io/r:1", None, ("quay.io/r:2", ""), Sameness::Different),
            ("quay.io/r:1", None, ("mirror.local:5000/r:1", ""), Sameness::Unknown),
            ("quay.io/r:1", None, (digest, "4.16.2"), Sameness::Unknown),
            ("quay.io/r:1", Some(&version), (digest, ""), Sameness::Unknown),
            ("quay.io/r:1", Some(&version), (digest, "4.16.2"), Sameness::Same),
            ("quay.io/r:1", Some(&version), (digest, "4.16.1"), Sameness::Different),
            ("", None, (digest, "4.16.1"), Sameness::Unknown),
        ];
        for (asked, known, (image, version), expected) in cases {
            let found = is_release(asked, known, Named { image, version });
            assert_eq!(found, expected, "{asked} {image} {version}");
        }
    }
}
