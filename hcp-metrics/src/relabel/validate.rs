//! What Prometheus checks before it takes a rule: the same checks, in the same order, in the same words.

use super::{Action, CompileError, Field, Rule};
use crate::label::{NameScheme, Quoted};

/// What stands between two source values if a rule does not say.
pub(super) const SEPARATOR: &str = ";";
/// What must match if a rule does not say.
pub(super) const REGEX: &str = "(.*)";
/// What the target label is set to if a rule does not say.
pub(super) const REPLACEMENT: &str = "$1";

/// What Prometheus refuses while it reads a rule, before the regular expression. Source: Prometheus, `LabelName.UnmarshalYAML`
/// in `common/model`: any name will do that is not empty, whatever the scheme.
pub(super) fn source_labels(index: usize, rule: &Rule) -> Result<(), CompileError> {
    if !rule.source_labels.iter().flatten().any(String::is_empty) {
        return Ok(());
    }
    Err(CompileError {
        rule: index,
        field: Field::SourceLabels,
        offset: None,
        message: format!("{} is not a valid label name", Quoted("")),
        remedy: "name the label, or leave it out",
    })
}

/// The first thing Prometheus would refuse. Source: Prometheus, `Config.Validate` in `model/relabel`.
///
/// The source labels and the regular expression are read before, as in Prometheus.
pub(super) fn validate(index: usize, rule: &Rule, scheme: NameScheme) -> Result<(), CompileError> {
    let checks = [modulus, target_label, names, replacement, equal_fields, name_fields];
    let failure = checks.iter().find_map(|check| check(rule, scheme).err());
    failure.map_or(Ok(()), |Failure { field, offset, message, remedy }| {
        Err(CompileError { rule: index, field, offset, message, remedy })
    })
}

struct Failure {
    field: Field,
    offset: Option<usize>,
    message: String,
    remedy: &'static str,
}

type Check = Result<(), Failure>;

fn fail(field: Field, message: String, remedy: &'static str) -> Check {
    Err(Failure { field, offset: None, message, remedy })
}

fn modulus(rule: &Rule, _: NameScheme) -> Check {
    if rule.action == Action::HashMod && rule.modulus == 0 {
        let message = "relabel configuration for hashmod requires non-zero modulus".to_owned();
        return fail(Field::Modulus, message, "set the modulus to the number of shards");
    }
    Ok(())
}

fn target_label(rule: &Rule, _: NameScheme) -> Check {
    if sets_or_compares_target(rule.action) && rule.target_label.is_empty() {
        let action = rule.action;
        let message =
            format!("relabel configuration for {action} action requires 'target_label' value");
        return fail(Field::TargetLabel, message, "name the label to set or to compare with");
    }
    Ok(())
}

/// The names a rule gives or compares with.
fn names(rule: &Rule, scheme: NameScheme) -> Check {
    let target = rule.target_label.as_str();
    let is_template = rule.action == Action::Replace && target.contains('$');
    let bad = match rule.action {
        Action::Replace if is_template => bad_template(target, scheme),
        Action::Replace
        | Action::Lowercase
        | Action::Uppercase
        | Action::KeepEqual
        | Action::DropEqual => bad_name(target, scheme),
        _ => None,
    };
    refuse_name(rule.action, Field::TargetLabel, target, bad)?;
    if takes_no_replacement(rule.action) && replacement_of(rule) != REPLACEMENT {
        let message = format!("'replacement' can not be set for {} action", rule.action);
        return fail(Field::Replacement, message, "remove the replacement");
    }
    Ok(())
}

fn replacement(rule: &Rule, scheme: NameScheme) -> Check {
    let (target, template) = (rule.target_label.as_str(), replacement_of(rule));
    match rule.action {
        Action::LabelMap => {
            let bad = bad_template(template, scheme);
            refuse_name(rule.action, Field::Replacement, template, bad)
        }
        Action::HashMod => {
            refuse_name(rule.action, Field::TargetLabel, target, bad_name(target, scheme))
        }
        _ => Ok(()),
    }
}

/// A regex that is written out is too much even if it is the default: Prometheus compares pointers.
fn equal_fields(rule: &Rule, _: NameScheme) -> Check {
    if !matches!(rule.action, Action::DropEqual | Action::KeepEqual) {
        return Ok(());
    }
    let given = [
        (Field::Regex, rule.regex.is_some()),
        (Field::Modulus, rule.modulus != 0),
        (Field::Separator, separator_of(rule) != SEPARATOR),
        (Field::Replacement, replacement_of(rule) != REPLACEMENT),
    ];
    let only = "'source_labels' and `target_label`";
    refuse_fields(rule.action, &given, only)
}

fn name_fields(rule: &Rule, _: NameScheme) -> Check {
    if !matches!(rule.action, Action::LabelDrop | Action::LabelKeep) {
        return Ok(());
    }
    let given = [
        (Field::SourceLabels, rule.source_labels.is_some()),
        (Field::TargetLabel, !rule.target_label.is_empty()),
        (Field::Modulus, rule.modulus != 0),
        (Field::Separator, separator_of(rule) != SEPARATOR),
        (Field::Replacement, replacement_of(rule) != REPLACEMENT),
    ];
    refuse_fields(rule.action, &given, "'regex'")
}

fn refuse_fields(action: Action, given: &[(Field, bool)], only: &str) -> Check {
    match given.iter().find(|(_, given)| *given) {
        Some(&(field, _)) => {
            let message = format!("{action} action requires only {only}, and no other fields");
            fail(field, message, "remove the field")
        }
        None => Ok(()),
    }
}

fn refuse_name(action: Action, field: Field, name: &str, bad: Option<usize>) -> Check {
    let Some(offset) = bad else { return Ok(()) };
    Err(Failure {
        field,
        offset: Some(offset),
        message: format!("{} is invalid '{field}' for {action} action", Quoted(name)),
        remedy: "give a label name that the name scheme allows",
    })
}

const fn sets_or_compares_target(action: Action) -> bool {
    !matches!(
        action,
        Action::Keep | Action::Drop | Action::LabelMap | Action::LabelDrop | Action::LabelKeep
    )
}

const fn takes_no_replacement(action: Action) -> bool {
    matches!(action, Action::Lowercase | Action::Uppercase | Action::KeepEqual | Action::DropEqual)
}

fn separator_of(rule: &Rule) -> &str {
    rule.separator.as_deref().unwrap_or(SEPARATOR)
}

fn replacement_of(rule: &Rule) -> &str {
    rule.replacement.as_deref().unwrap_or(REPLACEMENT)
}

/// Where a name is no label name.
fn bad_name(name: &str, scheme: NameScheme) -> Option<usize> {
    let prefix_allowed = |end: &usize| name.get(..*end).is_some_and(|s| scheme.allows_label(s));
    let ends = name.char_indices().map(|(at, c)| at + c.len_utf8());
    (!scheme.allows_label(name)).then(|| ends.take_while(prefix_allowed).last().unwrap_or(0))
}

/// Where a template cannot become a label name: `^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$` under the legacy scheme.
fn bad_template(template: &str, scheme: NameScheme) -> Option<usize> {
    if scheme == NameScheme::Utf8 {
        return bad_name(template, scheme);
    }
    let mut rest = template;
    while let Some(first) = rest.chars().next() {
        let at = template.len() - rest.len();
        let good = first.is_ascii_alphabetic() || first == '_' || (at > 0 && is_word(first));
        rest = match rest.strip_prefix('$') {
            Some(after) => match variable(after) {
                Some(after) => after,
                None => return Some(at),
            },
            None if good => rest.get(first.len_utf8()..).unwrap_or(""),
            None => return Some(at),
        };
    }
    template.is_empty().then_some(0)
}

/// What follows `\{\w+\}` or `\w+`.
fn variable(text: &str) -> Option<&str> {
    let (braced, text) = text.strip_prefix('{').map_or((false, text), |text| (true, text));
    let rest = text.trim_start_matches(is_word);
    if rest.len() == text.len() {
        return None;
    }
    if braced { rest.strip_prefix('}') } else { Some(rest) }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::{bad_name, bad_template};
    use crate::label::NameScheme;

    #[test]
    fn legacy_templates_become_label_names() {
        for template in
            ["label", "label${1}", "${1}label", "${1}", "$1", "asd$2asd", "_${1}_", "$1$2"]
        {
            assert_eq!(bad_template(template, NameScheme::Legacy), None, "{template}");
        }
        for (template, at) in [
            ("", 0),
            ("-label", 0),
            ("${", 0),
            ("$", 0),
            ("${}", 0),
            ("foo${", 3),
            ("0${3}", 0),
            ("-foo${1}bar-", 0),
            ("foo${1}bar-", 10),
            ("$$", 0),
            ("$é", 0),
            ("aé", 1),
            ("${x", 0),
        ] {
            assert_eq!(bad_template(template, NameScheme::Legacy), Some(at), "{template}");
        }
    }

    #[test]
    fn the_offset_is_where_a_name_goes_wrong() {
        for (name, at) in [("", 0), ("1a", 0), ("a-b", 1), ("ab.c", 2), ("é", 0)] {
            assert_eq!(bad_name(name, NameScheme::Legacy), Some(at), "{name}");
        }
        assert_eq!(bad_name("a_1", NameScheme::Legacy), None);
        assert_eq!(bad_name("a b", NameScheme::Utf8), None);
    }
}
