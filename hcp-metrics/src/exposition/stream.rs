//! The samples of an exposition that comes in chunks, for who only looks at them.

use super::lexer::{self, Line, LineKind, SampleTokens, Stop};
use super::{ErrorKind, ExpositionError, Format, MetricKind, number};
use crate::label::{Labels, METRIC_NAME};

/// The longest incomplete line that is waited for, in bytes.
const MAX_LINE_BYTES: usize = 1 << 20;

/// Reads an exposition chunk by chunk and shows each sample once.
#[derive(Debug)]
pub(crate) struct SampleStream {
    format: Format,
    /// The beginning of a line that is not complete yet.
    carry: Vec<u8>,
    /// The length of `carry` before which another try to lex it is in vain or too costly.
    retry_at: usize,
    line: u64,
    tokens: SampleTokens,
    /// The name in the last `TYPE` line.
    family: String,
    kind: MetricKind,
    labels: Labels,
    form: String,
    eof: bool,
    failed: Option<ExpositionError>,
}

/// A sample that a [`SampleStream`] shows.
#[derive(Debug)]
pub(crate) struct StreamedSample<'a> {
    /// As they stand in the text.
    pub(crate) labels: &'a Labels,
    /// The label whose value Prometheus 3 shows to rules in another form, and that form.
    pub(crate) form: Option<(&'static str, &'a str)>,
    /// The name of its family; its own where it has none.
    pub(crate) family: &'a str,
    /// The type of its family.
    pub(crate) kind: MetricKind,
}

impl SampleStream {
    pub(crate) fn new(format: Format) -> Self {
        Self {
            format,
            carry: Vec::new(),
            retry_at: 0,
            line: 1,
            tokens: SampleTokens::default(),
            family: String::new(),
            kind: MetricKind::Unknown,
            labels: Labels::new(),
            form: String::new(),
            eof: false,
            failed: None,
        }
    }

    /// Reads a chunk.
    ///
    /// # Errors
    ///
    /// What is malformed or too long; after an error every call gives the same one.
    pub(crate) fn push(
        &mut self,
        chunk: &[u8],
        show: &mut impl FnMut(&StreamedSample<'_>),
    ) -> Result<(), ExpositionError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.carry.extend_from_slice(chunk);
        if self.carry.len() < self.retry_at {
            return Ok(());
        }
        self.read(false, show)
    }

    /// Reads what has no newline behind it.
    ///
    /// # Errors
    ///
    /// As [`Self::push`]; and `OpenMetrics` without `# EOF`.
    pub(crate) fn finish(
        &mut self,
        show: &mut impl FnMut(&StreamedSample<'_>),
    ) -> Result<(), ExpositionError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.read(true, show)?;
        if self.format == Format::OpenMetrics && !self.eof {
            let kind = ErrorKind::MissingEof;
            return Err(ExpositionError { line: self.line, column: 1, kind });
        }
        Ok(())
    }

    fn read(
        &mut self,
        last: bool,
        show: &mut impl FnMut(&StreamedSample<'_>),
    ) -> Result<(), ExpositionError> {
        let mut buffer = std::mem::take(&mut self.carry);
        let mut start = 0;
        while start < buffer.len() {
            match self.lex(&buffer, start, last) {
                Ok(line) => {
                    self.take(&buffer, &line, show);
                    let newlines = memchr::memchr_iter(b'\n', &buffer[start..line.end]).count();
                    self.line += u64::try_from(newlines).unwrap_or(u64::MAX);
                    start = line.end;
                }
                Err(Stop::NeedMore) => break,
                Err(Stop::Malformed { at, kind, .. }) => {
                    let error = ExpositionError::at(&buffer[start..], at - start, self.line, kind);
                    self.failed = Some(error.clone());
                    return Err(error);
                }
            }
        }
        buffer.drain(..start);
        // A newline is already there: the line goes on behind it, in quotes. See `Filter`.
        let in_quotes = memchr::memchr(b'\n', &buffer).is_some();
        self.retry_at = if in_quotes { buffer.len() * 2 } else { 0 };
        self.carry = buffer;
        Ok(())
    }

    fn lex(&mut self, buffer: &[u8], start: usize, last: bool) -> Result<Line, Stop> {
        let stop = |kind| Err(Stop::Malformed { at: start, seen: start, kind });
        if self.eof {
            return stop(ErrorKind::DataAfterEof);
        }
        let rest = &buffer[start..];
        match lexer::lex(self.format, buffer, start, last, &mut self.tokens) {
            Err(Stop::NeedMore) if rest.len() > MAX_LINE_BYTES => stop(ErrorKind::LineTooLong),
            // How the text is cut must not change the error.
            Err(Stop::Malformed { .. })
                if !last
                    && rest.len() <= MAX_LINE_BYTES
                    && memchr::memchr(b'\n', rest).is_none() =>
            {
                Err(Stop::NeedMore)
            }
            answer => answer,
        }
    }

    fn take(&mut self, buffer: &[u8], line: &Line, show: &mut impl FnMut(&StreamedSample<'_>)) {
        match line.kind {
            LineKind::Type(name, kind) => {
                self.family = name.text(buffer).into_owned();
                self.kind = kind;
            }
            LineKind::Eof => self.eof = true,
            LineKind::Sample => {
                self.read_labels(buffer);
                let name = self.labels.get(METRIC_NAME).unwrap_or("");
                let is_in_family = self.kind.has_sample(&self.family, name);
                // As in Prometheus, the last type counts here, of whatever family.
                let bound = bound_label(self.kind);
                let value = bound.and_then(|label| self.labels.get(label));
                let form = value.and_then(|value| {
                    number::normalise(value, &mut self.form).filter(|form| *form != value)
                });
                show(&StreamedSample {
                    labels: &self.labels,
                    form: bound.zip(form),
                    family: if is_in_family { &self.family } else { name },
                    kind: if is_in_family { self.kind } else { MetricKind::Unknown },
                });
            }
            LineKind::About(_) | LineKind::Comment | LineKind::Blank => {}
        }
    }

    /// Of labels with one name the first counts; if one of them is empty, none does: so Prometheus does it.
    fn read_labels(&mut self, buffer: &[u8]) {
        self.labels.clear();
        self.labels.set(METRIC_NAME, &self.tokens.name.text(buffer));
        for label in &self.tokens.labels {
            let name = label.name.text(buffer);
            if self.labels.get(&name).is_none() {
                self.labels.set(&name, &label.value.text(buffer));
            }
        }
        for label in &self.tokens.labels {
            if label.value.span.start == label.value.span.end {
                self.labels.remove(&label.name.text(buffer));
            }
        }
    }
}

const fn bound_label(kind: MetricKind) -> Option<&'static str> {
    match kind {
        MetricKind::Histogram => Some("le"),
        MetricKind::Summary => Some("quantile"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# TYPE a histogram\na_bucket{le=\"1\",x=\"p\nq\",e=\"\"} 1\na_count 2\nb{le=\"1.0\"} 3\n";

    fn shown(text: &str, cut: usize) -> Result<Vec<String>, ExpositionError> {
        let mut stream = SampleStream::new(Format::Text);
        let mut shown = Vec::new();
        let mut show = |sample: &StreamedSample<'_>| {
            let StreamedSample { labels, form, family, kind } = sample;
            shown.push(format!("{labels} {form:?} {family} {kind}"));
        };
        let (head, tail) = text.as_bytes().split_at(cut);
        stream.push(head, &mut show)?;
        stream.push(tail, &mut show)?;
        stream.finish(&mut show)?;
        Ok(shown)
    }

    #[test]
    fn how_the_text_is_cut_changes_nothing() {
        let expected = [
            r#"{__name__="a_bucket", le="1", x="p\nq"} Some(("le", "1.0")) a histogram"#,
            r#"{__name__="a_count"} None a histogram"#,
            r#"{__name__="b", le="1.0"} None b unknown"#,
        ];
        for cut in 0..=TEXT.len() {
            assert_eq!(shown(TEXT, cut).unwrap(), expected, "{cut}");
        }
        let error = shown("a 1\nb b\n", 0).unwrap_err();
        for cut in 0..8 {
            assert_eq!(shown("a 1\nb b\n", cut).unwrap_err(), error, "{cut}");
        }
    }
}
