//! Our numbers against those of `etcdutl snapshot status`, on snapshots of a real etcd with a
//! history.
//!
//! Needs `etcd`, `etcdctl` and `etcdutl` in `$KUBEBUILDER_ASSETS`, `PATH` or `target/assets`.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use hcp_etcd::snapshot::{SnapshotError, SnapshotWriter, VerifiedSnapshot, verify};
use tempfile::TempDir;

/// The binary, or a panic that names it.
fn binary(name: &str) -> PathBuf {
    let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/assets");
    let found = assets
        .into_iter()
        .chain(std::env::split_paths(&path))
        .chain([target])
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file());
    found.unwrap_or_else(|| {
        panic!(
            "`{name}` is in none of $KUBEBUILDER_ASSETS, PATH and target/assets of the workspace"
        )
    })
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// One etcd on loopback; killed and waited for on drop.
struct Etcd {
    process: Child,
    endpoint: String,
    directory: TempDir,
}

impl Etcd {
    /// Starts etcd and waits until it serves. Another process may take a free port first; then
    /// other ports are tried.
    fn start() -> Self {
        let mut log = String::new();
        for _ in 0..3 {
            let mut etcd = Self::spawn();
            for _ in 0..150 {
                if etcd.process.try_wait().unwrap().is_some() {
                    break;
                }
                if etcd.etcdctl(&["endpoint", "health"], "").is_ok() {
                    return etcd;
                }
                sleep(Duration::from_millis(100));
            }
            log = fs::read_to_string(etcd.directory.path().join("log")).unwrap();
        }
        panic!("etcd does not start: {log}");
    }

    fn spawn() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let endpoint = format!("http://127.0.0.1:{}", free_port());
        let peer = format!("http://127.0.0.1:{}", free_port());
        let process = Command::new(binary("etcd"))
            .args(["--name", "oracle", "--data-dir"])
            .arg(directory.path().join("data"))
            .args(["--listen-client-urls", &endpoint, "--advertise-client-urls", &endpoint])
            .args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer])
            .args(["--initial-cluster", &format!("oracle={peer}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(directory.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        Self { process, endpoint, directory }
    }

    fn etcdctl(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        let mut process = Command::new(binary("etcdctl"))
            .args(["--endpoints", &self.endpoint])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A process that does not read its input may be gone already.
        let _ = process.stdin.take().unwrap().write_all(input.as_bytes());
        let output = process.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    fn run(&self, arguments: &[&str]) {
        self.etcdctl(arguments, "").unwrap();
    }

    fn put(&self, key: &str, value: &str) {
        self.etcdctl(&["put", key], value).unwrap();
    }

    /// Puts `count` keys of one prefix, 100 in each transaction, with values of varied length.
    fn put_many(&self, prefix: &str, count: usize, round: usize) {
        for start in (0..count).step_by(100) {
            let mut input = String::from("\n");
            for index in start..count.min(start + 100) {
                let value = "v".repeat(1 + (index * 37 + round * 11) % 700);
                writeln!(input, "put {prefix}/{index:05} {value}").unwrap();
            }
            input.push_str("\n\n");
            self.etcdctl(&["txn"], &input).unwrap();
        }
    }

    fn save(&self, name: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        self.run(&["snapshot", "save", path.to_str().unwrap()]);
        path
    }

    /// Saves a snapshot and compares what we say of it with what etcdutl says.
    fn check(&self, name: &str) -> VerifiedSnapshot {
        let path = self.save(name);
        let ours = verify(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let output = Command::new(binary("etcdutl"))
            .args(["snapshot", "status", "-w", "json"])
            .arg(&path)
            .output()
            .unwrap();
        let theirs: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let numbers = serde_json::json!({
            "hash": ours.hash,
            "revision": ours.revision,
            "totalKey": ours.total_keys,
            "totalSize": ours.total_size,
        });
        assert_eq!(numbers, theirs, "{name}");
        assert_eq!(ours.size, fs::metadata(&path).unwrap().len(), "{name}");
        assert_eq!(ours.members.len(), 1, "{name}");
        assert_eq!(ours.members[0].client_urls, [self.endpoint.as_str()], "{name}");
        ours
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn numbers_are_those_of_etcdutl_through_a_history() {
    let etcd = Etcd::start();
    let empty = etcd.check("empty.db");
    assert_eq!(empty.revision, 0);

    etcd.put_many("/registry/pods/default", 2_000, 0);
    let first = etcd.check("first.db");
    assert_eq!(first.revisions, 2_000);

    for round in 1..=3 {
        etcd.put_many("/registry/pods/default", 500, round);
        etcd.put_many(&format!("/registry/leases/{round}"), 300, round);
        etcd.run(&["del", "--prefix", &format!("/registry/pods/default/0{round}")]);
    }
    // Pages with overflow, from a little over one page to what one request may carry.
    for (index, size) in [3_000, 4_097, 70_000, 300_000, 1_000_000].into_iter().enumerate() {
        etcd.put(&format!("/registry/configmaps/large/{index}"), &"L".repeat(size));
    }
    let lease = etcd.etcdctl(&["lease", "grant", "3600"], "").unwrap();
    let lease = lease.split_whitespace().nth(1).unwrap();
    etcd.run(&["put", "/leased", "value", "--lease", lease]);
    let full = etcd.check("full.db");
    assert!(full.total_size > 2_000_000, "{}", full.total_size);

    etcd.run(&["compact", &(full.revision - 2).to_string(), "--physical"]);
    let compacted = etcd.check("compacted.db");
    assert!(compacted.total_keys < full.total_keys && compacted.revision == full.revision);

    etcd.run(&["defrag"]);
    let small = etcd.check("defragmented.db");
    assert!(small.total_size < compacted.total_size && small.revisions == compacted.revisions);

    // The same revision read twice is the same file; one write changes it.
    etcd.put("/after", "defrag");
    let last = etcd.check("last.db");
    assert_eq!(last.revision, small.revision + 1);
    assert_ne!((last.hash, last.sha256), (small.hash, small.sha256));

    large_file_tampering(&etcd.save("tamper.db"));
    writer_reproduces(&last);
}

/// Every way of tampering that `etcdutl snapshot status` lets pass or crashes on is refused by its
/// name.
fn large_file_tampering(path: &Path) {
    let good = fs::read(path).unwrap();
    let tampered = |bytes: &[u8]| {
        fs::write(path, bytes).unwrap();
        verify(path).unwrap_err()
    };
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 0x20;
    let size_rule_fooled = (good.len() / 1024) * 512 + 32;
    for bytes in [&flipped[..], &good[..20_000], &good[..size_rule_fooled]] {
        let error = tampered(bytes);
        assert!(matches!(error, SnapshotError::DigestMismatch { .. }), "{error}");
        assert!(error.wants_new_snapshot());
    }
    let appended = [&good[..], b"x"].concat();
    for bytes in [&good[..good.len() - 32], &appended, &good[..0], &good[..good.len() / 2 + 7]] {
        let error = tampered(bytes);
        let size = bytes.len() as u64;
        assert!(
            matches!(&error, SnapshotError::NoTrailer { size: found, .. } if *found == size),
            "{error}"
        );
    }
    fs::write(path, good).unwrap();
    verify(path).unwrap();
}

/// The file etcdctl made, sent again through our writer, is the same file.
fn writer_reproduces(saved: &VerifiedSnapshot) {
    let bytes = fs::read(&saved.path).unwrap();
    let (content, digest) = bytes.split_at(bytes.len() - 32);
    let path = saved.path.with_extension("copy");
    let mut writer = SnapshotWriter::create(&path).unwrap();
    let mut left = content.len() as u64;
    for chunk in content.chunks(32 * 1024) {
        left -= chunk.len() as u64;
        writer.write_chunk(chunk, left).unwrap();
    }
    writer.write_chunk(digest, 0).unwrap();
    let copy = writer.finish().unwrap();
    assert_eq!((copy.sha256, copy.hash), (saved.sha256, saved.hash));
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

/// A copy of a live database file is no snapshot: it has no digest.
#[test]
fn raw_database_copy_is_refused() {
    let etcd = Etcd::start();
    etcd.put("/key", "value");
    let raw = etcd.directory.path().join("raw.db");
    fs::copy(etcd.directory.path().join("data/member/snap/db"), &raw).unwrap();
    let error = verify(&raw).unwrap_err();
    assert!(matches!(error, SnapshotError::NoTrailer { .. }), "{error}");
}
