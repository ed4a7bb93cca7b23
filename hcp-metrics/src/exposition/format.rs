//! Which text format a body is in.

use std::fmt;

/// The text formats of an exposition. Source: Prometheus, `model/textparse/interface.go`; `OpenMetrics` 1.0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// The text format of Prometheus, versions 0.0.4 and 1.0.0: `text/plain`.
    #[default]
    Text,
    /// `OpenMetrics` 0.0.1 and 1.0.0: `application/openmetrics-text`.
    OpenMetrics,
}

impl Format {
    /// The format that a `Content-Type` names, as Prometheus 3 reads it: by the media type alone, in any case.
    ///
    /// `None` for the other type that Prometheus knows (protobuf), for a blank or an unknown type, and for `OpenMetrics` 2,
    /// which is another grammar: Prometheus then takes what its user configured, or fails the scrape.
    #[must_use]
    pub fn from_content_type(content_type: &str) -> Option<Self> {
        let mut parts = content_type.split(';');
        let media_type = parts.next()?.trim();
        if media_type.eq_ignore_ascii_case("text/plain") {
            return Some(Self::Text);
        }
        let version = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("version").then(|| value.trim().trim_matches('"'))
        });
        let known = media_type.eq_ignore_ascii_case("application/openmetrics-text")
            && version != Some("2.0.0");
        known.then_some(Self::OpenMetrics)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::OpenMetrics => "OpenMetrics",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types() {
        for (content_type, format) in [
            ("text/plain", Some(Format::Text)),
            ("text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8", Some(Format::Text)),
            ("Text/Plain;version=1.0.0", Some(Format::Text)),
            ("application/openmetrics-text; version=1.0.0", Some(Format::OpenMetrics)),
            ("application/openmetrics-text;version=\"0.0.1\"", Some(Format::OpenMetrics)),
            ("application/openmetrics-text", Some(Format::OpenMetrics)),
            ("application/openmetrics-text; version=2.0.0", None),
            ("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily", None),
            ("text/html", None),
            ("text/plain2", None),
            ("", None),
        ] {
            assert_eq!(Format::from_content_type(content_type), format, "{content_type}");
        }
    }
}
