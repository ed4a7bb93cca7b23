//! The shipped dashboard is in Grafana's JSON model.
//!
//! `data/grafana-dashboard.schema.json` is a JSON Schema of the part of that model which the dashboard uses; it says from which published
//! types it was written. The TypeScript compiler takes the dashboard for those types, too.
//!
//! Of JSON Schema it uses the keywords that [`Schema::check`] knows: any other fails the test, so that nothing is passed over. What no
//! schema can say is tested beside it: the grid and distinct ids in `dashboards.rs`, distinct queries and variables that exist below.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use hcp_metrics::HostedClusterRef;
use hcp_metrics::dashboards::Template;
use serde_json::{Value, json};

/// A JSON Schema.
struct Schema(Value);

impl Schema {
    fn grafana() -> Self {
        Self(serde_json::from_str(include_str!("data/grafana-dashboard.schema.json")).unwrap())
    }

    /// Every way in which `value` is not as the schema says, with its place.
    fn errors(&self, value: &Value) -> Vec<String> {
        let mut errors = Vec::new();
        self.check(&self.0, value, "", &mut errors);
        errors
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, errors: &mut Vec<String>) {
        for (keyword, wanted) in schema.as_object().unwrap() {
            let holds = match keyword.as_str() {
                "$comment" | "$defs" => true,
                "$ref" => {
                    let pointer = wanted.as_str().unwrap().strip_prefix('#').unwrap();
                    self.check(self.0.pointer(pointer).unwrap(), value, at, errors);
                    true
                }
                "anyOf" => return self.any_of(wanted, value, at, errors),
                "properties" | "additionalProperties" | "required" | "items" => {
                    self.within(keyword, schema, value, at, errors);
                    true
                }
                _ => holds(keyword, wanted, value),
            };
            if !holds {
                errors.push(format!("{at}: {value} is not as {keyword} {wanted} says"));
            }
        }
    }

    /// The errors of the alternative that `value` is nearest to.
    fn any_of(&self, wanted: &Value, value: &Value, at: &str, errors: &mut Vec<String>) {
        let nearest = wanted.as_array().unwrap().iter().map(|schema| {
            let mut errors = Vec::new();
            self.check(schema, value, at, &mut errors);
            errors
        });
        errors.extend(nearest.min_by_key(Vec::len).unwrap());
    }

    fn within(
        &self,
        keyword: &str,
        schema: &Value,
        value: &Value,
        at: &str,
        errors: &mut Vec<String>,
    ) {
        let (fields, list) = (value.as_object(), value.as_array());
        match keyword {
            "properties" => {
                for (name, schema) in schema[keyword].as_object().unwrap() {
                    if let Some(value) = fields.and_then(|fields| fields.get(name)) {
                        self.check(schema, value, &format!("{at}/{name}"), errors);
                    }
                }
            }
            "required" => {
                let names =
                    schema[keyword].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
                let missing =
                    names.filter(|name| fields.is_some_and(|fields| !fields.contains_key(*name)));
                errors.extend(missing.map(|name| format!("{at}: {name} is missing")));
            }
            "additionalProperties" => {
                assert_eq!(schema[keyword], false, "no other value is known");
                let names = fields.into_iter().flat_map(|fields| fields.keys());
                let unknown = names.filter(|name| schema["properties"].get(name).is_none());
                errors.extend(unknown.map(|name| format!("{at}: {name} is unknown")));
            }
            _ => {
                for (index, value) in list.into_iter().flatten().enumerate() {
                    self.check(&schema[keyword], value, &format!("{at}/{index}"), errors);
                }
            }
        }
    }
}

/// The keywords that look at one value alone. Of bounds, those that do not concern its type hold.
fn holds(keyword: &str, wanted: &Value, value: &Value) -> bool {
    let bound = wanted.as_f64().unwrap_or_default();
    let length = |length: usize| u32::try_from(length).map_or(f64::INFINITY, f64::from);
    let text = value.as_str().map(|text| length(text.chars().count()));
    let list = value.as_array().map(|list| length(list.len()));
    match keyword {
        "type" => match wanted {
            Value::Array(types) => types.iter().any(|wanted| is_a(wanted, value)),
            wanted => is_a(wanted, value),
        },
        "enum" => wanted.as_array().unwrap().contains(value),
        "const" => wanted == value,
        "minimum" => value.as_f64().is_none_or(|number| number >= bound),
        "maximum" => value.as_f64().is_none_or(|number| number <= bound),
        "minLength" => text.is_none_or(|length| length >= bound),
        "maxLength" => text.is_none_or(|length| length <= bound),
        "minItems" => list.is_none_or(|length| length >= bound),
        "maxItems" => list.is_none_or(|length| length <= bound),
        other => panic!("keyword {other} is unknown"),
    }
}

fn is_a(wanted: &Value, value: &Value) -> bool {
    match wanted.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("type {other} is unknown"),
    }
}

fn shipped() -> Value {
    let cluster = HostedClusterRef::new("clusters", "prod", "6b6cbd9e-91a3-4b0a-9fbd-0d0a3a6f2c11");
    serde_json::from_str(&Template::shipped().fill(&cluster)).unwrap()
}

#[test]
fn the_shipped_dashboard_is_in_grafanas_model() {
    assert_eq!(Schema::grafana().errors(&shipped()), [""; 0]);
}

/// Each change of the shipped dashboard is something Grafana does not load, or loads and shows nothing.
#[test]
fn what_is_not_in_the_model_is_found_where_it_is() {
    for (pointer, name, value, error) in [
        (
            "",
            "schemaVersion",
            json!("41"),
            "/schemaVersion: \"41\" is not as type \"integer\" says",
        ),
        ("", "uid", json!("short"), "/uid: \"short\" is not as minLength 8 says"),
        ("", "rows", json!([]), ": rows is unknown"),
        ("/time", "from", Value::Null, "/time/from: null is not as type \"string\" says"),
        (
            "/templating/list/0",
            "type",
            json!("data"),
            "/templating/list/0/type: \"data\" is not as enum",
        ),
        ("/templating/list/0", "current", json!({}), "/templating/list/0/current: text is missing"),
        (
            "/panels/0",
            "collapsed",
            json!("no"),
            "/panels/0/collapsed: \"no\" is not as type \"boolean\" says",
        ),
        (
            "/panels/1",
            "type",
            json!("graph"),
            "/panels/1/type: \"graph\" is not as const \"timeseries\" says",
        ),
        ("/panels/1/gridPos", "w", json!(25), "/panels/1/gridPos/w: 25 is not as maximum 24 says"),
        ("/panels/1", "targets", json!([]), "/panels/1/targets: [] is not as minItems 1 says"),
        ("/panels/1/targets/0", "query", json!("up"), "/panels/1/targets/0: query is unknown"),
        (
            "/panels/1/targets/0/datasource",
            "uid",
            json!("a"),
            "/panels/1/targets/0/datasource/uid: \"a\" is not as const",
        ),
        (
            "/panels/1/options/tooltip",
            "sort",
            json!("up"),
            "/panels/1/options/tooltip/sort: \"up\" is not as enum",
        ),
    ] {
        let mut dashboard = shipped();
        dashboard.pointer_mut(pointer).unwrap()[name] = value;
        let errors = Schema::grafana().errors(&dashboard);
        assert!(errors.iter().any(|found| found.starts_with(error)), "{error}: {errors:?}");
    }
}

#[test]
fn queries_of_a_panel_are_distinct_and_use_variables_that_exist() {
    let dashboard = shipped();
    let variables: BTreeSet<_> = dashboard["templating"]["list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|variable| format!("${{{}}}", variable["name"].as_str().unwrap()))
        .collect();
    for panel in dashboard["panels"].as_array().unwrap() {
        let mut ids = BTreeSet::new();
        for target in panel["targets"].as_array().into_iter().flatten() {
            assert!(ids.insert(target["refId"].as_str().unwrap()), "{panel}");
            assert!(variables.contains(target["datasource"]["uid"].as_str().unwrap()), "{panel}");
        }
    }
}
