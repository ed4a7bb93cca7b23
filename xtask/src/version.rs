//! Versions as programs print them.

use std::fmt;

/// The numbers of a version; a pre-release is lower than its release.
///
/// The order of the fields is the order of comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    major: u32,
    minor: u32,
    patch: u32,
    release: bool,
}

impl Version {
    /// A released version.
    pub(crate) const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch, release: true }
    }

    /// The first `X.Y` or `X.Y.Z` in what a program, a `go.mod` or a package list says.
    pub(crate) fn find(text: &str) -> Option<Self> {
        let mut rest = text;
        while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
            rest = &rest[start..];
            if let Some(version) = Self::at_start(rest) {
                return Some(version);
            }
            rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        }
        None
    }

    fn at_start(text: &str) -> Option<Self> {
        let (major, rest) = number(text)?;
        let (minor, rest) = number(rest.strip_prefix('.')?)?;
        let (patch, rest) = rest.strip_prefix('.').and_then(number).unwrap_or((0, rest));
        // `-rc.0` (semver) and `~rc1` (Debian) come before the release; Debian's `-4` after it.
        let release = !rest
            .strip_prefix(['-', '~'])
            .is_some_and(|suffix| suffix.starts_with(|c: char| c.is_ascii_alphabetic()));
        Some(Self { major, minor, patch, release })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if self.release { Ok(()) } else { f.write_str("-pre") }
    }
}

fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_are_found_in_what_programs_say() {
        for (text, shown) in [
            ("etcd Version: 3.5.33\nGit SHA: Not provided\nGo Version: go1.26.8", "3.5.33"),
            ("etcdctl version: 3.5.33\nAPI version: 3.5", "3.5.33"),
            ("libprotoc 3.21.12", "3.21.12"),
            ("libprotoc 25.1", "25.1.0"),
            ("go version go1.26.8 linux/amd64", "1.26.8"),
            ("3.4.23-4+b4", "3.4.23"),
            ("1:3.5.16-2", "3.5.16"),
            ("3.5.26-rc.0", "3.5.26-pre"),
            ("3.6.0~rc1-1", "3.6.0-pre"),
            ("error 42, then 3.5.7.", "3.5.7"),
        ] {
            assert_eq!(
                Version::find(text).map(|v| v.to_string()).as_deref(),
                Some(shown),
                "{text}"
            );
        }
    }

    #[test]
    fn text_without_a_version_has_none() {
        for text in ["", "etcd", "version 3", "(none)", "99999999999999.1", "3."] {
            assert_eq!(Version::find(text), None, "{text}");
        }
    }

    #[test]
    fn versions_compare_by_number_and_pre_releases_come_first() {
        let order = ["3.4.23", "3.5.9", "3.5.26-rc.0", "3.5.26", "3.5.100", "3.6.0", "10.0.0"];
        let versions: Vec<_> = order.iter().filter_map(|text| Version::find(text)).collect();
        assert_eq!(versions.len(), order.len());
        assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
        assert_eq!(Version::find("3.5.26"), Some(Version::new(3, 5, 26)));
    }
}
