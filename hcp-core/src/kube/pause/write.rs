//! Writing one object until it is as it should be.

use ::kube::Error;
use ::kube::api::{Api, DynamicObject, Patch, PatchParams};
use serde_json::Value;

use super::error::PauseError;
use super::resources::{get, to_json};
use crate::kube::retry::{ATTEMPTS, back_off, is_retryable};
use crate::pause::Pausable;

/// What to write.
#[derive(Clone, Debug)]
pub(super) struct Change {
    patch: Value,
    fallback: Option<Value>,
}

/// Writes objects as `decide` says, and keeps count.
#[derive(Debug)]
pub(super) struct Writer<D> {
    decide: D,
    /// What was written, in order.
    pub(super) written: Vec<String>,
}

impl Change {
    pub(super) const fn new(patch: Value) -> Self {
        Self { patch, fallback: None }
    }

    /// The same, with what to write where the API server finds the first invalid.
    pub(super) fn or(mut self, fallback: Option<Value>) -> Self {
        self.fallback = fallback;
        self
    }
}

impl<D: FnMut(&Pausable) -> Result<Option<Change>, PauseError>> Writer<D> {
    pub(super) const fn new(decide: D) -> Self {
        Self { decide, written: Vec::new() }
    }

    /// As [`Self::write`]; an object that goes away meanwhile is no error.
    pub(super) async fn write_if_there(
        &mut self,
        api: &Api<DynamicObject>,
        object: &Pausable,
    ) -> Result<(), PauseError> {
        self.write(api, object).await.map(drop)
    }

    /// Plans and writes until there is nothing left to write; none if the object is gone.
    ///
    /// A conflict means that somebody was faster, a lost connection that the write may have taken effect: in both cases the object is read and the
    /// write planned again, which finds nothing to do where it had worked. An object that was replaced in between is an error.
    pub(super) async fn write(
        &mut self,
        api: &Api<DynamicObject>,
        first: &Pausable,
    ) -> Result<Option<Pausable>, PauseError> {
        let described = first.describe();
        let mut object = first.clone();
        let mut unsure = false;
        for attempt in 0..ATTEMPTS {
            let Some(change) = (self.decide)(&object)? else {
                if unsure {
                    self.written.push(described);
                }
                return Ok(Some(object));
            };
            match apply(api, &object.name, &change).await {
                Ok(written) => {
                    self.written.push(described);
                    return Ok(Some(identified(
                        first,
                        &to_json(&written, "read what was written")?,
                    )?));
                }
                Err(Error::Api(status)) if status.is_conflict() => {}
                Err(error) if is_retryable(&error) => {
                    unsure = true;
                    back_off(attempt, &error).await;
                }
                Err(Error::Api(status)) if status.is_not_found() => return Ok(None),
                Err(cause) => return Err(PauseError::api(format!("write {described}"), cause)),
            }
            match read_again(api, first).await? {
                Some(found) => object = found,
                None => return Ok(None),
            }
        }
        Err(PauseError::Contended { object: described, attempts: ATTEMPTS })
    }
}

async fn read_again(
    api: &Api<DynamicObject>,
    first: &Pausable,
) -> Result<Option<Pausable>, PauseError> {
    let found = get(api, &first.name, &first.describe()).await?;
    found.map(|object| identified(first, &object)).transpose()
}

/// What was read, if it is still the same object.
fn identified(first: &Pausable, object: &Value) -> Result<Pausable, PauseError> {
    let found = Pausable::from_json(first.kind, object)?;
    if found.uid == first.uid {
        return Ok(found);
    }
    Err(PauseError::Replaced {
        object: first.describe(),
        expected: first.uid.clone(),
        found: found.uid,
    })
}

async fn apply(
    api: &Api<DynamicObject>,
    name: &str,
    change: &Change,
) -> Result<DynamicObject, Error> {
    let params =
        PatchParams { field_manager: Some("hcp-core".to_owned()), ..PatchParams::default() };
    match (api.patch(name, &params, &Patch::Merge(&change.patch)).await, &change.fallback) {
        (Err(Error::Api(status)), Some(fallback)) if status.is_invalid() => {
            api.patch(name, &params, &Patch::Merge(fallback)).await
        }
        (result, _) => result,
    }
}
