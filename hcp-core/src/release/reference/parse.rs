//! The grammar of image references.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::ImageRef;
use super::error::{ImageRefError, ImageRefRule};
use crate::release::digest::Digest;

type Broken = (usize, ImageRefRule);

const LONGEST_NAME: usize = 255;
const LONGEST_TAG: usize = 128;

pub(super) fn strict(text: &str) -> Result<ImageRef, ImageRefError> {
    read(text).map_err(|(offset, rule)| ImageRefError::of("image reference", text, offset, rule))
}

/// As `docker pull` completes it.
pub(super) fn familiar(text: &str) -> Result<ImageRef, ImageRefError> {
    let first = text.split_once('/').map(|(first, _)| first);
    let added = match first {
        Some(first) if is_registry(first) => return strict(text),
        Some(_) => "docker.io/",
        None => "docker.io/library/",
    };
    if text.is_empty() {
        return strict(text);
    }
    let broken = |(offset, rule): Broken| {
        ImageRefError::of("image reference", text, offset.saturating_sub(added.len()), rule)
    };
    read(&format!("{added}{text}")).map_err(broken)
}

fn read(text: &str) -> Result<ImageRef, Broken> {
    if text.is_empty() {
        return Err((0, ImageRefRule::Empty));
    }
    if text.contains("://") {
        return Err((0, ImageRefRule::Scheme));
    }
    let (rest, digest) = match text.rsplit_once('@') {
        // A user name before the registry, not a digest behind the repository.
        Some((_, behind)) if behind.contains('/') => return Err((0, ImageRefRule::Host)),
        Some((rest, digest)) => (rest, Some(Digest::parse_at(digest, rest.len() + 1)?)),
        None => (text, None),
    };
    let Some((registry, path)) = rest.split_once('/') else {
        return Err(without_slash(rest));
    };
    if !is_registry(registry) {
        return Err((0, ImageRefRule::NoRegistry { found: registry.to_owned() }));
    }
    registry_at(registry, 0)?;
    let start = registry.len() + 1;
    let (repository, tag) = match path.split_once(':') {
        Some((repository, tag)) => (repository, Some(tag)),
        None => (path, None),
    };
    repository_at(repository, start)?;
    if let Some(tag) = tag {
        tag_at(tag, start + repository.len() + 1)?;
    }
    let length = start + repository.len();
    if length > LONGEST_NAME {
        return Err((LONGEST_NAME, ImageRefRule::TooLong { length }));
    }
    Ok(ImageRef {
        registry: registry.to_owned(),
        repository: repository.to_owned(),
        tag: tag.map(str::to_owned),
        digest,
    })
}

fn without_slash(rest: &str) -> Broken {
    let port = rest.rsplit_once(':').is_some_and(|(host, port)| {
        is_registry(host) || port.bytes().all(|byte| byte.is_ascii_digit())
    });
    if port || (is_registry(rest) && !rest.contains(':')) {
        return (rest.len(), ImageRefRule::NoRepository);
    }
    (0, ImageRefRule::NoRegistry { found: rest.to_owned() })
}

/// Whether the first component names a registry rather than a namespace of `docker.io`, as runtimes decide it.
fn is_registry(first: &str) -> bool {
    first.contains(['.', ':'])
        || first == "localhost"
        || first.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Checks `host[:port]`.
pub(in crate::release) fn registry_at(registry: &str, offset: usize) -> Result<(), Broken> {
    let (host, port) = if let Some(inner) = registry.strip_prefix('[') {
        let Some((address, behind)) = inner.split_once(']') else {
            return Err((offset, ImageRefRule::Host));
        };
        if address.parse::<Ipv6Addr>().is_err() {
            return Err((offset + 1, ImageRefRule::Host));
        }
        let host = &registry[..address.len() + 2];
        match behind.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if behind.is_empty() => (host, None),
            None => return Err((offset + host.len(), ImageRefRule::Host)),
        }
    } else {
        let (host, port) = match registry.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (registry, None),
        };
        host_at(host, offset)?;
        (host, port)
    };
    port.map_or(Ok(()), |port| port_at(port, offset + host.len() + 1))
}

fn host_at(host: &str, offset: usize) -> Result<(), Broken> {
    let mut at = offset;
    for label in host.split('.') {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if let Some(bad) = label.bytes().position(|byte| !allowed(byte)) {
            return Err((at + bad, ImageRefRule::Host));
        }
        if !(1..=63).contains(&label.len()) || label.starts_with('-') || label.ends_with('-') {
            return Err((at, ImageRefRule::Host));
        }
        at += label.len() + 1;
    }
    // Digits alone in the last label make it an address, to resolvers and to URLs.
    let numeric =
        host.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if numeric && host.parse::<Ipv4Addr>().is_err() {
        return Err((offset, ImageRefRule::Host));
    }
    Ok(())
}

fn port_at(port: &str, offset: usize) -> Result<(), Broken> {
    let digits = port.bytes().all(|byte| byte.is_ascii_digit()) && !port.starts_with('0');
    match port.parse::<u16>() {
        Ok(_) if digits => Ok(()),
        _ => Err((offset, ImageRefRule::Port)),
    }
}

/// Checks `component/component…`.
pub(in crate::release) fn repository_at(repository: &str, offset: usize) -> Result<(), Broken> {
    if repository.is_empty() {
        return Err((offset, ImageRefRule::NoRepository));
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/".contains(c);
    if let Some((at, found)) = repository.char_indices().find(|(_, c)| !allowed(*c)) {
        return Err((offset + at, ImageRefRule::RepositoryCharacter { found }));
    }
    let mut at = offset;
    for component in repository.split('/') {
        if let Some(bad) = bad_separator(component) {
            return Err((at + bad, ImageRefRule::Component));
        }
        at += component.len() + 1;
    }
    Ok(())
}

/// Where a component is empty, or has separators at an end, or other than one of `.`, `_`, `__` or dashes in a row.
fn bad_separator(component: &str) -> Option<usize> {
    let is_separator = |byte: &u8| !byte.is_ascii_alphanumeric();
    let bytes = component.as_bytes();
    if bytes.first().is_none_or(is_separator) {
        return Some(0);
    }
    let mut at = 0;
    while at < bytes.len() {
        let run = bytes[at..].iter().take_while(|byte| is_separator(byte)).count();
        let separator = &component[at..at + run];
        let good = matches!(separator, "" | "." | "_" | "__")
            || separator.bytes().all(|byte| byte == b'-');
        if !good || (run > 0 && at + run == bytes.len()) {
            return Some(at);
        }
        at += run.max(1);
    }
    None
}

fn tag_at(tag: &str, offset: usize) -> Result<(), Broken> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if tag.is_empty() || tag.starts_with(['.', '-']) {
        return Err((offset, ImageRefRule::Tag));
    }
    let bad = tag.char_indices().find(|(_, c)| !word(*c) && *c != '.' && *c != '-');
    if let Some((at, found)) = bad {
        return Err((offset + at, ImageRefRule::TagCharacter { found }));
    }
    if tag.len() > LONGEST_TAG {
        return Err((offset + LONGEST_TAG, ImageRefRule::TagTooLong { length: tag.len() }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn every_part_is_found_and_written_again() {
        let digest: Digest = DIGEST.parse().unwrap();
        let full = format!("registry.example.com:5000/ns/sub/repo:v1.2_3-x@{DIGEST}");
        for (text, registry, repository, tag, has_digest) in [
            ("quay.io/a/b", "quay.io", "a/b", None, false),
            ("localhost/a", "localhost", "a", None, false),
            ("localhost:1/a:2", "localhost:1", "a", Some("2"), false),
            ("[2001:db8::1]/a", "[2001:db8::1]", "a", None, false),
            ("[::1]:5000/a:t", "[::1]:5000", "a", Some("t"), false),
            ("192.0.2.1:65535/a__b/c---d.e:_", "192.0.2.1:65535", "a__b/c---d.e", Some("_"), false),
            ("HOST/a", "HOST", "a", None, false),
            (&full, "registry.example.com:5000", "ns/sub/repo", Some("v1.2_3-x"), true),
        ] {
            let image: ImageRef = text.parse().unwrap();
            assert_eq!(image.to_string(), text);
            assert_eq!((image.registry(), image.repository()), (registry, repository), "{text}");
            assert_eq!(image.tag(), tag, "{text}");
            assert_eq!(image.digest(), has_digest.then_some(&digest), "{text}");
            let json = serde_json::to_string(&image).unwrap();
            assert_eq!(serde_json::from_str::<ImageRef>(&json).unwrap(), image);
        }
    }

    #[test]
    fn an_error_names_the_byte_and_the_rule() {
        let long_tag = format!("quay.io/a:{}", "t".repeat(129));
        let long_name = format!("quay.io/{}", "a".repeat(248));
        for (text, offset, id) in [
            ("", 0, "image-empty"),
            ("https://quay.io/a", 0, "image-scheme"),
            ("docker://quay.io/a", 0, "image-scheme"),
            ("ubuntu", 0, "image-no-registry"),
            ("ubuntu:22.04", 0, "image-no-registry"),
            ("openshift/release", 0, "image-no-registry"),
            ("quay.io", 7, "image-no-repository"),
            ("registry:5000", 13, "image-no-repository"),
            ("quay.io/", 8, "image-no-repository"),
            ("quay.io/:tag", 8, "image-no-repository"),
            ("quay..io/a", 5, "image-host"),
            ("-quay.io/a", 0, "image-host"),
            ("qu_ay.io/a", 2, "image-host"),
            ("1.2.3/a", 0, "image-host"),
            ("1.2.3.256/a", 0, "image-host"),
            ("[::g]/a", 1, "image-host"),
            ("[::1/a", 0, "image-host"),
            ("[::1]x/a", 5, "image-host"),
            ("user:pass@quay.io/a", 0, "image-host"),
            ("quay.io:/a", 8, "image-port"),
            ("quay.io:0443/a", 8, "image-port"),
            ("quay.io:65536/a", 8, "image-port"),
            ("quay.io/Upper", 8, "image-repository-character"),
            ("quay.io/a/ü", 10, "image-repository-character"),
            ("quay.io/a b", 9, "image-repository-character"),
            ("quay.io/a//b", 10, "image-repository-component"),
            ("quay.io/a/", 10, "image-repository-component"),
            ("quay.io/a..b", 9, "image-repository-component"),
            ("quay.io/a___b", 9, "image-repository-component"),
            ("quay.io/a_-b", 9, "image-repository-component"),
            ("quay.io/ab-", 10, "image-repository-component"),
            ("quay.io/.a", 8, "image-repository-component"),
            ("quay.io/a:", 10, "image-tag"),
            ("quay.io/a:-x", 10, "image-tag"),
            ("quay.io/a:x:y", 11, "image-tag-character"),
            ("quay.io/a@", 10, "image-digest-algorithm"),
            ("quay.io/a@sha1:00", 10, "image-digest-algorithm"),
            ("quay.io/a@sha256:00", 17, "image-digest-length"),
            ("quay.io/a@sha256:0G", 18, "image-digest-digit"),
            (&long_tag, 138, "image-tag-too-long"),
            (&long_name, 255, "image-too-long"),
        ] {
            let error = text.parse::<ImageRef>().unwrap_err();
            assert_eq!((error.offset, crate::Rule::id(&error.rule)), (offset, id), "{text}");
            assert!(!error.to_string().contains("pass"), "{error}");
        }
    }

    #[test]
    fn the_longest_that_is_allowed_is_allowed() {
        let text = format!("quay.io/{}:{}", "a".repeat(247), "t".repeat(128));
        assert_eq!(text.parse::<ImageRef>().unwrap().to_string(), text);
    }

    #[test]
    fn docker_io_is_added_only_on_request() {
        for (text, full) in [
            ("ubuntu", "docker.io/library/ubuntu"),
            ("ubuntu:22.04", "docker.io/library/ubuntu:22.04"),
            ("a/b", "docker.io/a/b"),
            ("quay.io/a", "quay.io/a"),
            ("localhost/a", "localhost/a"),
        ] {
            assert_eq!(ImageRef::parse_familiar(text).unwrap().to_string(), full);
        }
        assert_eq!(ImageRef::parse_familiar("a/B").unwrap_err().offset, 2);
        assert_eq!(ImageRef::parse_familiar("").unwrap_err().rule, ImageRefRule::Empty);
    }
}
