//! A second opinion on a server that hangs up without a word: does it speak TLS, or plain HTTP/2?
//!
//! etcd answers a client of the other kind by closing the connection, which alone says nothing. So we ask once more
//! in the other language.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use crate::health::{ProbeError, ProbeErrorKind};
use crate::topology::EtcdUrl;

use super::connect::tcp;

/// A client's opening of HTTP/2: the preface and an empty SETTINGS frame.
const HTTP2_OPENING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The better explanation of a silent hang-up, if the server understands the scheme the URL does not have.
pub(super) async fn other_scheme(url: &EtcdUrl, deadline: Instant) -> Option<ProbeError> {
    if url.is_tls() {
        let answer = ask(url, HTTP2_OPENING, deadline).await?;
        is_plain_http(&answer).then(|| {
            let message = format!("{url} hung up on TLS and answers plain HTTP/2");
            ProbeError::new(ProbeErrorKind::ServerIsPlaintext, message)
        })
    } else {
        let answer = ask(url, &client_hello(url)?, deadline).await?;
        is_tls(&answer).then(|| {
            let message = format!("{url} hung up on plain HTTP/2 and answers TLS");
            ProbeError::new(ProbeErrorKind::ServerIsTls, message)
        })
    }
}

/// The first bytes the server answers with.
async fn ask(url: &EtcdUrl, opening: &[u8], deadline: Instant) -> Option<Vec<u8>> {
    let mut tcp = tcp(url, deadline).await.ok()?;
    let mut answer = vec![0; 9];
    let conversation = async {
        tcp.write_all(opening).await.ok()?;
        let mut length = 0;
        while length < answer.len() {
            match tcp.read(&mut answer[length..]).await {
                Ok(0) | Err(_) => break,
                Ok(read) => length += read,
            }
        }
        Some(length)
    };
    let length = timeout_at(deadline, conversation).await.ok()??;
    answer.truncate(length);
    Some(answer)
}

fn client_hello(url: &EtcdUrl) -> Option<Vec<u8>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let name = ServerName::try_from(url.host().to_owned()).ok()?;
    let mut connection = ClientConnection::new(Arc::new(config), name).ok()?;
    let mut hello = Vec::new();
    connection.write_tls(&mut hello).ok()?;
    Some(hello)
}

/// A SETTINGS frame (type 4 on stream 0), or an HTTP/1 status line.
fn is_plain_http(answer: &[u8]) -> bool {
    let settings = answer.len() == 9 && answer[3] == 4 && answer[5..] == [0; 4];
    settings || answer.starts_with(b"HTTP/1")
}

/// A TLS handshake or alert record.
fn is_tls(answer: &[u8]) -> bool {
    matches!(answer, [0x15 | 0x16, 0x03, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openings_are_told_apart() {
        assert!(is_plain_http(b"\0\0\x06\x04\0\0\0\0\0"));
        assert!(is_plain_http(b"HTTP/1.1 "));
        assert!(!is_plain_http(b"\x16\x03\x01\0\0"));
        assert!(is_tls(b"\x15\x03\x01\0\x02\x02\x46"));
        assert!(!is_tls(b"SSH-2.0-x"));
        assert!(!is_tls(b"") && !is_plain_http(b""));
    }
}
