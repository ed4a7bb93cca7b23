//! The requests of one lookup: one repository, one pull secret, one authorization.

use bytes::Bytes;
use http::HeaderValue;
use sha2::Digest as _;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::auth::{self, Challenge};
use super::body::Body;
use super::error::RegistryError;
use super::layer::{self, Arriving, Found, Room};
use super::limits::RegistryLimits;
use super::manifest::{self, Descriptor, Manifest};
use super::transport::{Answer, Request, Transport};
use crate::release::digest::{Digest, DigestAlgorithm};
use crate::release::pull_secret::{Credential, PullSecret};
use crate::release::reference::ImageRef;

/// The largest failure that is looked into for the registry's code.
const FAILURE_BYTES: u64 = 16 << 10;

type FoundFiles = std::collections::BTreeMap<&'static str, Found>;

/// Without `Debug`: it holds credentials.
pub(super) struct Session<'a> {
    transport: &'a Transport,
    limits: &'a RegistryLimits,
    image: &'a ImageRef,
    credential: Option<&'a Credential>,
    authorization: Option<HeaderValue>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        transport: &'a Transport,
        limits: &'a RegistryLimits,
        image: &'a ImageRef,
        pull_secret: &'a PullSecret,
    ) -> Self {
        let credential = pull_secret.credential_for(image);
        Self { transport, limits, image, credential, authorization: None }
    }

    /// The manifest that this selects, and its digest, which is checked if it is what selects it.
    pub(super) async fn manifest(
        &mut self,
        selector: &str,
        expected: Option<&Digest>,
    ) -> Result<(Digest, Manifest), RegistryError> {
        let what = "the manifest";
        let path = format!("manifests/{selector}");
        let body = self.get(what, &path, manifest::ACCEPT).await?;
        let content = body.whole(self.limits.manifest_bytes, "manifest_bytes").await?;
        let digest = match expected {
            Some(expected) => check(what, expected, &content)?,
            None => Digest::sha256(&content),
        };
        Ok((digest, Manifest::read(&content)?))
    }

    /// A small blob.
    pub(super) async fn blob(
        &mut self,
        what: &'static str,
        descriptor: &Descriptor,
    ) -> Result<Vec<u8>, RegistryError> {
        let (limit, name) = (self.limits.manifest_bytes, "manifest_bytes");
        if descriptor.size > limit {
            return Err(RegistryError::TooLarge { what, limit, name });
        }
        let path = format!("blobs/{}", descriptor.digest);
        let content = self.get(what, &path, "*/*").await?.whole(limit, name).await?;
        check_length(what, descriptor.size, content.len() as u64)?;
        check(what, &descriptor.digest, &content)?;
        Ok(content)
    }

    /// Files of a layer. Nothing is returned before the whole layer has shown its digest.
    pub(super) async fn layer(
        &mut self,
        descriptor: &Descriptor,
        wanted: Vec<&'static str>,
    ) -> Result<FoundFiles, RegistryError> {
        let gzip = manifest::is_gzip(descriptor)?;
        let (limit, name) = (self.limits.layer_bytes, "layer_bytes");
        if descriptor.size > limit {
            return Err(RegistryError::TooLarge { what: "a layer", limit, name });
        }
        let path = format!("blobs/{}", descriptor.digest);
        let body = self.get("a layer", &path, "*/*").await?;
        let (sender, pieces) = mpsc::channel(4);
        let room = Room {
            decompressed_bytes: self.limits.decompressed_bytes,
            file_bytes: self.limits.file_bytes,
        };
        let mut scan = JoinSet::new();
        scan.spawn_blocking(move || {
            let arriving = Arriving { pieces, piece: Bytes::new() };
            layer::scan(arriving, gzip, &wanted, room)
        });
        receive(body, descriptor, sender, &mut scan).await
    }

    /// Asks for something of the repository, with authorization once the registry wants it.
    async fn get(
        &mut self,
        what: &'static str,
        path: &str,
        accept: &'static str,
    ) -> Result<Body, RegistryError> {
        let registry = self.image.registry();
        let path = format!("/v2/{}/{path}", self.image.repository());
        let request = Request {
            what,
            uri: self.transport.uri(registry, &path)?,
            accept,
            authorization: self.authorization.clone(),
            form: None,
            redirects: self.limits.redirects,
        };
        let mut answer = self.transport.send(request.clone()).await?;
        let had = request.authorization.is_some();
        if answer.status.as_u16() == 401 && answer.at_origin && !had {
            let host = answer.body.host;
            let challenge = Challenge::read(&host, &answer.headers)?;
            let authorization =
                auth::authorize(self.transport, &host, challenge, self.image, self.credential);
            let authorization = Some(authorization.await?);
            self.authorization.clone_from(&authorization);
            answer = self.transport.send(Request { authorization, ..request }).await?;
        }
        match answer.status.as_u16() {
            200 => Ok(answer.body),
            _ => Err(self.failure(answer).await),
        }
    }

    async fn failure(&self, answer: Answer) -> RegistryError {
        let (host, what) = (answer.body.host.clone(), answer.body.what);
        match answer.status.as_u16() {
            401 | 403 if answer.at_origin && self.credential.is_none() => {
                RegistryError::NoCredential { host }
            }
            status @ (401 | 403) if answer.at_origin => RegistryError::Refused { host, status },
            status => {
                let content = answer.body.whole(FAILURE_BYTES, "of failures").await;
                let code = content.ok().and_then(|content| code(&content));
                RegistryError::Status { host, what, status, code }
            }
        }
    }
}

/// Gives the pieces of a layer to the scan, and checks length and digest of the whole.
async fn receive(
    mut body: Body,
    descriptor: &Descriptor,
    sender: mpsc::Sender<Bytes>,
    scan: &mut JoinSet<Result<FoundFiles, RegistryError>>,
) -> Result<FoundFiles, RegistryError> {
    let mut hasher = Hasher::new(descriptor.digest.algorithm());
    let (mut sender, mut length, mut found) = (Some(sender), 0, None);
    while let Some(piece) = body.next().await? {
        length += piece.len() as u64;
        if length > descriptor.size {
            return check_length("a layer", descriptor.size, length).map(|()| FoundFiles::new());
        }
        hasher.update(&piece);
        if let Some(open) = &sender
            && open.send(piece).await.is_err()
        {
            // The scan is done before the layer is: with an error, or at the end of the archive.
            sender = None;
            found = Some(joined(scan).await?);
        }
    }
    drop(sender);
    check_length("a layer", descriptor.size, length)?;
    let digest = hasher.finish();
    if digest != descriptor.digest {
        let (expected, found) = (descriptor.digest.clone(), digest);
        return Err(RegistryError::Digest { what: "a layer", expected, found });
    }
    match found {
        Some(found) => Ok(found),
        None => joined(scan).await,
    }
}

async fn joined(
    scan: &mut JoinSet<Result<FoundFiles, RegistryError>>,
) -> Result<FoundFiles, RegistryError> {
    match scan.join_next().await {
        Some(Ok(found)) => found,
        Some(Err(error)) => Err(RegistryError::Layer(std::io::Error::other(error))),
        None => Err(RegistryError::Layer(std::io::ErrorKind::Interrupted.into())),
    }
}

enum Hasher {
    Sha256(sha2::Sha256),
    Sha512(sha2::Sha512),
}

impl Hasher {
    fn new(algorithm: DigestAlgorithm) -> Self {
        match algorithm {
            DigestAlgorithm::Sha256 => Self::Sha256(sha2::Sha256::new()),
            DigestAlgorithm::Sha512 => Self::Sha512(sha2::Sha512::new()),
        }
    }

    fn update(&mut self, piece: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(piece),
            Self::Sha512(hasher) => hasher.update(piece),
        }
    }

    fn finish(self) -> Digest {
        match self {
            Self::Sha256(hasher) => Digest::from_bytes(DigestAlgorithm::Sha256, &hasher.finalize()),
            Self::Sha512(hasher) => Digest::from_bytes(DigestAlgorithm::Sha512, &hasher.finalize()),
        }
    }
}

fn check(what: &'static str, expected: &Digest, content: &[u8]) -> Result<Digest, RegistryError> {
    let mut hasher = Hasher::new(expected.algorithm());
    hasher.update(content);
    let found = hasher.finish();
    if found == *expected {
        return Ok(found);
    }
    Err(RegistryError::Digest { what, expected: expected.clone(), found })
}

const fn check_length(what: &'static str, expected: u64, found: u64) -> Result<(), RegistryError> {
    if found == expected {
        return Ok(());
    }
    Err(RegistryError::Length { what, expected, found })
}

/// The registry's own code, if it is one: people's words are left out, since nobody knows what they repeat.
fn code(content: &[u8]) -> Option<String> {
    let failure: serde_json::Value = serde_json::from_slice(content).ok()?;
    let code = failure.pointer("/errors/0/code")?.as_str()?;
    let is_code = (1..=40).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    is_code.then(|| code.to_owned())
}
