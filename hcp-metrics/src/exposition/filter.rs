//! The streaming filter.

use super::engine::{Engine, as_u64};
use super::{Counts, ExpositionError, FilterOptions};
use crate::relabel::Rules;

/// Filters an exposition, chunk by chunk.
///
/// Kept lines are written byte for byte as they came. Only where a rule changes the labels of a sample, or the target has labels,
/// its series is written anew, its labels sorted by name; value, timestamp and exemplar stay as they were. `HELP`, `TYPE` and
/// `UNIT` are held back until the first sample of their family stays, and go if none does; those of a family that has no samples
/// at all stay, unless a rule that looks at nothing but the name drops all that its samples could be called. Free comments and
/// blank lines stay where they are, but come behind samples with a name of another family if they stand behind metadata that is
/// held back. Without rules and target labels the output is the input.
///
/// Samples that do not follow the metadata of their family (which no format allows) are kept or dropped like all others, but come
/// without metadata if it has been withheld. A sample that a rule has given a name of another family is written without metadata,
/// in its place among the others. Series that the rules have made equal all stay.
///
/// How the input is cut into chunks changes nothing: neither the output, nor the counts, nor an error. Memory is bound by
/// [`FilterOptions::max_line_bytes`], for an incomplete line and for what is held back.
#[derive(Debug)]
pub struct Filter {
    engine: Engine,
    /// The beginning of a line that is not complete yet.
    carry: Vec<u8>,
    /// The length of `carry` before which another try to lex it is in vain or too costly.
    retry_at: usize,
    /// Whether the rest of a line that was too long is still to come.
    skipping: bool,
    failed: Option<ExpositionError>,
}

impl Filter {
    /// A filter for one exposition.
    #[must_use]
    pub fn new(rules: Rules, options: FilterOptions) -> Self {
        Self {
            engine: Engine::new(rules, options),
            carry: Vec::new(),
            retry_at: 0,
            skipping: false,
            failed: None,
        }
    }

    /// Reads a chunk and appends to `out` what stays of it.
    ///
    /// # Errors
    ///
    /// What is malformed, or over a limit, and where. What was appended before is not taken back. After an error every call
    /// gives the same one.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<(), ExpositionError> {
        self.guard(out, |filter, out| filter.read(chunk, out))
    }

    /// Ends the exposition and appends what was held back.
    ///
    /// # Errors
    ///
    /// As [`Self::push`]; and `OpenMetrics` that does not end with `# EOF`, under every policy: it has been cut off.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<Counts, ExpositionError> {
        self.guard(out, Self::end)?;
        Ok(self.engine.counts)
    }

    /// What has been seen and kept up to now.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.engine.counts
    }

    fn guard(
        &mut self,
        out: &mut Vec<u8>,
        act: impl FnOnce(&mut Self, &mut Vec<u8>) -> Result<(), ExpositionError>,
    ) -> Result<(), ExpositionError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let before = out.len();
        let result = act(self, out);
        self.engine.counts.bytes_out += as_u64(out.len() - before);
        self.failed = result.as_ref().err().cloned();
        result
    }

    fn read(&mut self, mut chunk: &[u8], out: &mut Vec<u8>) -> Result<(), ExpositionError> {
        if self.skipping {
            chunk = self.skip(chunk);
        }
        while !self.carry.is_empty() && !chunk.is_empty() {
            chunk = self.complete(chunk, out)?;
        }
        if chunk.is_empty() {
            return Ok(());
        }
        let used = self.engine.lines(chunk, false, out)?;
        self.keep_rest(&chunk[used..]);
        Ok(())
    }

    /// Adds a piece of the chunk to the incomplete line and lexes what is complete; what is left of the chunk.
    fn complete<'c>(
        &mut self,
        chunk: &'c [u8],
        out: &mut Vec<u8>,
    ) -> Result<&'c [u8], ExpositionError> {
        let limit = self.engine.max_line_bytes();
        let room = limit.saturating_add(1).saturating_sub(self.carry.len()).max(1);
        let line = memchr::memchr(b'\n', chunk).map_or(chunk.len(), |at| at + 1);
        let (piece, rest) = chunk.split_at(line.min(room));
        self.carry.extend_from_slice(piece);
        let ends = piece.last() == Some(&b'\n');
        if (ends && self.carry.len() >= self.retry_at) || self.carry.len() > limit {
            let mut carry = std::mem::take(&mut self.carry);
            let used = self.engine.lines(&carry, false, out)?;
            carry.drain(..used);
            self.carry = carry;
            self.settle();
        }
        // A line that was too long may end within what is left.
        Ok(if self.skipping { self.skip(rest) } else { rest })
    }

    fn keep_rest(&mut self, rest: &[u8]) {
        self.carry.extend_from_slice(rest);
        self.settle();
    }

    /// Sees what is to be done about the incomplete line.
    fn settle(&mut self) {
        self.skipping = self.engine.take_unfinished();
        // A newline is already there: the line goes on behind it, in quotes. Trying again at every newline would cost the
        // square of its length; trying when it has doubled does not.
        let in_quotes = memchr::memchr(b'\n', &self.carry).is_some();
        self.retry_at = if in_quotes { self.carry.len() * 2 } else { 0 };
    }

    fn skip<'c>(&mut self, chunk: &'c [u8]) -> &'c [u8] {
        let end = memchr::memchr(b'\n', chunk).map(|at| at + 1);
        let (skipped, rest) = chunk.split_at(end.unwrap_or(chunk.len()));
        self.skipping = end.is_none();
        self.engine.advance(skipped);
        rest
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), ExpositionError> {
        let carry = std::mem::take(&mut self.carry);
        self.engine.lines(&carry, true, out)?;
        self.engine.end(out)
    }
}

/// Filters a whole exposition.
///
/// # Errors
///
/// As [`Filter::push`] and [`Filter::finish`].
pub fn filter(
    rules: &Rules,
    options: &FilterOptions,
    text: &[u8],
) -> Result<(Vec<u8>, Counts), ExpositionError> {
    let mut filter = Filter::new(rules.clone(), options.clone());
    let mut out = Vec::with_capacity(text.len());
    filter.push(text, &mut out)?;
    let counts = filter.finish(&mut out)?;
    Ok((out, counts))
}
