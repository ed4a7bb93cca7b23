//! What etcd keeps in bucket `members`.

use serde::{Deserialize, Serialize};

use super::error::Rule;

/// A member of the cluster the snapshot was taken from, as its database recorded it.
///
/// A restore discards these and writes the members it is told; use them to tell whose snapshot a
/// file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SnapshotMember {
    /// Member id; etcd prints it in hex.
    pub id: u64,
    /// Name of the member; empty until it has started for the first time.
    pub name: String,
    /// URLs for the other members.
    pub peer_urls: Vec<String>,
    /// URLs for clients; empty until the member has started.
    pub client_urls: Vec<String>,
    /// Whether the member does not vote.
    pub is_learner: bool,
}

/// etcd's JSON: Go writes a nil list as null and leaves out some empty fields.
#[derive(Deserialize)]
struct Stored {
    id: u64,
    name: Option<String>,
    #[serde(rename = "peerURLs")]
    peer_urls: Option<Vec<String>>,
    #[serde(rename = "clientURLs")]
    client_urls: Option<Vec<String>>,
    #[serde(rename = "isLearner", default)]
    is_learner: bool,
}

impl SnapshotMember {
    /// Parses an entry of bucket `members`: the id in hex (etcd writes no leading zeros), and the
    /// member as JSON.
    pub(super) fn parse(key: &[u8], value: &[u8]) -> Result<Self, Rule> {
        let stored: Stored = serde_json::from_slice(value).map_err(|_| Rule::MemberMalformed)?;
        let id = str::from_utf8(key).ok().and_then(|key| u64::from_str_radix(key, 16).ok());
        if id != Some(stored.id) {
            return Err(Rule::MemberMalformed);
        }
        Ok(Self {
            id: stored.id,
            name: stored.name.unwrap_or_default(),
            peer_urls: stored.peer_urls.unwrap_or_default(),
            client_urls: stored.client_urls.unwrap_or_default(),
            is_learner: stored.is_learner,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_parses_and_its_key_must_agree() {
        let json = br#"{"id":10276657743932975437,"peerURLs":["http://localhost:2380"]}"#;
        let member = SnapshotMember::parse(b"8e9e05c52164694d", json).unwrap();
        assert_eq!(member.id, 0x8e9e_05c5_2164_694d);
        assert_eq!(member.peer_urls, ["http://localhost:2380"]);
        assert_eq!(
            (member.name.as_str(), member.client_urls.len(), member.is_learner),
            ("", 0, false)
        );
        for key in [&b"8e9e05c52164694e"[..], b"", b"8e9e05c52164694d0", b"\xff"] {
            assert_eq!(SnapshotMember::parse(key, json), Err(Rule::MemberMalformed));
        }
        assert_eq!(SnapshotMember::parse(b"8e9e05c52164694d", b"{"), Err(Rule::MemberMalformed));
    }

    #[test]
    fn short_ids_are_written_with_or_without_leading_zeros() {
        for key in [&b"00000000000000ff"[..], b"ff"] {
            assert_eq!(SnapshotMember::parse(key, br#"{"id":255}"#).unwrap().id, 255);
        }
    }
}
