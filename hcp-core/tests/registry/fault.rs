//! Servers that answer as a test wants, byte for byte.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use hcp_core::release::Digest;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::image::{Image, MANIFEST};

/// What is answered to a request.
pub(crate) enum Reply {
    /// A status, headers and a body.
    Whole(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// These bytes, then the end.
    Raw(Vec<u8>),
    /// Nothing, ever.
    Never,
}

/// A request: its first line and its headers in lower case, then its body.
pub(crate) type Seen = Arc<Mutex<Vec<String>>>;

pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) seen: Seen,
    _accepting: JoinSet<()>,
}

impl Server {
    /// Without TLS.
    pub(crate) async fn start(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        Self::serve(None, answer).await
    }

    /// With TLS, by a certificate of `pki` for localhost.
    pub(crate) async fn start_tls(
        pki: &hcp_testkit::Pki,
        answer: impl Fn(&str) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let certificate = pki.server_cert("fault", "fault").unwrap();
        let chain = vec![CertificateDer::from_pem_file(&certificate.cert).unwrap()];
        let key = PrivateKeyDer::from_pem_file(&certificate.key).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        Self::serve(Some(TlsAcceptor::from(Arc::new(config))), answer).await
    }

    async fn serve(
        tls: Option<TlsAcceptor>,
        answer: impl Fn(&str) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = format!("localhost:{}", listener.local_addr().unwrap().port());
        let seen = Seen::default();
        let (log, answer) = (seen.clone(), Arc::new(answer));
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, log, answer) = (tls.clone(), log.clone(), answer.clone());
                connections.spawn(async move {
                    match tls {
                        None => one(stream, &log, &*answer).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => one(stream, &log, &*answer).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Self { host, seen, _accepting: accepting }
    }

    /// All that was asked, first lines alone.
    pub(crate) fn lines(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|one| one.lines().next().unwrap().to_owned()).collect()
    }
}

/// One request of a connection.
async fn one(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    log: &Seen,
    answer: &(impl Fn(&str) -> Reply + Send + Sync),
) -> Option<()> {
    let mut request = Vec::new();
    let head = loop {
        if let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await.ok()? {
            0 => return None,
            length => request.extend_from_slice(&piece[..length]),
        }
        // Somebody speaks TLS where there is none.
        if request[0] == 0x16 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&request[..head]).into_owned();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.parse().unwrap());
    while request.len() < head + length {
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await.ok()?;
        request.extend_from_slice(&piece[..read]);
    }
    log.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
    let bytes = match answer(text.lines().next()?.split(' ').nth(1)?) {
        Reply::Whole(status, headers, body) => {
            let mut head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n", body.len());
            for (name, value) in headers {
                let _ = write!(head, "{name}: {value}\r\n");
            }
            [format!("{head}connection: close\r\n\r\n").as_bytes(), &body].concat()
        }
        Reply::Raw(bytes) => bytes,
        Reply::Never => std::future::pending().await,
    };
    stream.write_all(&bytes).await.ok()?;
    stream.shutdown().await.ok()
}

/// Answers as a registry that has this image by any tag.
pub(crate) fn has(image: &Image) -> impl Fn(&str) -> Reply + Send + Sync + 'static {
    let mut blobs: HashMap<String, Vec<u8>> = HashMap::new();
    for blob in image.layers.iter().chain([&image.config]) {
        blobs.insert(Digest::sha256(blob).to_string(), blob.clone());
    }
    let manifest = image.manifest.clone();
    move |path| {
        let path = path.split('?').next().unwrap_or_default();
        let last = path.rsplit('/').next().unwrap_or_default();
        if path.contains("/manifests/") {
            let kind = vec![("content-type", MANIFEST.to_owned())];
            return Reply::Whole(200, kind, manifest.clone());
        }
        match blobs.get(last) {
            Some(blob) => Reply::Whole(200, Vec::new(), blob.clone()),
            None => Reply::Whole(404, Vec::new(), Vec::new()),
        }
    }
}
