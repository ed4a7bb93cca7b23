//! Reads a list of rules with any `serde` format, and remembers where it is.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{RuleFileError, key};
use crate::label::{NameScheme, Quoted};
use crate::relabel::wire::Spelling;
use crate::relabel::{Action, Field, Rule};

const SYNTAX: &str = "write a list of rules; [] for none";
const VALUE: &str = "give the key a value of the type that is expected";
const ACTION: &str = "use one of replace, keep, drop, keepequal, dropequal, hashmod, labelmap, labeldrop, labelkeep, \
     lowercase, uppercase";
const KEYS: &str =
    "use one of source_labels, separator, regex, modulus, target_label, replacement, action";
const OPERATOR_KEYS: &str =
    "use one of sourceLabels, separator, regex, modulus, targetLabel, replacement, action";

/// Reads one list. What it has learned so far survives an error of the format.
pub(super) struct Reader {
    fixed: Option<Spelling>,
    spelling: Cell<Option<Spelling>>,
    rule: Cell<Option<usize>>,
    key: RefCell<Option<String>>,
    /// What is wrong, if it is us who say so.
    fault: RefCell<Option<(String, &'static str)>>,
}

/// What a key has.
#[derive(Default)]
enum Given<T> {
    #[default]
    Nothing,
    Null,
    Value(T),
}

/// A rule before it is known whose spelling it has.
#[derive(Default)]
struct Raw {
    action: Given<String>,
    source_labels: Given<Vec<String>>,
    separator: Given<String>,
    regex: Given<String>,
    modulus: Given<u64>,
    target_label: Given<String>,
    replacement: Given<String>,
}

impl Reader {
    /// A reader of this spelling, or of the one that the keys show.
    pub(super) fn new(spelling: Option<Spelling>) -> Self {
        Self {
            fixed: spelling,
            spelling: Cell::new(spelling),
            rule: Cell::new(None),
            key: RefCell::new(None),
            fault: RefCell::new(None),
        }
    }

    #[cfg(feature = "yaml")]
    pub(super) fn yaml(&self, text: &str) -> Result<Vec<Rule>, RuleFileError> {
        let read = |de: serde_saphyr::Deserializer<'_, '_>| self.list().deserialize(de);
        let options = serde_saphyr::options! { with_snippet: false };
        let list = serde_saphyr::with_deserializer_from_str_with_options(text, options, read);
        let raw = list.map_err(|error| {
            let place = error.location().map(|at| (at.line(), at.column()));
            self.error(place, &error.to_string())
        })?;
        self.rules(raw)
    }

    pub(super) fn json(&self, text: &str) -> Result<Vec<Rule>, RuleFileError> {
        let mut de = serde_json::Deserializer::from_str(text);
        let list = self.list().deserialize(&mut de).and_then(|list| de.end().map(|()| list));
        let raw = list.map_err(|error| {
            let place = (error.line() as u64, error.column() as u64);
            self.error(Some(place), &error.to_string())
        })?;
        self.rules(raw)
    }

    fn list(&self) -> List<'_> {
        List(self)
    }

    /// Turns what the format says into our words.
    fn error(&self, place: Option<(u64, u64)>, message: &str) -> RuleFileError {
        let key = self.key.take();
        let otherwise = if key.is_some() { VALUE } else { SYNTAX };
        let fault = self.fault.take();
        let (message, remedy) = fault.unwrap_or_else(|| (without_place(message), otherwise));
        let place = place.filter(|place| *place != (0, 0));
        RuleFileError {
            rule: self.rule.get(),
            key,
            line: place.map(|(line, _)| line),
            column: place.map(|(_, column)| column),
            ..RuleFileError::new(message, remedy)
        }
    }

    /// Gives the format an error to carry the place; the words are kept here.
    fn fail<E: Error>(&self, message: String, remedy: &'static str) -> E {
        let error = E::custom(&message);
        *self.fault.borrow_mut() = Some((message, remedy));
        error
    }

    /// Which field a key means. Settles whose spelling the text has.
    fn field<E: Error>(&self, name: &str) -> Result<Field, E> {
        let both = [Spelling::Prometheus, Spelling::Operator];
        let known = |spelling| FIELDS.into_iter().find(|field| key(*field, spelling) == name);
        let Some((spelling, field)) =
            both.into_iter().find_map(|spelling| Some((spelling, known(spelling)?)))
        else {
            return Err(self.fail(format!("unknown key {}", Quoted(name)), self.keys(name)));
        };
        if key(field, Spelling::Prometheus) == key(field, Spelling::Operator) {
            return Ok(field);
        }
        match self.spelling.replace(self.fixed.or(Some(spelling))) {
            Some(other) if other != spelling => {
                let whose = if self.fixed.is_some() { "asked for" } else { "used before" };
                let message = format!(
                    "{} is the spelling of {}, but that of {} was {whose}",
                    Quoted(name),
                    owner(spelling),
                    owner(other)
                );
                Err(self.fail(message, keys_of(other)))
            }
            _ => Ok(field),
        }
    }

    /// The keys there are, in the spelling that was meant.
    fn keys(&self, name: &str) -> &'static str {
        let camel = name.bytes().any(|byte| byte.is_ascii_uppercase());
        let guess = if camel { Spelling::Operator } else { Spelling::Prometheus };
        keys_of(self.spelling.get().unwrap_or(guess))
    }

    fn rules(&self, raw: Vec<Raw>) -> Result<Vec<Rule>, RuleFileError> {
        let spelling = self.spelling.get().unwrap_or(Spelling::Prometheus);
        let rule = |(index, raw): (usize, Raw)| {
            raw.into_rule(spelling).map_err(|message| RuleFileError {
                rule: Some(index),
                key: Some("action".to_owned()),
                ..RuleFileError::new(message, ACTION)
            })
        };
        raw.into_iter().enumerate().map(rule).collect()
    }
}

/// What a format says, without the place it puts behind or in front.
fn without_place(message: &str) -> String {
    let message = message.split_once(" at line ").map_or(message, |(message, _)| message);
    let front = message.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
    front.map_or(message, |(_, message)| message).to_owned()
}

const FIELDS: [Field; 7] = [
    Field::SourceLabels,
    Field::Separator,
    Field::Regex,
    Field::Modulus,
    Field::TargetLabel,
    Field::Replacement,
    Field::Action,
];

const fn keys_of(spelling: Spelling) -> &'static str {
    match spelling {
        Spelling::Prometheus => KEYS,
        Spelling::Operator => OPERATOR_KEYS,
    }
}

const fn owner(spelling: Spelling) -> &'static str {
    match spelling {
        Spelling::Prometheus => "Prometheus",
        Spelling::Operator => "prometheus-operator",
    }
}

impl<T> Given<T> {
    fn value(self) -> Option<T> {
        if let Self::Value(value) = self { Some(value) } else { None }
    }
}

impl Raw {
    /// What the rule means in a spelling. Prometheus reads null as the empty value, prometheus-operator null and most
    /// empty values as none.
    fn into_rule(self, spelling: Spelling) -> Result<Rule, String> {
        let Self { action, source_labels, separator, regex, modulus, target_label, replacement } =
            self;
        let operator = spelling == Spelling::Operator;
        let or_empty = |given: Given<String>| match given {
            Given::Null if !operator => Some(String::new()),
            given => given.value(),
        };
        let action = match or_empty(action).as_deref() {
            None => Action::default(),
            Some("") if operator => Action::default(),
            Some("") => return Err("relabel action cannot be empty".to_owned()),
            Some(name) => name.parse::<Action>().map_err(|error| error.to_string())?,
        };
        Ok(Rule {
            action,
            source_labels: source_labels.value().filter(|names| !operator || !names.is_empty()),
            separator: or_empty(separator),
            regex: or_empty(regex).filter(|regex| !operator || !regex.is_empty()),
            modulus: modulus.value().unwrap_or(0),
            target_label: target_label.value().unwrap_or_default(),
            replacement: or_empty(replacement),
        })
    }
}

/// The whole text.
struct List<'a>(&'a Reader);

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = Vec<Raw>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Raw>, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = Vec<Raw>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rules")
    }

    fn visit_none<E: Error>(self) -> Result<Vec<Raw>, E> {
        Err(self.0.fail("there is nothing".to_owned(), SYNTAX))
    }

    fn visit_unit<E: Error>(self) -> Result<Vec<Raw>, E> {
        self.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Raw>, D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<Raw>, A::Error> {
        let mut rules = Vec::new();
        self.0.rule.set(Some(0));
        while let Some(rule) = seq.next_element_seed(OneRule(self.0))? {
            rules.push(rule);
            self.0.rule.set(Some(rules.len()));
        }
        self.0.rule.set(None);
        Ok(rules)
    }
}

/// One rule of the list.
struct OneRule<'a>(&'a Reader);

impl<'de> DeserializeSeed<'de> for OneRule<'_> {
    type Value = Raw;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneRule<'_> {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a rule: a map of keys to values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let reader = self.0;
        let mut raw = Raw::default();
        while let Some(field) = map.next_key_seed(Key(reader))? {
            self.value(field, &mut raw, &mut map)?;
            *reader.key.borrow_mut() = None;
        }
        Ok(raw)
    }
}

/// A key of a rule.
struct Key<'a>(&'a Reader);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Field;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Field, E> {
        *self.0.key.borrow_mut() = Some(name.to_owned());
        self.0.field(name)
    }
}

impl OneRule<'_> {
    fn value<'de, A: MapAccess<'de>>(
        &self,
        field: Field,
        raw: &mut Raw,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match field {
            Field::Action => {
                self.once(&mut raw.action, map)?;
                if let Given::Value(name) = &raw.action
                    && !name.is_empty()
                    && name.parse::<Action>().is_err()
                {
                    let message = format!("unknown relabel action {}", Quoted(name));
                    return Err(self.0.fail(message, ACTION));
                }
                Ok(())
            }
            Field::SourceLabels => {
                self.once(&mut raw.source_labels, map)?;
                if let Given::Value(names) = &raw.source_labels
                    && !names.iter().all(|name| NameScheme::Utf8.allows_label(name))
                {
                    let message = "\"\" is not a valid label name".to_owned();
                    return Err(self.0.fail(message, "name the label"));
                }
                Ok(())
            }
            Field::Separator => self.once(&mut raw.separator, map),
            Field::Regex => self.once(&mut raw.regex, map),
            Field::Modulus => self.once(&mut raw.modulus, map),
            Field::TargetLabel => self.once(&mut raw.target_label, map),
            Field::Replacement => self.once(&mut raw.replacement, map),
        }
    }

    /// Reads a value that can be there only once.
    fn once<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
        &self,
        slot: &mut Given<T>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        if !matches!(slot, Given::Nothing) {
            let message = "the key is there twice".to_owned();
            return Err(self.0.fail(message, "remove one of them"));
        }
        *slot = map.next_value::<Option<T>>()?.map_or(Given::Null, Given::Value);
        Ok(())
    }
}
