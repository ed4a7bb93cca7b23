//! The alternatives of an expression, found in its text.

use std::ops::Range;

/// A group of alternatives, or the whole expression: `(a|b)` has two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// Where its branches stand, without the bars between them.
    branches: Vec<Range<usize>>,
}

/// One alternative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alternative {
    /// As it is written.
    pub(super) text: String,
    /// Where it begins in the expression.
    pub(super) offset: usize,
    /// The expression with this alternative as the only one of its group.
    pub(super) alone: String,
}

impl Choice {
    /// The groups of an expression that have several branches, from left to right by where they end.
    ///
    /// Left out are groups that are repeated, because there one branch can need another, and groups with flags of their own,
    /// which hold from branch to branch. Nothing comes of an expression whose parentheses do not pair.
    pub(super) fn all(text: &str) -> Vec<Self> {
        Scanner::new(text).scan().unwrap_or_default()
    }

    /// Its alternatives.
    pub(super) fn alternatives(&self, text: &str) -> Vec<Alternative> {
        let slice = |range: Range<usize>| text.get(range).unwrap_or("");
        let (Some(first), Some(last)) = (self.branches.first(), self.branches.last()) else {
            return Vec::new();
        };
        let (head, tail) = (slice(0..first.start), slice(last.end..text.len()));
        let alternative = |branch: &Range<usize>| {
            let own = slice(branch.clone());
            Alternative {
                text: own.to_owned(),
                offset: branch.start,
                alone: [head, own, tail].concat(),
            }
        };
        self.branches.iter().map(alternative).collect()
    }
}

/// A group that is open.
struct Open {
    branch: usize,
    branches: Vec<Range<usize>>,
    /// Whether it sets flags.
    flags: bool,
    /// How many choices had been found when it began.
    inner: usize,
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    open: Vec<Open>,
    found: Vec<Choice>,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t str) -> Self {
        let whole = Open { branch: 0, branches: Vec::new(), flags: false, inner: 0 };
        Self { text, at: 0, open: vec![whole], found: Vec::new() }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// `None` if the parentheses do not pair.
    fn scan(mut self) -> Option<Vec<Choice>> {
        while let Some(c) = self.rest().chars().next() {
            match c {
                '\\' => self.escape(),
                '[' => self.class(),
                '(' => self.begin(),
                ')' => {
                    // The whole is closed by the end of the text alone.
                    if self.open.len() < 2 {
                        return None;
                    }
                    let group = self.open.pop()?;
                    self.at += 1;
                    self.end(group, self.at - 1);
                }
                '|' => {
                    let at = self.at;
                    let group = self.open.last_mut()?;
                    group.branches.push(group.branch..at);
                    group.branch = at + 1;
                    self.at += 1;
                }
                c => self.at += c.len_utf8(),
            }
        }
        let whole = self.open.pop()?;
        if !self.open.is_empty() {
            return None;
        }
        self.end(whole, self.text.len());
        Some(self.found)
    }

    fn escape(&mut self) {
        if let Some(quoted) = self.rest().strip_prefix("\\Q") {
            let end = quoted.find("\\E").map_or(quoted.len(), |at| at + 2);
            self.at += 2 + end;
            return;
        }
        let escaped = self.rest().chars().nth(1).map_or(0, char::len_utf8);
        self.at += 1 + escaped;
    }

    fn class(&mut self) {
        let body = self.rest().get(1..).unwrap_or("");
        let inner = body.strip_prefix('^').unwrap_or(body);
        // A bracket that comes first is a member.
        let first = inner.starts_with(']');
        self.at += 1 + (body.len() - inner.len()) + usize::from(first);
        while let Some(c) = self.rest().chars().next() {
            match c {
                ']' => {
                    self.at += 1;
                    return;
                }
                '\\' => {
                    let escaped = self.rest().chars().nth(1).map_or(0, char::len_utf8);
                    self.at += 1 + escaped;
                }
                '[' if self.rest().starts_with("[:") => {
                    let end = self.rest().find(":]").map_or(1, |at| at + 2);
                    self.at += end;
                }
                c => self.at += c.len_utf8(),
            }
        }
    }

    fn begin(&mut self) {
        let rest = self.rest();
        let mut open = Open {
            branch: self.at + 1,
            branches: Vec::new(),
            flags: false,
            inner: self.found.len(),
        };
        if let Some(special) = rest.strip_prefix("(?") {
            if special.starts_with(['P', '<']) {
                open.branch = self.at + rest.find('>').map_or(1, |at| at + 1);
            } else {
                let end = special.find([':', ')']).unwrap_or(special.len());
                if special.get(end..).is_some_and(|end| end.starts_with(')')) {
                    if let Some(outer) = self.open.last_mut() {
                        outer.flags = true;
                    }
                    self.at += 2 + end + 1;
                    return;
                }
                open.branch = self.at + 2 + end + 1;
            }
        }
        self.at = open.branch;
        self.open.push(open);
    }

    fn end(&mut self, mut group: Open, end: usize) {
        if self.rest().starts_with(['*', '+', '?', '{']) {
            self.found.truncate(group.inner);
            return;
        }
        group.branches.push(group.branch..end);
        if group.branches.len() > 1 && !group.flags {
            self.found.push(Choice { branches: group.branches });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alternatives(text: &str) -> Vec<(String, String)> {
        let all = Choice::all(text);
        let each = all.iter().flat_map(|choice| choice.alternatives(text));
        each.map(|a| {
            assert!(text[a.offset..].starts_with(&a.text));
            (a.text, a.alone)
        })
        .collect()
    }

    #[test]
    fn each_alternative_stands_alone() {
        for (text, expected) in [
            ("abc", &[][..]),
            ("a|b", &[("a", "a"), ("b", "b")]),
            ("x(a| b)y", &[("a", "x(a)y"), (" b", "x( b)y")]),
            ("x(?P<n>a|b)", &[("a", "x(?P<n>a)"), ("b", "x(?P<n>b)")]),
            ("(?i:a|b)", &[("a", "(?i:a)"), ("b", "(?i:b)")]),
            (r"a\|b|[|(]|\Q|(\E", &[(r"a\|b", r"a\|b"), ("[|(]", "[|(]"), (r"\Q|(\E", r"\Q|(\E")]),
            (
                "[]|]|[^]|]|[[:alpha:]|]",
                &[("[]|]", "[]|]"), ("[^]|]", "[^]|]"), ("[[:alpha:]|]", "[[:alpha:]|]")],
            ),
            ("(a|b)*(c|d)", &[("c", "(a|b)*(c)"), ("d", "(a|b)*(d)")]),
            ("((a|b)c)+", &[]),
            ("(?i)a|b", &[]),
            ("a)|(b", &[]),
            ("(a|b", &[]),
        ] {
            let found = alternatives(text);
            let found: Vec<_> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn inner_groups_come_before_outer_ones() {
        let found: Vec<_> = alternatives("a(b|c)|d").into_iter().map(|(a, _)| a).collect();
        assert_eq!(found, ["b", "c", "a(b|c)", "d"]);
    }
}
