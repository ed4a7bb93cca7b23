//! Ours and theirs by turns, so that what else the machine does falls on all.

use std::time::Duration;

use hcp_benches::{Figure, median, spread};

use crate::Failure;
use crate::core::worked;
use crate::memory::allocations;
use crate::ours::{Pass, Tally};
use crate::peers::{Case, Files, Peers};

/// Rounds of each side, after one that warms up.
pub(crate) const ROUNDS: usize = 7;

/// How long a round takes at least: shorter ones measure the clock and the scheduler.
const ROUND: Duration = Duration::from_millis(200);

/// What one side needed for one pass over all series.
#[derive(Debug, Default)]
pub(crate) struct Side {
    passes: Vec<Duration>,
    /// Allocations of a pass divided among the series.
    pub(crate) allocations_per_series: f64,
}

/// Who has run against whom.
#[derive(Debug)]
pub(crate) struct Race {
    pub(crate) tally: Tally,
    pub(crate) ours: Side,
    /// In the order of the cases; what the peer said where it could not take part.
    pub(crate) theirs: Vec<Result<Side, String>>,
}

impl Side {
    /// A figure of which each pass is `amount`, per second: bytes, or series.
    pub(crate) fn rate(&self, amount: f64) -> Figure {
        Figure::new(amount / median(self.passes.clone()).as_secs_f64(), spread(&self.passes))
    }

    /// The time of a pass divided among `amount` things, in nanoseconds.
    pub(crate) fn nanos(&self, amount: f64) -> Figure {
        Figure::new(median(self.passes.clone()).as_secs_f64() * 1e9 / amount, spread(&self.passes))
    }

    /// One round of ours: as many passes as it takes, and their mean.
    pub(crate) fn run(&mut self, pass: &mut Pass<'_>) -> Result<(), Failure> {
        let (begun, mut passes, mut took) = (worked(), 0, Duration::ZERO);
        while took < ROUND {
            pass()?;
            passes += 1;
            took = worked().saturating_sub(begun);
        }
        self.passes.push(took / passes);
        Ok(())
    }
}

/// Runs ours against the cases. A peer that keeps or drops another number of series than we do does not take part.
pub(crate) fn race(
    mut ours: Pass<'_>,
    peers: &Peers,
    files: &Files,
    cases: &[Case],
) -> Result<Race, Failure> {
    let tally = ours()?;
    let mut side = Side::default();
    let mut theirs: Vec<Result<Side, String>> = cases.iter().map(|_| Ok(Side::default())).collect();
    for _ in 0..ROUNDS {
        side.run(&mut ours)?;
        for (case, entry) in cases.iter().zip(&mut theirs) {
            let Ok(side) = entry else { continue };
            match peers.round(*case, files, tally) {
                Ok(round) => {
                    side.passes.push(round.pass());
                    side.allocations_per_series = round.allocs_per_series;
                }
                Err(why) => *entry = Err(why.to_string()),
            }
        }
    }
    let allocated = allocations(|| ours().map(drop))?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2⁵²")]
    let per_series = allocated as f64 / tally.series() as f64;
    side.allocations_per_series = per_series;
    Ok(Race { tally, ours: side, theirs })
}

/// Runs only ours.
pub(crate) fn alone(mut ours: Pass<'_>, rounds: usize) -> Result<Side, Failure> {
    let mut side = Side::default();
    ours()?;
    for _ in 0..rounds {
        side.run(&mut ours)?;
    }
    Ok(side)
}
