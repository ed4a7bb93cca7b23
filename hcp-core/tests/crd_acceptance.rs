//! What HyperShift's custom resource definitions accept and refuse, ours do too: asked of a real kube-apiserver.
#![cfg(all(feature = "api", feature = "yaml"))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use hcp_core::api::patch::apply_merge_patch;
use hcp_core::api::{HostedCluster, HostedControlPlane, NodePool, crds};
use hcp_testkit::KubeEnv;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::{Client, ResourceExt};
use serde::Deserialize;
use serde_json::Value;

/// The least that the corpus must hold.
const CASES: usize = 280;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    kind: String,
    cases: Vec<Case>,
}

/// One question to the API server.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// Another kind than the file's.
    kind: Option<String>,
    /// What the object is when it is created: a merge patch of the least object of its kind.
    create: Option<Value>,
    /// What is then changed: a merge patch.
    update: Option<Value>,
    /// What its controller then writes.
    status: Option<Value>,
    accepted: bool,
    /// What a refusal says.
    refusal: Option<String>,
    /// What is in the object that results.
    result: Option<Value>,
    #[serde(rename = "why")]
    _why: Option<String>,
    /// How HyperShift's own definition differs, which we mean to.
    #[serde(rename = "differs")]
    _differs: Option<String>,
}

struct Server {
    client: Client,
    bases: BTreeMap<String, Value>,
}

impl Server {
    fn api(&self, kind: &str) -> Api<DynamicObject> {
        let resource = match kind {
            "HostedCluster" => ApiResource::erase::<HostedCluster>(&()),
            "NodePool" => ApiResource::erase::<NodePool>(&()),
            _ => ApiResource::erase::<HostedControlPlane>(&()),
        };
        Api::namespaced_with(self.client.clone(), "default", &resource)
    }

    /// What the API server answers to the last step of a case; earlier ones must succeed.
    async fn ask(&self, kind: &str, name: &str, case: &Case) -> kube::Result<DynamicObject> {
        let api = self.api(kind);
        let mut object = self.bases[kind].clone();
        if let Some(create) = &case.create {
            apply_merge_patch(&mut object, create);
        }
        object["metadata"]["name"] = name.into();
        let object: DynamicObject = serde_json::from_value(object).unwrap();
        let dry = PostParams { dry_run: true, ..PostParams::default() };
        if case.update.is_none() && case.status.is_none() {
            return api.create(&dry, &object).await;
        }
        let created = api.create(&PostParams::default(), &object).await;
        let mut created = created.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let answer = if let Some(update) = &case.update {
            let params = PatchParams { dry_run: true, ..PatchParams::default() };
            api.patch(name, &params, &Patch::Merge(update)).await
        } else {
            created.data["status"] = case.status.clone().unwrap_or_default();
            api.replace_status(&created.name_any(), &dry, &created).await
        };
        api.delete(name, &DeleteParams::default()).await.unwrap();
        answer
    }
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Whether `wanted` is in `value`: lists as a whole, objects field by field.
fn holds(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Object(value), Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, wanted)| value.get(key).is_some_and(|value| holds(value, wanted))),
        _ => value == wanted,
    }
}

/// What is wrong with the answer, if something is.
fn judge(case: &Case, answer: kube::Result<DynamicObject>) -> Option<String> {
    match (answer, case.accepted) {
        (Ok(object), true) => {
            let object = serde_json::to_value(object).unwrap();
            let wanted = case.result.as_ref()?;
            (!holds(&object, wanted)).then(|| format!("the result is {object}"))
        }
        (Ok(_), false) => Some("accepted".to_owned()),
        (Err(kube::Error::Api(status)), false) if status.code == 422 => {
            let refusal = case.refusal.as_deref().expect("a refusal is described");
            (!status.message.contains(refusal)).then(|| format!("refused for: {}", status.message))
        }
        (Err(error), _) => Some(format!("refused: {error}")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_api_server_accepts_and_refuses_what_it_would_with_hypershifts_definitions() {
    let env = KubeEnv::builder().start().await.unwrap_or_else(|error| panic!("{error}"));
    env.install_crds(&crds()).await.unwrap_or_else(|error| panic!("{error}"));
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/crd");
    let server = Server { client: env.client(), bases: read(&data.join("base.yaml")) };
    let mut files: Vec<_> =
        std::fs::read_dir(&data).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let (mut asked, mut wrong) = (0, Vec::new());
    for file in files.iter().filter(|file| !file.ends_with("base.yaml")) {
        let corpus: Corpus = read(file);
        for case in &corpus.cases {
            asked += 1;
            let kind = case.kind.as_ref().unwrap_or(&corpus.kind);
            let answer = server.ask(kind, &format!("case-{asked}"), case).await;
            if let Some(complaint) = judge(case, answer) {
                let file = file.file_name().unwrap().display();
                wrong.push(format!("{file}: {kind}: {}: {complaint}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked >= CASES, "only {asked} cases were found");
    println!("{asked} cases agree");
}
