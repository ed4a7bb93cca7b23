//! Parsing and holding real-sized objects.

use hcp_benches::{Row, median};
use hcp_core::api::HostedCluster;
use serde_json::Value;
use stats_alloc::Region;

use crate::core::worked;
use crate::objects::{Kind, hosted_cluster};
use crate::{ALLOCATOR, Failure};

const OBJECTS: usize = 1_000;
const ROUNDS: usize = 5;

pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    let texts: Vec<_> =
        (0..OBJECTS).map(|number| hosted_cluster(number, Kind::of(number)).to_string()).collect();
    let text = each(texts.iter().map(String::len).sum());
    let (typed, rate) = hold::<HostedCluster>(&texts)?;
    let (untyped, untyped_rate) = hold::<Value>(&texts)?;
    let name = format!("{OBJECTS} HostedClusters");
    let value = "serde_json::Value";
    Ok(vec![
        Row::plain(&format!("{name}: JSON"), "B/object", text),
        Row::against(&format!("{name}: in memory"), "B/object", typed, value, untyped),
        Row::plain(&format!("{name}: parsed"), "objects/s", rate).beside(value, untyped_rate),
    ])
}

fn each(bytes: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2⁵²")]
    let (bytes, objects) = (bytes as f64, OBJECTS as f64);
    bytes / objects
}

/// Bytes that an object holds, and how many are parsed in a second.
fn hold<T: for<'de> serde::Deserialize<'de>>(texts: &[String]) -> Result<(f64, f64), Failure> {
    let (mut bytes, mut took) = (0.0, Vec::new());
    for _ in 0..ROUNDS {
        let mut held: Vec<T> = Vec::with_capacity(texts.len());
        let (region, begun) = (Region::new(ALLOCATOR), worked());
        for text in texts {
            held.push(serde_json::from_str(text)?);
        }
        took.push(worked().saturating_sub(begun));
        let change = region.change();
        let heap = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
        bytes = each(heap + held.len() * size_of::<T>());
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let objects = texts.len() as f64;
    Ok((bytes, objects / median(took).as_secs_f64()))
}
