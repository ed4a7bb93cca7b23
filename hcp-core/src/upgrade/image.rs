//! Whether two references name the same release image, without asking a registry.

/// What can be said of two references to an image from their text alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SameImage {
    /// The same text, or the same digest.
    Same,
    /// Two digests, or two tags of one repository.
    Different,
    /// A tag and a digest, or tags of two repositories, which may be mirrors of each other: only a registry, or the version, can tell.
    Undecided,
}

/// Compares two references to a release image.
///
/// `HyperShift` compares the texts (`status.version.desired.image != spec.release.image`), so that a tag in the spec never equals the digest that the
/// cluster version operator reports, and a cluster that is up to date looks as if it were updating for ever. Here that case is
/// [`SameImage::Undecided`].
///
/// ```
/// use hcp_core::upgrade::{SameImage, same_image};
///
/// assert_eq!(same_image("quay.io/r:4.16.2", "quay.io/r:4.16.3"), SameImage::Different);
/// assert_eq!(same_image("quay.io/r:4.16.2", "quay.io/r@sha256:0f"), SameImage::Undecided);
/// ```
#[must_use]
pub fn same_image(one: &str, other: &str) -> SameImage {
    if one == other {
        return SameImage::Same;
    }
    match (one.split_once('@'), other.split_once('@')) {
        (Some((_, one)), Some((_, other))) if one == other => SameImage::Same,
        (Some(_), Some(_)) => SameImage::Different,
        (None, None) if repository(one) == repository(other) => SameImage::Different,
        _ => SameImage::Undecided,
    }
}

/// The reference without its tag; a colon before a slash belongs to a port.
fn repository(reference: &str) -> &str {
    match reference.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => reference,
    }
}

#[cfg(test)]
mod tests {
    use super::{SameImage, same_image};

    #[test]
    fn a_tag_and_a_digest_cannot_be_told_apart_by_their_text() {
        let cases = [
            ("q/r:1", "q/r:1", SameImage::Same),
            ("q/r:1", "q/r:2", SameImage::Different),
            ("q/r@sha256:a", "mirror/r@sha256:a", SameImage::Same),
            ("q/r@sha256:a", "q/r@sha256:b", SameImage::Different),
            ("q/r:1", "q/r@sha256:a", SameImage::Undecided),
            ("q/r:1", "mirror:5000/r:1", SameImage::Undecided),
            ("h:5000/r", "h:5000/r:1", SameImage::Different),
            ("h:5000/r", "h:5001/r", SameImage::Undecided),
        ];
        for (one, other, expected) in cases {
            assert_eq!(same_image(one, other), expected, "{one} {other}");
            assert_eq!(same_image(other, one), expected, "{other} {one}");
        }
    }
}
