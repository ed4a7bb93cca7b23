use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::sync::Semaphore;

use super::*;
use crate::release::{MirrorSet, Mirrors};

/// Has every image of `good.local`, after `gate` lets it.
struct Script {
    calls: Mutex<Vec<String>>,
    lookups: AtomicUsize,
    gate: Semaphore,
}

impl Script {
    fn open() -> Self {
        let gate = Semaphore::new(Semaphore::MAX_PERMITS);
        Self { calls: Mutex::default(), lookups: AtomicUsize::new(0), gate }
    }

    fn closed() -> Self {
        Self { gate: Semaphore::new(0), ..Self::open() }
    }

    fn answer(&self, call: &str, image: &ImageRef) -> Result<Digest, ProviderError> {
        self.calls.lock().unwrap().push(format!("{call} {image}"));
        if image.registry() != "good.local" {
            return Err(ProviderError::failed(image, "connection refused", true));
        }
        if (call, image.tag()) == ("lookup", Some("moving")) {
            return Ok(Digest::sha256(b"moved"));
        }
        let of_tag = || Digest::sha256(image.selector().as_bytes());
        Ok(image.digest().cloned().unwrap_or_else(of_tag))
    }
}

impl ReleaseProvider for Script {
    fn resolve<'a>(&'a self, image: &'a ImageRef, _: &'a PullSecret) -> ProviderFuture<'a, Digest> {
        Box::pin(async move { self.answer("resolve", image) })
    }

    fn lookup<'a>(
        &'a self,
        image: &'a ImageRef,
        _: &'a PullSecret,
    ) -> ProviderFuture<'a, ReleaseImage> {
        Box::pin(async move {
            let digest = self.answer("lookup", image)?;
            self.lookups.fetch_add(1, Ordering::SeqCst);
            self.gate.acquire().await.unwrap().forget();
            let stream = json!({
                "kind": "ImageStream", "metadata": {"name": "4.15.3"},
                "spec": {"tags": [{"name": "a", "from": {"kind": "DockerImage", "name": "quay.io/a"}}]},
            });
            let metadata = ReleaseMetadata::parse(stream.to_string().as_bytes()).unwrap();
            let map = json!({"kind": "ConfigMap", "data": {"stream": "{\"architectures\":{\"x86_64\":{}}}"}});
            let bootimages = Bootimages::from_config_map(&map).unwrap();
            Ok(ReleaseImage::new(image.clone(), digest, vec![], metadata, bootimages))
        })
    }
}

fn secret(password: &str) -> PullSecret {
    let auths = json!({"auths": {"good.local": {"username": "u", "password": password}}});
    PullSecret::parse(auths.to_string().as_bytes()).unwrap()
}

fn image(text: &str) -> ImageRef {
    text.parse().unwrap()
}

#[tokio::test]
async fn tags_are_resolved_each_time_and_their_image_is_had_once() {
    let cached = Cached::new(Script::open());
    for _ in 0..3 {
        let found = cached.lookup(&image("good.local/r:1"), &secret("a")).await.unwrap();
        assert_eq!(found.reference, image("good.local/r:1"));
        assert_eq!(found.digest, Digest::sha256(b"1"));
    }
    let calls = cached.inner.calls.lock().unwrap();
    assert_eq!(calls.iter().filter(|call| call.starts_with("resolve")).count(), 3);
    assert_eq!(calls.iter().filter(|call| call.starts_with("lookup")).count(), 1);
}

#[tokio::test]
async fn another_secret_has_to_show_that_it_may_read_the_image() {
    let cached = Cached::new(Script::open());
    let image = image(&format!("good.local/r@{}", Digest::sha256(b"1")));
    for (password, calls) in [("a", 2), ("a", 2), ("b", 3), ("b", 3)] {
        cached.lookup(&image, &secret(password)).await.unwrap();
        assert_eq!(cached.inner.calls.lock().unwrap().len(), calls, "{password}");
    }
}

#[tokio::test]
async fn one_download_serves_all_who_wait_and_others_go_on_beside_it() {
    let cached = Cached::new(Script::closed());
    let (secret, one, other) = (secret("a"), image("good.local/r:1"), image("good.local/r:2"));
    let mut first = cached.lookup(&one, &secret);
    let mut second = cached.lookup(&one, &secret);
    let mut beside = cached.lookup(&other, &secret);
    let step = async {
        tokio::select! {
            biased;
            _ = &mut first => panic!("the gate is closed"),
            _ = &mut second => panic!("the gate is closed"),
            _ = &mut beside => panic!("the gate is closed"),
            () = std::future::ready(()) => {}
        }
    };
    step.await;
    assert_eq!(cached.inner.lookups.load(Ordering::SeqCst), 2);
    // The one that downloads is dropped: the one that waits takes over.
    drop(first);
    cached.inner.gate.add_permits(3);
    let (second, beside) = tokio::join!(second, beside);
    assert_eq!(second.unwrap().digest, Digest::sha256(b"1"));
    assert_eq!(beside.unwrap().digest, Digest::sha256(b"2"));
}

#[tokio::test]
async fn an_image_is_not_remembered_by_the_digest_that_its_tag_had_before() {
    let cached = Cached::new(Script::open());
    let error = cached.lookup(&image("good.local/r:moving"), &secret("a")).await.unwrap_err();
    assert!(error.is_retryable());
    let before = image(&format!("good.local/r@{}", Digest::sha256(b"moving")));
    let found = cached.lookup(&before, &secret("a")).await.unwrap();
    assert_eq!(found.digest, Digest::sha256(b"moving"));
}

#[tokio::test]
async fn a_tag_is_read_by_way_of_the_mirrors_for_tags_from_memory_too() {
    let mirrored = Mirrored::new(Script::open(), mirrors(&["dead.local", "good.local"]));
    let cached = Cached::new(mirrored);
    for _ in 0..2 {
        let found = cached.lookup(&image("quay.io/r:1"), &secret("a")).await.unwrap();
        assert_eq!(found.found_at, image("good.local/r:1"));
    }
}

#[tokio::test]
async fn the_image_that_came_first_leaves_first() {
    let cached = Cached::new(Script::open()).with_capacity(2);
    for tag in ["1", "2", "3", "3", "2", "1"] {
        cached.lookup(&image(&format!("good.local/r:{tag}")), &secret("a")).await.unwrap();
    }
    assert_eq!(cached.inner.lookups.load(Ordering::SeqCst), 4);
    assert_eq!(cached.state().slots.len(), 2);
}

fn mirrors(list: &[&str]) -> Mirrors {
    let object = json!({
        "apiVersion": "config.openshift.io/v1", "kind": "ImageTagMirrorSet",
        "metadata": {"name": "m"},
        "spec": {"imageTagMirrors": [
            {"source": "quay.io", "mirrors": list, "mirrorSourcePolicy": "NeverContactSource"},
        ]},
    });
    Mirrors::new([MirrorSet::from_json(&object).unwrap()])
}

#[tokio::test]
async fn the_next_mirror_is_asked_and_the_error_says_which_failed_how() {
    let (asked, secret) = (image("quay.io/r:1"), secret("a"));
    let provider = Mirrored::new(Script::open(), mirrors(&["dead.local", "good.local"]));
    let found = provider.lookup(&asked, &secret).await.unwrap();
    assert_eq!((found.reference, found.found_at), (asked.clone(), image("good.local/r:1")));
    assert_eq!(provider.resolve(&asked, &secret).await.unwrap(), Digest::sha256(b"1"));

    let provider = Mirrored::new(Script::open(), mirrors(&["dead.local", "gone.local"]));
    let error = provider.lookup(&asked, &secret).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "release image quay.io/r:1 is in none of 2 places: \
         (1) mirror dead.local of quay.io in ImageTagMirrorSet m: release image dead.local/r:1: connection refused; \
         (2) mirror gone.local of quay.io in ImageTagMirrorSet m: release image gone.local/r:1: connection refused"
    );
    assert!(error.is_retryable());
    let nobody = Mirrored::new(Script::open(), mirrors(&[]));
    let error = nobody.resolve(&asked, &secret).await.unwrap_err();
    assert!(matches!(error, ProviderError::NobodyToAsk { .. }) && !error.is_retryable());
}
