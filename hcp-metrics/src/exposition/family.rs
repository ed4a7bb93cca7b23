//! Metadata, held back until it is known whether anything of its family stays.

use super::{Counts, MetricKind};

/// The family at hand, and what is held back for it.
///
/// A family goes from its first metadata line, or its first sample where it has none, to the first line that belongs to
/// another one. A sample that comes after that is a family without metadata: it is written as such where the metadata was
/// withheld.
#[derive(Debug, Default)]
pub(crate) struct Family {
    open: bool,
    name: String,
    kind: MetricKind,
    has_metadata: bool,
    samples: Kept,
    held: Vec<u8>,
    /// Where the lines of `held` end, and whether they are metadata.
    lines: Vec<(usize, bool)>,
}

/// What has been kept of the samples of a family, the most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    /// There has been no sample.
    #[default]
    Childless,
    /// All were dropped.
    Nothing,
    /// Samples that the rules gave a name of another family.
    Renamed,
    /// A sample of this name; the metadata has been written.
    Samples,
}

/// How a family ends that has metadata and no samples at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Childless {
    Keep,
    Withhold,
}

impl Family {
    /// Whether a metadata line for `name` is one of this family.
    pub(crate) fn is_about(&self, name: &str) -> bool {
        self.open && self.has_metadata && self.name == name
    }

    /// Whether the sample is one of this family.
    pub(crate) fn has(&self, sample: &str) -> bool {
        self.open && self.kind.has_sample(&self.name, sample)
    }

    /// Whether nothing but metadata has been seen of it.
    pub(crate) const fn is_childless(&self) -> bool {
        self.open && self.has_metadata && matches!(self.samples, Kept::Childless)
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its type.
    pub(crate) const fn kind(&self) -> MetricKind {
        self.kind
    }

    /// Whether anything is held back.
    pub(crate) fn holds_any(&self) -> bool {
        !self.held.is_empty()
    }

    /// How many bytes are held back.
    pub(crate) fn held_bytes(&self) -> usize {
        self.held.len()
    }

    /// Begins a family; the one before must have been closed.
    pub(crate) fn begin(&mut self, name: &str) {
        self.open = true;
        self.name.clear();
        self.name.push_str(name);
        self.kind = MetricKind::Unknown;
        self.has_metadata = false;
        self.samples = Kept::Childless;
    }

    /// A metadata line of this family.
    pub(crate) fn metadata(&mut self, kind: Option<MetricKind>, line: &[u8], out: &mut Vec<u8>) {
        self.has_metadata = true;
        self.kind = kind.unwrap_or(self.kind);
        if self.samples == Kept::Samples {
            out.extend_from_slice(line);
        } else {
            self.hold(line, true);
        }
    }

    /// A comment or a blank line.
    pub(crate) fn comment(&mut self, line: &[u8], out: &mut Vec<u8>) {
        if self.held.is_empty() {
            out.extend_from_slice(line);
        } else {
            self.hold(line, false);
        }
    }

    /// A sample of this family, kept or not.
    pub(crate) fn sample(&mut self) {
        self.samples = self.samples.max(Kept::Nothing);
    }

    /// A sample of this family is about to be written: writes what was held back.
    pub(crate) fn keep(&mut self, out: &mut Vec<u8>) {
        self.samples = Kept::Samples;
        if !self.held.is_empty() {
            out.extend_from_slice(&self.held);
            self.release();
        }
    }

    /// A sample of this family is about to be written under a name that is none of its names.
    pub(crate) fn keep_renamed(&mut self) {
        self.samples = self.samples.max(Kept::Renamed);
    }

    /// Ends the family: writes what of the held lines stays, and counts.
    pub(crate) fn close(&mut self, childless: Childless, counts: &mut Counts, out: &mut Vec<u8>) {
        if !self.open {
            return;
        }
        if self.is_childless() && childless == Childless::Keep {
            self.keep(out);
        }
        let mut start = 0;
        for &(end, is_metadata) in &self.lines {
            if !is_metadata {
                out.extend_from_slice(&self.held[start..end]);
            }
            start = end;
        }
        self.release();
        self.open = false;
        counts.families_in += 1;
        counts.families_kept += u64::from(self.samples >= Kept::Renamed);
    }

    fn hold(&mut self, line: &[u8], is_metadata: bool) {
        self.held.extend_from_slice(line);
        match self.lines.last_mut() {
            Some((end, same)) if *same == is_metadata => *end = self.held.len(),
            _ => self.lines.push((self.held.len(), is_metadata)),
        }
    }

    fn release(&mut self) {
        self.held.clear();
        self.lines.clear();
    }
}
