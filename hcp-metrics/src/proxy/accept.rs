//! Which formats and encodings are asked for, and which are sent.

use std::fmt;

use crate::exposition::Format;

/// A format with its version, as HTTP speaks of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Protocol {
    Text0,
    Text1,
    OpenMetrics0,
    OpenMetrics1,
}

/// How names that are not legacy names are written. Source: Prometheus, `common/model` (`EscapingScheme`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escaping {
    AllowUtf8,
    Underscores,
    Dots,
    Values,
}

/// What an exposition is, or is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ContentType {
    pub(super) protocol: Protocol,
    pub(super) escaping: Option<Escaping>,
}

/// What a scraper asks for, of what we can filter; best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Accept(Vec<(ContentType, u16)>);

impl Protocol {
    pub(super) fn format(self) -> Format {
        match self {
            Self::Text0 | Self::Text1 => Format::Text,
            Self::OpenMetrics0 | Self::OpenMetrics1 => Format::OpenMetrics,
        }
    }

    fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Text0 => ("text/plain", "0.0.4"),
            Self::Text1 => ("text/plain", "1.0.0"),
            Self::OpenMetrics0 => ("application/openmetrics-text", "0.0.1"),
            Self::OpenMetrics1 => ("application/openmetrics-text", "1.0.0"),
        }
    }

    /// As Prometheus' `expfmt` reads it: a version left out is the older one, an unknown one is no match.
    fn parse(media: &str, version: Option<&str>) -> Option<Self> {
        match (media.to_ascii_lowercase().as_str(), version) {
            ("text/plain", None | Some("0.0.4")) => Some(Self::Text0),
            ("text/plain", Some("1.0.0")) => Some(Self::Text1),
            ("application/openmetrics-text", None | Some("0.0.1")) => Some(Self::OpenMetrics0),
            ("application/openmetrics-text", Some("1.0.0")) => Some(Self::OpenMetrics1),
            _ => None,
        }
    }
}

impl Escaping {
    fn parse(text: &str) -> Option<Self> {
        [Self::AllowUtf8, Self::Underscores, Self::Dots, Self::Values]
            .into_iter()
            .find(|escaping| escaping.name() == text)
    }

    fn name(self) -> &'static str {
        match self {
            Self::AllowUtf8 => "allow-utf-8",
            Self::Underscores => "underscores",
            Self::Dots => "dots",
            Self::Values => "values",
        }
    }
}

impl ContentType {
    pub(super) const TEXT: Self = Self { protocol: Protocol::Text0, escaping: None };

    /// A format nobody has named, for what came without a known type.
    pub(super) fn of(format: Format) -> Self {
        match format {
            Format::OpenMetrics => Self { protocol: Protocol::OpenMetrics1, escaping: None },
            Format::Text => Self::TEXT,
        }
    }

    /// A `Content-Type`; `None` if it is none that we can filter.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let format = Format::from_content_type(text)?;
        let element = Element::parse(text);
        let protocol = match (format, element.parameter("version")) {
            (Format::Text, Some("1.0.0")) => Protocol::Text1,
            (Format::Text, _) => Protocol::Text0,
            (Format::OpenMetrics, Some("1.0.0")) => Protocol::OpenMetrics1,
            (Format::OpenMetrics, _) => Protocol::OpenMetrics0,
        };
        Some(Self { protocol, escaping: element.parameter("escaping").and_then(Escaping::parse) })
    }

    /// What describes two expositions of one format put together: the older version, and UTF-8 names if one may have them.
    pub(super) fn join(self, other: Self) -> Self {
        let escaping = match (self.escaping, other.escaping) {
            (one, two) if one == two => one,
            (Some(Escaping::AllowUtf8), _) | (_, Some(Escaping::AllowUtf8)) => {
                Some(Escaping::AllowUtf8)
            }
            _ => None,
        };
        Self { protocol: self.protocol.min(other.protocol), escaping }
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (media, version) = self.protocol.name();
        write!(f, "{media}; version={version}; charset=utf-8")?;
        match self.escaping {
            Some(escaping) => write!(f, "; escaping={}", escaping.name()),
            None => Ok(()),
        }
    }
}

impl Accept {
    /// Reads an `Accept` header. What we cannot filter is left out; if nothing is left, it is text, which every target can send.
    pub(super) fn parse(header: &str) -> Self {
        let mut wanted: Vec<(ContentType, u16)> = Vec::new();
        for element in elements(header) {
            let found = match element.media {
                "*/*" | "text/*" => Some(ContentType::TEXT),
                media => {
                    let protocol = Protocol::parse(media, element.parameter("version"));
                    let escaping = element.parameter("escaping").and_then(Escaping::parse);
                    protocol.map(|protocol| ContentType { protocol, escaping })
                }
            };
            let Some(found) = found.filter(|_| element.weight() > 0) else { continue };
            if wanted.iter().all(|(known, _)| known.protocol != found.protocol) {
                wanted.push((found, element.weight()));
            }
        }
        wanted.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
        if wanted.is_empty() {
            wanted.push((ContentType::TEXT, 1000));
        }
        Self(wanted)
    }

    /// The same without OpenMetrics.
    pub(super) fn text_only(&self) -> Self {
        let is_text = |content: &ContentType| content.protocol.format() == Format::Text;
        let mut wanted = self.0.clone();
        wanted.retain(|(content, _)| is_text(content));
        if wanted.is_empty() {
            let escaping = self.0.first().and_then(|(content, _)| content.escaping);
            wanted.push((ContentType { escaping, ..ContentType::TEXT }, 1000));
        }
        Self(wanted)
    }
}

impl fmt::Display for Accept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (content, weight)) in self.0.iter().enumerate() {
            let (media, version) = content.protocol.name();
            let comma = if at > 0 { "," } else { "" };
            write!(f, "{comma}{media};version={version}")?;
            if let Some(escaping) = content.escaping {
                write!(f, ";escaping={}", escaping.name())?;
            }
            write!(f, ";q={}.{:03}", weight / 1000, weight % 1000)?;
        }
        Ok(())
    }
}

/// Whether an `Accept-Encoding` header lets us answer with gzip.
pub(super) fn allows_gzip(header: &str) -> bool {
    let mut any = false;
    for element in elements(header) {
        let allowed = element.weight() > 0;
        match element.media.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => return allowed,
            "*" => any = allowed,
            _ => {}
        }
    }
    any
}

/// One element of a header that is a list, with its parameters.
struct Element<'a> {
    media: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
}

impl<'a> Element<'a> {
    fn parse(text: &'a str) -> Self {
        let mut parts = split(text, b';').into_iter().map(str::trim);
        let media = parts.next().unwrap_or("");
        let pair = |part: &'a str| part.split_once('=');
        let pairs = parts.filter_map(pair);
        let clean =
            |(name, value): (&'a str, &'a str)| (name.trim(), value.trim().trim_matches('"'));
        Self { media, parameters: pairs.map(clean).collect() }
    }

    fn parameter(&self, name: &str) -> Option<&'a str> {
        let mut parameters = self.parameters.iter();
        parameters.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// In thousandths, which is as fine as HTTP has it; what is no number is 0, since it asks for nothing we know.
    fn weight(&self) -> u16 {
        let Some(text) = self.parameter("q") else { return 1000 };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
        match (whole.parse::<u16>(), digits.parse::<u16>()) {
            (Ok(0), Ok(thousandths)) => thousandths,
            (Ok(1), Ok(0)) => 1000,
            _ => 0,
        }
    }
}

fn elements(header: &str) -> impl Iterator<Item = Element<'_>> {
    split(header, b',').into_iter().map(Element::parse).filter(|element| !element.media.is_empty())
}

/// Splits where `at` stands outside of quotes.
fn split(text: &str, at: u8) -> Vec<&str> {
    let (mut parts, mut start, mut quoted) = (Vec::new(), 0, false);
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            byte if byte == at && !quoted => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Prometheus 3.5.3 sends.
    const PROMETHEUS: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
        application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
        text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

    #[test]
    fn only_what_can_be_filtered_is_asked_for() {
        for (asked, passed) in [
            (
                PROMETHEUS,
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.600,\
                 application/openmetrics-text;version=0.0.1;q=0.500,\
                 text/plain;version=1.0.0;escaping=allow-utf-8;q=0.400,text/plain;version=0.0.4;q=0.300",
            ),
            ("text/plain;version=0.0.4;q=1,*/*;q=0.1", "text/plain;version=0.0.4;q=1.000"),
            ("*/*", "text/plain;version=0.0.4;q=1.000"),
            ("", "text/plain;version=0.0.4;q=1.000"),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
                "text/plain;version=0.0.4;q=1.000",
            ),
            (
                "text/plain; q=0.25, Application/OpenMetrics-Text; version=\"1.0.0\"; escaping=nonsense",
                "application/openmetrics-text;version=1.0.0;q=1.000,text/plain;version=0.0.4;q=0.250",
            ),
            ("application/openmetrics-text;version=9.0.0", "text/plain;version=0.0.4;q=1.000"),
            (
                "text/plain;q=0,application/openmetrics-text;q=0.001",
                "application/openmetrics-text;version=0.0.1;q=0.001",
            ),
            ("text/plain;q=7,x;a=\",\"", "text/plain;version=0.0.4;q=1.000"),
        ] {
            assert_eq!(Accept::parse(asked).to_string(), passed, "{asked}");
        }
    }

    #[test]
    fn without_openmetrics_there_is_always_text() {
        assert_eq!(
            Accept::parse(PROMETHEUS).text_only().to_string(),
            "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.400,text/plain;version=0.0.4;q=0.300"
        );
        let only = Accept::parse("application/openmetrics-text;version=1.0.0;escaping=dots");
        assert_eq!(only.text_only().to_string(), "text/plain;version=0.0.4;escaping=dots;q=1.000");
    }

    #[test]
    fn gzip_is_used_when_it_is_allowed() {
        for (header, allowed) in [
            ("gzip", true),
            ("", false),
            ("identity", false),
            ("zstd", false),
            ("deflate, GZIP;q=0.5", true),
            ("gzip;q=0, *", false),
            ("*;q=0.1", true),
            ("*;q=0", false),
            ("gzip;q=0.000", false),
        ] {
            assert_eq!(allows_gzip(header), allowed, "{header}");
        }
    }

    #[test]
    fn a_content_type_is_read_and_written_back() {
        for (text, back) in [
            ("text/plain", Some("text/plain; version=0.0.4; charset=utf-8")),
            (
                "text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8",
                Some("text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8"),
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=dots",
                Some("application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=dots"),
            ),
            ("text/html", None),
            ("", None),
            ("text/plain; version=0.0.1", Some("text/plain; version=0.0.4; charset=utf-8")),
            ("application/openmetrics-text; version=2.0.0", None),
        ] {
            let parsed = ContentType::parse(text).map(|content| content.to_string());
            assert_eq!(parsed.as_deref(), back, "{text}");
        }
    }

    #[test]
    fn put_together_the_older_version_is_told() {
        let parse = |text: &str| ContentType::parse(text).unwrap();
        let new = parse("text/plain;version=1.0.0;escaping=underscores");
        let old = parse("text/plain;version=0.0.4;escaping=allow-utf-8");
        assert_eq!(new.join(old), old);
        assert_eq!(old.join(new), old);
        assert_eq!(new.join(new), new);
        let dots = parse("text/plain;version=1.0.0;escaping=dots");
        assert_eq!(new.join(dots).escaping, None);
    }
}
