//! Medians: shared machines make means meaningless.

use std::time::{Duration, Instant};

/// The median of a set of durations; zero of none.
#[must_use]
pub fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied().unwrap_or_default()
}

/// How far apart durations are: (longest − shortest) ÷ median; zero of none.
#[must_use]
pub fn spread(durations: &[Duration]) -> f64 {
    match (durations.iter().min(), durations.iter().max()) {
        (Some(&shortest), Some(&longest)) => {
            longest.saturating_sub(shortest).as_secs_f64()
                / median(durations.to_vec()).as_secs_f64()
        }
        _ => 0.0,
    }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{median, spread};

    #[test]
    fn spread_is_relative_to_the_median() {
        let durations = [3, 1, 2].map(Duration::from_secs);
        assert_eq!(median(durations.to_vec()), Duration::from_secs(2));
        assert!((spread(&durations) - 1.0).abs() < 1e-9);
        assert!(spread(&[]).abs() < 1e-9);
    }
}
