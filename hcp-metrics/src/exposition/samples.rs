//! The samples of an exposition, borrowed.

use std::borrow::Cow;

use super::lexer::{self, LabelTokens, LineKind, SampleTokens, Span, Stop};
use super::{ErrorKind, ExpositionError, Format, MetricKind, number};

/// The samples of an exposition, in their order.
///
/// The first malformed line gives an error and ends the iteration; `OpenMetrics` without `# EOF` gives one at its end.
#[must_use]
pub fn samples(text: &str, format: Format) -> Samples<'_> {
    Samples {
        text,
        format,
        at: 0,
        tokens: SampleTokens::default(),
        family: Cow::Borrowed(""),
        kind: MetricKind::Unknown,
        state: State::Body,
    }
}

/// The samples of an exposition: see [`samples`].
#[derive(Clone, Debug)]
pub struct Samples<'a> {
    text: &'a str,
    format: Format,
    at: usize,
    tokens: SampleTokens,
    /// The name in the last `TYPE` line.
    family: Cow<'a, str>,
    /// The type in the last `TYPE` line.
    kind: MetricKind,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Body,
    /// Behind `# EOF`.
    Eof,
    Done,
}

/// One sample of an exposition.
#[derive(Clone, Debug)]
pub struct Sample<'a> {
    text: &'a str,
    format: Format,
    line: Span,
    name: Cow<'a, str>,
    series: Span,
    value: Span,
    timestamp: Option<Span>,
    exemplar: Option<Span>,
    kind: MetricKind,
}

impl<'a> Sample<'a> {
    /// The name of the metric.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The labels as they stand in the line: names and values without escapes, in their order, empty and repeated ones, too, and
    /// without the name of the metric.
    pub fn labels(&self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> + use<'a> {
        let buffer = self.text.as_bytes();
        LabelTokens::new(self.format, buffer, self.series)
            .map(|label| (label.name.text(buffer), label.value.text(buffer)))
    }

    /// The value as it is written.
    #[must_use]
    pub fn value_text(&self) -> &'a str {
        self.slice(self.value)
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> f64 {
        number::parse_value(self.value.of(self.text.as_bytes())).unwrap_or(f64::NAN)
    }

    /// The timestamp as it is written: milliseconds in text, seconds in `OpenMetrics`.
    #[must_use]
    pub fn timestamp_text(&self) -> Option<&'a str> {
        self.timestamp.map(|span| self.slice(span))
    }

    /// The timestamp in milliseconds since 1970, as Prometheus stores it.
    #[must_use]
    pub fn timestamp(&self) -> Option<i64> {
        let text = self.timestamp_text()?;
        match self.format {
            Format::Text => text.parse().ok(),
            #[expect(clippy::cast_possible_truncation, reason = "as Go does it, but saturating")]
            Format::OpenMetrics => {
                number::parse_value(text.as_bytes()).map(|seconds| (seconds * 1000.0) as i64)
            }
        }
    }

    /// The exemplar as it is written: labels in braces, a value, perhaps a timestamp. In `OpenMetrics` only.
    #[must_use]
    pub fn exemplar(&self) -> Option<&'a str> {
        self.exemplar.map(|span| self.slice(span))
    }

    /// The whole line, with its newline where it has one.
    #[must_use]
    pub fn line(&self) -> &'a str {
        self.slice(self.line)
    }

    /// The type of its family: of the last `TYPE` line, if the name is one of its family's.
    #[must_use]
    pub const fn kind(&self) -> MetricKind {
        self.kind
    }

    fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }
}

impl<'a> Iterator for Samples<'a> {
    type Item = Result<Sample<'a>, ExpositionError>;

    fn next(&mut self) -> Option<Self::Item> {
        let buffer = self.text.as_bytes();
        while self.state != State::Done && self.at < buffer.len() {
            if self.state == State::Eof {
                return Some(Err(self.fail(self.at, ErrorKind::DataAfterEof)));
            }
            let start = self.at;
            let line = match lexer::lex(self.format, buffer, start, true, &mut self.tokens) {
                Ok(line) => line,
                Err(Stop::Malformed { at, kind, .. }) => return Some(Err(self.fail(at, kind))),
                Err(Stop::NeedMore) => break,
            };
            self.at = line.end;
            match line.kind {
                LineKind::Sample => return Some(Ok(self.sample(Span { start, end: line.end }))),
                LineKind::Type(name, kind) => (self.family, self.kind) = (name.text(buffer), kind),
                LineKind::Eof => self.state = State::Eof,
                LineKind::About(_) | LineKind::Comment | LineKind::Blank => {}
            }
        }
        let cut_off = self.format == Format::OpenMetrics && self.state == State::Body;
        let error = cut_off.then(|| self.fail(buffer.len(), ErrorKind::MissingEof));
        self.state = State::Done;
        error.map(Err)
    }
}

impl<'a> Samples<'a> {
    fn sample(&self, line: Span) -> Sample<'a> {
        let name = self.tokens.name.text(self.text.as_bytes());
        let is_in_family = self.kind.has_sample(&self.family, &name);
        Sample {
            text: self.text,
            format: self.format,
            line,
            series: self.tokens.series,
            value: self.tokens.value,
            timestamp: self.tokens.timestamp,
            exemplar: self.tokens.exemplar,
            kind: if is_in_family { self.kind } else { MetricKind::Unknown },
            name,
        }
    }

    fn fail(&mut self, at: usize, kind: ErrorKind) -> ExpositionError {
        self.state = State::Done;
        ExpositionError::at(self.text.as_bytes(), at, 1, kind)
    }
}

impl std::iter::FusedIterator for Samples<'_> {}
