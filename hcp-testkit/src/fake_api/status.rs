//! Refusals, as the `Status` objects that a kube-apiserver answers with.

use http::StatusCode;
use kube::core::Status;
use kube::core::response::{StatusCause, StatusDetails, StatusSummary, reason};
use serde_json::{Value, json};

use super::kinds::Kind;

/// Why a request is refused.
#[derive(Clone, Debug)]
pub(super) struct ApiError(Box<Status>);

/// One fault of an object that is `Invalid`.
pub(super) struct FieldFault {
    reason: &'static str,
    message: String,
    field: String,
}

impl FieldFault {
    /// A value that the field must not have.
    pub(super) fn invalid(field: &str, value: &Value, why: &str) -> Self {
        let message = format!("Invalid value: {value}: {why}");
        Self { reason: "FieldValueInvalid", message, field: field.to_owned() }
    }

    /// A value that is missing.
    pub(super) fn required(field: &str, why: &str) -> Self {
        let message = format!("Required value: {why}");
        Self { reason: "FieldValueRequired", message, field: field.to_owned() }
    }

    /// A value that may not be set now.
    pub(super) fn forbidden(field: &str, why: &str) -> Self {
        let message = format!("Forbidden: {why}");
        Self { reason: "FieldValueForbidden", message, field: field.to_owned() }
    }
}

impl ApiError {
    fn new(code: StatusCode, reason: &str, message: &str) -> Self {
        let mut status = Status::failure(message, reason).with_code(code.as_u16());
        status.metadata = Some(<_>::default());
        Self(status.boxed())
    }

    fn about(mut self, kind: &Kind, name: &str) -> Self {
        self.0.details = Some(StatusDetails {
            name: name.to_owned(),
            group: kind.group.clone(),
            kind: kind.plural.clone(),
            ..no_details()
        });
        self
    }

    fn caused_by(mut self, causes: Vec<StatusCause>) -> Self {
        self.0.details.get_or_insert_with(no_details).causes = causes;
        self
    }

    fn retry_after(mut self, seconds: u32) -> Self {
        self.0.details.get_or_insert_with(no_details).retry_after_seconds = seconds;
        self
    }

    /// 400: the request makes no sense.
    pub(super) fn bad_request(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason::BAD_REQUEST, message)
    }

    /// 404: there is no such object.
    pub(super) fn not_found(kind: &Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", kind.qualified_plural());
        Self::new(StatusCode::NOT_FOUND, reason::NOT_FOUND, &message).about(kind, name)
    }

    /// 404: nothing is served at this path.
    pub(super) fn no_such_resource() -> Self {
        let message = "the server could not find the requested resource";
        Self::new(StatusCode::NOT_FOUND, reason::NOT_FOUND, message).caused_by(vec![StatusCause {
            reason: "UnexpectedServerResponse".to_owned(),
            message: "404 page not found".to_owned(),
            field: String::new(),
        }])
    }

    /// 405: the resource does not know this verb.
    pub(super) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, reason::METHOD_NOT_ALLOWED, message)
    }

    /// 409: there already is one of this name.
    pub(super) fn already_exists(kind: &Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", kind.qualified_plural());
        Self::new(StatusCode::CONFLICT, reason::ALREADY_EXISTS, &message).about(kind, name)
    }

    /// 409: the object was changed since the caller read it, or is another one.
    pub(super) fn conflict(kind: &Kind, name: &str, why: &str) -> Self {
        let plural = kind.qualified_plural();
        let message = format!("Operation cannot be fulfilled on {plural} \"{name}\": {why}");
        Self::new(StatusCode::CONFLICT, reason::CONFLICT, &message).about(kind, name)
    }

    /// 409: the `resourceVersion` of the request is not the object's.
    pub(super) fn modified(kind: &Kind, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(kind, name, why)
    }

    /// 409: an object that is to be deleted is another than was meant. Here the server writes the
    /// kind where it writes the resource elsewhere.
    pub(super) fn precondition_failed(kind: &Kind, name: &str, why: &str) -> Self {
        let named = Kind { plural: kind.name.clone(), ..kind.clone() };
        Self::conflict(&named, name, why)
    }

    /// 409: another manager owns fields that the applied configuration sets otherwise.
    pub(super) fn apply_conflict(message: &str, causes: Vec<(String, String)>) -> Self {
        let causes = causes.into_iter().map(|(message, field)| StatusCause {
            reason: "FieldManagerConflict".to_owned(),
            message,
            field,
        });
        Self::new(StatusCode::CONFLICT, reason::CONFLICT, message).caused_by(causes.collect())
    }

    /// 410: the version that was asked for is compacted.
    pub(super) fn expired(message: &str) -> Self {
        Self::new(StatusCode::GONE, reason::EXPIRED, message)
    }

    /// 415: a patch of a type that the resource does not take.
    pub(super) fn unsupported_media_type(message: &str) -> Self {
        let code = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::new(code, reason::UNSUPPORTED_MEDIA_TYPE, message)
    }

    /// 422: an object that breaks a rule of its kind.
    pub(super) fn invalid(kind: &Kind, name: &str, faults: Vec<FieldFault>) -> Self {
        Self::invalid_kind(&kind.group, &kind.name, name, faults)
    }

    /// 422, of something that is no resource of this server, such as the options of a request.
    pub(super) fn invalid_kind(
        group: &str,
        kind: &str,
        name: &str,
        faults: Vec<FieldFault>,
    ) -> Self {
        let texts: Vec<String> =
            faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect();
        let what = match &texts[..] {
            [only] => only.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let dot = if group.is_empty() { "" } else { "." };
        let message = format!("{kind}{dot}{group} \"{name}\" is invalid: {what}");
        let mut error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, reason::INVALID, &message);
        let causes = faults.into_iter().map(|fault| StatusCause {
            reason: fault.reason.to_owned(),
            message: fault.message,
            field: fault.field,
        });
        error.0.details = Some(StatusDetails {
            name: name.to_owned(),
            group: group.to_owned(),
            kind: kind.to_owned(),
            causes: causes.collect(),
            ..no_details()
        });
        error
    }

    /// 422: a JSON patch that does not apply.
    pub(super) fn unprocessable(message: &str) -> Self {
        let text = "the server rejected our request due to an error in our request";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, reason::INVALID, text).caused_by(vec![
            StatusCause {
                reason: "UnexpectedServerResponse".to_owned(),
                message: message.to_owned(),
                field: String::new(),
            },
        ])
    }

    /// 403: nothing can be created in a namespace that is going away.
    pub(super) fn namespace_terminating(kind: &Kind, name: &str, namespace: &str) -> Self {
        let plural = kind.qualified_plural();
        let why = format!("namespace {namespace} is being terminated");
        let message = format!(
            "{plural} \"{name}\" is forbidden: unable to create new content in namespace {namespace} because it is being terminated"
        );
        Self::new(StatusCode::FORBIDDEN, reason::FORBIDDEN, &message).about(kind, name).caused_by(
            vec![StatusCause {
                reason: "NamespaceTerminating".to_owned(),
                message: why,
                field: "metadata.namespace".to_owned(),
            }],
        )
    }

    /// 429: an eviction that a disruption budget does not allow now.
    pub(super) fn disruption_budget(message: &str, cause: &str, retry_seconds: u32) -> Self {
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, reason::TOO_MANY_REQUESTS, message)
            .caused_by(vec![StatusCause {
                reason: "DisruptionBudget".to_owned(),
                message: cause.to_owned(),
                field: String::new(),
            }]);
        if retry_seconds == 0 { error } else { error.retry_after(retry_seconds) }
    }

    /// 429, as a server that is overloaded answers.
    pub(super) fn too_many_requests(retry_seconds: u32) -> Self {
        let message = "Too many requests, please try again later.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, reason::TOO_MANY_REQUESTS, message)
            .retry_after(retry_seconds)
    }

    /// 500.
    pub(super) fn internal(message: &str) -> Self {
        let text = format!("Internal error occurred: {message}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, reason::INTERNAL_ERROR, &text).caused_by(vec![
            StatusCause {
                reason: String::new(),
                message: message.to_owned(),
                field: String::new(),
            },
        ])
    }

    /// 500 with a plain message and no reason, as errors that the server does not classify.
    pub(super) fn unclassified(message: &str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, reason::UNKNOWN, message)
    }

    /// 503.
    pub(super) fn unavailable() -> Self {
        let message = "apiserver not ready";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, reason::SERVICE_UNAVAILABLE, message)
            .retry_after(1)
    }

    /// 504: the server has not seen the version that was asked for.
    pub(super) fn version_too_large(asked: u64, current: u64) -> Self {
        let message = format!("Timeout: Too large resource version: {asked}, current: {current}");
        Self::new(StatusCode::GATEWAY_TIMEOUT, reason::TIMEOUT, &message)
            .caused_by(vec![StatusCause {
                reason: "ResourceVersionTooLarge".to_owned(),
                message: "Too large resource version".to_owned(),
                field: String::new(),
            }])
            .retry_after(1)
    }

    /// The HTTP status.
    pub(super) fn code(&self) -> u16 {
        self.0.code
    }

    /// `Retry-After`, in seconds, if the answer has one.
    pub(super) fn retry_after_seconds(&self) -> Option<u32> {
        self.0.details.as_ref().map(|details| details.retry_after_seconds).filter(|s| *s > 0)
    }

    /// The body.
    pub(super) fn body(&self) -> Value {
        with_type(&self.0)
    }
}

/// The body of a success that has no object to show.
pub(super) fn success(code: Option<u16>, details: Option<StatusDetails>) -> Value {
    let mut status = Status::success();
    status.code = code.unwrap_or_default();
    status.status = Some(StatusSummary::Success);
    status.metadata = Some(<_>::default());
    status.details = details;
    with_type(&status)
}

/// Details that say nothing yet.
pub(super) const fn no_details() -> StatusDetails {
    StatusDetails {
        name: String::new(),
        group: String::new(),
        kind: String::new(),
        uid: String::new(),
        causes: Vec::new(),
        retry_after_seconds: 0,
    }
}

fn with_type(status: &Status) -> Value {
    let mut body = json!({ "kind": "Status", "apiVersion": "v1" });
    if let (Value::Object(body), Ok(Value::Object(fields))) =
        (&mut body, serde_json::to_value(status))
    {
        body.extend(fields);
    }
    body
}
