//! Is this upgrade allowed? Says it for every hosted cluster of a management cluster, or in files, and in which order to go.
//!
//! ```text
//! cargo run -p hcp-examples --example preflight_upgrade -- [report] [VERSION IMAGE (FILE... | cluster KUBECONFIG)]
//! ```
//!
//! The files hold `HostedCluster`s, `NodePool`s and the labelled ConfigMap `supported-versions`, as `oc get -o yaml` prints them.
//! The exit code is 0 if all upgrades are allowed, 1 with warnings, 2 if one is refused or something cannot be read; with `report` it is 0 for any verdict.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::process::ExitCode;

use hcp_core::api::read::from_yaml;
use hcp_core::kube::fleet::{FleetScope, observe};
use hcp_core::upgrade::plan::{FleetSlice, Operator, PlanPolicy, Releases};
use hcp_core::upgrade::{Allowance, Fleet, Target, UpgradePlan, VerdictPolicy, verdict};
use hcp_core::version::{ReleaseLimits, ReleaseVersion};
use jiff::Timestamp;
use kube::Client;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};

const OBJECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/preflight.yaml");
const DEFAULT: [&str; 3] =
    ["4.16.20", "quay.io/openshift-release-dev/ocp-release:4.16.20-x86_64", OBJECTS];

#[tokio::main]
async fn main() -> ExitCode {
    let mut args: Vec<_> = std::env::args().skip(1).collect();
    let report = args.first().is_some_and(|word| word == "report");
    args.drain(..usize::from(report));
    if args.is_empty() {
        args = DEFAULT.map(str::to_owned).into();
    }
    match preflight(&args).await {
        Ok(answer) if report || answer == Allowance::Allowed => ExitCode::SUCCESS,
        Ok(Allowance::AllowedWithWarnings) => ExitCode::from(1),
        Ok(_) => ExitCode::from(2),
        Err(error) => {
            say(&*error);
            ExitCode::from(2)
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the host owns the clock")]
async fn preflight(args: &[String]) -> Result<Allowance, Box<dyn Error>> {
    let [version, image, source @ ..] = args else { return Err("give VERSION IMAGE".into()) };
    let (version, now): (ReleaseVersion, _) = (version.parse()?, Timestamp::now());
    let fleet = read(source).await?;
    let mut answer = Allowance::Allowed;
    if !fleet.unreadable.is_empty() {
        answer = Allowance::Refused;
        fleet.unreadable.iter().for_each(|unreadable| say(unreadable));
    } else if fleet.clusters.is_empty() {
        return Err("there is no HostedCluster".into());
    }
    let supported = fleet.supported.as_ref().ok_or("there is no ConfigMap supported-versions")?;
    let (latest, oldest) = supported.latest().zip(supported.oldest()).ok_or("it is empty")?;
    let (limits, target) = (ReleaseLimits::new(latest, oldest), Target::new(&version, image));
    for cluster in &fleet.clusters {
        let pools: Vec<_> = fleet.pools_of(cluster).collect();
        let policy = VerdictPolicy::default();
        let found = verdict(cluster, pools.iter().copied(), target, limits, &policy, now);
        println!("{found}\n");
        answer = answer.max(found.allowance());

        let releases = Releases::default().with_image(version.clone(), image);
        let operator = ReleaseVersion::new(latest.major, latest.minor, 0);
        let operator = Operator::new(operator, oldest, latest);
        let slice = FleetSlice::observe(cluster, pools, operator, &releases, now);
        let Ok(slice) = slice.inspect_err(|error| say(error)) else {
            answer = Allowance::Refused;
            continue;
        };
        let releases = releases.with_image(slice.cluster.version.clone(), &slice.cluster.image);
        println!("{}\n", UpgradePlan::new(&slice, &version, &releases, &PlanPolicy::default()));
    }
    Ok(answer)
}

async fn read(source: &[String]) -> Result<Fleet, Box<dyn Error>> {
    if let Some(("cluster", [path])) = source.split_first().map(|(word, rest)| (&**word, rest)) {
        let kubeconfig = Kubeconfig::read_from(path)?;
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await?;
        return Ok(observe(&Client::try_from(config)?, &FleetScope::default()).await?);
    }
    let mut objects = Vec::new();
    for file in source {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        objects.extend(from_yaml(&text).map_err(|error| format!("{file}: {error}"))?);
    }
    Ok(Fleet::from_objects(objects)?)
}

fn say(error: &dyn Error) {
    std::iter::successors(Some(error), |&error| error.source()).for_each(|it| eprintln!("{it}"));
}
