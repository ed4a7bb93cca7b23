//! Properties of diagnosis and planning, over a model of etcd membership.

#[path = "model/convergence.rs"]
mod convergence;
#[path = "model/dice.rs"]
mod dice;
#[path = "model/etcd.rs"]
mod etcd;
#[path = "model/executor.rs"]
mod executor;
#[path = "model/faults.rs"]
mod faults;
#[path = "model/nonsense.rs"]
mod nonsense;
#[path = "model/patience.rs"]
mod patience;
#[path = "model/probe.rs"]
mod probe;
#[path = "model/regressions.rs"]
mod regressions;
#[path = "model/safety.rs"]
mod safety;
#[path = "model/verdicts.rs"]
mod verdicts;
#[path = "model/world.rs"]
mod world;

/// How many cases a property is tried with: `PROPTEST_CASES`, or that many.
fn config(cases: u32) -> proptest::test_runner::Config {
    let given = proptest::test_runner::Config::default();
    let default = 256;
    proptest::test_runner::Config {
        cases: if given.cases == default { cases } else { given.cases },
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..given
    }
}
