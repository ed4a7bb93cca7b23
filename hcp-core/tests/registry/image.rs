//! Release images as tests need them.

use flate2::Compression;
use flate2::write::GzEncoder;
use hcp_core::release::{BOOTIMAGES, Digest, IMAGE_REFERENCES};
use serde_json::{Value, json};
use tar::{Builder, Header};

pub(crate) const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// An image, with all its blobs.
pub(crate) struct Image {
    pub(crate) config: Vec<u8>,
    pub(crate) layers: Vec<Vec<u8>>,
    pub(crate) manifest: Vec<u8>,
}

/// A layer with these files.
pub(crate) fn layer(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, content) in files {
        let mut header = Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// `release-manifests/image-references` of this version.
pub(crate) fn references(version: &str) -> Vec<u8> {
    let tag = |name: &str, versions: &str| {
        let digest = Digest::sha256(name.as_bytes());
        json!({
            "name": name,
            "annotations": {"io.openshift.build.versions": versions},
            "from": {"kind": "DockerImage", "name": format!("quay.io/ocp/art@{digest}")},
        })
    };
    let stream = json!({
        "kind": "ImageStream", "apiVersion": "image.openshift.io/v1",
        "metadata": {"name": version},
        "spec": {"tags": [
            tag("hyperkube", "kubernetes=1.28.7"),
            tag("cli", "kubectl=1.28.2"),
            tag("hypershift", ""),
        ]},
    });
    stream.to_string().into_bytes()
}

pub(crate) fn bootimages() -> Vec<u8> {
    let stream = json!({"stream": "rhcos-4.15", "architectures": {"x86_64": {}, "aarch64": {}}});
    let text = serde_json::to_string_pretty(&stream).unwrap().replace('\n', "\n    ");
    format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  stream: |\n    {text}\n").into_bytes()
}

/// The layer of a release: both files and one that nobody wants.
pub(crate) fn release_layer(version: &str) -> Vec<u8> {
    let (references, bootimages) = (references(version), bootimages());
    layer(&[
        ("release-manifests/0000_00_other.yaml", b"kind: Other\n"),
        (IMAGE_REFERENCES, &references),
        (BOOTIMAGES, &bootimages),
    ])
}

pub(crate) fn descriptor(media_type: &str, content: &[u8]) -> Value {
    let digest = Digest::sha256(content).to_string();
    json!({"mediaType": media_type, "digest": digest, "size": content.len()})
}

/// An image of this architecture with these layers.
pub(crate) fn image(architecture: &str, layers: Vec<Vec<u8>>) -> Image {
    let config = json!({"os": "linux", "architecture": architecture}).to_string().into_bytes();
    let described: Vec<_> = layers.iter().map(|layer| descriptor(GZIP, layer)).collect();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST,
        "config": descriptor(CONFIG, &config), "layers": described,
    });
    Image { config, layers, manifest: manifest.to_string().into_bytes() }
}

/// An index of images, each with its architecture.
pub(crate) fn index(images: &[(&str, &Image)]) -> Vec<u8> {
    let entry = |(architecture, image): &(&str, &Image)| {
        let mut entry = descriptor(MANIFEST, &image.manifest);
        entry["platform"] = json!({"os": "linux", "architecture": architecture});
        entry
    };
    let entries: Vec<_> = images.iter().map(entry).collect();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries});
    index.to_string().into_bytes()
}
