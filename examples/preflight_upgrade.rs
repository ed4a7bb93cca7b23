//! Is this upgrade allowed? Says it for every hosted cluster in files of objects, and in which order to go.
//!
//! ```text
//! cargo run -p hcp-examples --example preflight_upgrade -- [report] [VERSION IMAGE FILE...]
//! ```
//!
//! The files hold `HostedCluster`s, `NodePool`s and the ConfigMap `supported-versions` as YAML or JSON, for example what `oc get hc,np -A -o yaml` prints.
//! The exit code is 0 if all upgrades are allowed, 1 with warnings, 2 if one is refused or something cannot be read; with `report` it is 0 for any verdict.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;

use hcp_core::api::read::{ApiObject, from_yaml};
use hcp_core::api::{HostedCluster, NodePool};
use hcp_core::upgrade::plan::{FleetSlice, Operator, PlanPolicy, Releases};
use hcp_core::upgrade::{Allowance, Target, UpgradePlan, VerdictPolicy, verdict};
use hcp_core::version::{ReleaseLimits, ReleaseVersion, SupportedVersions};
use jiff::Timestamp;

const OBJECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/preflight.yaml");
const DEFAULT: [&str; 3] =
    ["4.16.20", "quay.io/openshift-release-dev/ocp-release:4.16.20-x86_64", OBJECTS];

#[derive(Default)]
struct Fleet {
    clusters: Vec<HostedCluster>,
    pools: Vec<NodePool>,
    supported: Option<SupportedVersions>,
}

fn main() -> ExitCode {
    let mut args: Vec<_> = std::env::args().skip(1).collect();
    let report = args.first().is_some_and(|word| word == "report");
    args.drain(..usize::from(report));
    if args.is_empty() {
        args = DEFAULT.map(str::to_owned).into();
    }
    match preflight(&args) {
        Ok(_) if report => ExitCode::SUCCESS,
        Ok(Allowance::Allowed) => ExitCode::SUCCESS,
        Ok(Allowance::AllowedWithWarnings) => ExitCode::from(1),
        Ok(_) => ExitCode::from(2),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the host owns the clock")]
fn preflight(args: &[String]) -> Result<Allowance, Box<dyn Error>> {
    let [version, image, files @ ..] = args else { return Err("VERSION IMAGE FILE...".into()) };
    let (version, now): (ReleaseVersion, _) = (version.parse()?, Timestamp::now());
    let fleet = read(files)?;
    let supported = fleet.supported.ok_or("no ConfigMap supported-versions in the files")?;
    let (latest, oldest) = supported.latest().zip(supported.oldest()).ok_or("it is empty")?;
    let (limits, target) = (ReleaseLimits::new(latest, oldest), Target::new(&version, image));
    let mut answer = Allowance::Allowed;
    for cluster in &fleet.clusters {
        let own = |pool: &&NodePool| {
            Some(&pool.spec.cluster_name) == cluster.metadata.name.as_ref()
                && pool.metadata.namespace == cluster.metadata.namespace
        };
        let pools: Vec<_> = fleet.pools.iter().filter(own).collect();
        let policy = VerdictPolicy::default();
        let found = verdict(cluster, pools.iter().copied(), target, limits, &policy, now);
        println!("{found}\n");
        answer = answer.max(found.allowance());

        let releases = Releases::default().with_image(version.clone(), image);
        let operator = ReleaseVersion::new(latest.major, latest.minor, 0);
        let operator = Operator::new(operator, oldest, latest);
        let slice = FleetSlice::observe(cluster, pools, operator, &releases, now)?;
        let releases = releases.with_image(slice.cluster.version.clone(), &slice.cluster.image);
        println!("{}\n", UpgradePlan::new(&slice, &version, &releases, &PlanPolicy::default()));
    }
    Ok(answer)
}

fn read(files: &[String]) -> Result<Fleet, Box<dyn Error>> {
    let mut fleet = Fleet::default();
    for file in files {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        for read in from_yaml(&text).map_err(|error| format!("{file}: {error}"))? {
            match read.object {
                ApiObject::HostedCluster(cluster) => fleet.clusters.push(*cluster),
                ApiObject::NodePool(pool) => fleet.pools.push(*pool),
                ApiObject::Foreign(map) if map["metadata"]["name"] == "supported-versions" => {
                    let data: BTreeMap<_, _> = serde_json::from_value(map["data"].clone())?;
                    fleet.supported = Some(SupportedVersions::from_config_map(&data)?);
                }
                _ => {}
            }
        }
    }
    Ok(fleet)
}
