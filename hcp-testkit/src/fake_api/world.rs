//! What a request means for the objects: the part of the server that does no I/O.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::delete::{self, DeleteOptions, Deleted};
use super::kinds::{Kind, Kinds};
use super::list;
use super::present::Shown;
use super::request::{ApiRequest, ResourcePath, Target, Verb};
use super::status::{ApiError, success};
use super::store::{Key, Store};
use super::watch::Watch;
use super::write::{self, Author, Ownership};
use super::{crd, discovery, eviction, gc, patch, scale};

/// Objects, resources and the time.
#[derive(Clone)]
pub(super) struct World {
    pub(super) store: Store,
    pub(super) kinds: Kinds,
    pub(super) now: Timestamp,
    pub(super) collects_garbage: bool,
}

/// What is answered.
pub(super) enum Reply {
    /// One answer.
    Json(u16, Value),
    /// One answer that is no object.
    Text(u16, String),
    /// A stream of events.
    Watch(Box<Watch>),
}

/// A request to a resource that exists.
pub(super) struct Call<'a> {
    pub(super) request: &'a ApiRequest,
    pub(super) path: &'a ResourcePath,
    pub(super) kind: Arc<Kind>,
    pub(super) shown: Shown,
}

impl World {
    /// Does what a request asks for, and what the controllers do then; nothing if it is dry.
    pub(super) fn handle(&mut self, request: &ApiRequest) -> Result<Reply, ApiError> {
        let path = match &request.target {
            Target::Path(segments) => return discovery::answer(self, request, segments),
            Target::Resource(path) => path,
        };
        let kind = self.kinds.find(&path.group, &path.version, &path.plural);
        let kind = kind.ok_or_else(ApiError::no_such_resource)?;
        let shown = Shown::new(&kind, &path.version, &request.accept);
        let call = Call { request, path, kind, shown };
        call.check_scope()?;
        if request.is_dry_run() {
            let reply = self.clone().dispatch(&call)?;
            return Ok(without_new_version(reply, &self.store));
        }
        let before = self.store.revision();
        let reply = self.dispatch(&call);
        if self.store.revision() != before {
            crd::settle(self);
            gc::settle(self);
        }
        reply
    }

    fn dispatch(&mut self, call: &Call<'_>) -> Result<Reply, ApiError> {
        match call.path.subresource.as_deref() {
            None => self.dispatch_object(call),
            Some("status") if call.kind.subresources.status => self.dispatch_status(call),
            Some("scale") if call.kind.subresources.scale.is_some() => scale::answer(self, call),
            Some("eviction") if call.kind.is("pods") => eviction::evict(self, call),
            Some(_) => Err(ApiError::no_such_resource()),
        }
    }

    fn dispatch_object(&mut self, call: &Call<'_>) -> Result<Reply, ApiError> {
        match call.request.verb {
            Verb::Get => self.get(call),
            Verb::List => list::list(self, call),
            Verb::Watch => Watch::open(self, call).map(|watch| Reply::Watch(Box::new(watch))),
            Verb::Create => {
                let object = json_body(call.request)?;
                let created =
                    write::create(self, call, object, &Author::of(call), Ownership::Track)?;
                Ok(Reply::Json(201, call.shown.object(&created)))
            }
            Verb::Update => self.replace(call),
            Verb::Patch => patch::answer(self, call),
            Verb::Delete => self.delete(call),
            Verb::DeleteCollection => self.delete_collection(call),
        }
    }

    fn dispatch_status(&mut self, call: &Call<'_>) -> Result<Reply, ApiError> {
        match call.request.verb {
            Verb::Get => self.get(call),
            Verb::Update => self.replace(call),
            Verb::Patch => patch::answer(self, call),
            _ => Err(ApiError::method_not_allowed()),
        }
    }

    fn get(&self, call: &Call<'_>) -> Result<Reply, ApiError> {
        list::check_not_in_the_future(self, call)?;
        let found = self.store.get(&call.key()).ok_or_else(|| call.not_found())?;
        Ok(Reply::Json(200, call.shown.object(found)))
    }

    fn replace(&mut self, call: &Call<'_>) -> Result<Reply, ApiError> {
        let object = json_body(call.request)?;
        let written = write::replace(self, call, object, &Author::of(call))?;
        Ok(Reply::Json(200, call.shown.object(&written)))
    }

    fn delete(&mut self, call: &Call<'_>) -> Result<Reply, ApiError> {
        let options = DeleteOptions::of(call.request)?;
        let key = call.key();
        match delete::delete(self, &call.kind, &key, &options)? {
            Deleted::Marked(object) => Ok(Reply::Json(200, call.shown.object(&object))),
            Deleted::Gone(object) if call.kind.returns_what_is_deleted() => {
                Ok(Reply::Json(200, call.shown.object(&object)))
            }
            Deleted::Gone(object) => {
                Ok(Reply::Json(200, success(None, Some(delete::details(&call.kind, &object)))))
            }
        }
    }

    fn delete_collection(&mut self, call: &Call<'_>) -> Result<Reply, ApiError> {
        let options = DeleteOptions::of(call.request)?;
        let chosen = list::chosen(self, call)?;
        for (key, _) in &chosen {
            delete::delete(self, &call.kind, key, &options)?;
        }
        let version = self.store.revision();
        let items: Vec<Arc<Value>> = chosen.into_iter().map(|(_, object)| object).collect();
        Ok(Reply::Json(200, call.shown.list(&items, version, None)))
    }
}

impl Call<'_> {
    /// The key of the object that the path names.
    pub(super) fn key(&self) -> Key {
        Key::new(&self.kind, self.namespace(), self.name())
    }

    /// The name in the path.
    pub(super) fn name(&self) -> &str {
        self.path.name.as_deref().unwrap_or_default()
    }

    /// The namespace in the path; empty if there is none.
    pub(super) fn namespace(&self) -> &str {
        self.path.namespace.as_deref().unwrap_or_default()
    }

    /// 404 for the object that the path names.
    pub(super) fn not_found(&self) -> ApiError {
        ApiError::not_found(&self.kind, self.name())
    }

    /// Whether only the status is written.
    pub(super) fn is_status(&self) -> bool {
        self.path.subresource.as_deref() == Some("status")
    }

    fn check_scope(&self) -> Result<(), ApiError> {
        match (self.kind.namespaced, &self.path.namespace) {
            (true, Some(_)) | (false, None) => Ok(()),
            (false, Some(_)) => Err(ApiError::no_such_resource()),
            (true, None) => match self.request.verb {
                Verb::List | Verb::Watch => Ok(()),
                Verb::Create | Verb::DeleteCollection => Err(ApiError::method_not_allowed()),
                _ => Err(ApiError::no_such_resource()),
            },
        }
    }
}

/// The object in the body of a request.
pub(super) fn json_body(request: &ApiRequest) -> Result<Value, ApiError> {
    serde_json::from_slice(&request.body).map_err(|error| {
        ApiError::bad_request(&format!("the body of the request is not JSON: {error}"))
    })
}

/// A dry run shows the version that the object has, and none if it has none yet.
fn without_new_version(mut reply: Reply, before: &Store) -> Reply {
    if let Reply::Json(_, object) = &mut reply {
        let version = object.pointer("/metadata/resourceVersion").and_then(Value::as_str);
        let version = version.and_then(|text| text.parse::<u64>().ok());
        if version.is_some_and(|version| version > before.revision()) {
            let uid = super::object::uid(object).to_owned();
            let stored = before.iter().map(|(_, stored)| stored);
            let old = stored.filter(|stored| super::object::uid(stored) == uid).last();
            let old = old.map(|old| super::object::resource_version(old).into());
            super::object::set_metadata(object, "resourceVersion", old);
        }
    }
    reply
}
