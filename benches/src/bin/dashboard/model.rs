//! What of a dashboard can be seen.

use serde::Deserialize;

/// A dashboard in Grafana's classic JSON model. What is not read here does not show.
#[derive(Debug, Deserialize)]
pub(crate) struct Dashboard {
    pub(crate) title: String,
    pub(crate) refresh: String,
    pub(crate) time: Time,
    pub(crate) templating: Templating,
    pub(crate) panels: Vec<Panel>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Time {
    pub(crate) from: String,
    pub(crate) to: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Templating {
    pub(crate) list: Vec<Variable>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Variable {
    pub(crate) label: String,
    /// The type of the data source, if the variable is one.
    pub(crate) query: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Panel {
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    pub(crate) title: String,
    pub(crate) description: Option<String>,
    pub(crate) grid_pos: GridPos,
    #[serde(default)]
    pub(crate) field_config: FieldConfig,
    #[serde(default)]
    pub(crate) targets: Vec<Query>,
}

/// The types of panels that can be drawn; any other is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Row,
    TimeSeries,
}

/// Where a panel lies, in cells of a grid with 24 columns.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct GridPos {
    pub(crate) h: u16,
    pub(crate) w: u16,
    pub(crate) x: u16,
    pub(crate) y: u16,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct FieldConfig {
    pub(crate) defaults: Defaults,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Defaults {
    pub(crate) unit: Unit,
    pub(crate) custom: Custom,
}

/// Grafana's names of units; any other is an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unit {
    #[default]
    Short,
    Bytes,
    ReqPs,
    #[serde(rename = "percentunit")]
    Share,
    #[serde(rename = "s")]
    Seconds,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Custom {
    /// `linear` or `stepAfter`.
    pub(crate) line_interpolation: String,
    pub(crate) line_width: u8,
    /// In percent.
    pub(crate) fill_opacity: u8,
    pub(crate) stacking: Stacking,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Stacking {
    /// `none` or `normal`.
    pub(crate) mode: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Query {
    pub(crate) ref_id: String,
    /// The name in the legend; of labels in double braces, if one query gives several series.
    pub(crate) legend_format: String,
}

impl Query {
    /// The name of its only series, or none if labels name them.
    pub(crate) fn fixed_name(&self) -> Option<&str> {
        (!self.legend_format.contains("{{")).then_some(&self.legend_format)
    }
}
