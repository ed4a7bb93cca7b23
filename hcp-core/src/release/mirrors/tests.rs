use serde_json::json;

use super::*;
use crate::finding::Rule;

fn set(kind: &str, name: &str, entries: &serde_json::Value) -> MirrorSet {
    let (group, field) = match kind {
        "ImageDigestMirrorSet" => ("config.openshift.io/v1", "imageDigestMirrors"),
        "ImageTagMirrorSet" => ("config.openshift.io/v1", "imageTagMirrors"),
        _ => ("operator.openshift.io/v1alpha1", "repositoryDigestMirrors"),
    };
    let object = json!({
        "apiVersion": group, "kind": kind, "metadata": {"name": name}, "spec": {field: entries},
    });
    MirrorSet::from_json(&object).unwrap()
}

fn asked(mirrors: &Mirrors, image: &str) -> Vec<String> {
    let candidates = mirrors.candidates(&image.parse().unwrap());
    candidates.into_iter().map(|one| one.image.unwrap().to_string()).collect()
}

fn ids(mirrors: &Mirrors) -> Vec<&'static str> {
    mirrors.lint().iter().map(|finding| finding.rule.id()).collect()
}

fn digest() -> String {
    format!("@{}", crate::release::Digest::sha256(b"release"))
}

#[test]
fn the_longest_source_alone_counts_and_the_source_comes_last() {
    let digest = digest();
    let mirrors = Mirrors::new([set(
        "ImageDigestMirrorSet",
        "a",
        &json!([
            {"source": "quay.io", "mirrors": ["m.local/quay"]},
            {"source": "quay.io/ocp", "mirrors": ["one.local/x", "two.local:5000"]},
            {"source": "*.example.com", "mirrors": ["m.local/example"]},
        ]),
    )]);
    assert_eq!(
        asked(&mirrors, &format!("quay.io/ocp/release{digest}")),
        [
            format!("one.local/x/release{digest}"),
            format!("two.local:5000/release{digest}"),
            format!("quay.io/ocp/release{digest}"),
        ]
    );
    assert_eq!(asked(&mirrors, &format!("quay.io/ocpx/a{digest}")).len(), 2);
    assert_eq!(
        asked(&mirrors, &format!("a.b.example.com/c{digest}"))[0],
        format!("m.local/example/c{digest}")
    );
    for elsewhere in ["example.com", "a.example.com:5000", "quay.io:8443", "quay.io.local"] {
        let image = format!("{elsewhere}/c{digest}");
        assert_eq!(asked(&mirrors, &image), std::slice::from_ref(&image));
    }
    assert_eq!(ids(&mirrors), ["mirror-source-hidden", "mirror-without-repository"]);
}

#[test]
fn digest_sets_are_not_for_tags_nor_tag_sets_for_digests() {
    let entries = json!([{"source": "quay.io", "mirrors": ["m.local"]}]);
    for kind in ["ImageDigestMirrorSet", "ImageContentSourcePolicy", "ImageTagMirrorSet"] {
        let mirrors = Mirrors::new([set(kind, "a", &entries)]);
        let by_digest = asked(&mirrors, &format!("quay.io/a:t{}", digest())).len() == 2;
        let by_tag = asked(&mirrors, "quay.io/a:t").len() == 2;
        assert_eq!((by_digest, by_tag), (kind != "ImageTagMirrorSet", kind == "ImageTagMirrorSet"));
    }
}

#[test]
fn the_source_is_not_asked_where_it_must_not_be() {
    let never = |mirrors: serde_json::Value| {
        Mirrors::new([set(
            "ImageTagMirrorSet",
            "a",
            &json!([{"source": "quay.io", "mirrors": mirrors, "mirrorSourcePolicy": "NeverContactSource"}]),
        )])
    };
    assert_eq!(asked(&never(json!(["m.local"])), "quay.io/a:t"), ["m.local/a:t"]);
    assert_eq!(asked(&never(json!(["quay.io", "m.local"])), "quay.io/a:t"), ["m.local/a:t"]);
    let nobody = never(json!([]));
    assert_eq!(asked(&nobody, "quay.io/a:t"), [""; 0]);
    assert_eq!(ids(&nobody), ["mirror-nobody-to-ask"]);
}

#[test]
fn orders_of_several_objects_are_kept_together() {
    let entry = |mirrors| json!([{"source": "quay.io", "mirrors": mirrors}]);
    let one = set("ImageContentSourcePolicy", "z", &entry(["b.io", "c.io"]));
    let two = set("ImageDigestMirrorSet", "y", &entry(["a.io", "b.io"]));
    let image = format!("quay.io/r{}", digest());
    let hosts = |mirrors: &Mirrors| -> Vec<String> {
        asked(mirrors, &image).iter().map(|at| at[..4].to_owned()).collect()
    };
    let merged = Mirrors::new([one.clone(), two.clone()]);
    assert_eq!(hosts(&merged), ["a.io", "b.io", "c.io", "quay"]);
    assert_eq!(ids(&merged), ["mirror-source-repeated"]);
    let three = set("ImageDigestMirrorSet", "x", &entry(["c.io", "a.io"]));
    let contradictory = Mirrors::new([one, two, three]);
    assert_eq!(hosts(&contradictory), ["c.io", "a.io", "b.io", "quay"]);
    assert_eq!(ids(&contradictory), ["mirror-source-repeated", "mirror-order-contradictory"]);
}

#[test]
fn the_strictest_policy_holds_and_the_contradiction_is_said() {
    let entry = |policy| json!([{"source": "quay.io", "mirrors": ["m.local"], "mirrorSourcePolicy": policy}]);
    let mirrors = Mirrors::new([
        set("ImageTagMirrorSet", "a", &entry("NeverContactSource")),
        set("ImageTagMirrorSet", "b", &entry("AllowContactingSource")),
    ]);
    assert_eq!(asked(&mirrors, "quay.io/a:t"), ["m.local/a:t"]);
    assert_eq!(ids(&mirrors), ["mirror-source-repeated", "mirror-policy-contradictory"]);
    let finding = &mirrors.lint()[1];
    assert_eq!(finding.path.to_string(), r#"ImageTagMirrorSet["a"].spec.imageTagMirrors[0]"#);
}

#[test]
fn a_mirror_may_stand_behind_the_source_or_have_no_place() {
    let mirrors = Mirrors::new([set(
        "ImageTagMirrorSet",
        "a",
        &json!([{"source": "quay.io/a", "mirrors": ["quay.io/a", "m.local", "n.local/a"]}]),
    )]);
    let candidates = mirrors.candidates(&"quay.io/a:t".parse().unwrap());
    assert_eq!(candidates[0].reason, CandidateReason::Source);
    assert!(candidates[1].image.is_err());
    assert_eq!(
        candidates[2].reason.to_string(),
        "mirror n.local/a of quay.io/a in ImageTagMirrorSet a"
    );
    assert_eq!(candidates.len(), 3);
}

#[test]
fn errors_name_the_place() {
    let object = |spec| {
        let (version, kind) = ("config.openshift.io/v1", "ImageDigestMirrorSet");
        json!({"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, "spec": spec})
    };
    for (spec, expected) in [
        (
            json!({"imageDigestMirrors": {}}),
            "spec.imageDigestMirrors: a list is expected here; compare with `oc explain ImageDigestMirrorSet`",
        ),
        (
            json!({"imageDigestMirrors": [{"mirrors": []}]}),
            "spec.imageDigestMirrors[0].source: a registry, namespace or repository is expected here; compare with `oc explain ImageDigestMirrorSet`",
        ),
        (
            json!({"imageDigestMirrors": [{"source": "a.io", "mirrors": ["b.io", "B/c"]}, {"source": "*.*"}]}),
            "spec.imageDigestMirrors[1].source",
        ),
        (
            json!({"imageDigestMirrors": [{"source": "a.io", "mirrors": ["b.io/C"]}]}),
            "spec.imageDigestMirrors[0].mirrors[0]",
        ),
        (
            json!({"imageDigestMirrors": [{"source": "a.io", "mirrorSourcePolicy": "Never"}]}),
            "spec.imageDigestMirrors[0].mirrorSourcePolicy: AllowContactingSource or NeverContactSource is expected here; compare with `oc explain ImageDigestMirrorSet`",
        ),
    ] {
        assert_eq!(MirrorSet::from_json(&object(spec)).unwrap_err().to_string(), expected);
    }
    let other = MirrorSet::from_json(&json!({"kind": "ImageMirrorSet"})).unwrap_err();
    assert!(other.to_string().starts_with(r#""" "ImageMirrorSet" declares no mirrors"#), "{other}");
}
