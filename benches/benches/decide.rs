//! Criterion: the pure decision for one cluster of each kind.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use hcp_benches::fleet;
use hcp_etcd::recovery::{RecoveryPolicy, plan};
use hcp_etcd::{DiagnosisPolicy, History, diagnose};
use jiff::Timestamp;

fn decide(c: &mut Criterion) {
    let now = Timestamp::UNIX_EPOCH;
    let fleet = fleet(10, now);
    let (history, policy) = (History::default(), DiagnosisPolicy::default());
    let recovery = RecoveryPolicy::default();
    for (name, number) in [("healthy", 0), ("unreachable", 3), ("removed", 5), ("corrupt", 7)] {
        c.bench_function(&format!("decide/{name}"), |b| {
            b.iter_batched(
                || &fleet[number],
                |observation| {
                    plan(&diagnose(observation, &history, &policy, now), None, &recovery, now)
                },
                BatchSize::SmallInput,
            );
        });
    }
}

criterion_group!(benches, decide);
criterion_main!(benches);
