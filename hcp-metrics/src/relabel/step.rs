//! One compiled rule, and what it does to labels.

use std::fmt::Write;
use std::ops::Range;

use md5::{Digest, Md5};
use regex_automata::util::captures::Captures;

use super::letter_case::{push_lower, push_upper};
use super::matcher::{Hint, Matcher};
use super::pattern::Pattern;
use super::recall::{Expansion, Recall};
use super::template::{Groups, Template};
use super::validate::{self, validate};
use super::{Action, CompileError, CompileOptions, Field, Rule};
use crate::label::{Labels, Name, NameScheme, Span};

/// A rule that is known to be valid.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) action: Action,
    pub(crate) sources: Box<[Box<str>]>,
    pub(crate) separator: Box<str>,
    pub(crate) pattern: Pattern,
    pub(crate) target: Box<str>,
    index: usize,
    matcher: Matcher,
    hint: Hint,
    /// The target of [`Action::Replace`] if it has references.
    target_template: Option<Template>,
    replacement: Template,
    modulus: u64,
    scheme: NameScheme,
}

/// Memory that steps use again for every series. It is for the steps of one list only.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    joined: String,
    target: String,
    value: String,
    spans: Vec<Span>,
    /// By the index of the step.
    engines: Vec<EngineScratch>,
}

/// What a step needs that has to ask the regex engine.
#[derive(Debug, Default)]
struct EngineScratch {
    captures: Option<Captures>,
    recall: Recall,
}

impl Scratch {
    fn engine(engines: &mut Vec<EngineScratch>, index: usize) -> &mut EngineScratch {
        if engines.len() <= index {
            engines.resize_with(index + 1, EngineScratch::default);
        }
        &mut engines[index]
    }
}

impl Groups for Captures {
    fn group(&self, index: usize) -> Option<Range<usize>> {
        self.get_group(index).map(|span| span.range())
    }
}

impl Step {
    /// Checks what Prometheus checks, in its order, and compiles.
    pub(crate) fn compile(
        index: usize,
        rule: &Rule,
        options: &CompileOptions,
    ) -> Result<Self, CompileError> {
        validate::source_labels(index, rule)?;
        let scheme = options.name_scheme;
        let regex = rule.regex.as_deref().unwrap_or(validate::REGEX);
        let pattern = Pattern::anchored(regex).map_err(|error| CompileError {
            rule: index,
            field: Field::Regex,
            offset: Some(error.offset),
            message: error.message,
            remedy: "write the expression in Go's syntax (RE2)",
        })?;
        validate(index, rule, scheme)?;

        let matcher = Matcher::new(pattern.hir());
        let names = pattern.names();
        let is_template = rule.action == Action::Replace && rule.target_label.contains('$');
        let replacement = rule.replacement.as_deref().unwrap_or(validate::REPLACEMENT);
        Ok(Self {
            action: rule.action,
            sources: rule.source_labels.iter().flatten().map(|name| name.as_str().into()).collect(),
            separator: rule.separator.as_deref().unwrap_or(validate::SEPARATOR).into(),
            target: rule.target_label.as_str().into(),
            index,
            target_template: is_template.then(|| Template::new(&rule.target_label, names)),
            replacement: Template::new(replacement, names),
            modulus: rule.modulus,
            scheme,
            hint: matcher.hint(),
            matcher,
            pattern,
        })
    }

    /// Whether a filter drops a series whose sources match, or equal the target, or do neither.
    pub(crate) const fn drops_on(&self, matched: bool) -> bool {
        match self.action {
            Action::Drop | Action::DropEqual => matched,
            Action::Keep | Action::KeepEqual => !matched,
            _ => false,
        }
    }

    /// Changes `labels`; whether the series is kept. After the last step, [`Labels::settle`] must be called.
    pub(crate) fn apply(&self, labels: &mut Labels, scratch: &mut Scratch) -> bool {
        match self.action {
            Action::Drop | Action::Keep => {
                !self.drops_on(self.matches(self.value(labels, &mut scratch.joined)))
            }
            Action::DropEqual | Action::KeepEqual => {
                let target = labels.get(&self.target).unwrap_or("");
                !self.drops_on(target == self.value(labels, &mut scratch.joined))
            }
            _ => {
                self.change(labels, scratch);
                true
            }
        }
    }

    fn change(&self, labels: &mut Labels, scratch: &mut Scratch) {
        match self.action {
            Action::Replace => self.replace(labels, scratch),
            Action::LabelMap => self.map_names(labels, scratch),
            Action::LabelDrop => labels.drop_names(|name| self.matches_name(name)),
            Action::LabelKeep => labels.drop_names(|name| !self.matches_name(name)),
            _ => {
                let Scratch { joined, value: out, .. } = scratch;
                out.clear();
                let value = self.value(labels, joined);
                match self.action {
                    Action::Lowercase => push_lower(out, value),
                    Action::Uppercase => push_upper(out, value),
                    _ => push_hash(out, value, self.modulus),
                }
                labels.put(&self.target, out);
            }
        }
    }

    /// The values of the sources, joined.
    fn value<'v>(&self, labels: &'v Labels, joined: &'v mut String) -> &'v str {
        if let [only] = &*self.sources {
            return labels.get(only).unwrap_or("");
        }
        joined.clear();
        for (at, name) in self.sources.iter().enumerate() {
            joined.push_str(if at > 0 { &self.separator } else { "" });
            joined.push_str(labels.get(name).unwrap_or(""));
        }
        joined
    }

    fn matches(&self, value: &str) -> bool {
        self.matcher.test(value).unwrap_or_else(|| self.pattern.is_match(value))
    }

    fn matches_name(&self, name: &Name<'_>) -> bool {
        self.hint.admits(name.bytes()) && self.matches(name.text())
    }

    fn replace(&self, labels: &mut Labels, scratch: &mut Scratch) {
        let Scratch { joined, target, value: out, engines, .. } = scratch;
        if self.target_template.is_none() && self.replace_alike(labels, joined) {
            return;
        }
        let value = self.value(labels, joined);
        let (target, text) = match self.matcher.test(value) {
            Some(false) => return,
            Some(true) if let Some(groups) = self.matcher.groups(value) => {
                target.clear();
                out.clear();
                self.expand(value, &groups, target, out);
                (&*target, &*out)
            }
            _ => {
                let engine = Scratch::engine(engines, self.index);
                let captures = &mut engine.captures;
                let expansion = engine.recall.of(value, |expansion| {
                    self.expand_captures(value, captures, expansion);
                });
                if !expansion.matches {
                    return;
                }
                (&expansion.target, &expansion.text)
            }
        };
        if self.target_template.is_none() {
            labels.put(&self.target, text);
        } else if self.scheme.allows_label(target) {
            labels.put(target, text);
        }
    }

    fn expand_captures(
        &self,
        value: &str,
        captures: &mut Option<Captures>,
        expansion: &mut Expansion,
    ) {
        if let Some(captures) = self.captures(value, 0, captures) {
            self.expand(value, captures, &mut expansion.target, &mut expansion.text);
            expansion.matches = true;
        }
    }

    /// Sets the target to a constant, or to one source's value or a part of it, without copying that; whether the rule is of
    /// such a kind.
    fn replace_alike(&self, labels: &mut Labels, joined: &mut String) -> bool {
        if let Some(text) = self.replacement.as_text() {
            if self.matches(self.value(labels, joined)) {
                labels.put(&self.target, text);
            }
            return true;
        }
        let ([source], Some(group)) = (&*self.sources, self.replacement.as_group()) else {
            return false;
        };
        let place = labels.locate(source);
        let value = labels.slice(place.clone());
        let Some(groups) = self.matcher.groups(value) else { return false };
        if self.matches(value) {
            let part = groups.group(group).unwrap_or(0..0);
            labels.put_span(&self.target, &(place.start + part.start..place.start + part.end));
        }
        true
    }

    fn expand(&self, value: &str, groups: &impl Groups, target: &mut String, out: &mut String) {
        if let Some(template) = &self.target_template {
            template.expand(value, groups, target);
        }
        self.replacement.expand(value, groups, out);
    }

    /// The groups of the first match at or behind `from`.
    fn captures<'c>(
        &self,
        value: &str,
        from: usize,
        captures: &'c mut Option<Captures>,
    ) -> Option<&'c Captures> {
        let captures = captures.get_or_insert_with(|| self.pattern.create_captures());
        self.pattern.captures_from(value, from, captures);
        captures.is_match().then_some(captures)
    }

    fn map_names(&self, labels: &mut Labels, scratch: &mut Scratch) {
        let Scratch { value: out, spans, engines, .. } = scratch;
        if !labels.any_name(self.hint.least(), |name| self.matches_name(name)) {
            return;
        }
        labels.snapshot(spans);
        for span in spans {
            let name = labels.slice(span.name());
            if !self.hint.admits(name.as_bytes()) || !self.matches(name) {
                continue;
            }
            if let Some(groups) = self.matcher.groups(name) {
                out.clear();
                self.replacement.expand(name, &groups, out);
                labels.put_span(out, &span.value());
            } else {
                let engine = Scratch::engine(engines, self.index);
                let captures = &mut engine.captures;
                let replace = |expansion: &mut Expansion| {
                    self.replace_all(name, captures, &mut expansion.text);
                };
                let expansion = engine.recall.of(name, replace);
                labels.put_span(&expansion.text, &span.value());
            }
        }
    }

    /// Go's `ReplaceAllString`: all matches from left to right, but no empty one right behind another.
    fn replace_all(&self, text: &str, captures: &mut Option<Captures>, out: &mut String) {
        let (mut from, mut copied) = (0, 0);
        while from <= text.len()
            && let Some(groups) = self.captures(text, from, captures)
            && let Some(found) = groups.get_match()
        {
            out.push_str(text.get(copied..found.start()).unwrap_or(""));
            if found.end() > copied || found.start() == 0 {
                self.replacement.expand(text, groups, out);
            }
            copied = found.end();
            if self.matcher.is_anchored() {
                break;
            }
            let width = text.get(from..).and_then(|rest| rest.chars().next());
            from = found.end().max(from + width.map_or(1, char::len_utf8));
        }
        out.push_str(text.get(copied..).unwrap_or(""));
    }
}

/// The low half of the MD5 as a number, modulo `modulus`.
fn push_hash(out: &mut String, value: &str, modulus: u64) {
    let hash = Md5::digest(value.as_bytes());
    let low = hash.iter().skip(8).fold(0, |low, &byte| low << 8 | u64::from(byte));
    let shard = low.checked_rem(modulus).unwrap_or(0);
    // Writing to a string never fails.
    let _ = write!(out, "{shard}");
}
