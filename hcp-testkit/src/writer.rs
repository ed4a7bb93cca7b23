//! A writer that remembers every write the cluster has acknowledged, and the proof that none is lost.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use etcd_client::{Client, Compare, CompareOp, GetOptions, Txn, TxnOp};
use hcp_etcd::MemberName;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::attach::AttachConfig;
use crate::{EtcdCluster, TestkitError};

const PREFIX: &str = "writer/";
/// Of so many writes one overwrites an older key.
const OVERWRITE_EVERY: u64 = 4;
/// How many keys are overwritten in turn.
const OVERWRITTEN_KEYS: u64 = 16;
/// How long one write may take before it is tried on the next member.
const WRITE_TIMEOUT: Duration = Duration::from_secs(1);
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// Between attempts when no member takes a write.
const PAUSE: Duration = Duration::from_millis(10);
const PAGE: i64 = 2000;

/// Writes in the background until stopped, one write after the other, and retries each until it is acknowledged.
#[derive(Debug)]
pub struct Writer {
    stop: watch::Sender<bool>,
    ledger: Arc<Mutex<Ledger>>,
    task: JoinSet<()>,
}

/// Every write that was acknowledged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The last acknowledged value of each key.
    values: BTreeMap<String, u64>,
    acknowledged: u64,
    longest_gap: Duration,
    last: Option<Instant>,
}

/// What became of the acknowledged writes.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostWrites {
    /// How many writes were acknowledged.
    pub acknowledged: u64,
    /// The longest time without an acknowledgement while the writer ran.
    pub longest_gap: Duration,
    /// The members that were asked.
    pub asked: Vec<MemberName>,
    /// The writes that at least one of them does not have.
    pub lost: Vec<LostWrite>,
}

/// A write that was acknowledged and is not there.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostWrite {
    /// Who does not have it.
    pub member: MemberName,
    /// Its key.
    pub key: String,
    /// The value acknowledged last.
    pub acknowledged: u64,
    /// The value that is there.
    pub found: Option<u64>,
}

impl EtcdCluster {
    /// Starts a background writer.
    ///
    /// # Errors
    /// [`TestkitError`] if the certificate files cannot be read.
    pub async fn writer(&self) -> Result<Writer, TestkitError> {
        Writer::start(self.attach_config()).await
    }
}

impl Writer {
    /// Starts writing through the members of a cluster.
    ///
    /// # Errors
    /// [`TestkitError`] if the certificate files cannot be read.
    pub async fn start(cluster: &AttachConfig) -> Result<Self, TestkitError> {
        let mut clients = Vec::new();
        for member in cluster.topology.members() {
            clients.push(cluster.client(member).await?);
        }
        let (stop, stopped) = watch::channel(false);
        let ledger = Arc::default();
        let mut task = JoinSet::new();
        task.spawn(write_until_stopped(clients, Arc::clone(&ledger), stopped));
        Ok(Self { stop, ledger, task })
    }

    /// How many writes were acknowledged so far.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        let ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.acknowledged
    }

    /// Waits until so many more writes are acknowledged: the cluster takes writes.
    ///
    /// # Errors
    /// [`TestkitError::Unexpected`] if that takes longer than `patience`.
    pub async fn wait_acknowledged(
        &self,
        more: u64,
        patience: Duration,
    ) -> Result<(), TestkitError> {
        let goal = self.acknowledged() + more;
        let deadline = Instant::now() + patience;
        while self.acknowledged() < goal {
            if Instant::now() >= deadline {
                return Err(TestkitError::Unexpected(format!(
                    "{} writes acknowledged, {goal} wanted",
                    self.acknowledged()
                )));
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Ends after the write at hand and hands over what was acknowledged.
    pub async fn stop(mut self) -> Ledger {
        self.stop.send_replace(true);
        while self.task.join_next().await.is_some() {}
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *ledger)
    }
}

impl Ledger {
    /// How many writes were acknowledged.
    #[must_use]
    pub const fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// The longest time without an acknowledgement while the writer ran.
    #[must_use]
    pub const fn longest_gap(&self) -> Duration {
        self.longest_gap
    }

    /// Reads every acknowledged key, linearizably, through every member that answers.
    ///
    /// # Errors
    /// [`TestkitError::Unexpected`] if no member answers.
    pub async fn verify(&self, cluster: &EtcdCluster) -> Result<LostWrites, TestkitError> {
        let mut report = LostWrites {
            acknowledged: self.acknowledged,
            longest_gap: self.longest_gap,
            asked: Vec::new(),
            lost: Vec::new(),
        };
        for i in 0..cluster.len() {
            let client = cluster.client(i).await?;
            let Ok(Ok(found)) = timeout(READ_TIMEOUT, read_all(client)).await else {
                continue;
            };
            let member = cluster.name(i);
            report.asked.push(member.clone());
            report.lost.extend(self.missing(member, &found));
        }
        if report.asked.is_empty() {
            return Err(TestkitError::Unexpected("no member answers reads".into()));
        }
        Ok(report)
    }

    fn missing(&self, member: &MemberName, found: &BTreeMap<String, u64>) -> Vec<LostWrite> {
        let lost = self.values.iter().filter_map(|(key, &acknowledged)| {
            let found = found.get(key).copied();
            // A write that was given up may still arrive, so a newer value is no loss.
            let is_there = found.is_some_and(|found| found >= acknowledged);
            (!is_there).then(|| LostWrite {
                member: member.clone(),
                key: key.clone(),
                acknowledged,
                found,
            })
        });
        lost.collect()
    }

    fn acknowledge(&mut self, key: String, value: u64, at: Instant) {
        self.note_time(at);
        self.values.insert(key, value);
        self.acknowledged += 1;
    }

    fn note_time(&mut self, at: Instant) {
        if let Some(last) = self.last.replace(at) {
            self.longest_gap = self.longest_gap.max(at.duration_since(last));
        }
    }
}

async fn write_until_stopped(
    mut clients: Vec<Client>,
    ledger: Arc<Mutex<Ledger>>,
    mut stopped: watch::Receiver<bool>,
) {
    let note = |change: &dyn Fn(&mut Ledger)| {
        change(&mut ledger.lock().unwrap_or_else(PoisonError::into_inner));
    };
    note(&|ledger| ledger.note_time(Instant::now()));
    let mut member = 0;
    for value in 0.. {
        let key = key_of(value);
        while !*stopped.borrow() {
            let Some(client) = clients.get_mut(member) else {
                return;
            };
            if matches!(timeout(WRITE_TIMEOUT, write(client, &key, value)).await, Ok(Ok(()))) {
                note(&|ledger| ledger.acknowledge(key.clone(), value, Instant::now()));
                break;
            }
            member = (member + 1) % clients.len();
            let _ = timeout(PAUSE, stopped.changed()).await;
        }
        if *stopped.borrow() {
            note(&|ledger| ledger.note_time(Instant::now()));
            return;
        }
    }
}

fn key_of(value: u64) -> String {
    if value % OVERWRITE_EVERY == OVERWRITE_EVERY - 1 {
        let turn = value / OVERWRITE_EVERY % OVERWRITTEN_KEYS;
        format!("{PREFIX}again/{turn:02}")
    } else {
        format!("{PREFIX}once/{value:010}")
    }
}

/// Writes a value unless a newer one is there: an attempt that was given up and arrives late undoes nothing.
async fn write(client: &mut Client, key: &str, value: u64) -> Result<(), etcd_client::Error> {
    let text = format!("{value:010}");
    let put = TxnOp::put(key, text.clone(), None);
    let older = Compare::value(key, CompareOp::Less, text);
    let absent = Compare::version(key, CompareOp::Equal, 0);
    let if_older = Txn::new().when([older]).and_then([put.clone()]);
    let txn = Txn::new().when([absent]).and_then([put]).or_else([TxnOp::txn(if_older)]);
    client.txn(txn).await.map(drop)
}

async fn read_all(mut client: Client) -> Result<BTreeMap<String, u64>, etcd_client::Error> {
    let mut found = BTreeMap::new();
    let (mut from, end) = (PREFIX.as_bytes().to_vec(), "writer0");
    let mut options = GetOptions::new().with_range(end).with_limit(PAGE);
    loop {
        let page = client.get(from.clone(), Some(options)).await?;
        for kv in page.kvs() {
            let key = String::from_utf8_lossy(kv.key()).into_owned();
            let value = str::from_utf8(kv.value()).ok();
            if let Some(value) = value.and_then(|value| value.parse().ok()) {
                found.insert(key, value);
            }
        }
        let Some(last) = page.kvs().last().filter(|_| page.more()) else {
            return Ok(found);
        };
        // The pages after the first are of its revision.
        let revision = page.header().map_or(0, etcd_client::ResponseHeader::revision);
        from = [last.key(), b"\0"].concat();
        options = GetOptions::new().with_range(end).with_limit(PAGE).with_revision(revision);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_value_is_lost_and_a_newer_is_not() {
        let member = MemberName::new("etcd-0").unwrap();
        let mut ledger = Ledger::default();
        let at = Instant::now();
        ledger.acknowledge("writer/a".into(), 1, at);
        ledger.acknowledge("writer/b".into(), 2, at + Duration::from_secs(3));
        ledger.acknowledge("writer/c".into(), 3, at + Duration::from_secs(4));
        let found = [("writer/a".to_owned(), 0), ("writer/b".to_owned(), 7)];
        let lost = ledger.missing(&member, &found.into());
        let keys: Vec<_> = lost.iter().map(|l| (l.key.as_str(), l.found)).collect();
        assert_eq!(keys, [("writer/a", Some(0)), ("writer/c", None)]);
        assert_eq!(ledger.longest_gap(), Duration::from_secs(3));
    }

    #[test]
    fn some_keys_are_written_again() {
        assert_eq!(key_of(0), "writer/once/0000000000");
        assert_eq!(key_of(3), key_of(3 + OVERWRITE_EVERY * OVERWRITTEN_KEYS));
    }
}
