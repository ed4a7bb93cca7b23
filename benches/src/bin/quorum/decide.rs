//! Pure diagnosis and plan for a fleet in memory, on one core.

use std::hint::black_box;

use hcp_benches::{Row, fleet, median_of};
use hcp_etcd::recovery::{RecoveryPolicy, plan};
use hcp_etcd::{DiagnosisPolicy, History, Observation, diagnose};
use jiff::Timestamp;

const GOAL: f64 = 100_000.0;

pub(crate) fn rows() -> Vec<Row> {
    let fleet = fleet(10_000, Timestamp::UNIX_EPOCH);
    let rate = |size: usize| {
        let took = median_of(11, || decide_all(&fleet[..size]));
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let size = size as f64;
        size / took.as_secs_f64()
    };
    let all = rate(10_000);
    let mut rows =
        vec![Row::at_least("diagnose and plan, 10,000 clusters", "clusters/s", all, GOAL)];
    for size in [1_250, 2_500, 5_000] {
        rows.push(Row::plain(&format!("the same, {size} clusters"), "clusters/s", rate(size)));
    }
    rows
}

fn decide_all(fleet: &[Observation]) {
    let (history, policy) = (History::default(), DiagnosisPolicy::default());
    let recovery = RecoveryPolicy::default();
    for observation in fleet {
        let diagnosis = diagnose(observation, &history, &policy, observation.at);
        black_box(plan(&diagnosis, None, &recovery, observation.at));
    }
}
