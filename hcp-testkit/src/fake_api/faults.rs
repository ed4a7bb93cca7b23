//! A script of what goes wrong, and what of it did.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::request::Verb;
use super::status::ApiError;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// The request is acted on this much later, by tokio's time. Other effects may come on top.
    Delay(Duration),
    /// 409, as if the object had been modified; nothing is written.
    Conflict,
    /// 429 with `Retry-After`, in seconds; nothing is written.
    TooManyRequests(u32),
    /// 500; nothing is written.
    InternalError,
    /// 503; nothing is written.
    Unavailable,
    /// The connection is lost before the request is acted on.
    DropBefore,
    /// The connection is lost after the request took effect: the client cannot know that it did.
    CutAfter,
    /// A get or list is answered from the state at this `resourceVersion`, as by a cache that lags.
    StaleRead(u64),
    /// A watch loses its connection after so many events.
    CutWatch(usize),
    /// A watch ends with 410 after so many events.
    ExpireWatch(usize),
    /// A watch tells its n-th event (from 1) twice.
    RepeatEvent(usize),
}

/// An effect, and which requests it meets. Unless told otherwise it meets the first that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct FaultRule {
    effect: Effect,
    verb: Option<Verb>,
    kind: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    subresource: Option<String>,
    times: Times,
}

/// Names a rule in the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FaultId(usize);

/// A rule that met a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FiredFault {
    /// The rule.
    pub id: FaultId,
    /// What went wrong.
    pub effect: Effect,
    /// The place of the request in the log of requests, from 0.
    pub request: usize,
}

/// The script of one server; clones are the same script.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Script>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Times {
    Nth(usize),
    Always,
}

#[derive(Debug, Default)]
struct Script {
    rules: Vec<Scripted>,
    fired: Vec<FiredFault>,
    removed: usize,
}

#[derive(Debug)]
struct Scripted {
    id: FaultId,
    rule: FaultRule,
    matched: usize,
    fired: usize,
}

/// What a rule is compared with.
pub(super) struct Subject<'a> {
    pub(super) verb: Verb,
    pub(super) kind: &'a str,
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
    pub(super) subresource: &'a str,
}

/// What happens to one request.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) delay: Duration,
    pub(super) effect: Option<Effect>,
}

/// What happens to a watch that is open; counted in events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WatchFault {
    Cut(usize),
    Expire(usize),
    Repeat(usize),
}

impl FaultRule {
    /// This effect, on the first request of any kind that it can have an effect on.
    pub const fn new(effect: Effect) -> Self {
        Self {
            effect,
            verb: None,
            kind: None,
            namespace: None,
            name: None,
            subresource: None,
            times: Times::Nth(1),
        }
    }

    /// Only requests with this verb.
    pub const fn verb(mut self, verb: Verb) -> Self {
        self.verb = Some(verb);
        self
    }

    /// Only requests to this kind, such as `ConfigMap`.
    pub fn kind(mut self, kind: &str) -> Self {
        self.kind = Some(kind.to_owned());
        self
    }

    /// Only requests in this namespace.
    pub fn namespace(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    /// Only requests about the object of this name.
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Only requests to this subresource, such as `status`; empty for the object itself.
    pub fn subresource(mut self, subresource: &str) -> Self {
        self.subresource = Some(subresource.to_owned());
        self
    }

    /// Only the n-th request that matches, counted from 1.
    pub const fn nth(mut self, nth: usize) -> Self {
        self.times = Times::Nth(nth);
        self
    }

    /// Every request that matches.
    pub const fn always(mut self) -> Self {
        self.times = Times::Always;
        self
    }

    fn matches(&self, subject: &Subject<'_>) -> bool {
        let is = |wanted: &Option<String>, given: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == given)
        };
        self.effect.can_meet(subject.verb)
            && self.verb.is_none_or(|verb| verb == subject.verb)
            && is(&self.kind, subject.kind)
            && is(&self.namespace, subject.namespace)
            && is(&self.name, subject.name)
            && is(&self.subresource, subject.subresource)
    }
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} on", self.effect)?;
        match self.times {
            Times::Nth(nth) => write!(f, " request {nth}")?,
            Times::Always => f.write_str(" every request")?,
        }
        if let Some(verb) = self.verb {
            write!(f, " to {verb}")?;
        }
        for part in [&self.kind, &self.namespace, &self.name, &self.subresource] {
            if let Some(part) = part.as_deref().filter(|part| !part.is_empty()) {
                write!(f, " {part}")?;
            }
        }
        Ok(())
    }
}

impl Effect {
    fn can_meet(&self, verb: Verb) -> bool {
        match self {
            Self::StaleRead(_) => matches!(verb, Verb::Get | Verb::List),
            Self::CutWatch(_) | Self::ExpireWatch(_) | Self::RepeatEvent(_) => verb == Verb::Watch,
            _ => true,
        }
    }

    /// What it does to a watch that is open.
    pub(super) const fn on_watch(&self) -> Option<WatchFault> {
        match self {
            Self::CutWatch(after) => Some(WatchFault::Cut(*after)),
            Self::ExpireWatch(after) => Some(WatchFault::Expire(*after)),
            Self::RepeatEvent(event) => Some(WatchFault::Repeat(*event)),
            _ => None,
        }
    }

    /// The refusal that it is, if it is one; `modified` is what a conflict looks like here.
    pub(super) fn refusal(&self, modified: impl FnOnce() -> ApiError) -> Option<ApiError> {
        match self {
            Self::Conflict => Some(modified()),
            Self::TooManyRequests(seconds) => Some(ApiError::too_many_requests(*seconds)),
            Self::InternalError => Some(ApiError::internal("injected")),
            Self::Unavailable => Some(ApiError::unavailable()),
            _ => None,
        }
    }
}

impl Faults {
    /// Adds a rule to the end of the script.
    ///
    /// Where several match a request, all delays and the first other effect meet it, and only
    /// these rules count it.
    #[expect(clippy::must_use_candidate, reason = "a test that asserts on nothing needs no id")]
    pub fn inject(&self, rule: FaultRule) -> FaultId {
        let mut script = self.script();
        let id = FaultId(script.rules.len() + script.removed);
        script.rules.push(Scripted { id, rule, matched: 0, fired: 0 });
        id
    }

    /// Removes every rule; what fired stays on record.
    pub fn clear(&self) {
        let mut script = self.script();
        script.removed += script.rules.len();
        script.rules.clear();
    }

    /// What went wrong so far, in order.
    #[must_use]
    pub fn fired(&self) -> Vec<FiredFault> {
        self.script().fired.clone()
    }

    /// How often a rule met a request.
    #[must_use]
    pub fn times_fired(&self, id: FaultId) -> usize {
        self.script().fired.iter().filter(|fired| fired.id == id).count()
    }

    /// The rules that met no request, for a test to say that there are none.
    #[must_use]
    pub fn unfired(&self) -> Vec<FaultRule> {
        let script = self.script();
        script.rules.iter().filter(|s| s.fired == 0).map(|s| s.rule.clone()).collect()
    }

    /// What meets this request, which is number `request` of the log.
    pub(super) fn meet(&self, subject: &Subject<'_>, request: usize) -> Verdict {
        let mut script = self.script();
        let Script { rules, fired, .. } = &mut *script;
        let mut verdict = Verdict::default();
        for scripted in rules.iter_mut().filter(|scripted| scripted.rule.matches(subject)) {
            let effect = &scripted.rule.effect;
            let delays = matches!(effect, Effect::Delay(_));
            if verdict.effect.is_some() && !delays {
                continue;
            }
            scripted.matched += 1;
            match scripted.rule.times {
                Times::Nth(nth) if scripted.matched != nth => continue,
                Times::Nth(_) | Times::Always => scripted.fired += 1,
            }
            match effect {
                Effect::Delay(delay) => verdict.delay += *delay,
                other => verdict.effect = Some(other.clone()),
            }
            fired.push(FiredFault { id: scripted.id, effect: effect.clone(), request });
        }
        verdict
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: Subject<'_> = Subject {
        verb: Verb::Patch,
        kind: "ConfigMap",
        namespace: "a",
        name: "b",
        subresource: "",
    };

    #[test]
    fn a_rule_meets_only_what_it_names_and_only_when_it_is_its_turn() {
        let faults = Faults::default();
        let on = FaultRule::new(Effect::Conflict).verb(Verb::Patch).kind("ConfigMap").name("b");
        let second = faults.inject(on.nth(2));
        let other = faults.inject(FaultRule::new(Effect::Conflict).subresource("status"));
        assert!(faults.meet(&PATCH, 0).effect.is_none());
        assert_eq!(faults.meet(&PATCH, 1).effect, Some(Effect::Conflict));
        assert!(faults.meet(&PATCH, 2).effect.is_none());
        assert_eq!((faults.times_fired(second), faults.times_fired(other)), (1, 0));
        assert_eq!(faults.fired()[0].request, 1);
        assert_eq!(faults.unfired().len(), 1);
        assert_eq!(faults.unfired()[0].to_string(), "Conflict on request 1 status");
    }

    #[test]
    fn a_watch_fault_never_meets_another_verb() {
        let faults = Faults::default();
        faults.inject(FaultRule::new(Effect::CutWatch(0)).always());
        faults.inject(FaultRule::new(Effect::StaleRead(1)).always());
        assert!(faults.meet(&PATCH, 0).effect.is_none());
    }

    #[test]
    fn delays_add_up_and_another_effect_comes_on_top() {
        let faults = Faults::default();
        let delay = || FaultRule::new(Effect::Delay(Duration::from_secs(2))).always();
        for rule in [delay(), FaultRule::new(Effect::InternalError), delay()] {
            faults.inject(rule);
        }
        let verdict = faults.meet(&PATCH, 0);
        assert_eq!(verdict.delay, Duration::from_secs(4));
        assert_eq!(verdict.effect, Some(Effect::InternalError));
    }
}
