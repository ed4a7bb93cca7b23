//! What is allocated.

use std::hint::black_box;

use hcp_benches::{Row, Workload};
use hcp_metrics::exposition::{Filter, FilterOptions};
use stats_alloc::Region;

use crate::ours::CHUNK;
use crate::{ALLOCATOR, Failure};

/// The goal of the issue: 1 MiB.
const GOAL_KIB: f64 = 1024.0;

/// How many allocations a call makes; growing one counts.
pub(crate) fn allocations(call: impl FnOnce() -> Result<(), Failure>) -> Result<usize, Failure> {
    let region = Region::new(ALLOCATOR);
    call()?;
    let change = region.change();
    Ok(change.allocations + change.reallocations)
}

pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    let workload = Workload::kube_apiserver()?;
    let once = peak_kib(&workload, 1)?;
    let name = "peak extra memory, kube-apiserver payload";
    Ok(vec![
        Row::within(name, "KiB", once, GOAL_KIB),
        Row::plain("the same, 10 payloads in one stream", "KiB", peak_kib(&workload, 10)?),
    ])
}

/// The most memory that a filter and its output have while it reads `times` payloads: at the start of any chunk, plus all
/// that is allocated while the chunk is read, which the real peak does not exceed.
pub(crate) fn peak_kib(workload: &Workload, times: usize) -> Result<f64, Failure> {
    let rules = workload.compile()?;
    let region = Region::new(ALLOCATOR);
    let mut filter = Filter::new(rules, FilterOptions::default());
    let mut out = Vec::new();
    let mut peak = 0;
    for chunk in std::iter::repeat_n(&workload.payload, times).flat_map(|text| text.chunks(CHUNK)) {
        let before = region.change();
        out.clear();
        filter.push(chunk, &mut out)?;
        black_box(&out);
        let live = before.bytes_allocated.saturating_sub(before.bytes_deallocated);
        peak = peak.max(live + region.change().bytes_allocated - before.bytes_allocated);
    }
    filter.finish(&mut out)?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2⁵²")]
    let peak = peak as f64;
    Ok(peak / 1024.0)
}
