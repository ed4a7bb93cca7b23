//! What is compared with Prometheus, behind a trait so that the comparison itself can be tested with a wrong one.

use hcp_metrics::relabel::{Action, CompileOptions, Rule, Rules, Verdict};
use hcp_metrics::{Labels, LabelsView, NameScheme};

use super::case::{LabelSet, RawRule, Regex};

/// A relabel engine.
pub(crate) trait Engine {
    /// Reads and checks rules.
    fn compile(&self, rules: &[RawRule], scheme: NameScheme) -> Result<Box<dyn Apply>, Refusal>;
}

/// A compiled list of rules.
pub(crate) trait Apply {
    /// What is left of a label set, sorted by name; `None` if it is dropped. The error is a contradiction in the answer.
    fn apply(&self, labels: &LabelSet) -> Result<Option<LabelSet>, String>;
}

/// Why a list of rules is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The index of the rule.
    pub(crate) rule: usize,
    /// Why, in Prometheus' words.
    pub(crate) message: String,
}

/// Ours.
#[derive(Debug, Default)]
pub(crate) struct Hcp;

impl Engine for Hcp {
    fn compile(&self, rules: &[RawRule], scheme: NameScheme) -> Result<Box<dyn Apply>, Refusal> {
        let mut read = Vec::with_capacity(rules.len());
        let mut unreadable = None;
        for (rule, raw) in rules.iter().enumerate() {
            match read_rule(raw) {
                Ok(rule) => read.push(rule),
                Err(message) => {
                    unreadable = Some(Refusal { rule, message });
                    break;
                }
            }
        }
        let options = CompileOptions::default().with_name_scheme(scheme);
        let compiled = Rules::compile_with(&read, &options)
            .map_err(|error| Refusal { rule: error.rule, message: error.message })?;
        unreadable.map_or_else(|| Ok(Box::new(compiled) as Box<dyn Apply>), Err)
    }
}

impl Apply for Rules {
    fn apply(&self, labels: &LabelSet) -> Result<Option<LabelSet>, String> {
        let mut left: Labels = labels.iter().map(|(name, value)| (name, value)).collect();
        let kept = self.apply(&mut left) == Verdict::Keep;
        let pairs: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        if self.keep(&LabelsView::from(pairs.as_slice())) != kept {
            return Err(format!("`apply` says kept: {kept}, `keep` the contrary"));
        }
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Ok(kept.then(|| left.iter().map(owned).collect()))
    }
}

fn read_rule(raw: &RawRule) -> Result<Rule, String> {
    let action = match &raw.action {
        Some(name) => name.parse::<Action>().map_err(|error| error.to_string())?,
        None => Action::default(),
    };
    let mut rule = Rule::new(action)
        .with_modulus(raw.modulus.unwrap_or_default())
        .with_target_label(raw.target_label.as_deref().unwrap_or_default());
    rule.source_labels.clone_from(&raw.source_labels);
    rule.separator.clone_from(&raw.separator);
    rule.replacement.clone_from(&raw.replacement);
    rule.regex = raw.regex.as_ref().map(|regex| match regex {
        Regex::Null => String::new(),
        Regex::Text(text) => text.clone(),
    });
    Ok(rule)
}
