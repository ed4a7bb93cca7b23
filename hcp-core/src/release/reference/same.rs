//! Whether two references mean one image.

use serde::{Deserialize, Serialize};

use super::ImageRef;

/// Whether two references mean one image, as far as the references alone tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Sameness {
    /// One image.
    Same,
    /// Two images.
    Different,
    /// Only a registry can tell.
    Unknown,
}

/// Compares two references by what they mean, where `HyperShift` compares them byte for byte.
///
/// A digest decides and tags beside it do not count, nor does the repository, since mirrors hold the same content elsewhere. Two
/// references without a digest are the same if registry, repository and tag are (no tag is `latest`), as long as nobody moves
/// the tag between two looks. Everything else is unknown: two tags may name one image, and a tag may name the image of a digest.
///
/// Two digests that differ are two manifests; one may still be the entry of the other's index for one architecture.
///
/// ```
/// use hcp_core::release::{Sameness, same_image};
///
/// let by_tag = "quay.io/openshift-release-dev/ocp-release:4.15.3-x86_64".parse()?;
/// let other_tag = "quay.io/openshift-release-dev/ocp-release:4.15.4-x86_64".parse()?;
/// assert_eq!(same_image(&by_tag, &by_tag), Sameness::Same);
/// assert_eq!(same_image(&by_tag, &other_tag), Sameness::Unknown);
/// # Ok::<(), hcp_core::release::ImageRefError>(())
/// ```
#[must_use]
pub fn same_image(a: &ImageRef, b: &ImageRef) -> Sameness {
    match (a.digest(), b.digest()) {
        (Some(a), Some(b)) if a == b => Sameness::Same,
        (Some(a), Some(b)) if a.algorithm() == b.algorithm() => Sameness::Different,
        (None, None) if same_tag(a, b) => Sameness::Same,
        _ => Sameness::Unknown,
    }
}

fn same_tag(a: &ImageRef, b: &ImageRef) -> bool {
    a.registry().eq_ignore_ascii_case(b.registry())
        && a.repository() == b.repository()
        && a.selector() == b.selector()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::Digest;

    #[test]
    fn digests_decide_and_tags_alone_never_prove_a_difference() {
        let (one, two) = (Digest::sha256(b"1"), Digest::sha256(b"2"));
        let long = format!("sha512:{}", "0".repeat(128));
        for (a, b, expected) in [
            (format!("quay.io/a@{one}"), format!("mirror.local/b:t@{one}"), Sameness::Same),
            (format!("quay.io/a:t@{one}"), format!("quay.io/a:t@{two}"), Sameness::Different),
            (format!("quay.io/a@{one}"), format!("quay.io/a@{long}"), Sameness::Unknown),
            (format!("quay.io/a:t@{one}"), "quay.io/a:t".to_owned(), Sameness::Unknown),
            ("quay.io/a".to_owned(), "QUAY.io/a:latest".to_owned(), Sameness::Same),
            ("quay.io/a:t".to_owned(), "quay.io/a:u".to_owned(), Sameness::Unknown),
            ("quay.io/a:t".to_owned(), "mirror.local/a:t".to_owned(), Sameness::Unknown),
            ("quay.io/a:t".to_owned(), "quay.io:443/a:t".to_owned(), Sameness::Unknown),
        ] {
            let (a, b): (ImageRef, ImageRef) = (a.parse().unwrap(), b.parse().unwrap());
            assert_eq!(same_image(&a, &b), expected, "{a} {b}");
            assert_eq!(same_image(&b, &a), expected, "{b} {a}");
        }
    }
}
