//! One core for us, and by inheritance for the peers.

use crate::Failure;

/// Keeps this thread, and every process it starts, on the last core it may use; which one that is.
#[cfg(target_os = "linux")]
pub(crate) fn to_one_core() -> Result<Option<usize>, Failure> {
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
pub(crate) fn to_one_core() -> Result<Option<usize>, Failure> {
    Ok(None)
}
