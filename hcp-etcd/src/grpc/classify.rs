//! What a failure means: pure functions from what TLS, the transport or etcd said to a [`ProbeError`].
//!
//! The texts are those of etcd's `rpctypes`; etcd uses one gRPC code for several meanings (`Unavailable` is "no
//! leader" as well as "unhealthy cluster"), so its message decides and the code comes second.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError};
use tonic::{Code, Status};

use crate::health::{ProbeError, ProbeErrorKind as Kind};
use crate::recovery::ApiErrorKind;

/// The server's texts and what they mean; the first that is contained in the message decides.
const TEXTS: &[(&str, Kind)] = &[
    ("etcdserver: no leader", Kind::NoLeader),
    ("etcdserver: leader changed", Kind::NoLeader),
    ("etcdserver: request timed out", Kind::NoLeader),
    ("waiting for the applied index", Kind::NoLeader),
    ("etcdserver: server stopped", Kind::ConnectionLost),
    ("etcdserver: too many requests", Kind::Overloaded),
    ("etcdserver: corrupt cluster", Kind::CorruptCluster),
    // Maintenance calls say these as "auth: …".
    ("permission denied", Kind::Unauthorized),
    ("invalid auth token", Kind::Unauthorized),
    ("user name is empty", Kind::Unauthorized),
    ("authentication failed", Kind::Unauthorized),
    ("revision of auth store is old", Kind::Unauthorized),
    ("context deadline exceeded", Kind::Timeout),
];

/// Texts of refusals after which the same call may succeed.
const RETRY: &[&str] = &[
    "etcdserver: unhealthy cluster",
    "which is in sync with leader",
    "leader transfer took too long",
];

/// Texts of refusals that say the world is not as the caller supposed.
const REPLAN: &[&str] = &[
    "too many learner members",
    "not enough started members",
    "cluster ID mismatch",
    "etcdserver: not leader",
    "bad leader transferee",
    "member not found",
    "Peer URLs already exists",
    "member ID already exist",
    "can only promote a learner member",
    "rpc not supported for learner",
];

pub(super) const PERMISSION_DENIED: &str = "permission denied";
pub(super) const MEMBER_NOT_FOUND: &str = "member not found";
pub(super) const PEER_URL_EXISTS: &str = "Peer URLs already exists";
pub(super) const NOT_A_LEARNER: &str = "can only promote a learner member";
pub(super) const AUTH_NOT_ENABLED: &str = "authentication is not enabled";

/// A failed call: the connector's own verdict where there is one, else the transport's, else the server's.
pub(super) fn from_call(error: &etcd_client::Error) -> ProbeError {
    match error {
        etcd_client::Error::GRpcStatus(status) => match status.source() {
            Some(source) => from_chain(source),
            None => from_status(status.code(), status.message()),
        },
        etcd_client::Error::TransportError(error) => from_chain(error),
        etcd_client::Error::IoError(error) => from_io(error),
        other => ProbeError::new(Kind::BadAnswer, other.to_string()),
    }
}

/// A failure of the transport: the first link of the chain that says something exact.
fn from_chain(error: &(dyn Error + 'static)) -> ProbeError {
    let mut link = Some(error);
    let mut said: Vec<String> = Vec::new();
    while let Some(error) = link {
        if let Some(exact) = error.downcast_ref::<ProbeError>() {
            return exact.clone();
        }
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return from_io(io);
        }
        if let Some(status) = error.downcast_ref::<Status>().filter(|s| s.source().is_none()) {
            return from_status(status.code(), status.message());
        }
        let words = error.to_string();
        if said.last().is_none_or(|last| !last.contains(&words)) {
            said.push(words);
        }
        link = error.source();
    }
    ProbeError::new(Kind::ConnectionLost, said.join(": "))
}

/// A failure of a socket, or of TLS on top of it.
pub(super) fn from_io(error: &io::Error) -> ProbeError {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return from_tls(tls);
    }
    let kind = match error.kind() {
        io::ErrorKind::ConnectionRefused => Kind::ConnectionRefused,
        io::ErrorKind::TimedOut => Kind::Timeout,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Kind::Unreachable,
        _ => Kind::ConnectionLost,
    };
    ProbeError::new(kind, error.to_string())
}

/// A failure of TLS.
pub(super) fn from_tls(error: &rustls::Error) -> ProbeError {
    use rustls::Error as Tls;
    let kind = match error {
        Tls::InvalidCertificate(problem) => from_certificate(problem),
        Tls::AlertReceived(alert) => from_alert(*alert),
        Tls::InvalidMessage(_) => Kind::ServerIsPlaintext,
        Tls::NoApplicationProtocol => Kind::BadAnswer,
        _ => Kind::Tls,
    };
    ProbeError::new(kind, error.to_string())
}

/// What we have against the server's certificate.
const fn from_certificate(problem: &CertificateError) -> Kind {
    match problem {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => Kind::ServerCertificateExpired,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Kind::ServerNameMismatch
        }
        // An unknown signer under a known name shows as a bad signature; a leaf given as CA as "other".
        CertificateError::UnknownIssuer
        | CertificateError::BadSignature
        | CertificateError::Other(_) => Kind::UntrustedServer,
        _ => Kind::Tls,
    }
}

/// What the server has against us.
const fn from_alert(alert: AlertDescription) -> Kind {
    match alert {
        AlertDescription::NoCertificate
        | AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied
        | AlertDescription::CertificateRequired => Kind::ClientCertificateRefused,
        AlertDescription::NoApplicationProtocol => Kind::BadAnswer,
        _ => Kind::Tls,
    }
}

/// What the server answered.
pub(super) fn from_status(code: Code, message: &str) -> ProbeError {
    let known = TEXTS.iter().find(|(text, _)| message.contains(text));
    let kind = match (known, code) {
        (Some((_, kind)), _) => *kind,
        (None, Code::PermissionDenied | Code::Unauthenticated) => Kind::Unauthorized,
        (None, Code::DeadlineExceeded) => Kind::Timeout,
        (None, Code::DataLoss) => Kind::CorruptCluster,
        (None, Code::Unimplemented) => Kind::BadAnswer,
        // Without etcd's own words it is the HTTP layer that speaks, or something that is not etcd.
        (None, Code::Internal | Code::Unknown) if !is_etcd(message) => Kind::BadAnswer,
        (None, _) => Kind::Refused,
    };
    ProbeError::new(kind, message)
}

fn is_etcd(message: &str) -> bool {
    ["etcdserver: ", "mvcc: ", "lease: ", "auth: ", "raft: "]
        .iter()
        .any(|prefix| message.contains(prefix))
}

/// What to make of a failed change of the cluster.
pub(super) fn api_kind(error: &ProbeError) -> ApiErrorKind {
    let says = |texts: &[&str]| texts.iter().any(|text| error.message.contains(text));
    match error.kind {
        Kind::Timeout
        | Kind::ConnectionRefused
        | Kind::ConnectionLost
        | Kind::Unreachable
        | Kind::UnknownHost
        | Kind::NoLeader
        | Kind::Overloaded => ApiErrorKind::Retry,
        _ if says(RETRY) => ApiErrorKind::Retry,
        _ if says(REPLAN) => ApiErrorKind::Replan,
        _ => ApiErrorKind::Fatal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// gRPC code | message | kind for a probe | kind for a change.
    const WORDS: &str = "
        14 | etcdserver: no leader | no-leader | Retry
        14 | etcdserver: leader changed | no-leader | Retry
        14 | etcdserver: request timed out | no-leader | Retry
        14 | etcdserver: request timed out, possibly due to previous leader failure | no-leader | Retry
        14 | etcdserver: request timed out, waiting for the applied index took too long | no-leader | Retry
        14 | etcdserver: server stopped | connection-lost | Retry
        8 | etcdserver: too many requests | overloaded | Retry
        14 | etcdserver: unhealthy cluster | refused | Retry
        9 | etcdserver: re-configuration failed due to not enough started members | refused | Replan
        9 | etcdserver: too many learner members in cluster | refused | Replan
        9 | etcdserver: cluster ID mismatch | refused | Replan
        9 | etcdserver: not leader | refused | Replan
        9 | etcdserver: bad leader transferee | refused | Replan
        9 | etcdserver: Peer URLs already exists | refused | Replan
        9 | etcdserver: can only promote a learner member | refused | Replan
        9 | etcdserver: can only promote a learner member which is in sync with leader | refused | Retry
        5 | etcdserver: member not found | refused | Replan
        14 | etcdserver: rpc not supported for learner | refused | Replan
        8 | etcdserver: mvcc: database space exceeded | refused | Fatal
        15 | etcdserver: corrupt cluster | corrupt-cluster | Fatal
        11 | etcdserver: mvcc: required revision is a future revision | refused | Fatal
        11 | etcdserver: mvcc: required revision has been compacted | refused | Fatal
        7 | etcdserver: permission denied | unauthorized | Fatal
        16 | etcdserver: invalid auth token | unauthorized | Fatal
        2 | auth: user name is empty | unauthorized | Fatal
        3 | etcdserver: user name is empty | unauthorized | Fatal
        3 | etcdserver: authentication failed, invalid user ID or password | unauthorized | Fatal
        12 | unknown service etcdserverpb.KV | bad-answer | Fatal
        2 | grpc-status header missing, mapped from HTTP status code 200 | bad-answer | Fatal
        2 | context deadline exceeded | timeout | Retry
    ";

    #[test]
    fn etcd_s_own_words_decide() {
        let rows = WORDS.lines().map(str::trim).filter(|row| !row.is_empty());
        for row in rows {
            let [code, message, kind, api] = row.split(" | ").collect::<Vec<_>>()[..] else {
                unreachable!("{row}");
            };
            let error = from_status(Code::from(code.parse::<i32>().unwrap()), message);
            assert_eq!(serde_json::to_value(error.kind).unwrap(), kind, "{row}");
            assert_eq!(format!("{:?}", api_kind(&error)), api, "{row}");
            assert_eq!(error.message, message);
        }
    }

    #[test]
    fn tls_failures_are_told_apart() {
        use rustls::Error as Tls;
        let cases = [
            (Tls::InvalidCertificate(CertificateError::Expired), Kind::ServerCertificateExpired),
            (
                Tls::InvalidCertificate(CertificateError::NotValidYet),
                Kind::ServerCertificateExpired,
            ),
            (Tls::InvalidCertificate(CertificateError::NotValidForName), Kind::ServerNameMismatch),
            (Tls::InvalidCertificate(CertificateError::UnknownIssuer), Kind::UntrustedServer),
            (Tls::InvalidCertificate(CertificateError::BadSignature), Kind::UntrustedServer),
            (
                Tls::AlertReceived(AlertDescription::CertificateRequired),
                Kind::ClientCertificateRefused,
            ),
            (Tls::AlertReceived(AlertDescription::BadCertificate), Kind::ClientCertificateRefused),
            (Tls::AlertReceived(AlertDescription::UnknownCA), Kind::ClientCertificateRefused),
            (
                Tls::AlertReceived(AlertDescription::CertificateExpired),
                Kind::ClientCertificateRefused,
            ),
            (Tls::AlertReceived(AlertDescription::ProtocolVersion), Kind::Tls),
            (
                Tls::InvalidMessage(rustls::InvalidMessage::InvalidContentType),
                Kind::ServerIsPlaintext,
            ),
            (Tls::NoApplicationProtocol, Kind::BadAnswer),
        ];
        for (error, kind) in cases {
            let wrapped = io::Error::new(io::ErrorKind::InvalidData, error.clone());
            assert_eq!(from_io(&wrapped).kind, kind, "{error}");
        }
    }

    #[test]
    fn the_connector_s_verdict_survives_the_transport() {
        let exact = ProbeError::new(Kind::ServerNameMismatch, "exact");
        let wrapped = io::Error::other(exact.clone());
        let status = Status::from_error(Box::new(Wrapped(Box::new(exact.clone()))));
        assert_eq!(from_call(&etcd_client::Error::GRpcStatus(status)), exact);
        assert_eq!(from_io(&wrapped).kind, Kind::ConnectionLost);

        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let status = Status::from_error(Box::new(Wrapped(Box::new(refused))));
        let error = from_call(&etcd_client::Error::GRpcStatus(status));
        assert_eq!(error.kind, Kind::ConnectionRefused);
    }

    #[derive(Debug)]
    struct Wrapped(Box<dyn Error + Send + Sync>);

    impl std::fmt::Display for Wrapped {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("transport error")
        }
    }

    impl Error for Wrapped {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&*self.0)
        }
    }
}
