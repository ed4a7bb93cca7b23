//! Filters buffers that begin with a line.

use super::decide::{Decider, Decision};
use super::family::{Childless, Family};
use super::lexer::{self, Line, LineKind, SampleTokens, Span, Stop};
use super::quick::{self, Quick};
use super::rewrite::rewrite;
use super::{Counts, ErrorKind, ExpositionError, FilterOptions, Format, MetricKind, OnMalformed};
use crate::label::METRIC_NAME;
use crate::relabel::Rules;

/// Everything but the cutting into chunks.
#[derive(Debug)]
pub(crate) struct Engine {
    options: FilterOptions,
    decider: Decider,
    tokens: SampleTokens,
    quick: Quick,
    family: Family,
    /// The type of the last `TYPE` line, of whatever family.
    last_kind: MetricKind,
    /// The line at hand, counted from 1.
    line: u64,
    eof: bool,
    /// Whether the line that was skipped last goes on behind the buffer.
    unfinished: bool,
    pub(crate) counts: Counts,
}

impl Engine {
    pub(crate) fn new(rules: Rules, options: FilterOptions) -> Self {
        let decider = Decider::new(rules, &options);
        let counts = Counts { dropped_by_rule: vec![0; decider.rule_count()], ..Counts::default() };
        Self {
            options,
            decider,
            tokens: SampleTokens::default(),
            quick: Quick::default(),
            family: Family::default(),
            last_kind: MetricKind::Unknown,
            line: 1,
            eof: false,
            unfinished: false,
            counts,
        }
    }

    /// Filters all logical lines that are complete; how many bytes they have.
    pub(crate) fn lines(
        &mut self,
        buffer: &[u8],
        last: bool,
        out: &mut Vec<u8>,
    ) -> Result<usize, ExpositionError> {
        let mut start = 0;
        let text = valid_text(buffer);
        self.quick.reset();
        while start < buffer.len() {
            start = self.quick_lines(text, start, out);
            if start == buffer.len() {
                break;
            }
            let found = self.lex(buffer, start, last);
            let filtered = match found {
                Ok(line) => self.line(buffer, start, line, out).map(|()| line.end),
                Err(stop) => Err(stop),
            };
            let end = match filtered {
                Ok(end) => end,
                Err(Stop::NeedMore) => break,
                Err(Stop::Malformed { at, kind, .. }) => {
                    self.malformed(buffer, start, at, kind, last)?
                }
            };
            self.advance(&buffer[start..end]);
            start = end;
        }
        Ok(start)
    }

    /// Filters lines from `start` on, up to the first one that is not for the quick lexer; where that begins.
    fn quick_lines(&mut self, text: &str, start: usize, out: &mut Vec<u8>) -> usize {
        // What is not UTF-8 is for the exact lexer.
        if self.eof || start >= text.len() {
            return start;
        }
        let bytes = text.as_bytes();
        let mut run = Run { kept: start, end: start, same_family: false };
        let mut lines = 0;
        while let Some(first) = bytes.get(run.end) {
            let filtered = match first {
                b'#' => self.quick_metadata(text, &mut run, out),
                _ => self.quick_sample(text, &mut run, out),
            };
            if filtered.is_none() {
                break;
            }
            lines += 1;
        }
        self.quick.reset();
        run.write(bytes, run.end, out);
        self.line += lines;
        self.counts.bytes_in += as_u64(run.end - start);
        run.end
    }

    /// Filters the sample at the end of the run, if it is for the quick lexer.
    #[inline]
    fn quick_sample(&mut self, text: &str, run: &mut Run, out: &mut Vec<u8>) -> Option<()> {
        let (bytes, start) = (text.as_bytes(), run.end);
        let line = self.quick.lex(bytes, start)?;
        if line.end - 1 - start > self.options.max_line_bytes {
            return None;
        }
        let decision = self.decider.decide_quick(text, &line, &self.quick, self.last_kind)?;
        let same_family = line.same_name && run.same_family;
        let new_family = !same_family && !self.family.has(&text[line.name.clone()]);
        if new_family || (decision == Decision::Keep && self.family.holds_any()) {
            run.write(bytes, start, out);
        }
        if new_family {
            self.close_family(out);
            self.family.begin(&text[line.name]);
        }
        self.counts.samples_in += 1;
        self.family.sample();
        run.same_family = true;
        run.end = line.end;
        if let Decision::Drop(rule) = decision {
            run.write(bytes, start, out);
            run.kept = line.end;
            self.counts.dropped_by_rule[rule] += 1;
        } else {
            self.family.keep(out);
            self.counts.samples_kept += 1;
        }
        Some(())
    }

    /// Takes the metadata line at the end of the run, if it is for the quick lexer.
    fn quick_metadata(&mut self, text: &str, run: &mut Run, out: &mut Vec<u8>) -> Option<()> {
        let (bytes, start) = (text.as_bytes(), run.end);
        let line = quick::metadata(bytes, start)?;
        // With what is held already: that has a limit, too.
        let length = self.family.held_bytes() + line.end - start;
        if length > self.options.max_line_bytes {
            return None;
        }
        run.write(bytes, start, out);
        self.last_kind = line.kind.unwrap_or(self.last_kind);
        self.metadata(&text[line.name], line.kind, &bytes[start..line.end], out);
        *run = Run { kept: line.end, end: line.end, same_family: false };
        Some(())
    }

    /// The lexer's answer, within the limits, and with what only the whole of an exposition shows.
    fn lex(&mut self, buffer: &[u8], start: usize, last: bool) -> Result<Line, Stop> {
        let limit = self.options.max_line_bytes;
        let too_long = |seen: usize| seen - start > limit;
        let stop = |kind| Stop::Malformed { at: start, seen: start, kind };
        if self.eof {
            return Err(stop(ErrorKind::DataAfterEof));
        }
        let within =
            &buffer[start..buffer.len().min(start.saturating_add(limit).saturating_add(1))];
        let has_newline = memchr::memchr(b'\n', within).is_some();
        if within.len() > limit && !has_newline {
            return Err(stop(ErrorKind::LineTooLong));
        }
        match lexer::lex(self.options.format, buffer, start, last, &mut self.tokens) {
            Ok(line) if too_long(line.end - 1) => Err(stop(ErrorKind::LineTooLong)),
            // It could become too long yet, which would be the error then.
            Err(Stop::Malformed { .. }) if !has_newline && !last => Err(Stop::NeedMore),
            Err(Stop::Malformed { seen, .. }) if too_long(seen) => {
                Err(stop(ErrorKind::LineTooLong))
            }
            Err(Stop::NeedMore) if too_long(buffer.len()) => Err(stop(ErrorKind::LineTooLong)),
            answer => answer,
        }
    }

    fn line(
        &mut self,
        buffer: &[u8],
        start: usize,
        line: Line,
        out: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        let text = &buffer[start..line.end];
        match line.kind {
            LineKind::Sample => self.sample(buffer, Span { start, end: line.end }, out)?,
            LineKind::Type(name, kind) => {
                self.last_kind = kind;
                self.metadata(&name.text(buffer), Some(kind), text, out);
            }
            LineKind::About(name) => self.metadata(&name.text(buffer), None, text, out),
            LineKind::Comment | LineKind::Blank => self.family.comment(text, out),
            LineKind::Eof => {
                self.close_family(out);
                self.eof = true;
                out.extend_from_slice(text);
            }
        }
        if self.family.held_bytes() > self.options.max_line_bytes {
            return Err(Stop::Malformed { at: start, seen: start, kind: ErrorKind::HeldTooLong });
        }
        Ok(())
    }

    fn sample(&mut self, buffer: &[u8], line: Span, out: &mut Vec<u8>) -> Result<(), Stop> {
        let name = self.tokens.name.text(buffer);
        if !self.family.has(&name) {
            self.close_family(out);
            self.family.begin(&name);
        }
        let decision = self.decider.decide(buffer, &self.tokens, self.last_kind);
        if let Decision::Invalid(kind) = decision {
            let at = self.tokens.series.start;
            return Err(Stop::Malformed { at, seen: at, kind });
        }
        self.counts.samples_in += 1;
        self.family.sample();
        match decision {
            Decision::Keep => {
                self.family.keep(out);
                out.extend_from_slice(line.of(buffer));
            }
            Decision::Rewrite => {
                let labels = self.decider.labels();
                if self.family.has(labels.get(METRIC_NAME).unwrap_or_default()) {
                    self.family.keep(out);
                } else {
                    self.family.keep_renamed();
                }
                let rest = &buffer[self.tokens.series.end..line.end];
                rewrite(labels, rest, out);
            }
            Decision::Drop(rule) => {
                if let Some(count) = self.counts.dropped_by_rule.get_mut(rule) {
                    *count += 1;
                }
                return Ok(());
            }
            Decision::NoLabels | Decision::Invalid(_) => {
                self.counts.dropped_without_labels += 1;
                return Ok(());
            }
        }
        self.counts.samples_kept += 1;
        Ok(())
    }

    fn metadata(&mut self, name: &str, kind: Option<MetricKind>, text: &[u8], out: &mut Vec<u8>) {
        if !self.family.is_about(name) {
            self.close_family(out);
            self.family.begin(name);
        }
        self.family.metadata(kind, text, out);
    }

    fn close_family(&mut self, out: &mut Vec<u8>) {
        let childless = if self.family.is_childless() && self.drops_all_names() {
            Childless::Withhold
        } else {
            Childless::Keep
        };
        self.family.close(childless, &mut self.counts, out);
    }

    /// Whether the rules drop, by name alone, all that the samples of the family could be called.
    fn drops_all_names(&mut self) -> bool {
        let suffixes = self.family.kind().main_suffixes(self.options.format);
        suffixes.iter().all(|suffix| {
            let name = [self.family.name(), *suffix].concat();
            self.decider.drops_name(&name)
        })
    }

    /// Fails, or skips what is malformed up to the first newline; where the next line begins.
    fn malformed(
        &mut self,
        buffer: &[u8],
        start: usize,
        at: usize,
        kind: ErrorKind,
        last: bool,
    ) -> Result<usize, ExpositionError> {
        if self.options.on_malformed == OnMalformed::Fail || kind == ErrorKind::HeldTooLong {
            return Err(ExpositionError::at(&buffer[start..], at - start, self.line, kind));
        }
        self.counts.lines_skipped += 1;
        let newline = memchr::memchr(b'\n', &buffer[start..]);
        self.unfinished = newline.is_none() && !last;
        Ok(newline.map_or(buffer.len(), |newline| start + newline + 1))
    }

    /// Ends the exposition.
    pub(crate) fn end(&mut self, out: &mut Vec<u8>) -> Result<(), ExpositionError> {
        if self.options.format == Format::OpenMetrics && !self.eof {
            let kind = ErrorKind::MissingEof;
            return Err(ExpositionError { line: self.line, column: 1, kind });
        }
        self.close_family(out);
        Ok(())
    }

    /// Counts bytes that are done with.
    pub(crate) fn advance(&mut self, bytes: &[u8]) {
        self.line += newlines(bytes);
        self.counts.bytes_in += as_u64(bytes.len());
    }

    /// How long a line can be.
    pub(crate) const fn max_line_bytes(&self) -> usize {
        self.options.max_line_bytes
    }

    /// Whether the line that was skipped last goes on behind the buffer; asked once.
    pub(crate) const fn take_unfinished(&mut self) -> bool {
        std::mem::replace(&mut self.unfinished, false)
    }
}

/// Lines that the quick lexer has read, one behind the other.
///
/// What stays of them is written in as few pieces as possible.
struct Run {
    /// From here on nothing has been written or dropped.
    kept: usize,
    end: usize,
    /// Whether the line read last was a sample.
    same_family: bool,
}

impl Run {
    /// Writes what is kept before `end`.
    #[inline]
    fn write(&mut self, bytes: &[u8], end: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(&bytes[self.kept..end]);
        self.kept = end;
    }
}

/// As much of the buffer as is UTF-8.
fn valid_text(buffer: &[u8]) -> &str {
    std::str::from_utf8(buffer).unwrap_or_else(|error| {
        std::str::from_utf8(&buffer[..error.valid_up_to()]).unwrap_or_default()
    })
}

fn newlines(bytes: &[u8]) -> u64 {
    as_u64(memchr::memchr_iter(b'\n', bytes).count())
}

pub(crate) fn as_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
