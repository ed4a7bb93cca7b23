//! One core, for us and by inheritance for the peers, and the time it has worked for us.
//!
//! On a machine that others use, too, the clock on the wall measures the others. What a process got of its core is the same time where
//! it has the core to itself. The peers measure themselves in the same way.

use std::time::Duration;

use crate::Failure;

/// Keeps this thread, and every process it starts, on the last core it may use; which one that is.
#[cfg(target_os = "linux")]
pub(crate) fn pin() -> Result<Option<usize>, Failure> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let allowed = sched_getaffinity(None)?;
    let cpu = (0..CpuSet::MAX_CPU).rev().find(|cpu| allowed.is_set(*cpu));
    let cpu = cpu.ok_or("no core is allowed")?;
    let mut one = CpuSet::new();
    one.set(cpu);
    sched_setaffinity(None, &one)?;
    Ok(Some(cpu))
}

/// Elsewhere there is no way to pin: the scheduler decides for us and for the peers.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "can fail where it does something")]
pub(crate) fn pin() -> Result<Option<usize>, Failure> {
    Ok(None)
}

/// How long the core has worked for this process.
#[cfg(target_os = "linux")]
pub(crate) fn worked() -> Duration {
    use rustix::time::{ClockId, clock_gettime};

    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Elsewhere the clock on the wall has to do.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub(crate) fn worked() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;

    static BEGUN: OnceLock<Instant> = OnceLock::new();
    BEGUN.get_or_init(Instant::now).elapsed()
}

/// What a call costs.
pub(crate) fn time<T>(call: impl FnOnce() -> T) -> (Duration, T) {
    let begun = worked();
    let result = call();
    (worked().saturating_sub(begun), result)
}
