//! Templates with `$1` and `${name}`, expanded the way Go's `Regexp.Expand` does it.

use std::ops::Range;
use std::sync::LazyLock;

use regex_syntax::hir::ClassUnicode;

use crate::label::{class, contains};

/// A template whose references are resolved against the groups of one pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Box<[Piece]>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Box<str>),
    Group(usize),
    /// The groups with one name: the first that takes part in the match counts.
    Named(Box<[usize]>),
}

/// What the groups of a match hold, the whole match first.
pub(super) trait Groups {
    /// Where the group stands in the value; `None` if it took no part in the match.
    fn group(&self, index: usize) -> Option<Range<usize>>;
}

/// Letters and decimal digits, as Go's package `unicode` has them.
static NAME: LazyLock<ClassUnicode> = LazyLock::new(|| class(r"[\pL\p{Nd}_]"));

impl Template {
    /// Reads a template. Every text is one: a `$` that begins no reference means itself.
    pub(super) fn new(text: &str, groups: &[Option<Box<str>>]) -> Self {
        let (mut pieces, mut literal, mut rest) = (Vec::new(), String::new(), text);
        while let Some((before, after)) = rest.split_once('$') {
            literal.push_str(before);
            if let Some(after) = after.strip_prefix('$') {
                literal.push('$');
                rest = after;
            } else if let Some((name, after)) = reference(after) {
                flush(&mut pieces, &mut literal);
                pieces.extend(resolve(name, groups));
                rest = after;
            } else {
                literal.push('$');
                rest = after;
            }
        }
        literal.push_str(rest);
        flush(&mut pieces, &mut literal);
        Self(pieces.into())
    }

    /// The text, if it refers to nothing.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &*self.0 {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The group, if the template is a reference to one and nothing else.
    pub(super) fn as_group(&self) -> Option<usize> {
        if let [Piece::Group(group)] = *self.0 { Some(group) } else { None }
    }

    /// Appends the template, with its references replaced by what the groups hold of `value`.
    pub(super) fn expand(&self, value: &str, groups: &impl Groups, out: &mut String) {
        for piece in &self.0 {
            let range = match piece {
                Piece::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Piece::Group(group) => groups.group(*group),
                Piece::Named(named) => named.iter().find_map(|&group| groups.group(group)),
            };
            out.push_str(range.and_then(|range| value.get(range)).unwrap_or(""));
        }
    }
}

fn flush(pieces: &mut Vec<Piece>, literal: &mut String) {
    if !literal.is_empty() {
        pieces.push(Piece::Text(literal.as_str().into()));
        literal.clear();
    }
}

/// The name behind a `$`, with or without braces, and what follows it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (braced, text) = text.strip_prefix('{').map_or((false, text), |text| (true, text));
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || contains(&NAME, c);
    let (name, rest) = text.split_at(text.find(|c| !is_name(c)).unwrap_or(text.len()));
    if name.is_empty() {
        return None;
    }
    let rest = if braced { rest.strip_prefix('}')? } else { rest };
    Some((name, rest))
}

/// The groups a name stands for; none if the pattern has no such group.
fn resolve(name: &str, groups: &[Option<Box<str>>]) -> Option<Piece> {
    if let Some(number) = number(name) {
        return (number < groups.len()).then_some(Piece::Group(number));
    }
    let named = |(_, group): &(usize, &Option<Box<str>>)| group.as_deref() == Some(name);
    let indexes: Box<[_]> = groups.iter().enumerate().filter(named).map(|(at, _)| at).collect();
    match *indexes {
        [] => None,
        [only] => Some(Piece::Group(only)),
        _ => Some(Piece::Named(indexes)),
    }
}

/// A name of digits only, without zeros in front and of at most nine digits, is a number.
fn number(name: &str) -> Option<usize> {
    let digits = name.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = name.len() > 1 && name.starts_with('0');
    if digits && !leading_zero && name.len() <= 9 { name.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::{Groups, Template};

    /// Groups of "ab": the whole, `x` = "a", 2 takes no part, two named `d` of which the second is "b", `01` = "a".
    struct Fixed;

    impl Groups for Fixed {
        fn group(&self, index: usize) -> Option<Range<usize>> {
            match index {
                0 => Some(0..2),
                1 | 5 => Some(0..1),
                4 => Some(1..2),
                _ => None,
            }
        }
    }

    fn expand(template: &str) -> String {
        let names = [None, Some("x"), None, Some("d"), Some("d"), Some("01")];
        let names: Vec<Option<Box<str>>> = names.map(|name| name.map(Into::into)).into();
        let mut out = String::new();
        Template::new(template, &names).expand("ab", &Fixed, &mut out);
        out
    }

    #[test]
    fn references_are_replaced() {
        for (template, expanded) in [
            ("$0|$1|$2|$x|${x}|${1}a", "ab|a||a|a|aa"),
            ("$1a|$9|$y|$xé|$é|${y}", "|||||"),
            ("$1-$1.$x", "a-a.a"),
            ("$d|${d}", "b|b"),
            ("$01|$02|$00|$0", "a|||ab"),
            ("$1234567890|$999999999", "|"),
            ("$١", ""),
        ] {
            assert_eq!(expand(template), expanded, "{template}");
        }
    }

    #[test]
    fn what_is_no_reference_means_itself() {
        for template in
            ["", "a", "$", "a$", "$-", "${", "${x", "${}", "${ 1}", "${1 }", "${x y}", "${x-}"]
        {
            assert_eq!(expand(template), template);
        }
        assert_eq!(expand("$$|$$1|$$$1|$${x}"), "$|$1|$a|${x}");
    }

    #[test]
    fn a_template_without_references_is_text() {
        assert_eq!(Template::new("a$$b", &[]).as_text(), Some("a$b"));
        assert_eq!(Template::new("$9", &[None]).as_text(), Some(""));
        assert_eq!(Template::new("$0", &[None]).as_text(), None);
        assert_eq!(Template::new("$0", &[None]).as_group(), Some(0));
        assert_eq!(Template::new("$0$0", &[None]).as_group(), None);
    }
}
