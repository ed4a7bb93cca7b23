//! Full upgrade verdicts for a fleet in memory, on one core.

use std::hint::black_box;
use std::time::Duration;

use hcp_benches::{Row, median};
use hcp_core::api::{HostedCluster, NodePool};
use hcp_core::upgrade::{Allowance, Target, UpgradeVerdict, VerdictPolicy, verdict};
use hcp_core::version::{Minor, ReleaseLimits, ReleaseVersion};
use jiff::Timestamp;

use crate::Failure;
use crate::core::worked;
use crate::objects::{Kind, hosted_cluster, image, node_pool};

const GOAL: f64 = 50_000.0;
const CLUSTERS: usize = 10_000;
const POOLS: usize = 5;
const ROUNDS: usize = 9;

struct Member {
    kind: Kind,
    cluster: HostedCluster,
    pools: Vec<NodePool>,
}

pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    let fleet = (0..CLUSTERS).map(member).collect::<Result<Vec<_>, _>>()?;
    check(&fleet)?;
    let all = rate(&fleet);
    let mut rows = vec![Row::at_least(
        &format!("upgrade verdict, {CLUSTERS} clusters with {POOLS} pools each"),
        "clusters/s",
        all,
        GOAL,
    )];
    for size in [1_250, 2_500, 5_000] {
        let one = rate(&fleet[..size]);
        rows.push(Row::plain(&format!("the same, {size} clusters"), "clusters/s", one));
    }
    let healthy: Vec<_> = fleet.into_iter().filter(|one| one.kind == Kind::Healthy).collect();
    rows.push(Row::plain("the same, healthy clusters only", "clusters/s", rate(&healthy)));
    Ok(rows)
}

fn member(number: usize) -> Result<Member, serde_json::Error> {
    let kind = Kind::of(number);
    let pools = (0..POOLS).map(|pool| serde_json::from_value(node_pool(number, pool, kind)));
    Ok(Member {
        kind,
        cluster: serde_json::from_value(hosted_cluster(number, kind))?,
        pools: pools.collect::<Result<_, _>>()?,
    })
}

fn judge(member: &Member, policy: &VerdictPolicy, target: Target<'_>) -> UpgradeVerdict {
    let limits = ReleaseLimits::new(Minor::new(4, 18), Minor::new(4, 14));
    let now = Timestamp::UNIX_EPOCH;
    verdict(&member.cluster, &member.pools, target, limits, policy, now)
}

/// What is measured must be right.
fn check(fleet: &[Member]) -> Result<(), Failure> {
    let (version, image) = (ReleaseVersion::new(4, 16, 2), image("4.16.2"));
    let target = Target::new(&version, &image);
    for member in fleet.iter().take(80) {
        let found = judge(member, &VerdictPolicy::default(), target);
        let expected =
            if member.kind == Kind::Healthy { Allowance::Allowed } else { Allowance::Refused };
        if found.allowance() != expected {
            return Err(format!("{:?}: {found}", member.kind).into());
        }
    }
    Ok(())
}

fn rate(fleet: &[Member]) -> f64 {
    let (version, image) = (ReleaseVersion::new(4, 16, 2), image("4.16.2"));
    let (policy, target) = (VerdictPolicy::default(), Target::new(&version, &image));
    let round = |_| {
        let begun = worked();
        for member in fleet {
            black_box(judge(black_box(member), &policy, target));
        }
        worked().saturating_sub(begun)
    };
    let took: Vec<Duration> = (0..ROUNDS).map(round).collect();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let size = fleet.len() as f64;
    size / median(took).as_secs_f64()
}
