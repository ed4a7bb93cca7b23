//! Medians: shared machines make means meaningless.

use std::time::{Duration, Instant};

/// The median of a set of durations; zero of none.
#[must_use]
pub fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied().unwrap_or_default()
}

/// The median duration of `runs` calls.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub fn median_of(runs: usize, mut call: impl FnMut()) -> Duration {
    let once = |_| {
        let begun = Instant::now();
        call();
        begun.elapsed()
    };
    median((0..runs).map(once).collect())
}
