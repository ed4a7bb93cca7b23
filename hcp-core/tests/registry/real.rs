//! Against Debian's `docker-registry`.

use std::sync::Arc;

use hcp_core::Rule as _;
use hcp_core::release::registry::{RegistryClient, RegistryError, RegistryLimits};
use hcp_core::release::{
    Architecture, BOOTIMAGES, Cached, Digest, IMAGE_REFERENCES, ImageRef, MetadataError, MirrorSet,
    Mirrored, Mirrors, PullSecret, ReleaseProvider,
};
use hcp_core::version::ReleaseVersion;
use hcp_testkit::{Registry, TestkitError};
use serde_json::json;

use crate::image::{self, INDEX, Image, MANIFEST};
use crate::told;

const REPOSITORY: &str = "openshift-release-dev/ocp-release";

/// A registry, or `None` with a loud word where there is none on this machine.
async fn registry() -> Option<Registry> {
    match Registry::start().await {
        Ok(registry) => Some(registry),
        Err(error @ TestkitError::AssetMissing { .. }) => {
            eprintln!("NOT RUN: {error}");
            None
        }
        Err(error) => panic!("{error:?}"),
    }
}

fn secret(registry: &Registry, password: &str) -> PullSecret {
    let entry = json!({"username": Registry::USER, "password": password});
    let auths = json!({"auths": {registry.host(): entry}});
    PullSecret::parse(auths.to_string().as_bytes()).unwrap()
}

async fn push(registry: &Registry, tag: &str, image: &Image) -> String {
    registry.push_blob(REPOSITORY, &image.config).await.unwrap();
    for layer in &image.layers {
        registry.push_blob(REPOSITORY, layer).await.unwrap();
    }
    registry.push_manifest(REPOSITORY, tag, MANIFEST, &image.manifest).await.unwrap()
}

/// A release of two architectures behind an index.
async fn push_multi(registry: &Registry, tag: &str, version: &str) -> String {
    let below = image::layer(&[("etc/os-release", b"ID=rhel\n")]);
    let of = |architecture| {
        image::image(architecture, vec![below.clone(), image::release_layer(version)])
    };
    let (amd64, arm64) = (of("amd64"), of("arm64"));
    push(registry, "amd64", &amd64).await;
    push(registry, "arm64", &arm64).await;
    let index = image::index(&[("arm64", &arm64), ("amd64", &amd64)]);
    registry.push_manifest(REPOSITORY, tag, INDEX, &index).await.unwrap()
}

fn reference(registry: &Registry, selector: &str) -> ImageRef {
    format!("{}/{REPOSITORY}{selector}", registry.host()).parse().unwrap()
}

#[tokio::test]
async fn version_components_and_architectures_are_read_by_tag_and_by_digest() {
    let Some(registry) = registry().await else { return };
    let digest = push_multi(&registry, "4.15.3-multi", "4.15.3").await;
    let client = RegistryClient::new(&registry.tls());
    let secret = secret(&registry, Registry::PASSWORD);
    for selector in [":4.15.3-multi".to_owned(), format!("@{digest}"), format!(":old@{digest}")] {
        let image = reference(&registry, &selector);
        let found = client.release(&image, &secret).await.unwrap();
        assert_eq!(found.version(), &ReleaseVersion::new(4, 15, 3));
        assert_eq!((found.reference, found.digest.to_string()), (image.clone(), digest.clone()));
        assert_eq!(found.architectures, [Architecture::Amd64, Architecture::Arm64]);
        assert_eq!(found.metadata.images.len(), 3);
        assert_eq!(found.metadata.versions["kubernetes"].version.to_string(), "1.28.7");
        assert_eq!(found.bootimages.architectures().len(), 2);
        assert_eq!(client.digest(&image, &secret).await.unwrap().to_string(), digest);
    }
}

#[tokio::test]
async fn the_wanted_architecture_is_read_or_missed_aloud() {
    let Some(registry) = registry().await else { return };
    push_multi(&registry, "multi", "4.15.3").await;
    let secret = secret(&registry, Registry::PASSWORD);
    let client =
        |architecture| RegistryClient::new(&registry.tls()).with_architecture(architecture);
    let multi = reference(&registry, ":multi");
    let single = reference(&registry, ":arm64");
    let found = client(Architecture::Arm64).release(&multi, &secret).await.unwrap();
    assert!(found.is_multi_architecture());
    let found = client(Architecture::Arm64).release(&single, &secret).await.unwrap();
    assert_eq!(found.architectures, [Architecture::Arm64]);
    let error = client(Architecture::S390x).release(&multi, &secret).await.unwrap_err();
    let expected = "the index has no image for linux/s390x, only for linux/arm64, linux/amd64";
    assert_eq!(error.to_string(), expected);
    client(Architecture::S390x).release(&single, &secret).await.unwrap_err();
}

#[tokio::test]
async fn only_the_right_password_reads_and_no_error_shows_any() {
    let Some(registry) = registry().await else { return };
    push_multi(&registry, "multi", "4.15.3").await;
    let client = RegistryClient::new(&registry.tls());
    let image = reference(&registry, ":multi");
    let error = client.release(&image, &PullSecret::anonymous()).await.unwrap_err();
    assert!(matches!(error, RegistryError::NoCredential { .. }), "{}", told(&error));
    let wrong = secret(&registry, "wrong-hunter2");
    let error = client.release(&image, &wrong).await.unwrap_err();
    assert!(matches!(error, RegistryError::Refused { status: 401, .. }), "{}", told(&error));
    assert!(!error.is_retryable());
    let shown = format!("{} {wrong:?} {client:?}", told(&error));
    assert!(!shown.contains("hunter2") && !shown.contains("aHVudGVyM"), "{shown}");
    client.release(&image, &secret(&registry, Registry::PASSWORD)).await.unwrap();
    let missing = reference(&registry, ":none");
    let right = secret(&registry, Registry::PASSWORD);
    let error = client.release(&missing, &right).await.unwrap_err();
    assert!(error.to_string().ends_with("404 to the request for the manifest (MANIFEST_UNKNOWN)"));
}

#[tokio::test]
async fn a_registry_whose_authority_is_not_trusted_is_not_asked() {
    let (Some(registry), Some(other)) = (registry().await, registry().await) else { return };
    let client = RegistryClient::new(&other.tls());
    let right = secret(&registry, Registry::PASSWORD);
    let error = client.release(&reference(&registry, ":x"), &right).await.unwrap_err();
    assert!(matches!(error, RegistryError::Connect { .. }) && error.is_retryable());
    assert!(told(&error).contains("invalid peer certificate"), "{}", told(&error));
}

#[tokio::test]
async fn a_dead_mirror_is_passed_over_and_named_if_all_are_dead() {
    let Some(registry) = registry().await else { return };
    let digest = push_multi(&registry, "multi", "4.15.3").await;
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dead_host = dead.local_addr().unwrap().to_string();
    drop(dead);
    let mirrors = |last: &str| {
        let object = json!({
            "apiVersion": "config.openshift.io/v1", "kind": "ImageDigestMirrorSet",
            "metadata": {"name": "release"},
            "spec": {"imageDigestMirrors": [{
                "source": "quay.invalid/openshift-release-dev",
                "mirrors": [format!("{dead_host}/a"), last],
                "mirrorSourcePolicy": "NeverContactSource",
            }]},
        });
        let mirrors = Mirrors::new([MirrorSet::from_json(&object).unwrap()]);
        assert!(mirrors.lint().is_empty(), "{:?}", mirrors.lint()[0].rule.id());
        mirrors
    };
    let client = RegistryClient::new(&registry.tls());
    let right = secret(&registry, Registry::PASSWORD);
    let image: ImageRef = format!("quay.invalid/{REPOSITORY}@{digest}").parse().unwrap();
    let alive = format!("{}/openshift-release-dev", registry.host());
    let provider = Mirrored::new(client.clone(), mirrors(&alive));
    let found = provider.lookup(&image, &right).await.unwrap();
    assert_eq!(found.found_at, reference(&registry, &format!("@{digest}")));
    assert_eq!(found.reference, image);
    let nowhere = format!("{}/elsewhere", registry.host());
    let error = Mirrored::new(client, mirrors(&nowhere)).lookup(&image, &right).await.unwrap_err();
    let said = error.to_string();
    assert!(said.contains("is in none of 2 places: (1) mirror 127.0.0.1:"), "{said}");
    assert!(said.contains("cannot be reached") && said.contains("Connection refused"), "{said}");
    assert!(said.contains("(2) mirror localhost:") && said.contains("answers 404"), "{said}");
    assert!(!told(&error).contains(Registry::PASSWORD));
}

#[tokio::test]
async fn content_that_is_not_its_digest_is_not_believed() {
    let Some(registry) = registry().await else { return };
    let layer = image::release_layer("4.15.3");
    let made = image::image("amd64", vec![layer.clone()]);
    push(&registry, "one", &made).await;
    let client = RegistryClient::new(&registry.tls());
    let (image, right) = (reference(&registry, ":one"), secret(&registry, Registry::PASSWORD));
    let file = registry.file_of(&Digest::sha256(&layer).to_string());

    let mut other = image::release_layer("4.15.4");
    other.resize(layer.len(), 0);
    std::fs::write(&file, &other).unwrap();
    let error = client.release(&image, &right).await.unwrap_err();
    assert!(matches!(error, RegistryError::Digest { what: "a layer", .. }), "{}", told(&error));

    std::fs::write(&file, &layer[..layer.len() / 2]).unwrap();
    let error = client.release(&image, &right).await.unwrap_err();
    assert!(matches!(error, RegistryError::Length { what: "a layer", .. }), "{}", told(&error));

    std::fs::write(&file, [&layer[..], b"more"].concat()).unwrap();
    let error = client.release(&image, &right).await.unwrap_err();
    assert!(matches!(error, RegistryError::Length { .. }), "{}", told(&error));

    std::fs::write(&file, &layer).unwrap();
    let config = registry.file_of(&Digest::sha256(&made.config).to_string());
    std::fs::write(&config, made.config.to_ascii_uppercase()).unwrap();
    let error = client.release(&image, &right).await.unwrap_err();
    assert!(matches!(error, RegistryError::Digest { .. }), "{}", told(&error));
}

#[tokio::test]
async fn nothing_larger_than_its_limit_is_read() {
    let Some(registry) = registry().await else { return };
    let bomb = image::layer(&[("zeros", &vec![0; 4 << 20])]);
    assert!(bomb.len() < 64 << 10);
    push(&registry, "one", &image::image("amd64", vec![bomb])).await;
    let (image, right) = (reference(&registry, ":one"), secret(&registry, Registry::PASSWORD));
    let limits = RegistryLimits::default;
    for (limits, expected) in [
        (limits().with_decompressed_bytes(1 << 20), "decompressed_bytes"),
        (limits().with_layer_bytes(1 << 10), "layer_bytes"),
        (limits().with_manifest_bytes(100), "manifest_bytes"),
    ] {
        let client = RegistryClient::new(&registry.tls()).with_limits(limits);
        match client.release(&image, &right).await.unwrap_err() {
            RegistryError::TooLarge { name, .. } => assert_eq!(name, expected),
            other => panic!("{expected}: {}", told(&other)),
        }
    }
    let client = RegistryClient::new(&registry.tls()).with_limits(limits().with_layers(0));
    let error = client.release(&image, &right).await.unwrap_err();
    assert!(matches!(error, RegistryError::Layers { found: 1, limit: 0 }), "{}", told(&error));
    let client = RegistryClient::new(&registry.tls());
    let error = client.release(&image, &right).await.unwrap_err();
    let RegistryError::Metadata(MetadataError::Missing { file }) = error else {
        panic!("{}", told(&error));
    };
    assert_eq!(file, IMAGE_REFERENCES);
}

#[tokio::test]
async fn the_topmost_layer_that_speaks_of_a_file_counts() {
    let Some(registry) = registry().await else { return };
    let (old, new) = (image::release_layer("4.15.2"), image::references("4.15.3"));
    let above = image::layer(&[(IMAGE_REFERENCES, &new)]);
    let deleted = image::layer(&[("release-manifests/.wh.image-references", b"")]);
    let opaque = image::layer(&[("release-manifests/.wh..wh..opq", b""), (IMAGE_REFERENCES, &new)]);
    let client = RegistryClient::new(&registry.tls());
    let right = secret(&registry, Registry::PASSWORD);
    let two = image::image("amd64", vec![old.clone(), above, image::layer(&[("x", b"x")])]);
    push(&registry, "two", &two).await;
    let found = client.release(&reference(&registry, ":two"), &right).await.unwrap();
    assert_eq!(found.version().to_string(), "4.15.3");
    for (tag, layer, file) in [("wh", deleted, IMAGE_REFERENCES), ("opq", opaque, BOOTIMAGES)] {
        push(&registry, tag, &image::image("amd64", vec![old.clone(), layer])).await;
        let image = reference(&registry, &format!(":{tag}"));
        let error = client.release(&image, &right).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("{file} is deleted by a layer")), "{error}");
    }
}

#[tokio::test]
async fn many_lookups_at_once_through_one_turn_and_the_cache() {
    let Some(registry) = registry().await else { return };
    push_multi(&registry, "a", "4.15.3").await;
    push_multi(&registry, "b", "4.16.0").await;
    let limits = RegistryLimits::default().with_concurrent(1);
    let client = RegistryClient::new(&registry.tls()).with_limits(limits);
    let provider: Arc<dyn ReleaseProvider> = Arc::new(Cached::new(client));
    let right = secret(&registry, Registry::PASSWORD);
    let mut lookups = tokio::task::JoinSet::new();
    for count in 0..20 {
        let (provider, right) = (provider.clone(), right.clone());
        let (tag, version) = if count % 2 == 0 { (":a", "4.15.3") } else { (":b", "4.16.0") };
        let image = reference(&registry, tag);
        lookups.spawn(async move {
            let found = provider.lookup(&image, &right).await.unwrap();
            assert_eq!(found.version().to_string(), version);
        });
    }
    assert_eq!(lookups.join_all().await.len(), 20);
}
