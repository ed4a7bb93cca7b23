use serde_json::{Value, json};

use super::*;
use crate::release::Architecture;

fn tag(name: &str, annotations: &Value) -> Value {
    let image = format!("quay.io/ocp/art@{}", crate::release::Digest::sha256(name.as_bytes()));
    json!({"name": name, "annotations": annotations, "from": {"kind": "DockerImage", "name": image}})
}

fn parse(tags: &Value) -> Result<ReleaseMetadata, MetadataError> {
    let stream = json!({
        "kind": "ImageStream", "apiVersion": "image.openshift.io/v1",
        "metadata": {"name": "4.15.3"}, "spec": {"tags": tags},
    });
    ReleaseMetadata::parse(stream.to_string().as_bytes())
}

fn versions(text: &str) -> Value {
    json!({"io.openshift.build.versions": text})
}

#[test]
fn version_images_and_component_versions_are_read() {
    let os = |version: &str| {
        json!({
            "io.openshift.build.versions": format!("machine-os={version}"),
            "io.openshift.build.version-display-names": "machine-os=Red Hat Enterprise Linux CoreOS",
        })
    };
    let metadata = parse(&json!([
        tag("hyperkube", &versions("kubernetes=1.28.7+abc, kubectl=1.0.0")),
        tag("cli", &versions("kubectl=1.28.2")),
        tag("rhel-coreos", &os("415.92.1")),
        tag("rhel-coreos-10", &os("415.100.1")),
        tag("plain", &Value::Null),
    ]))
    .unwrap();
    assert_eq!(metadata.version, ReleaseVersion::new(4, 15, 3));
    assert_eq!(metadata.images.len(), 5);
    let shown = |key: &str| metadata.versions[key].version.to_string();
    assert_eq!((&*shown("kubernetes"), &*shown("kubectl")), ("1.28.7", "1.28.2"));
    let os = &metadata.versions["machine-os"];
    assert_eq!((os.version.to_string(), os.others.len()), ("415.100.1".to_owned(), 1));
    assert_eq!(os.display_name.as_deref(), Some("Red Hat Enterprise Linux CoreOS"));
}

#[test]
fn components_that_disagree_are_refused_together() {
    let error = parse(&json!([
        tag("a", &versions("kubernetes=1.28.7,other=1.0.0")),
        tag("b", &versions("kubernetes=1.28.8,other=1.0.1")),
    ]))
    .unwrap_err();
    assert!(error.to_string().contains("of kubernetes, other;"), "{error}");
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    let at = r#"spec.tags[0].annotations["io.openshift.build.versions"]: "#;
    for (tags, expected) in [
        (
            json!([tag("a", &versions("kubernetes"))]),
            format!("{at}\"kubernetes\" is not of the form"),
        ),
        (json!([tag("a", &versions("k=1.0.0"))]), format!("{at}\"k=1.0.0\" has a name other")),
        (json!([tag("a", &versions("kube-=1.0.0"))]), format!("{at}\"kube-=1.0.0\" has a name")),
        (
            json!([tag("a", &versions("kube=v1.0.0"))]),
            format!("{at}\"kube=v1.0.0\" has no semantic"),
        ),
        (
            json!([{"name": "a", "from": {"kind": "DockerImage", "name": "x"}}]),
            "spec.tags[0].from.name".to_owned(),
        ),
        (
            json!([{"name": "a", "from": {"kind": "ImageStreamTag", "name": "x"}}]),
            "spec.tags[0].from: component".to_owned(),
        ),
        (
            json!([tag("a", &Value::Null), tag("a", &Value::Null)]),
            "spec.tags of release-manifests/image-references has \"a\" twice".to_owned(),
        ),
        (json!([]), "spec.tags of release-manifests/image-references is empty".to_owned()),
        (json!({}), "release-manifests/image-references cannot be read as JSON".to_owned()),
    ] {
        let error = parse(&tags).unwrap_err().to_string();
        assert!(error.starts_with(&expected), "{error}");
    }
    let version = br#"{"kind": "ImageStream", "metadata": {"name": "latest"}}"#;
    assert!(matches!(ReleaseMetadata::parse(version), Err(MetadataError::Version(_))));
    assert!(matches!(ReleaseMetadata::parse(b"{}"), Err(MetadataError::Kind { .. })));
}

#[test]
fn bootimages_name_their_architectures() {
    let stream = json!({"stream": "rhcos-4.15", "architectures": {"x86_64": {}, "aarch64": {}}});
    let map =
        |data: Value| Bootimages::from_config_map(&json!({"kind": "ConfigMap", "data": data}));
    let one = map(json!({"stream": stream.to_string()})).unwrap();
    assert_eq!(one.default.as_ref().unwrap().name, "rhcos-4.15");
    assert_eq!(one.architectures(), [Architecture::Amd64, Architecture::Arm64]);
    let several = map(json!({"streams": json!({"rhel-10": stream}).to_string()})).unwrap();
    assert!(several.default.is_none() && several.named.contains_key("rhel-10"));
    for data in
        [json!({}), json!({"stream": "{}"}), json!({"stream": "{"}), json!({"stream": "[]"})]
    {
        map(data.clone()).expect_err(&data.to_string());
    }
}

#[cfg(feature = "yaml")]
#[test]
fn bootimages_are_yaml_in_the_image() {
    let file = "apiVersion: v1\nkind: ConfigMap\ndata:\n  releaseVersion: 0.0.1-snapshot\n  stream: |\n    {\n      \"stream\": \"rhcos-4.15\",\n      \"architectures\": {\"s390x\": {\"images\": {}}}\n    }\n";
    assert_eq!(Bootimages::parse(file.as_bytes()).unwrap().architectures(), [Architecture::S390x]);
    assert!(matches!(Bootimages::parse(b"a: ["), Err(MetadataError::Yaml { .. })));
    assert!(matches!(Bootimages::parse(&[0xff]), Err(MetadataError::Yaml { .. })));
}
