//! What `cargo metadata` knows of this workspace, so that no list is kept twice.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::run::Run;

/// The workspace's own packages.
#[derive(Debug)]
pub(crate) struct Metadata {
    packages: Vec<Value>,
}

const PLACE: &str = "`cargo metadata --no-deps --format-version 1`";
const REMEDY: &str = "run that command; every Cargo.toml of the workspace must load";

/// Asks cargo.
pub(crate) fn read() -> Result<Metadata> {
    let text = Run::cargo(["metadata", "--no-deps", "--format-version", "1"])
        .capture()
        .map_err(|why| Error::new(PLACE, why, REMEDY))?;
    parse(&text).map_err(|why| Error::new(PLACE, why, REMEDY))
}

fn parse(text: &str) -> Result<Metadata, String> {
    let mut value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match value["packages"].take() {
        Value::Array(packages) => Ok(Metadata { packages }),
        other => Err(format!("`packages` is not an array but {other}")),
    }
}

impl Metadata {
    /// The names of a package's features, in alphabetical order.
    pub(crate) fn features(&self, package: &str) -> Result<Vec<String>> {
        let features = self.package(package)?["features"].as_object();
        Ok(features.map(|map| map.keys().cloned().collect()).unwrap_or_default())
    }

    /// The names of a package's examples.
    pub(crate) fn examples(&self, package: &str) -> Result<Vec<String>> {
        let targets = self.package(package)?["targets"].as_array();
        let is_example = |target: &&Value| target["kind"][0] == "example";
        let name = |target: &Value| target["name"].as_str().map(str::to_owned);
        Ok(targets.into_iter().flatten().filter(is_example).filter_map(name).collect())
    }

    fn package(&self, name: &str) -> Result<&Value> {
        self.packages.iter().find(|package| package["name"] == name).ok_or_else(|| {
            Error::new(
                format!("package `{name}`"),
                "not a member of this workspace",
                "add its folder to `members` in Cargo.toml",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    const TEXT: &str = r#"{"packages": [{
        "name": "hcp-etcd",
        "features": {"grpc": ["dep:tokio"], "default": ["grpc"]},
        "targets": [
            {"name": "hcp_etcd", "kind": ["lib"]},
            {"name": "decide", "kind": ["example"]}
        ]
    }]}"#;

    #[test]
    fn features_and_examples_are_read_by_package() {
        let metadata = parse(TEXT).unwrap();
        assert_eq!(metadata.features("hcp-etcd").unwrap(), ["default", "grpc"]);
        assert_eq!(metadata.examples("hcp-etcd").unwrap(), ["decide"]);
    }

    #[test]
    fn an_unknown_package_and_unreadable_text_are_errors() {
        let error = parse(TEXT).unwrap().features("hcp-core").expect_err("not in TEXT");
        assert!(error.to_string().contains("package `hcp-core`"), "{error}");
        assert!(parse("{}").is_err());
        assert!(parse("not json").is_err());
    }
}
