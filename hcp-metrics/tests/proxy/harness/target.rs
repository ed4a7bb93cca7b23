//! A target that answers byte for byte what a test says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hcp_metrics::proxy::Target;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// One thing a target does.
#[derive(Clone)]
pub(crate) enum Step {
    Send(Vec<u8>),
    /// Waits until the test gives a permit.
    Wait(Arc<Semaphore>),
    /// Keeps the connection open for ever.
    Hang,
}

/// An answer of a target, to be written out in pieces.
pub(crate) struct Reply {
    content_type: Option<&'static str>,
    encoding: Option<&'static str>,
    body: Vec<u8>,
}

/// A target on loopback. It ends when it is dropped.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    _connections: JoinSet<()>,
}

type Script = Arc<dyn Fn(&str) -> Vec<Step> + Send + Sync>;

impl Reply {
    pub(crate) fn new(
        content_type: impl Into<Option<&'static str>>,
        body: impl Into<Vec<u8>>,
    ) -> Self {
        Self { content_type: content_type.into(), encoding: None, body: body.into() }
    }

    pub(crate) fn encoded(mut self, encoding: &'static str) -> Self {
        self.encoding = Some(encoding);
        self
    }

    pub(crate) fn head(&self, framing: &str) -> Vec<u8> {
        let mut head = String::from("HTTP/1.1 200 OK\r\n");
        for (name, value) in
            [("content-type", self.content_type), ("content-encoding", self.encoding)]
        {
            if let Some(value) = value {
                head.extend([name, ": ", value, "\r\n"]);
            }
        }
        head.extend([framing, "\r\n"]);
        head.into_bytes()
    }

    /// With a length.
    pub(crate) fn whole(self) -> Vec<Step> {
        let mut all = self.head(&format!("content-length: {}\r\n", self.body.len()));
        all.extend(self.body);
        vec![Step::Send(all)]
    }

    /// In chunks of that many bytes.
    pub(crate) fn chunked(self, size: usize) -> Vec<Step> {
        let mut all = self.head("transfer-encoding: chunked\r\n");
        for chunk in self.body.chunks(size) {
            all.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            all.extend(chunk);
            all.extend(b"\r\n");
        }
        all.extend(b"0\r\n\r\n");
        vec![Step::Send(all)]
    }

    /// Without a length: the end of the connection is the end of the body.
    pub(crate) fn until_close(self) -> Vec<Step> {
        let mut all = self.head("connection: close\r\n");
        all.extend(self.body);
        vec![Step::Send(all)]
    }

    /// With a length that promises more than there is.
    pub(crate) fn cut_off(self) -> Vec<Step> {
        let mut all = self.head(&format!("content-length: {}\r\n", self.body.len() + 1));
        all.extend(self.body);
        vec![Step::Send(all)]
    }
}

impl Fake {
    /// Answers every request as `script` says, which is given the head of the request.
    pub(crate) async fn start(script: impl Fn(&str) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::listen(Arc::new(script), None).await
    }

    /// Answers every request with that text.
    pub(crate) async fn with_text(text: impl Into<Vec<u8>>) -> Self {
        let text = text.into();
        Self::start(move |_| Reply::new(super::TEXT, text.clone()).whole()).await
    }

    /// The same over TLS.
    pub(crate) async fn with_tls(text: impl Into<Vec<u8>>, config: ServerConfig) -> Self {
        let text = text.into();
        let script: Script = Arc::new(move |_| Reply::new(super::TEXT, text.clone()).whole());
        Self::listen(script, Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn listen(script: Script, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let (seen, mut connections) = (Arc::clone(&requests), JoinSet::new());
        connections.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (script, seen, tls) = (Arc::clone(&script), Arc::clone(&seen), tls.clone());
                open.spawn(async move {
                    match tls {
                        None => serve(stream, &script, &seen).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, &script, &seen).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Self { address, requests, _connections: connections }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/metrics", self.address)
    }

    pub(crate) fn target(&self) -> Target {
        Target::new(&self.url()).expect("a URL")
    }

    /// The heads of all requests up to now.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").clone()
    }

    /// The value of a header of the latest request.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let requests = self.requests();
        let header = |line: &str| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        requests.last()?.lines().find_map(header)
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    script: &Script,
    seen: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    seen.lock().ok()?.push(head.clone());
    for step in script(&head) {
        match step {
            Step::Send(data) => stream.write_all(&data).await.ok()?,
            Step::Wait(permits) => permits.acquire().await.ok()?.forget(),
            Step::Hang => std::future::pending().await,
        }
        stream.flush().await.ok()?;
    }
    stream.shutdown().await.ok()
}
