//! Labels that own their text.

use std::fmt;
use std::ops::Range;

use super::quote::Quoted;
use super::table::{Place, Span, Table};
use super::{LabelsView, NameScheme};

/// The labels of one series, sorted by name (by bytes), the metric name under `__name__`.
///
/// A label with an empty value is the same as no label: it is never stored. All text stands in one buffer, so that
/// [`Clone::clone_from`] and [`Labels::clear`] make use of memory that is there already.
///
/// Source: Prometheus, `model/labels`, `Builder`.
#[derive(Default)]
pub struct Labels {
    text: String,
    table: Table,
    /// Whether spans are out of order or removed, which is so only between the steps of a list of rules.
    unsettled: bool,
    /// How many spans there were before the first step changed one.
    base: usize,
}

/// A name that becomes a text only if somebody asks.
#[derive(Clone, Debug)]
pub(crate) struct Name<'a> {
    text: &'a str,
    place: Range<usize>,
}

impl<'a> Name<'a> {
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.place.clone()).unwrap_or(&[])
    }

    pub(crate) fn text(&self) -> &'a str {
        self.text.get(self.place.clone()).unwrap_or("")
    }
}

/// Where a name stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Written {
    /// It is that of the label with this index.
    Label(usize),
    /// There in the text.
    Text(Place),
}

/// So many labels are put in order one by one.
const FEW: usize = 32;

/// More unused text than this, and more than half of all, is given back.
const SLACK: usize = 4096;

impl Labels {
    /// No labels.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.table.find(&self.text, name).map(|at| self.slice(self.spans()[at].value()))
    }

    /// Gives `name` a value; an empty one removes the label. Fastest in the order of names.
    pub fn set(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            return self.remove(name);
        }
        let at = match self.spans().last() {
            Some(&last) if self.slice(last.name()) >= name => self.position(name),
            _ => Err(self.len()),
        };
        match at {
            Ok(at) => {
                let value = self.append(value);
                self.table.spans_mut()[at].set_value(&value);
                self.reclaim();
            }
            Err(at) => {
                let span = Span::new(&self.append(name), &self.append(value));
                self.table.insert(at, name, span);
            }
        }
    }

    /// Removes the label `name`.
    pub fn remove(&mut self, name: &str) {
        if let Ok(at) = self.position(name) {
            self.table.remove(at);
            self.reclaim();
        }
    }

    /// All labels, by name.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.spans().iter().map(|span| (self.slice(span.name()), self.slice(span.value())))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans().len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans().is_empty()
    }

    /// Removes all and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.table.clear();
        self.unsettled = false;
    }

    /// Becomes a copy of `view`.
    pub(crate) fn assign(&mut self, view: &LabelsView<'_>) {
        self.clear();
        for (name, value) in view.iter() {
            self.set(name, value);
        }
    }

    fn spans(&self) -> &[Span] {
        self.table.spans()
    }

    /// Where `name` stands among settled labels, or would stand.
    fn position(&self, name: &str) -> Result<usize, usize> {
        self.spans().binary_search_by(|span| self.slice(span.name()).cmp(name))
    }

    pub(crate) fn append(&mut self, text: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        start..self.text.len()
    }

    /// Copies the text that is in use if most of it is not.
    fn reclaim(&mut self) {
        let used: usize =
            self.spans().iter().map(|span| span.name().len() + span.value().len()).sum();
        if self.text.len() <= SLACK + 2 * used {
            return;
        }
        let mut text = String::with_capacity(used);
        for span in self.table.spans_mut() {
            let mut moved = |place| {
                let start = text.len();
                text.push_str(self.text.get(place).unwrap_or(""));
                start..text.len()
            };
            *span = Span::new(&moved(span.name()), &moved(span.value()));
        }
        self.text = text;
    }
}

/// What rules do. They see labels in the order of Prometheus' `Builder`: those that were there and are untouched by
/// name, then those that were set in the order in which they were set first.
impl Labels {
    /// The text of a span.
    pub(crate) fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or("")
    }

    /// Sets a label the way a rule does, "" removes it; [`Self::settle`] must follow the last rule.
    pub(crate) fn put(&mut self, name: &str, value: &str) {
        let value = self.append(value);
        self.put_span(name, &value);
    }

    /// [`Self::put`] with a value that stands in the text already.
    pub(crate) fn put_span(&mut self, name: &str, value: &Range<usize>) {
        if value.is_empty() {
            return self.delete(name);
        }
        let found = self.table.find(&self.text, name);
        self.unsettle();
        let place = match found {
            Some(at) if at >= self.base => {
                self.table.spans_mut()[at].set_value(value);
                return;
            }
            Some(at) => {
                self.table.strike(at);
                self.spans()[at].name()
            }
            None => self.append(name),
        };
        self.table.push(name, Span::new(&place, value));
    }

    /// Removes a label the way a rule does.
    pub(crate) fn delete(&mut self, name: &str) {
        if let Some(at) = self.table.find(&self.text, name) {
            self.unsettle();
            self.table.strike(at);
        }
    }

    /// Removes the labels whose name is bad, the way a rule does.
    pub(crate) fn drop_names(&mut self, mut bad: impl FnMut(&Name<'_>) -> bool) {
        for at in 0..self.spans().len() {
            if self.table.is_live(at) && bad(&self.name(at)) {
                self.unsettle();
                self.table.strike(at);
            }
        }
    }

    /// Whether a name of at least `least` bytes is good.
    pub(crate) fn any_name(&self, least: usize, mut good: impl FnMut(&Name<'_>) -> bool) -> bool {
        self.table.of_length(least).any(|at| good(&self.name(at)))
    }

    fn name(&self, at: usize) -> Name<'_> {
        Name { text: &self.text, place: self.spans()[at].name() }
    }

    /// The labels as they are now, in the order in which rules see them. The spans stay good until [`Self::settle`].
    pub(crate) fn snapshot(&self, spans: &mut Vec<Span>) {
        spans.clear();
        spans.extend(self.table.live());
    }

    /// Where the value of `name` stands; nowhere if there is no such label.
    pub(crate) fn locate(&self, name: &str) -> Range<usize> {
        self.table.find(&self.text, name).map_or(0..0, |at| self.spans()[at].value())
    }

    /// Puts the labels in order again.
    pub(crate) fn settle(&mut self) {
        if !self.unsettled {
            return;
        }
        self.unsettled = false;
        let base = self.table.forget_struck(self.base);
        if self.len() - base > FEW {
            self.table.sort(&self.text);
        } else {
            (base..self.len()).for_each(|at| self.table.sink(&self.text, at));
        }
        self.reclaim();
    }

    fn unsettle(&mut self) {
        if !self.unsettled {
            self.unsettled = true;
            self.base = self.spans().len();
        }
    }
}

/// What rules do to labels whose names they know.
impl Labels {
    /// The marks of the names, in their order: names whose marks differ are not the same.
    pub(crate) fn marks(&self) -> &[u16] {
        self.table.marks()
    }

    /// Where the values stand, by name.
    pub(crate) fn values(&self) -> impl Iterator<Item = Place> {
        self.spans().iter().map(|span| span.value().into())
    }

    /// How long the text is; see [`Self::truncate`].
    pub(crate) const fn text_len(&self) -> usize {
        self.text.len()
    }

    /// Forgets what was appended behind so many bytes.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.text.truncate(len);
    }

    /// Replaces all labels by those of an iterator, which must be in the order of names: where the name stands in the
    /// text, its mark and where the value stands. The first argument of `name` is how many labels there were.
    pub(crate) fn rewrite(&mut self, labels: impl Iterator<Item = (Written, u16, Place)>) {
        let before = self.len();
        for (name, mark, value) in labels {
            let name = match name {
                Written::Label(at) => self.spans()[at].name(),
                Written::Text(place) => place.range(),
            };
            self.table.push_marked(mark, Span::new(&name, &value.range()));
        }
        self.table.forget_first(before);
        self.reclaim();
    }
}

impl Clone for Labels {
    fn clone(&self) -> Self {
        let mut labels = Self::new();
        labels.clone_from(self);
        labels
    }

    /// Allocates only if there is more than there ever was.
    fn clone_from(&mut self, source: &Self) {
        self.text.clone_from(&source.text);
        self.table.clone_from(&source.table);
        (self.base, self.unsettled) = (source.base, source.unsettled);
    }
}

impl PartialEq for Labels {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Labels {}

impl fmt::Display for Labels {
    /// In Prometheus' notation: `{__name__="up", job="etcd"}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, (name, value)) in self.iter().enumerate() {
            f.write_str(if at > 0 { ", " } else { "" })?;
            if NameScheme::Legacy.allows_label(name) {
                f.write_str(name)?;
            } else {
                Quoted(name).fmt(f)?;
            }
            write!(f, "={}", Quoted(value))?;
        }
        f.write_str("}")
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut labels = Self::new();
        labels.extend(pairs);
        labels
    }
}

impl<N: AsRef<str>, V: AsRef<str>> Extend<(N, V)> for Labels {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, pairs: I) {
        for (name, value) in pairs {
            self.set(name.as_ref(), value.as_ref());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Labels, SLACK};

    fn pairs(labels: &Labels) -> Vec<(&str, &str)> {
        labels.iter().collect()
    }

    #[test]
    fn labels_are_sorted_by_bytes_and_never_empty() {
        let labels: Labels = [("b", "1"), ("é", "2"), ("Z", "3"), ("c", ""), ("", "4"), ("b", "5")]
            .into_iter()
            .collect();
        assert_eq!(pairs(&labels), [("", "4"), ("Z", "3"), ("b", "5"), ("é", "2")]);
        assert_eq!((labels.get("b"), labels.get("c")), (Some("5"), None));
    }

    #[test]
    fn an_empty_value_removes() {
        let mut labels: Labels = [("a", "1"), ("b", "2")].into_iter().collect();
        labels.set("a", "");
        labels.remove("x");
        assert_eq!(pairs(&labels), [("b", "2")]);
        labels.clear();
        assert!(labels.is_empty());
    }

    #[test]
    fn text_that_is_out_of_use_is_given_back() {
        let mut labels: Labels = [("a", "1"), ("b", "2")].into_iter().collect();
        for n in 0..100 * SLACK {
            labels.set("a", &n.to_string());
        }
        assert!(labels.text.len() < 3 * SLACK);
        assert_eq!(pairs(&labels), [("a", &*(100 * SLACK - 1).to_string()), ("b", "2")]);
    }

    #[test]
    fn what_rules_set_stands_behind_what_was_there() {
        let mut labels: Labels = [("a", "1"), ("b", "2"), ("c", "3")].into_iter().collect();
        for (name, value) in [("z", "4"), ("b", "5"), ("a", "6"), ("z", "7"), ("a", ""), ("a", "8")]
        {
            labels.put(name, value);
        }
        let mut spans = Vec::new();
        labels.snapshot(&mut spans);
        let seen: Vec<_> = spans
            .iter()
            .map(|span| (labels.slice(span.name()), labels.slice(span.value())))
            .collect();
        assert_eq!(seen, [("c", "3"), ("z", "7"), ("b", "5"), ("a", "8")]);
        labels.settle();
        assert_eq!(labels.to_string(), r#"{a="8", b="5", c="3", z="7"}"#);
    }

    #[test]
    fn labels_print_as_in_prometheus() {
        let labels: Labels = [("__name__", "a\"b"), ("x.y", "\\\n")].into_iter().collect();
        assert_eq!(labels.to_string(), r#"{__name__="a\"b", "x.y"="\\\n"}"#);
    }
}
