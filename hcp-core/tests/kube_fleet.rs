//! A fleet read from a cluster: a real API server with the definitions of `hcp_core::api`, and a fake one that forgets.

#![cfg(all(feature = "kube", feature = "yaml"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error as _;
use std::time::Duration;

use hcp_core::api::crds;
use hcp_core::api::read::from_yaml;
use hcp_core::kube::fleet::{FleetError, FleetScope, observe};
use hcp_core::upgrade::plan::{FleetSlice, Operator, PlanPolicy, Releases};
use hcp_core::upgrade::{Allowance, Fleet, Target, UpgradePlan, VerdictPolicy, verdict};
use hcp_core::version::{ReleaseLimits, ReleaseVersion};
use hcp_testkit::KubeEnv;
use hcp_testkit::fake_api::{Effect, FakeApiServer, FaultRule, Scope, Subresources, Verb};
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, PostParams};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

const OBJECTS: &str = include_str!("../../examples/data/preflight.yaml");
const IMAGE: &str = "quay.io/openshift-release-dev/ocp-release:4.16.20-x86_64";

/// The objects, as of the first generation: the server starts to count there.
fn objects() -> String {
    OBJECTS.replace("eneration: 4", "eneration: 1").replace("eneration: 2", "eneration: 1")
}

fn resource(kind: &str) -> ApiResource {
    let hypershift = |kind| GroupVersionKind::gvk("hypershift.openshift.io", "v1beta1", kind);
    match kind {
        "ConfigMap" => {
            ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk("", "v1", kind), "configmaps")
        }
        "HostedCluster" => ApiResource::from_gvk_with_plural(&hypershift(kind), "hostedclusters"),
        _ => ApiResource::from_gvk_with_plural(&hypershift(kind), "nodepools"),
    }
}

/// Creates it, and writes its status as an operator does.
async fn create(client: &Client, object: Value) {
    let kind = object["kind"].as_str().unwrap();
    let namespace = object["metadata"]["namespace"].as_str().unwrap();
    let api = Api::<DynamicObject>::namespaced_with(client.clone(), namespace, &resource(kind));
    let status = object.get("status").cloned();
    let object: DynamicObject = serde_json::from_value(object).unwrap();
    let mut created = api.create(&PostParams::default(), &object).await.unwrap();
    if let Some(status) = status {
        // A patch would take a null for the wish to remove the field.
        created.data["status"] = status;
        let name = created.name_any();
        api.replace_status(&name, &PostParams::default(), &created).await.unwrap();
    }
}

fn pool(name: &str, replicas: &Value) -> Value {
    json!({
        "apiVersion": "hypershift.openshift.io/v1beta1",
        "kind": "NodePool",
        "metadata": { "name": name, "namespace": "clusters" },
        "spec": {
            "clusterName": "prod",
            "release": { "image": IMAGE },
            "platform": { "type": "None" },
            "management": { "upgradeType": "Replace" },
            "replicas": replicas,
        },
    })
}

async fn create_all(client: &Client) {
    let documents: Vec<Value> = serde_saphyr::from_multiple(&objects()).unwrap();
    for document in documents {
        create(client, document).await;
    }
}

async fn started() -> Option<KubeEnv> {
    let env = KubeEnv::builder().start_or_skip().await.unwrap()?;
    env.install_crds(&crds()).await.unwrap();
    for namespace in ["clusters", "hypershift"] {
        env.create_namespace(namespace).await.unwrap();
    }
    Some(env)
}

/// Verdict and plan of each cluster.
fn answers(fleet: &Fleet) -> Vec<(Allowance, String, String)> {
    let version: ReleaseVersion = "4.16.20".parse().unwrap();
    let now = "2026-03-01T00:00:00Z".parse().unwrap();
    let supported = fleet.supported.as_ref().unwrap();
    let (latest, oldest) = (supported.latest().unwrap(), supported.oldest().unwrap());
    let limits = ReleaseLimits::new(latest, oldest);
    let target = Target::new(&version, IMAGE);
    let answer = |cluster| {
        let pools = fleet.pools_of(cluster);
        let found = verdict(cluster, pools, target, limits, &VerdictPolicy::default(), now);
        let releases = Releases::default().with_image(version.clone(), IMAGE);
        let operator = ReleaseVersion::new(latest.major, latest.minor, 0);
        let operator = Operator::new(operator, oldest, latest);
        let pools = fleet.pools_of(cluster);
        let slice = FleetSlice::observe(cluster, pools, operator, &releases, now).unwrap();
        let releases = releases.with_image(slice.cluster.version.clone(), &slice.cluster.image);
        let plan = UpgradePlan::new(&slice, &version, &releases, &PlanPolicy::default());
        (found.allowance(), found.to_string(), plan.to_string())
    };
    fleet.clusters.iter().map(answer).collect()
}

fn names(fleet: &Fleet) -> [Vec<String>; 2] {
    [
        fleet.clusters.iter().map(ResourceExt::name_any).collect(),
        fleet.pools.iter().map(ResourceExt::name_any).collect(),
    ]
}

/// The error, and all that caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn sent<F: Future + Send>(future: F) -> F {
    future
}

#[tokio::test]
async fn a_cluster_gives_the_verdicts_of_its_objects_in_a_file() {
    let Some(env) = started().await else { return };
    let client = env.client();
    create_all(&client).await;

    let fleet = sent(observe(&client, &FleetScope::default())).await.unwrap();
    assert!(fleet.unreadable.is_empty(), "{:?}", fleet.unreadable);
    assert_eq!(
        names(&fleet).map(|names| names.join(" ")),
        ["prod stage", "prod-metal prod-workers stage-metal stage-workers"]
    );
    let expected = answers(&fleet);
    let allowances: Vec<_> = expected.iter().map(|answer| answer.0).collect();
    assert_eq!(allowances, [Allowance::Allowed, Allowance::Refused], "{expected:?}");

    let mut get = env.kubectl();
    get.args(["get", "hostedclusters,nodepools,configmaps", "--all-namespaces", "--output=yaml"]);
    let said = get.arg("--show-managed-fields").output().unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    let from_file = Fleet::from_objects(from_yaml(&text).unwrap()).unwrap();
    assert_eq!(answers(&from_file), expected);
    let written = Fleet::from_objects(from_yaml(&objects()).unwrap()).unwrap();
    assert_eq!(answers(&written), expected, "nor does it matter what the server adds");
    assert_eq!((&from_file.clusters, &from_file.pools), (&fleet.clusters, &fleet.pools));

    for page_size in [1, 3, 0] {
        let scope = FleetScope::default().with_page_size(page_size);
        let paged = observe(&client, &scope).await.unwrap();
        assert_eq!((&paged.clusters, &paged.pools), (&fleet.clusters, &fleet.pools));
        assert_eq!(paged.supported, fleet.supported);
    }
    let scope = FleetScope::default().with_namespace("hypershift");
    let elsewhere = observe(&client, &scope).await.unwrap();
    assert_eq!(names(&elsewhere), [[""; 0]; 2]);
    assert_eq!(elsewhere.supported, fleet.supported, "in whatever namespace it is");
    let scope = FleetScope::default().with_namespace("clusters");
    assert_eq!(names(&observe(&client, &scope).await.unwrap()), names(&fleet));
}

#[tokio::test]
async fn config_maps_that_are_missing_broken_or_too_many_are_told_apart() {
    let Some(env) = started().await else { return };
    let client = env.client();
    let fleet = observe(&client, &FleetScope::default()).await.unwrap();
    assert!(fleet.supported.is_none() && fleet.unreadable.is_empty(), "{fleet:?}");

    let map = |namespace: &str| {
        let labels = json!({ "hypershift.openshift.io/supported-versions": "true" });
        let metadata =
            json!({ "name": "supported-versions", "namespace": namespace, "labels": labels });
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata })
    };
    create(&client, map("hypershift")).await;
    let fleet = observe(&client, &FleetScope::default()).await.unwrap();
    assert_eq!(
        fleet.unreadable.iter().map(|error| chain(error)).collect::<Vec<_>>(),
        ["ConfigMap hypershift/supported-versions does not tell which versions are supported: \
             data has no \"server-version\": this is not the ConfigMap of a running operator"]
    );
    create(&client, map("clusters")).await;
    let error = observe(&client, &FleetScope::default()).await.unwrap_err();
    let two = "ConfigMap clusters/supported-versions, ConfigMap hypershift/supported-versions ";
    assert!(error.to_string().starts_with(two), "{error}");
}

#[tokio::test]
async fn what_may_not_be_listed_is_said() {
    let Some(env) = started().await else { return };
    let kubectl = |arguments: &[&str]| {
        assert!(env.kubectl().args(arguments).output().unwrap().status.success());
    };
    let reader = env.client_for("reader", &[]).unwrap();
    let refused = async |scope: FleetScope| {
        let error = observe(&reader, &scope).await.unwrap_err();
        assert!(error.is_forbidden() && !error.is_retryable(), "{error:?}");
        assert!(error.source().unwrap().to_string().contains("\"reader\""), "{error:?}");
        error.to_string()
    };
    let in_one = || FleetScope::default().with_namespace("clusters");
    assert_eq!(refused(in_one()).await, "cannot list HostedClusters in namespace clusters");
    let clusters = "--resource=hostedclusters.hypershift.openshift.io";
    kubectl(&["create", "clusterrole", "clusters", "--verb=list", clusters]);
    kubectl(&[
        "create",
        "clusterrolebinding",
        "clusters",
        "--clusterrole=clusters",
        "--user=reader",
    ]);
    assert_eq!(refused(FleetScope::default()).await, "cannot list NodePools in all namespaces");
    let pools = "--resource=nodepools.hypershift.openshift.io";
    kubectl(&["create", "clusterrole", "pools", "--verb=list", pools]);
    kubectl(&["create", "clusterrolebinding", "pools", "--clusterrole=pools", "--user=reader"]);
    assert_eq!(
        refused(in_one()).await,
        "cannot list ConfigMaps labelled hypershift.openshift.io/supported-versions=true in all namespaces"
    );
}

/// Definitions that let anything through, as those of another version of `HyperShift` may.
#[tokio::test]
async fn an_object_that_cannot_be_read_is_named_and_hides_no_other() {
    let Some(env) = KubeEnv::builder().start_or_skip().await.unwrap() else { return };
    let client = env.client();
    let error = observe(&client, &FleetScope::default()).await.unwrap_err();
    assert!(matches!(error, FleetError::NotServed { .. }), "{error:?}");
    assert!(error.to_string().contains("hostedclusters.hypershift.openshift.io"), "{error}");

    let open = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    let mut definitions = crds();
    for version in definitions.iter_mut().flat_map(|definition| &mut definition.spec.versions) {
        let schema = serde_json::from_value(json!({ "openAPIV3Schema": open })).unwrap();
        version.schema = Some(schema);
        version.subresources.as_mut().unwrap().scale = None;
    }
    env.install_crds(&definitions).await.unwrap();
    for namespace in ["clusters", "hypershift"] {
        env.create_namespace(namespace).await.unwrap();
    }
    create_all(&client).await;
    create(&client, pool("a-bad-one", &"three".into())).await;
    create(&client, pool("a-good-one", &3.into())).await;
    let fleet = observe(&client, &FleetScope::default()).await.unwrap();
    let [unreadable] = &*fleet.unreadable else { panic!("{fleet:?}") };
    let text = unreadable.to_string();
    assert!(text.starts_with("NodePool clusters/a-bad-one: "), "{text}");
    assert!(text.contains("spec.replicas"), "{text}");
    assert_eq!((fleet.clusters.len(), fleet.pools.len()), (2, 5));
}

/// A fake server with all the objects.
async fn fake() -> FakeApiServer {
    let server = FakeApiServer::new();
    for kind in ["HostedCluster", "NodePool", "ConfigMap"] {
        let mut subresources = Subresources::default();
        subresources.status = kind != "ConfigMap";
        server.register(resource(kind), Scope::Namespaced, subresources);
    }
    for name in ["clusters", "hypershift"] {
        let namespace =
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        server.seed(&namespace).unwrap();
    }
    create_all(&server.client()).await;
    server
}

#[tokio::test(start_paused = true)]
async fn lost_connections_and_broken_servers_are_got_over() {
    for effect in [Effect::InternalError, Effect::DropBefore, Effect::TooManyRequests(2)] {
        let server = fake().await;
        for nth in [2, 3] {
            let fault = FaultRule::new(effect.clone()).verb(Verb::List).kind("NodePool");
            server.faults().inject(fault.nth(nth));
        }
        let scope = FleetScope::default().with_page_size(1);
        let fleet = observe(&server.client(), &scope).await.unwrap();
        assert_eq!(names(&fleet).map(|names| names.len()), [2, 4]);
        assert_eq!(server.faults().unfired(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn pages_that_have_expired_are_read_anew() {
    let server = fake().await;
    let client = server.client();
    let slow = FaultRule::new(Effect::Delay(Duration::from_secs(600)));
    server.faults().inject(slow.verb(Verb::List).kind("NodePool").nth(3));
    let scope = FleetScope::default().with_page_size(1);
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(300)).await;
        create(&client, pool("a-new-one", &3.into())).await;
        server.compact();
    };
    let (fleet, ()) = tokio::join!(observe(&client, &scope), meanwhile);
    assert_eq!(
        names(&fleet.unwrap())[1],
        ["a-new-one", "prod-metal", "prod-workers", "stage-metal", "stage-workers"]
    );
}
