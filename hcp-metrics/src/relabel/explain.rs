//! Which rule decided about a series, and why.

use std::fmt;

use super::step::Step;
use super::{Action, Rule, Rules, Verdict};
use crate::label::Labels;

/// What each rule did to a series, up to the one that dropped it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// What became of the series.
    pub verdict: Verdict,
    /// One for each rule that was reached.
    pub rules: Vec<Explained>,
}

/// What one rule did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explained {
    /// Its place in the list, counted from 0.
    pub rule: usize,
    /// What it is for.
    pub action: Action,
    /// What it looked at.
    pub looked_at: LookedAt,
    /// The labels it changed.
    pub changes: Vec<Change>,
    /// Whether it dropped the series.
    pub dropped: bool,
}

/// What a rule looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LookedAt {
    /// The source labels' values, joined, and whether they match the regex.
    Value {
        /// The joined values.
        value: String,
        /// The regex, as it was written.
        regex: String,
        /// Whether it matches.
        matches: bool,
    },
    /// The source labels' values, joined, and the target label's.
    Equality {
        /// The joined values.
        value: String,
        /// The target label's value.
        target: String,
    },
    /// The source labels' values, joined, whatever they are.
    Anything {
        /// The joined values.
        value: String,
    },
    /// The names of all labels.
    Names {
        /// The regex, as it was written.
        regex: String,
    },
}

/// A label that a rule changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Its name.
    pub label: String,
    /// Its value before, if it had one.
    pub from: Option<String>,
    /// Its value after, if it has one.
    pub to: Option<String>,
}

impl Rules {
    /// Applies the rules to a copy of `labels` and tells what each of them saw and did.
    ///
    /// ```
    /// use hcp_metrics::Labels;
    /// use hcp_metrics::relabel::{Rule, Rules};
    ///
    /// let rules = Rules::compile(&[Rule::drop_names("etcd_(debugging|disk|server).*")])?;
    /// let labels = Labels::from_iter([("__name__", "etcd_server_has_leader")]);
    /// assert_eq!(
    ///     rules.explain(&labels).to_string(),
    ///     "rule 0 (drop): \"etcd_server_has_leader\" matches \"etcd_(debugging|disk|server).*\": dropped\n"
    /// );
    /// # Ok::<(), hcp_metrics::relabel::CompileError>(())
    /// ```
    #[must_use]
    pub fn explain(&self, labels: &Labels) -> Explanation {
        let mut labels = labels.clone();
        let mut rules = Vec::new();
        for (index, (step, rule)) in self.steps().iter().zip(self.rules()).enumerate() {
            let before = labels.clone();
            let dropped = !self.apply_one(index, &mut labels);
            rules.push(Explained {
                rule: index,
                action: step.action,
                looked_at: LookedAt::by(step, rule, &before),
                changes: if dropped { Vec::new() } else { changes(&before, &labels) },
                dropped,
            });
            if dropped {
                return Explanation { verdict: Verdict::Drop(index), rules };
            }
        }
        let verdict = if labels.is_empty() { Verdict::NoLabels } else { Verdict::Keep };
        Explanation { verdict, rules }
    }
}

impl LookedAt {
    fn by(step: &Step, rule: &Rule, labels: &Labels) -> Self {
        let get = |name: &str| labels.get(name).unwrap_or("").to_owned();
        let values: Vec<_> = step.sources.iter().map(|name| get(name)).collect();
        let value = values.join(&step.separator);
        let regex = rule.regex.clone().unwrap_or_else(|| "(.*)".to_owned());
        match step.action {
            Action::LabelMap | Action::LabelDrop | Action::LabelKeep => Self::Names { regex },
            Action::KeepEqual | Action::DropEqual => {
                Self::Equality { value, target: get(&step.target) }
            }
            Action::HashMod | Action::Lowercase | Action::Uppercase => Self::Anything { value },
            Action::Replace | Action::Keep | Action::Drop => {
                Self::Value { matches: step.pattern.is_match(&value), value, regex }
            }
        }
    }
}

/// The labels that differ, by name.
fn changes(before: &Labels, after: &Labels) -> Vec<Change> {
    let differs = |other: &Labels, (name, value): &(&str, &str)| other.get(name) != Some(value);
    let mut names: Vec<&str> = before
        .iter()
        .filter(|pair| differs(after, pair))
        .chain(after.iter().filter(|pair| differs(before, pair)))
        .map(|(name, _)| name)
        .collect();
    names.sort_unstable();
    names.dedup();
    let change = |name: &str| Change {
        label: name.to_owned(),
        from: before.get(name).map(str::to_owned),
        to: after.get(name).map(str::to_owned),
    };
    names.into_iter().map(change).collect()
}

impl fmt::Display for Explanation {
    /// One line for each rule.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rules.iter().try_for_each(|rule| writeln!(f, "{rule}"))?;
        match self.verdict {
            Verdict::NoLabels => writeln!(f, "no label is left: dropped"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {} ({}): {}: ", self.rule, self.action, self.looked_at)?;
        if self.dropped {
            return f.write_str("dropped");
        }
        if self.changes.is_empty() {
            return f.write_str("passes");
        }
        for (index, change) in self.changes.iter().enumerate() {
            write!(f, "{}{change}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Display for LookedAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { value, regex, matches: true } => write!(f, "{value:?} matches {regex:?}"),
            Self::Value { value, regex, matches: false } => {
                write!(f, "{value:?} does not match {regex:?}")
            }
            Self::Equality { value, target } if value == target => {
                write!(f, "{value:?} is what the target is")
            }
            Self::Equality { value, target } => write!(f, "{value:?} is not {target:?}"),
            Self::Anything { value } => write!(f, "{value:?}"),
            Self::Names { regex } => write!(f, "label names and {regex:?}"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, from, to } = self;
        match (from, to) {
            (_, None) => write!(f, "removes {label}"),
            (None, Some(to)) => write!(f, "sets {label} to {to:?}"),
            (Some(from), Some(to)) => write!(f, "changes {label} from {from:?} to {to:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::label::Labels;
    use crate::relabel::{Action, Rule, Rules, Verdict};

    fn explain(rules: &[Rule], labels: &[(&str, &str)]) -> (Verdict, String) {
        let labels: Labels = labels.iter().copied().collect();
        let explanation = Rules::compile(rules).unwrap().explain(&labels);
        (explanation.verdict, explanation.to_string())
    }

    #[test]
    fn the_rule_that_drops_is_the_last_one_told() {
        let rules = [
            Rule::keep_names("a.*"),
            Rule::new(Action::DropEqual).with_source_labels(["x"]).with_target_label("y"),
            Rule::drop_names("ab"),
            Rule::drop_names("never reached"),
        ];
        let (verdict, text) = explain(&rules, &[("__name__", "ab"), ("x", "1")]);
        assert_eq!(verdict, Verdict::Drop(2));
        assert_eq!(
            text,
            "rule 0 (keep): \"ab\" matches \"a.*\": passes\n\
             rule 1 (dropequal): \"1\" is not \"\": passes\n\
             rule 2 (drop): \"ab\" matches \"ab\": dropped\n"
        );
    }

    #[test]
    fn what_a_rule_changes_is_told() {
        let rules = [
            Rule::new(Action::Replace)
                .with_source_labels(["x"])
                .with_regex("(.)(.)")
                .with_replacement("$2$1")
                .with_target_label("x"),
            Rule::new(Action::LabelDrop).with_regex("x|__name__"),
        ];
        let (verdict, text) = explain(&rules, &[("__name__", "a"), ("x", "12")]);
        assert_eq!(verdict, Verdict::NoLabels);
        assert_eq!(
            text,
            "rule 0 (replace): \"12\" matches \"(.)(.)\": changes x from \"12\" to \"21\"\n\
             rule 1 (labeldrop): label names and \"x|__name__\": removes __name__, removes x\n\
             no label is left: dropped\n"
        );
    }
}
