//! A lexer for sample lines as exporters really write them, which reads only what is new.
//!
//! Neighbouring lines of an exposition are nearly equal: the buckets of a histogram differ in `le` and the value. What a line has in
//! common with the line before, from its brace on, was read already, byte by byte, in the same place of the grammar: it
//! is compared, and reading goes on at the first label that differs.
//!
//! It knows a part of the grammar that both formats share: no blanks between tokens, no escapes in names, no exemplars, numbers
//! that cannot overflow. For every other line it says [`None`], and the exact lexer reads that line from its start; so it never
//! decides that a line is wrong.

use std::borrow::Cow;
use std::ops::Range;

use super::MetricKind;
use super::escape::unescape;
use crate::label::METRIC_NAME;

/// Where the parts of a sample line are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct QuickLine {
    pub(super) name: Range<usize>,
    /// Whether the line read before has the same name.
    pub(super) same_name: bool,
    /// Behind its newline.
    pub(super) end: usize,
}

/// A `HELP` or `TYPE` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct QuickMetadata {
    pub(super) name: Range<usize>,
    /// The type, of a `TYPE` line.
    pub(super) kind: Option<MetricKind>,
    /// Behind its newline.
    pub(super) end: usize,
}

/// A label of a line, relative to [`Quick::block`]. Name and value are without their quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Label {
    name: u32,
    name_end: u32,
    value: u32,
    end: u32,
    escaped: bool,
}

impl Label {
    const fn name(self) -> Range<usize> {
        self.name as usize..self.name_end as usize
    }

    const fn value(self) -> Range<usize> {
        self.value as usize..self.end as usize
    }
}

/// The lexer, and the line it read last.
#[derive(Debug, Default)]
pub(super) struct Quick {
    /// Without its quotes; empty if there is no such line.
    name: Range<usize>,
    /// Behind the name and its closing quote.
    block: usize,
    labels: Vec<Label>,
}

/// What a byte can be a part of.
const NAME: u8 = 1;
const DIGIT: u8 = 2;
const COLON: u8 = 4;

const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let b = byte as u8;
        class[byte] = match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => NAME,
            b'0'..=b'9' => DIGIT,
            b':' => COLON,
            _ => 0,
        };
        byte += 1;
    }
    class
};

/// The first position from `at` on whose byte is in none of `classes`.
#[inline]
fn skip(text: &[u8], at: usize, classes: u8) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| CLASS[usize::from(**byte)] & classes != 0).count()
}

/// The first position from `at` on with a byte that ends a run of plain bytes between quotes: a quote, a backslash, a newline or NUL.
#[inline]
fn skip_plain(text: &[u8], mut at: usize) -> Option<usize> {
    const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    const QUOTE: u64 = u64::from_ne_bytes([b'"'; 8]);
    const BACKSLASH: u64 = u64::from_ne_bytes([b'\\'; 8]);
    const NEWLINE: u64 = u64::from_ne_bytes([b'\n'; 8]);
    // The lowest high bit that is set belongs to the first byte that is zero; those above it can be wrong.
    let zeros = |word: u64| word.wrapping_sub(LOW) & !word;
    while let Some(chunk) = text.get(at..)?.first_chunk() {
        let word = u64::from_le_bytes(*chunk);
        let ends = zeros(word ^ QUOTE) | zeros(word ^ BACKSLASH) | zeros(word ^ NEWLINE);
        let ends = (ends | zeros(word)) & HIGH;
        if ends != 0 {
            return Some(at + ends.trailing_zeros() as usize / 8);
        }
        at += chunk.len();
    }
    let ends_run = |byte: &u8| matches!(byte, b'"' | b'\\' | b'\n' | 0);
    text[at..].iter().position(ends_run).map(|found| at + found)
}

impl Quick {
    /// Forgets the line before: it is no longer at the same place of the text.
    pub(super) fn reset(&mut self) {
        self.name = 0..0;
        self.block = 0;
        self.labels.clear();
    }

    /// Whether the name stands in quotes, and within the braces.
    const fn is_quoted(&self) -> bool {
        self.block > self.name.end
    }

    /// Reads the line that begins at `start`, which is not before the line read last.
    #[inline]
    pub(super) fn lex(&mut self, text: &[u8], start: usize) -> Option<QuickLine> {
        let line = self.read(text, start);
        if line.is_none() {
            self.reset();
        }
        line
    }

    #[inline]
    fn read(&mut self, text: &[u8], start: usize) -> Option<QuickLine> {
        let (same_name, common) = self.compare(text, start)?;
        let begun = self.keep_common(common);
        let at = match text.get(self.block)? {
            b' ' if !self.is_quoted() => self.block,
            _ => self.lex_labels(text, begun)?,
        };
        if *text.get(at)? != b' ' {
            return None;
        }
        let at = skip_number(text, at + 1)?;
        let end = match text.get(at)? {
            b'\n' => at + 1,
            b' ' => skip_timestamp(text, at + 1)?,
            _ => return None,
        };
        Some(QuickLine { name: self.name.clone(), same_name, end })
    }

    /// Reads the name. Whether it is the one of the line before, and how many bytes the two lines have in common behind it.
    #[inline]
    fn compare(&mut self, text: &[u8], start: usize) -> Option<(bool, usize)> {
        let quoted = *text.get(start)? == b'{';
        if quoted && *text.get(start + 1)? != b'"' {
            return None;
        }
        let start = if quoted { start + 2 } else { start };
        let (Range { start: before, end }, block) = (self.name.clone(), self.block);
        let (name, head) = (end - before, block - before);
        let labels = self.labels.last().map_or(0, |label| label.end as usize + 1);
        // Behind a name in quotes the brace is open already: the same bytes mean something else there.
        let same_form = quoted == self.is_quoted();
        if name > 0 && same_form {
            let common = common_prefix(text, before, start, head + labels.max(1));
            if common > head {
                self.name = start..start + name;
                self.block = start + head;
                return Some((true, common - head));
            }
        }
        let end = if quoted { skip_quoted(text, start)? } else { skip_name(text, start)? };
        self.name = start..end;
        self.block = end + usize::from(quoted);
        let labels = if same_form { labels } else { 0 };
        Some((false, common_prefix(text, block, self.block, labels)))
    }

    /// Forgets the labels that are not within the first `common` bytes. The last of them can be begun there, so far that its
    /// value is reached: then it is returned, and ends where reading has to go on.
    #[inline]
    fn keep_common(&mut self, common: usize) -> Option<Label> {
        let mut begun = None;
        while let Some(label) = self.labels.last() {
            if (label.end as usize) < common {
                break;
            }
            begun = self.labels.pop();
        }
        let end = u32::try_from(common).ok()?;
        begun
            .filter(|label| !label.escaped && label.value <= end)
            .map(|label| Label { end, ..label })
    }

    /// The value of the label `name` in the line read last, as it stands there; "" where it has no such label.
    pub(super) fn value<'t>(&self, text: &'t str, name: &str) -> &'t str {
        self.label(text, name).map_or("", |(_, value)| value)
    }

    /// What [`Self::value`] means.
    pub(super) fn plain_value<'t>(&self, text: &'t str, name: &str) -> Cow<'t, str> {
        match self.label(text, name) {
            Some((true, value)) => unescape(value),
            Some((false, value)) => Cow::Borrowed(value),
            None => Cow::Borrowed(""),
        }
    }

    /// Whether the label `name` has escapes, and its value. Of several the first counts, but if one of them is empty none does:
    /// so Prometheus has it.
    fn label<'t>(&self, text: &'t str, name: &str) -> Option<(bool, &'t str)> {
        let block = text.get(self.block..).unwrap_or_default();
        let is_named = |label: &&Label| {
            label.name().len() == name.len()
                && block.as_bytes()[label.name as usize..].starts_with(name.as_bytes())
        };
        let mut named = self.labels.iter().filter(is_named);
        let first = named.next()?;
        if named.any(|label| label.value().is_empty()) {
            return None;
        }
        Some((first.escaped, block.get(first.value()).unwrap_or_default()))
    }

    /// Whether an escape is in any value of the line read last.
    pub(super) fn is_escaped(&self) -> bool {
        self.labels.iter().any(|label| label.escaped)
    }

    /// Reads from behind the name to behind the closing brace, but for the labels that are known.
    #[inline]
    fn lex_labels(&mut self, text: &[u8], begun: Option<Label>) -> Option<usize> {
        let opened = self.is_quoted();
        let block = text.get(self.block..)?;
        let mut at = self.labels.last().map_or(0, |label| label.end as usize + 1);
        if let Some(label) = begun {
            at = self.finish_label(block, label)?;
        }
        loop {
            // Behind the name or behind a value.
            match block.get(at)? {
                b'{' if at == 0 && !opened => {}
                b',' if (at > 0 || opened) && *block.get(at + 1)? == b'}' => {
                    return Some(self.block + at + 2);
                }
                b',' if at > 0 || opened => {}
                b'}' if at > 0 || opened => return Some(self.block + at + 1),
                _ => return None,
            }
            let label = begin_label(block, at + 1)?;
            at = self.finish_label(block, label)?;
        }
    }

    /// Reads the rest of the value of `label`, and is behind its quote then.
    #[inline]
    fn finish_label(&mut self, block: &[u8], mut label: Label) -> Option<usize> {
        let mut end = label.end as usize;
        loop {
            end = skip_plain(block, end)?;
            match block[end] {
                b'"' => break,
                b'\\' if !matches!(*block.get(end + 1)?, b'\n' | 0) => {
                    label.escaped = true;
                    end += 2;
                }
                _ => return None,
            }
        }
        label.end = u32::try_from(end).ok()?;
        self.labels.push(label);
        Some(end + 1)
    }
}

/// Reads a metadata line.
pub(super) fn metadata(text: &[u8], start: usize) -> Option<QuickMetadata> {
    let is_type = match text.get(start..)?.first_chunk()? {
        b"# HELP " => false,
        b"# TYPE " => true,
        _ => return None,
    };
    let name = start + 7..skip_name(text, start + 7)?;
    if *text.get(name.end)? != b' ' {
        return None;
    }
    // Neither format means the same by a backslash, and NUL is for the exact lexer to refuse.
    let end = memchr::memchr3(b'\n', b'\\', 0, text.get(name.end + 1..)?)? + name.end + 1;
    if text[end] != b'\n' {
        return None;
    }
    let rest = &text[name.end + 1..end];
    let kind = match rest {
        _ if !is_type => None,
        b"counter" => Some(MetricKind::Counter),
        b"gauge" => Some(MetricKind::Gauge),
        b"histogram" => Some(MetricKind::Histogram),
        b"summary" => Some(MetricKind::Summary),
        _ => return None,
    };
    Some(QuickMetadata { name, kind, end: end + 1 })
}

/// Behind a name in quotes that is not empty and has no escapes.
#[inline]
fn skip_quoted(text: &[u8], start: usize) -> Option<usize> {
    let end = skip_plain(text, start)?;
    (text[end] == b'"' && end > start).then_some(end)
}

/// Behind a metric name in the unquoted form.
#[inline]
fn skip_name(text: &[u8], start: usize) -> Option<usize> {
    let first = CLASS[usize::from(*text.get(start)?)];
    (first & (NAME | COLON) != 0).then(|| skip(text, start + 1, NAME | DIGIT | COLON))
}

/// Reads `name="` or `"name"="` at `at`.
#[inline]
fn begin_label(block: &[u8], at: usize) -> Option<Label> {
    let first = *block.get(at)?;
    let (name, equals) = if first == b'"' {
        let end = skip_quoted(block, at + 1)?;
        (at + 1..end, end + 1)
    } else if CLASS[usize::from(first)] & NAME != 0 {
        let end = skip(block, at + 1, NAME | DIGIT);
        (at..end, end)
    } else {
        return None;
    };
    // It would be a second name of the metric.
    if &block[name.clone()] == METRIC_NAME.as_bytes() {
        return None;
    }
    if *block.get(equals)? != b'=' || *block.get(equals + 1)? != b'"' {
        return None;
    }
    let offset = |at: usize| u32::try_from(at).ok();
    let value = offset(equals + 2)?;
    Some(Label {
        name: offset(name.start)?,
        name_end: offset(name.end)?,
        value,
        end: value,
        escaped: false,
    })
}

/// How many of the next `limit` bytes are the same at `a` and at `b`, which is not before `a`.
#[inline]
fn common_prefix(text: &[u8], a: usize, b: usize, limit: usize) -> usize {
    const STEP: usize = 32;
    const HALF: usize = STEP / 2;
    let half = |at: usize| {
        let bytes = text.get(at..at + HALF).and_then(|bytes| bytes.first_chunk());
        bytes.map_or(0, |bytes| u128::from_le_bytes(*bytes))
    };
    let (left, right) = (text.get(a..).unwrap_or_default(), text.get(b..).unwrap_or_default());
    let mut common = 0;
    // Reads past `limit`, which is cheaper than to look at the last bytes one by one.
    for (x, y) in left.as_chunks::<STEP>().0.iter().zip(right.as_chunks::<STEP>().0) {
        if x != y || common >= limit {
            break;
        }
        common += STEP;
    }
    let different = half(a + common) ^ half(b + common);
    if b + common + STEP > text.len() {
        let rest = left[common..].iter().zip(&right[common..]);
        common += rest.take_while(|(x, y)| x == y).count();
    } else if different != 0 {
        common += different.trailing_zeros() as usize / 8;
    } else {
        let different = half(a + common + HALF) ^ half(b + common + HALF);
        common += HALF + different.trailing_zeros() as usize / 8;
    }
    common.min(limit)
}

/// Longer numbers are left to the exact lexer, which asks whether they overflow.
const DIGITS: usize = 200;

/// Behind a number that is certainly a finite `float64`, or one of the three that are not finite.
#[inline]
fn skip_number(text: &[u8], start: usize) -> Option<usize> {
    let unsigned = start + usize::from(matches!(text.get(start)?, b'-' | b'+'));
    let mut at = skip(text, unsigned, DIGIT);
    if at == unsigned {
        return skip_not_finite(text, start);
    }
    if *text.get(at)? == b'.' {
        at = skip(text, at + 1, DIGIT);
    }
    if at - start > DIGITS {
        return None;
    }
    if matches!(text.get(at)?, b'e' | b'E') {
        let exponent = at + 1 + usize::from(matches!(text.get(at + 1)?, b'-' | b'+'));
        at = skip(text, exponent, DIGIT);
        if !(1..=2).contains(&(at - exponent)) {
            return None;
        }
    }
    Some(at)
}

fn skip_not_finite(text: &[u8], start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    ["NaN", "+Inf", "-Inf"]
        .into_iter()
        .find(|word| rest.starts_with(word.as_bytes()))
        .map(|word| start + word.len())
}

/// Behind a timestamp in whole units and the newline after it.
fn skip_timestamp(text: &[u8], start: usize) -> Option<usize> {
    let at = skip(text, start, DIGIT);
    let short = (1..=18).contains(&(at - start));
    (short && *text.get(at)? == b'\n').then_some(at + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Quick, common_prefix, metadata};
    use crate::exposition::Format;
    use crate::exposition::lexer::{self, Line, LineKind, SampleTokens};

    /// Reads all lines of `text`; what it left to the exact lexer is `None`.
    fn lex(text: &str) -> Vec<Option<(&str, usize)>> {
        let mut quick = Quick::default();
        let mut start = 0;
        text.split_inclusive('\n')
            .map(|line| {
                let found = quick.lex(text.as_bytes(), start);
                start += line.len();
                found.map(|line| (&text[line.name], line.end))
            })
            .collect()
    }

    #[test]
    fn lines_as_exporters_write_them_are_read() {
        for line in [
            "a 1\n",
            "a:b_c9 -1.5e-05 1700000000000\n",
            "a{b=\"c\"} NaN\n",
            "a{b=\"\",_c=\"x y,}{=\"} +Inf\n",
            "a{b=\"\\\"\\\\\\n\"} 1.\n",
            "a{b=\"c\",} 1\n",
            "a{\"b.c\"=\"d\",e=\"f\"} 1\n",
            "a{\"{,}= \"=\"d\"} 1\n",
        ] {
            let name = line.split(['{', ' ']).next().unwrap();
            assert_eq!(lex(line), [Some((name, line.len()))], "{line}");
        }
    }

    #[test]
    fn every_other_line_is_left_to_the_exact_lexer() {
        for line in [
            "a",
            "a 1",
            "a{b=\"c\"} 1",
            "\n",
            " a 1\n",
            "a  1\n",
            "1a 1\n",
            "a{} 1\n",
            "a{b=\"c\",,} 1\n",
            "a{,} 1\n",
            "a{\"b\"} 1\n",
            "a{\"\"=\"b\"} 1\n",
            "a{\"b\\\\\"=\"c\"} 1\n",
            "a{\"__name__\"=\"c\"} 1\n",
            "{\"\"} 1\n",
            "{\"a\\n\"} 1\n",
            "{\"a\"{b=\"c\"}} 1\n",
            "{b=\"c\",\"a\"} 1\n",
            "{\"a\" } 1\n",
            "{\"a\" 1\n",
            "a{b:c=\"d\"} 1\n",
            "a{b=\"c\"}1\n",
            "a {b=\"c\"} 1\n",
            "a{b = \"c\"} 1\n",
            "a{b=\"c\n\"} 1\n",
            "a{b=\"c\" d=\"e\"} 1\n",
            "a 0x1p3\n",
            "a 1e400\n",
            "a 1 -5\n",
            "a 1 1.5\n",
            "a 1 \n",
            "a +\n",
            "a 1e\n",
            "a 1 2 3\n",
            "a{b=\"c\"} 1 # {} 1\n",
            "a 1\r\n",
            "a{b=\"\\\n\"} 1\n",
        ] {
            assert_eq!(lex(line)[0], None, "{line:?}");
        }
    }

    #[test]
    fn what_the_line_before_has_in_common_is_not_taken_for_more() {
        let text = "a_bucket{b=\"c\",le=\"1\"} 1\n\
                    a_bucket{b=\"c\",le=\"10\"} 1\n\
                    a_sum{b=\"c\"} 1\n\
                    a_count{b=\"c\",le=\"1\"} 1\n\
                    b{b=\"c\",le=\"1} 1\n\
                    b 1\n\
                    b{b=\"cc\"} 1\n";
        let mut quick = Quick::default();
        let mut start = 0;
        let mut seen = Vec::new();
        for line in text.split_inclusive('\n') {
            let read = quick.lex(text.as_bytes(), start).is_some();
            let value = |name| quick.value(text, name);
            seen.push((read, value("b"), value("le")));
            start += line.len();
        }
        let expected = [
            (true, "c", "1"),
            (true, "c", "10"),
            (true, "c", ""),
            (true, "c", "1"),
            (false, "", ""),
            (true, "", ""),
            (true, "cc", ""),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn names_in_quotes_are_read() {
        let text = "{\"a.b\"} 1\n\
                    {\"a.b\",} 1\n\
                    {\"a.b\",\"c.d\"=\"e\\n\"} 1\n\
                    {\"a.b\",\"c.d\"=\"e\",f=\"g\",} 1\n\
                    a{\"c.d\"=\"e\",f=\"h\"} 1\n\
                    {\"a\",\"c.d\"=\"e\",f=\"h\"} 1\n\
                    {\"c.d\",f=\"h\"} 1\n";
        let mut quick = Quick::default();
        let mut start = 0;
        let mut seen = Vec::new();
        for line in text.split_inclusive('\n') {
            let read = quick.lex(text.as_bytes(), start).unwrap();
            assert_eq!(read.end, start + line.len());
            seen.push((&text[read.name], quick.plain_value(text, "c.d"), quick.value(text, "f")));
            start = read.end;
        }
        let expected = [
            ("a.b", "", ""),
            ("a.b", "", ""),
            ("a.b", "e\n", ""),
            ("a.b", "e", "g"),
            ("a", "e", "h"),
            ("a", "e", "h"),
            ("c.d", "", "h"),
        ];
        let seen: Vec<_> = seen.iter().map(|(name, value, f)| (*name, &**value, *f)).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn bytes_that_two_lines_share_are_read_anew_where_a_name_goes_into_or_out_of_quotes() {
        let read = |text| lex(text).into_iter().map(|line| line.is_some()).collect::<Vec<_>>();
        assert_eq!(read("t{a=\"\"} 1\n{\"b\"{a=\"\"} 1\n"), [true, false]);
        assert_eq!(read("{\"b\",a=\"\"} 1\nt,a=\"\"} 1\n"), [true, false]);
        assert_eq!(read("{\"b\",a=\"\"} 1\nt{a=\"\"} 1\n{\"b\",a=\"\"} 1\n"), [true, true, true]);
    }

    const LINES: &[&str] = &[
        "# HELP a_bucket What it is.\n",
        "# TYPE a_bucket histogram\n",
        "# TYPE a counter\n",
        "{\"a.b\",\"c.d\"=\"e\",f=\"g\\\"h\"} 1\n",
        "{\"a.b\",\"c.d\"=\"ef\",f=\"g\",} 1\n",
        "{\"a\"} 1.5 7\n",
        "a_bucket{b=\"c\",le=\"0.5\"} 12\n",
        "a_bucket{b=\"c\",le=\"+Inf\"} 12\n",
        "a_sum{b=\"c\"} 1.5e-05\n",
        "a{b=\"c\\\\d\\\"\"} NaN 1700000000000\n",
        "a:b +Inf\n",
        "a{b=\"\",c=\"\u{e9}\"} -12 5\n",
    ];
    const PIECES: &[&str] = &[
        " ",
        "\"",
        "\\",
        "\n",
        "{",
        "}",
        ",",
        "=",
        "#",
        "\0",
        "1",
        ".",
        "e",
        "-",
        "_",
        "a",
        ":",
        "\t",
        "\u{e9}",
        "__name__=\"x\",",
        "\\\n",
        ",b=\"x\"",
        "999999999999999999999",
        " # {} 1",
    ];

    /// Line by line: if the quick lexer reads it, the exact one reads the same.
    fn agree(format: Format, text: &str) -> Result<(), TestCaseError> {
        let mut quick = Quick::default();
        let mut tokens = SampleTokens::default();
        let mut start = 0;
        while start < text.len() {
            let exact = lexer::lex(format, text.as_bytes(), start, true, &mut tokens);
            if let Some(line) = metadata(text.as_bytes(), start) {
                let Ok(Line { kind, end }) = exact else { panic!("{exact:?}") };
                let (name, found) = match kind {
                    LineKind::About(name) => (name, None),
                    LineKind::Type(name, kind) => (name, Some(kind)),
                    _ => panic!("{kind:?}"),
                };
                prop_assert_eq!((end, found), (line.end, line.kind));
                prop_assert_eq!(&name.text(text.as_bytes()), &text[line.name]);
            }
            let found = quick.lex(text.as_bytes(), start);
            if let Some(line) = &found {
                prop_assert_eq!(exact, Ok(Line { kind: LineKind::Sample, end: line.end }));
                prop_assert_eq!(&tokens.name.text(text.as_bytes()), &text[line.name.clone()]);
                prop_assert_eq!(quick.labels.len(), tokens.labels.len());
                for (label, token) in quick.labels.iter().zip(&tokens.labels) {
                    let value = &text[quick.block..][label.value()];
                    let name = &text[quick.block..][label.name()];
                    prop_assert_eq!(name, token.name.text(text.as_bytes()));
                    prop_assert_eq!(value.as_bytes(), token.value.span.of(text.as_bytes()));
                    prop_assert_eq!(label.escaped, token.value.escaped);
                }
            }
            start = exact.map_or_else(
                |_| text[start..].find('\n').map_or(text.len(), |at| start + at + 1),
                |line| line.end,
            );
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn common_prefixes_are_exact(a in "[ab]{0,70}", cut in 0_usize..70, tail in "[ab]{0,40}") {
            let b = format!("{}{tail}", &a[..cut.min(a.len())]);
            let text = format!("{a}{b}");
            let rest = text.bytes().zip(b.bytes()).take(a.len());
            let expected = rest.take_while(|(x, y)| x == y).count();
            prop_assert_eq!(common_prefix(text.as_bytes(), 0, a.len(), a.len()), expected);
        }

        #[test]
        fn whatever_is_read_quickly_is_what_the_grammars_read(
            lines in prop::collection::vec(
                prop::sample::select(LINES).prop_flat_map(|line| {
                    (Just(line), 0..line.len(), prop::sample::select(PIECES), any::<bool>())
                }),
                1..6,
            )
        ) {
            let mut text = String::new();
            for (line, at, piece, change) in lines {
                let at = line.floor_char_boundary(at);
                text.push_str(&line[..at]);
                text.push_str(if change { piece } else { "" });
                text.push_str(&line[at..]);
            }
            for format in [Format::Text, Format::OpenMetrics] {
                agree(format, &text)?;
            }
        }

        #[test]
        fn a_line_is_read_the_same_way_whatever_came_before(
            lines in prop::collection::vec("([ab]_?(\\{([ab]=\"[ab\\\\\"]{0,3}\",?){0,3}\\})?|\\{\"[ab]\"(,\"?[ab]\"?=\"[ab]{0,3}\"){0,2},?\\}) [01.]{1,2}\n", 1..8)
        ) {
            let text = lines.concat();
            let together = lex(&text);
            let mut start = 0;
            for (line, found) in lines.iter().zip(together) {
                let alone = Quick::default().lex(text.as_bytes(), start);
                prop_assert_eq!(found.map(|(_, end)| end), alone.map(|found| found.end), "{}", line);
                start += line.len();
            }
        }
    }
}
