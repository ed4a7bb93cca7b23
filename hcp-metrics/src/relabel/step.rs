//! One compiled rule, and what it does to labels.

use std::fmt::Write;
use std::ops::Range;

use md5::{Digest, Md5};
use regex_automata::util::captures::Captures;

use super::letter_case::{push_lower, push_upper};
use super::matcher::{Hint, Matcher};
use super::pattern::Pattern;
use super::recall::{Expansion, Recall, Recalled};
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

/// Where a step finds the values of its sources and of its target.
pub(super) trait Access {
    /// The text of what stands somewhere.
    fn labels(&self) -> &Labels;

    /// Where the value of the source with this index stands; nowhere if there is no such label.
    fn source(&self, index: usize) -> Range<usize>;

    /// Where the value of the target stands.
    fn target(&self) -> Range<usize>;

    /// Sets the target, "" removes it.
    fn set(&mut self, value: &str);

    /// Sets the target to what stands there.
    fn set_place(&mut self, place: &Range<usize>);
}

/// Finds labels by their names.
struct ByName<'a> {
    labels: &'a mut Labels,
    step: &'a Step,
}

impl Access for ByName<'_> {
    fn labels(&self) -> &Labels {
        self.labels
    }

    fn source(&self, index: usize) -> Range<usize> {
        self.labels.locate(&self.step.sources[index])
    }

    fn target(&self) -> Range<usize> {
        self.labels.locate(&self.step.target)
    }

    fn set(&mut self, value: &str) {
        self.labels.put(&self.step.target, value);
    }

    fn set_place(&mut self, place: &Range<usize>) {
        self.labels.put_span(&self.step.target, place);
    }
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
            Action::LabelMap => self.map_names(labels, scratch),
            Action::LabelDrop | Action::LabelKeep => {
                labels.drop_names(|name| self.removes_name(name));
            }
            Action::Replace if self.names_its_target() => self.replace_named(labels, scratch),
            _ => return self.apply_to(&mut ByName { labels, step: self }, scratch),
        }
        true
    }

    /// [`Self::apply`] of a rule that reads and sets values of labels whose names are known; whether the series is kept.
    pub(super) fn apply_to(&self, access: &mut impl Access, scratch: &mut Scratch) -> bool {
        match self.action {
            Action::Drop | Action::Keep => {
                !self.drops_on(self.matches(self.value(access, &mut scratch.joined)))
            }
            Action::DropEqual | Action::KeepEqual => {
                let target = access.labels().slice(access.target());
                !self.drops_on(target == self.value(access, &mut scratch.joined))
            }
            Action::Replace => {
                self.replace(access, scratch);
                true
            }
            _ => {
                self.compute(access, scratch);
                true
            }
        }
    }

    /// Whether the name of the label it sets depends on values.
    pub(super) const fn names_its_target(&self) -> bool {
        self.target_template.is_some()
    }

    /// Whether it removes labels with this name.
    pub(super) fn removes(&self, name: &str) -> bool {
        self.matches(name) == (self.action == Action::LabelDrop)
    }

    fn removes_name(&self, name: &Name<'_>) -> bool {
        self.matches_name(name) == (self.action == Action::LabelDrop)
    }

    /// The name to which it maps a label with this name, if it does.
    pub(super) fn renamed(&self, name: &str) -> Option<String> {
        let mut renamed = String::new();
        self.matches(name).then(|| self.rename(name, &mut None, &mut renamed))?;
        Some(renamed)
    }

    fn compute(&self, access: &mut impl Access, scratch: &mut Scratch) {
        let Scratch { joined, value: out, engines, .. } = scratch;
        out.clear();
        let value = self.value(access, joined);
        match self.action {
            Action::Lowercase => push_lower(out, value),
            Action::Uppercase => push_upper(out, value),
            _ => {
                let recall = &mut Scratch::engine(engines, self.index).recall;
                let hash = |expansion: &mut Expansion| {
                    push_hash(&mut expansion.text, value, self.modulus);
                };
                return access.set(recall.of(value, hash).text);
            }
        }
        access.set(out);
    }

    /// The values of the sources, joined.
    fn value<'v>(&self, access: &'v impl Access, joined: &'v mut String) -> &'v str {
        let labels = access.labels();
        if self.sources.len() == 1 {
            return labels.slice(access.source(0));
        }
        joined.clear();
        for at in 0..self.sources.len() {
            if at > 0 {
                joined.push_str(&self.separator);
            }
            joined.push_str(labels.slice(access.source(at)));
        }
        joined
    }

    fn matches(&self, value: &str) -> bool {
        self.matcher.test(value).unwrap_or_else(|| self.pattern.is_match(value))
    }

    fn matches_name(&self, name: &Name<'_>) -> bool {
        self.hint.admits(name.bytes()) && self.matches(name.text())
    }

    fn replace(&self, access: &mut impl Access, scratch: &mut Scratch) {
        let Scratch { joined, value: out, engines, .. } = scratch;
        if let Some(text) = self.replacement.as_text() {
            if self.matches(self.value(access, joined)) {
                access.set(text);
            }
            return;
        }
        if self.sources.len() == 1 && self.replace_by_part(access) {
            return;
        }
        let value = self.value(access, joined);
        match self.matcher.test(value) {
            Some(false) => {}
            Some(true) if let Some(groups) = self.matcher.groups(value) => {
                out.clear();
                self.replacement.expand(value, &groups, out);
                access.set(out);
            }
            _ => {
                let expansion = self.recall(value, engines);
                if expansion.matches {
                    access.set(expansion.text);
                }
            }
        }
    }

    /// Sets the target to the only source's value or a part of it without copying that; whether the rule is of such a kind.
    fn replace_by_part(&self, access: &mut impl Access) -> bool {
        let Some(group) = self.replacement.as_group() else { return false };
        let place = access.source(0);
        let value = access.labels().slice(place.clone());
        let Some(groups) = self.matcher.groups(value) else { return false };
        if self.matches(value) {
            let part = groups.group(group).unwrap_or(0..0);
            access.set_place(&(place.start + part.start..place.start + part.end));
        }
        true
    }

    /// [`Self::replace`] where the target is a template.
    fn replace_named(&self, labels: &mut Labels, scratch: &mut Scratch) {
        let Scratch { joined, engines, .. } = scratch;
        let access = ByName { labels, step: self };
        let expansion = self.recall(self.value(&access, joined), engines);
        if expansion.matches && self.scheme.allows_label(expansion.target) {
            labels.put(expansion.target, expansion.text);
        }
    }

    fn recall<'e>(&self, value: &str, engines: &'e mut Vec<EngineScratch>) -> Recalled<'e> {
        let EngineScratch { captures, recall } = Scratch::engine(engines, self.index);
        recall.of(value, |expansion| {
            if self.matcher.test(value) != Some(false)
                && let Some(captures) = self.captures(value, 0, captures)
            {
                if let Some(template) = &self.target_template {
                    template.expand(value, captures, &mut expansion.target);
                }
                self.replacement.expand(value, captures, &mut expansion.text);
                expansion.matches = true;
            }
        })
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
            if self.matcher.groups(name).is_some() {
                out.clear();
                self.rename(name, &mut None, out);
                labels.put_span(out, &span.value());
            } else {
                let EngineScratch { captures, recall } = Scratch::engine(engines, self.index);
                let renamed = recall.of(name, |expansion| {
                    self.rename(name, captures, &mut expansion.text);
                });
                labels.put_span(renamed.text, &span.value());
            }
        }
    }

    /// The name to which a name that matches is mapped.
    fn rename(&self, name: &str, captures: &mut Option<Captures>, out: &mut String) {
        match self.matcher.groups(name) {
            Some(groups) => self.replacement.expand(name, &groups, out),
            None => self.replace_all(name, captures, out),
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
