//! A cluster without space, and how it gets out of that.

use etcd_client::{AlarmAction, AlarmType, CompactionOptions, Error};

use crate::{EtcdCluster, TestkitError};

const KEY: &str = "fill";
/// Below etcd's limit of 1.5 MiB for a request.
const VALUE_BYTES: usize = 1_000_000;
/// More writes than any quota this is for holds: build the cluster with 16 MiB.
const MOST_WRITES: usize = 4000;

impl EtcdCluster {
    /// Writes until the space quota is reached and the cluster refuses writes (`NOSPACE`).
    ///
    /// # Errors
    /// [`TestkitError`] if the quota is not reached.
    pub async fn fill_quota(&self) -> Result<(), TestkitError> {
        let mut client = self.client(0).await?;
        let value = vec![b'x'; VALUE_BYTES];
        for _ in 0..MOST_WRITES {
            match client.put(KEY, value.clone(), None).await {
                Ok(_) => {}
                Err(Error::GRpcStatus(status)) if status.message().contains("space exceeded") => {
                    return Ok(());
                }
                Err(error) => return Err(TestkitError::call("Put", self.name(0))(error)),
            }
        }
        Err(TestkitError::Unexpected(
            "the quota was not reached; build the cluster with `quota_bytes`".into(),
        ))
    }

    /// Undoes [`EtcdCluster::fill_quota`]: compacts, defragments each member, disarms the alarm.
    ///
    /// # Errors
    /// [`TestkitError::Call`] if a member refuses.
    pub async fn relieve_quota(&self) -> Result<(), TestkitError> {
        let mut client = self.client(0).await?;
        let call = |call| TestkitError::call(call, self.name(0));
        let newest = client.get(KEY, None).await.map_err(call("Range"))?;
        let revision = newest.header().map_or(0, etcd_client::ResponseHeader::revision);
        let physical = CompactionOptions::new().with_physical();
        let compacted = client.compact(revision, Some(physical)).await;
        compacted.map_err(call("Compact"))?;
        for i in 0..self.len() {
            let defragmented = self.client(i).await?.defragment().await;
            defragmented.map_err(TestkitError::call("Defragment", self.name(i)))?;
        }
        let raised = client.alarm(AlarmAction::Get, AlarmType::None, None).await;
        for alarm in raised.map_err(call("Alarm"))?.alarms() {
            let mut whose = etcd_client::AlarmOptions::new();
            whose.with_member(alarm.member_id());
            let disarmed = client.alarm(AlarmAction::Deactivate, alarm.alarm(), Some(whose)).await;
            disarmed.map_err(call("Alarm"))?;
        }
        Ok(())
    }
}
