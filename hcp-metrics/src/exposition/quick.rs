//! A lexer for sample lines as exporters really write them, which reads only what is new.
//!
//! Neighbouring lines of an exposition are nearly equal: the buckets of a histogram differ in `le` and the value. What a line has in
//! common with the line before, from its brace on, was read already, byte by byte, in the same place of the grammar: it
//! is compared, and reading goes on at the first label that differs.
//!
//! It knows a part of the grammar that both formats share: no blanks between tokens, no quoted names, no exemplars, numbers that
//! cannot overflow. For every other line it says [`None`], and the exact lexer reads that line from its start; so it never
//! decides that a line is wrong.

use std::ops::Range;

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

/// A label of a line, relative to the name's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Label {
    name: u32,
    /// Of the name; the value begins two bytes later.
    name_end: u32,
    /// Of the value, where its closing quote is.
    end: u32,
    escaped: bool,
}

impl Label {
    const fn value(self) -> Range<usize> {
        self.name_end as usize + 2..self.end as usize
    }
}

/// The lexer, and the line it read last.
#[derive(Debug, Default)]
pub(super) struct Quick {
    /// Empty if there is no such line.
    name: Range<usize>,
    labels: Vec<Label>,
}

/// What a byte can be a part of.
const NAME: u8 = 1;
const DIGIT: u8 = 2;
const COLON: u8 = 4;
/// Ends a run of plain bytes in a value.
const STOP: u8 = 8;

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
            b'"' | b'\\' | b'\n' | 0 => STOP,
            _ => 0,
        };
        byte += 1;
    }
    class
};

/// The first position from `at` on whose byte is in none of `classes`.
fn skip(text: &[u8], at: usize, classes: u8) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| CLASS[usize::from(**byte)] & classes != 0).count()
}

impl Quick {
    /// Forgets the line before: it is no longer at the same place of the text.
    pub(super) fn reset(&mut self) {
        self.name = 0..0;
        self.labels.clear();
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
        let at = match text.get(self.name.end)? {
            b'{' => self.lex_labels(text, begun)?,
            b' ' if self.labels.is_empty() => self.name.end,
            _ => return None,
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
        let Range { start: before, end } = self.name;
        let name = end - before;
        let labels = self.labels.last().map_or(0, |label| label.end as usize + 1);
        let common = common_prefix(text, before, start, name + labels.max(1));
        if name > 0 && common > name {
            self.name = start..start + name;
            return Some((true, common - name));
        }
        self.name = start..skip_name(text, start)?;
        Some((false, common_prefix(text, end, self.name.end, labels)))
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
            .filter(|label| !label.escaped && label.name_end + 2 <= end)
            .map(|label| Label { end, ..label })
    }

    /// The value of the label `name` in the line read last; "" where it has no such label. Of several the first counts, but if
    /// one of them is empty none does: so Prometheus has it.
    pub(super) fn value<'t>(&self, text: &'t str, name: &str) -> &'t str {
        let block = text.get(self.name.end..).unwrap_or_default();
        let is_named = |label: &&Label| {
            (label.name_end - label.name) as usize == name.len()
                && block.as_bytes()[label.name as usize..].starts_with(name.as_bytes())
        };
        let mut named = self.labels.iter().filter(is_named);
        let value = |label: &Label| block.get(label.value()).unwrap_or_default();
        let first = named.next().map_or("", value);
        if named.any(|label| label.value().is_empty()) { "" } else { first }
    }

    /// Whether an escape is in any value of the line read last.
    pub(super) fn is_escaped(&self) -> bool {
        self.labels.iter().any(|label| label.escaped)
    }

    /// Reads from the brace behind the name to behind the closing one, but for the labels that are known.
    #[inline]
    fn lex_labels(&mut self, text: &[u8], begun: Option<Label>) -> Option<usize> {
        let block = text.get(self.name.end..)?;
        let mut at = self.labels.last().map_or(0, |label| label.end as usize + 1);
        if let Some(label) = begun {
            at = self.finish_label(block, label)?;
        }
        loop {
            // Behind the opening brace or behind a value.
            match block.get(at)? {
                b'{' if at == 0 => {}
                b',' if at > 0 => {}
                b'}' if at > 0 => return Some(self.name.end + at + 1),
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
            let rest = block.get(end..)?;
            end += rest.iter().position(|byte| CLASS[usize::from(*byte)] == STOP)?;
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

/// Behind a metric name in the unquoted form.
#[inline]
fn skip_name(text: &[u8], start: usize) -> Option<usize> {
    let first = CLASS[usize::from(*text.get(start)?)];
    (first & (NAME | COLON) != 0).then(|| skip(text, start + 1, NAME | DIGIT | COLON))
}

/// Reads `name="` at `at`.
#[inline]
fn begin_label(block: &[u8], at: usize) -> Option<Label> {
    if CLASS[usize::from(*block.get(at)?)] & NAME == 0 {
        return None;
    }
    let name_end = skip(block, at + 1, NAME | DIGIT);
    // It would be a second name of the metric.
    if &block[at..name_end] == METRIC_NAME.as_bytes() {
        return None;
    }
    if *block.get(name_end)? != b'=' || *block.get(name_end + 1)? != b'"' {
        return None;
    }
    let offset = |at: usize| u32::try_from(at).ok();
    Some(Label {
        name: offset(at)?,
        name_end: offset(name_end)?,
        end: offset(name_end + 2)?,
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

    use super::{Quick, common_prefix};
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
            "a{b=\"c\",} 1\n",
            "a{b:c=\"d\"} 1\n",
            "a{b=\"c\"}1\n",
            "a {b=\"c\"} 1\n",
            "a{b = \"c\"} 1\n",
            "a{b=\"c\n\"} 1\n",
            "a{b=\"c\" d=\"e\"} 1\n",
            "{\"a\"} 1\n",
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

    const LINES: &[&str] = &[
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
            let found = quick.lex(text.as_bytes(), start);
            if let Some(line) = &found {
                prop_assert_eq!(exact, Ok(Line { kind: LineKind::Sample, end: line.end }));
                prop_assert_eq!(&tokens.name.text(text.as_bytes()), &text[line.name.clone()]);
                prop_assert_eq!(quick.labels.len(), tokens.labels.len());
                for (label, token) in quick.labels.iter().zip(&tokens.labels) {
                    let value = &text[quick.name.end..][label.value()];
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
            lines in prop::collection::vec("[ab]_?(\\{([ab]=\"[ab\\\\\"]{0,3}\",?){0,3}\\})? [01.]{1,2}\n", 1..8)
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
