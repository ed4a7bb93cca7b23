//! Which members a cluster should have, and where each of them is reached.
//!
//! A [`Topology`] is the operator's statement of intent: names with their client and peer URLs. It is what a
//! probe asks, what a diagnosis compares the real member list with, and what a recovery restores.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The name of a member, as in `etcd --name`; cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MemberName(Arc<str>);

/// The id etcd gives a member: 64 bits, written as bare hexadecimal.
///
/// A member that is removed and added again gets a new id, so an id names one incarnation of a member.
/// Zero is no member (etcd uses it for alarms that accuse nobody).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MemberId(u64);

/// The id etcd gives a cluster: 64 bits, written as bare hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClusterId(u64);

/// One URL of a member: `http` or `https`, a host and an explicit port, nothing more.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EtcdUrl {
    tls: bool,
    host: Arc<str>,
    port: u16,
}

/// A member as the operator declares it.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopologyMember {
    /// The member's name (`etcd --name`).
    pub name: MemberName,
    /// Where clients reach it (`--advertise-client-urls`).
    pub client_url: EtcdUrl,
    /// Where its peers reach it (`--initial-advertise-peer-urls`).
    pub peer_url: EtcdUrl,
}

/// The declared members of one cluster, validated; never empty.
///
/// ```
/// use hcp_etcd::{Topology, TopologyMember};
///
/// let topology = Topology::new([
///     TopologyMember::parse("etcd-0", "https://10.0.0.10:2379", "https://10.0.0.10:2380")?,
///     TopologyMember::parse("etcd-1", "https://10.0.0.11:2379", "https://10.0.0.11:2380")?,
///     TopologyMember::parse("etcd-2", "https://10.0.0.12:2379", "https://10.0.0.12:2380")?,
/// ])?;
/// assert_eq!(topology.members().len(), 3);
/// # Ok::<(), hcp_etcd::TopologyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawTopology", into = "RawTopology")]
pub struct Topology {
    members: Arc<[TopologyMember]>,
    cluster_id: Option<ClusterId>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTopology {
    members: Vec<TopologyMember>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cluster_id: Option<ClusterId>,
}

/// Why a topology, or a part of one, was refused. Every message ends with the remedy.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopologyError {
    /// No members at all.
    #[error("the topology has no members; name at least one, with its client and peer URL")]
    Empty,
    /// A member name that etcd or its flags could not carry.
    #[error(
        "member name {name:?} is {problem}; use the value of etcd's --name, without ',', '=' or white space"
    )]
    Name {
        /// The name as given.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A URL that is not `http[s]://host:port`.
    #[error("URL {url:?} {problem}; write it as https://HOST:PORT")]
    Url {
        /// The URL as given, without any user name or password it held.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Text that is not an id in bare hexadecimal.
    #[error("id {id:?} is not 1 to 16 hexadecimal digits; copy it from `etcdctl member list`")]
    Id {
        /// The id as given.
        id: String,
    },
    /// Something wrong within one member's entry.
    #[error("member {member}: {field}: {source}")]
    Member {
        /// The member whose entry it is.
        member: String,
        /// `client_url` or `peer_url`.
        field: &'static str,
        /// What is wrong.
        source: Box<Self>,
    },
    /// Two members with one name.
    #[error("member name {name} is used twice (entries {first} and {second}); give each its own")]
    DuplicateName {
        /// The name.
        name: MemberName,
        /// Index of the first entry, from 0.
        first: usize,
        /// Index of the second entry, from 0.
        second: usize,
    },
    /// Two members behind one URL.
    #[error(
        "members {first} and {second} have the same {field} {url}; one of them would never be asked: give each its own"
    )]
    DuplicateUrl {
        /// `client_url` or `peer_url`.
        field: &'static str,
        /// The URL.
        url: EtcdUrl,
        /// The first member with it.
        first: MemberName,
        /// The second member with it.
        second: MemberName,
    },
    /// Some members with `http`, others with `https`.
    #[error(
        "member {https} has an https {field} and member {http} an http one; use one scheme for all members"
    )]
    MixedSchemes {
        /// `client_url` or `peer_url`.
        field: &'static str,
        /// A member with `https`.
        https: MemberName,
        /// A member with `http`.
        http: MemberName,
    },
}

impl MemberName {
    /// Checks a name against what etcd's flags can carry (`--initial-cluster` splits at `,` and `=`).
    ///
    /// # Errors
    /// [`TopologyError::Name`] for an empty name, or one with `,`, `=`, white space or control characters.
    pub fn new(name: &str) -> Result<Self, TopologyError> {
        let problem = if name.is_empty() {
            Some("empty")
        } else if name.contains([',', '=']) {
            Some("not usable in --initial-cluster")
        } else if name.chars().any(|c| c.is_whitespace() || c.is_control()) {
            Some("spelled with white space or control characters")
        } else {
            None
        };
        match problem {
            None => Ok(Self(name.into())),
            Some(problem) => Err(TopologyError::Name { name: name.to_owned(), problem }),
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! hex_id {
    ($id:ident) => {
        impl $id {
            /// Wraps the number etcd uses on the wire.
            #[must_use]
            pub const fn new(id: u64) -> Self {
                Self(id)
            }

            /// The number etcd uses on the wire.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&format!("{:x}", self.0))
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($id), "({:x})"), self.0)
            }
        }

        impl FromStr for $id {
            type Err = TopologyError;

            fn from_str(id: &str) -> Result<Self, TopologyError> {
                let hex = !id.is_empty() && id.bytes().all(|b| b.is_ascii_hexdigit());
                let parsed = if hex { u64::from_str_radix(id, 16).ok() } else { None };
                parsed.map(Self).ok_or_else(|| TopologyError::Id { id: id.to_owned() })
            }
        }

        impl TryFrom<String> for $id {
            type Error = TopologyError;

            fn try_from(id: String) -> Result<Self, TopologyError> {
                id.parse()
            }
        }

        impl From<$id> for String {
            fn from(id: $id) -> Self {
                id.to_string()
            }
        }
    };
}

hex_id!(MemberId);
hex_id!(ClusterId);

impl EtcdUrl {
    /// Whether the URL is `https`.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.tls
    }

    /// The host: a DNS name or an IP address; IPv6 without its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether `other` (a URL as etcd lists it) is this URL, letter case of the host aside.
    #[must_use]
    pub fn is_same_as(&self, other: &str) -> bool {
        other.parse::<Self>().is_ok_and(|other| *self == other)
    }
}

impl FromStr for EtcdUrl {
    type Err = TopologyError;

    fn from_str(url: &str) -> Result<Self, TopologyError> {
        parse_url(url).map_err(|problem| TopologyError::Url { url: redact_userinfo(url), problem })
    }
}

fn parse_url(url: &str) -> Result<EtcdUrl, &'static str> {
    let (tls, rest) = match url.split_once("://") {
        Some(("https", rest)) => (true, rest),
        Some(("http", rest)) => (false, rest),
        Some(("unix" | "unixs", _)) => {
            return Err("is a unix socket, which cannot be probed remotely");
        }
        Some(_) => return Err("has a scheme other than http and https"),
        None => return Err("has no scheme"),
    };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains('@') {
        return Err("carries a user name, which does not belong in a URL");
    }
    if authority.contains(['/', '?', '#']) {
        return Err("has a path, which etcd does not serve");
    }
    let (host, port) = authority.rsplit_once(':').ok_or("has no port")?;
    let host = match host.strip_prefix('[') {
        Some(v6) => {
            let v6 = v6.strip_suffix(']').ok_or("has an unclosed IPv6 address")?;
            v6.parse::<std::net::Ipv6Addr>().map_err(|_| "has an invalid IPv6 address")?;
            v6
        }
        None if host.contains(':') => {
            return Err("has an IPv6 address without brackets, or no port");
        }
        None => host,
    };
    if host.is_empty() {
        return Err("has no host");
    }
    if !host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:".contains(&b)) {
        return Err("has characters in its host that no DNS name or address has");
    }
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let port = if digits { port.parse::<u16>().ok() } else { None };
    match port {
        Some(port) if port > 0 => Ok(EtcdUrl { tls, host: host.to_ascii_lowercase().into(), port }),
        _ => Err("has no port between 1 and 65535"),
    }
}

fn redact_userinfo(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((before, after)) => {
            let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
            format!("{scheme}://…@{after}")
        }
        None => url.to_owned(),
    }
}

impl TopologyMember {
    /// Puts a member together from validated parts.
    #[must_use]
    pub const fn new(name: MemberName, client_url: EtcdUrl, peer_url: EtcdUrl) -> Self {
        Self { name, client_url, peer_url }
    }

    /// Puts a member together from text.
    ///
    /// # Errors
    /// [`TopologyError`] naming the member and the part that is wrong.
    pub fn parse(name: &str, client_url: &str, peer_url: &str) -> Result<Self, TopologyError> {
        let part = |field, url: &str| {
            url.parse::<EtcdUrl>().map_err(|source| TopologyError::Member {
                member: name.to_owned(),
                field,
                source: Box::new(source),
            })
        };
        Ok(Self {
            name: MemberName::new(name)?,
            client_url: part("client_url", client_url)?,
            peer_url: part("peer_url", peer_url)?,
        })
    }
}

impl Topology {
    /// Checks the members as a whole and keeps their order.
    ///
    /// # Errors
    /// [`TopologyError`] if there is no member, a name or URL is used twice, or schemes are mixed.
    pub fn new(members: impl IntoIterator<Item = TopologyMember>) -> Result<Self, TopologyError> {
        let members: Arc<[TopologyMember]> = members.into_iter().collect();
        if members.is_empty() {
            return Err(TopologyError::Empty);
        }
        refuse_duplicate_names(&members)?;
        check_urls("client_url", members.iter().map(|m| (&m.name, &m.client_url)))?;
        check_urls("peer_url", members.iter().map(|m| (&m.name, &m.peer_url)))?;
        Ok(Self { members, cluster_id: None })
    }

    /// Pins the cluster's id: endpoints that answer with another one are diagnosed as the wrong cluster.
    #[must_use]
    pub fn with_cluster_id(mut self, cluster_id: ClusterId) -> Self {
        self.cluster_id = Some(cluster_id);
        self
    }

    /// The declared members, in the order given.
    #[must_use]
    pub fn members(&self) -> &[TopologyMember] {
        &self.members
    }

    /// The declared member of that name.
    #[must_use]
    pub fn member(&self, name: &MemberName) -> Option<&TopologyMember> {
        self.members.iter().find(|m| m.name == *name)
    }

    /// The pinned cluster id, if the operator gave one.
    #[must_use]
    pub const fn cluster_id(&self) -> Option<ClusterId> {
        self.cluster_id
    }
}

fn refuse_duplicate_names(members: &[TopologyMember]) -> Result<(), TopologyError> {
    let mut seen = HashMap::new();
    for (second, member) in members.iter().enumerate() {
        if let Some(first) = seen.insert(&member.name, second) {
            return Err(TopologyError::DuplicateName { name: member.name.clone(), first, second });
        }
    }
    Ok(())
}

fn check_urls<'a>(
    field: &'static str,
    urls: impl Iterator<Item = (&'a MemberName, &'a EtcdUrl)>,
) -> Result<(), TopologyError> {
    let mut seen = HashMap::new();
    let (mut https, mut http) = (None, None);
    for (name, url) in urls {
        if let Some(first) = seen.insert((url.host(), url.port()), name) {
            return Err(TopologyError::DuplicateUrl {
                field,
                url: url.clone(),
                first: first.clone(),
                second: name.clone(),
            });
        }
        if url.is_tls() { &mut https } else { &mut http }.get_or_insert(name);
        if let (Some(https), Some(http)) = (https, http) {
            let (https, http) = (https.clone(), http.clone());
            return Err(TopologyError::MixedSchemes { field, https, http });
        }
    }
    Ok(())
}

impl fmt::Display for MemberName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for MemberName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for EtcdUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        let bracket = self.host.contains(':');
        let (open, close) = if bracket { ("[", "]") } else { ("", "") };
        f.pad(&format!("{scheme}://{open}{}{close}:{}", self.host, self.port))
    }
}

impl fmt::Debug for EtcdUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl TryFrom<String> for MemberName {
    type Error = TopologyError;

    fn try_from(name: String) -> Result<Self, TopologyError> {
        Self::new(&name)
    }
}

impl From<MemberName> for String {
    fn from(name: MemberName) -> Self {
        name.0.as_ref().to_owned()
    }
}

impl TryFrom<String> for EtcdUrl {
    type Error = TopologyError;

    fn try_from(url: String) -> Result<Self, TopologyError> {
        url.parse()
    }
}

impl From<EtcdUrl> for String {
    fn from(url: EtcdUrl) -> Self {
        url.to_string()
    }
}

impl TryFrom<RawTopology> for Topology {
    type Error = TopologyError;

    fn try_from(raw: RawTopology) -> Result<Self, TopologyError> {
        let topology = Self::new(raw.members)?;
        Ok(match raw.cluster_id {
            Some(id) => topology.with_cluster_id(id),
            None => topology,
        })
    }
}

impl From<Topology> for RawTopology {
    fn from(topology: Topology) -> Self {
        Self { members: topology.members.to_vec(), cluster_id: topology.cluster_id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, host: &str) -> TopologyMember {
        let (client, peer) = (format!("https://{host}:2379"), format!("https://{host}:2380"));
        TopologyMember::parse(name, &client, &peer).unwrap()
    }

    #[test]
    fn refuses_what_would_hide_a_member() {
        assert_eq!(Topology::new([]), Err(TopologyError::Empty));
        let twice = Topology::new([member("a", "h1"), member("a", "h2")]).unwrap_err();
        assert!(twice.to_string().contains("entries 0 and 1"), "{twice}");
        let same_url = Topology::new([member("a", "h1"), member("b", "H1")]).unwrap_err();
        assert!(same_url.to_string().contains("same client_url https://h1:2379"), "{same_url}");
        let plain = TopologyMember::parse("b", "http://h2:2379", "https://h2:2380").unwrap();
        let mixed = Topology::new([member("a", "h1"), plain]).unwrap_err();
        assert!(mixed.to_string().contains("use one scheme"), "{mixed}");
    }

    #[test]
    fn urls_are_strict_and_canonical() {
        for (given, shown) in [
            ("https://ETCD-0.svc:2379", "https://etcd-0.svc:2379"),
            ("http://127.0.0.1:1/", "http://127.0.0.1:1"),
            ("https://[fd00::1]:2380", "https://[fd00::1]:2380"),
        ] {
            assert_eq!(given.parse::<EtcdUrl>().unwrap().to_string(), shown);
        }
        for bad in [
            "",
            "etcd-0:2379",
            "ftp://a:1",
            "https://a",
            "https://:1",
            "https://a:0",
            "https://a:65536",
            "https://a:+1",
            "https://a:1/path",
            "https://fd00::1:2380",
            "https://[fd00::1:2380",
            "https://a b:1",
            "unix://sock:1",
        ] {
            let error = bad.parse::<EtcdUrl>().unwrap_err().to_string();
            assert!(error.contains("https://HOST:PORT"), "{bad}: {error}");
        }
        let error = "https://root:secret@a:1".parse::<EtcdUrl>().unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn ids_are_hexadecimal_like_etcdctl_prints_them() {
        let id: MemberId = "8e9e05c52164694d".parse().unwrap();
        assert_eq!(id.get(), 0x8e9e_05c5_2164_694d);
        assert_eq!(MemberId::new(0x41f).to_string(), "41f");
        for bad in ["", "+1", " 41f", "0x41f", "11112222333344445", "g"] {
            assert!(bad.parse::<MemberId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn json_round_trips_and_is_validated() {
        let topology = Topology::new([member("a", "h1"), member("b", "h2")])
            .unwrap()
            .with_cluster_id(ClusterId::new(0xcdf8));
        let json = serde_json::to_string(&topology).unwrap();
        assert_eq!(serde_json::from_str::<Topology>(&json).unwrap(), topology);
        let error = serde_json::from_str::<Topology>(r#"{"members":[]}"#).unwrap_err();
        assert!(error.to_string().contains("no members"), "{error}");
    }
}
