//! What was asked of the server, for assertions.

use http::Method;
use http::request::Parts;
use serde_json::Value;

use super::request::Verb;

const REDACTED: &str = "REDACTED";

/// A request that arrived.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// Its method.
    pub method: Method,
    /// Its path, without the query.
    pub path: String,
    /// Its query as it was sent.
    pub query: String,
    /// Its `Content-Type`; empty if there was none.
    pub content_type: String,
    /// What it does, if it could be understood.
    pub verb: Option<Verb>,
    /// Its body, if it was JSON, with the data of Secrets redacted.
    pub body: Option<Value>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It is being worked on, or its client went away meanwhile.
    Pending,
    /// It was answered with this HTTP status.
    Answered(u16),
    /// Its connection was lost before it was acted on.
    Dropped,
    /// Its connection was lost after it took effect.
    CutAfter,
}

impl LoggedRequest {
    /// A request that has just arrived.
    pub(super) fn new(head: &Parts, body: &[u8]) -> Self {
        let path = head.uri.path().to_owned();
        let mut body: Option<Value> = serde_json::from_slice(body).ok();
        if let Some(body) = &mut body {
            redact(body, path.contains("/secrets"));
        }
        let content_type = head.headers.get(http::header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self {
            method: head.method.clone(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            path,
            content_type: content_type.to_owned(),
            verb: None,
            body,
            outcome: Outcome::Pending,
        }
    }
}

/// Hides what a Secret holds, in whole objects and in patches of any type.
fn redact(body: &mut Value, is_secret: bool) {
    if !is_secret && body["kind"] != "Secret" {
        return;
    }
    if let Value::Array(operations) = body {
        for operation in operations {
            if operation.get("value").is_some() {
                operation["value"] = REDACTED.into();
            }
        }
        return;
    }
    for member in ["data", "stringData"] {
        for value in body.get_mut(member).and_then(Value::as_object_mut).into_iter().flatten() {
            *value.1 = REDACTED.into();
        }
    }
    let applied = "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration";
    if let Some(applied) = body.pointer_mut(applied) {
        *applied = REDACTED.into();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_secret_holds_is_not_logged() {
        let bodies = [
            json!({ "metadata": { "name": "a" }, "data": { "k": "hush" }, "stringData": { "l": "hush" } }),
            json!({ "metadata": { "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "hush" } } }),
            json!([{ "op": "add", "path": "/data/k", "value": "hush" }, { "op": "replace", "path": "/data", "value": { "k": "hush" } }]),
        ];
        for body in bodies {
            let request = http::Request::patch("/api/v1/namespaces/a/secrets/b").body(()).unwrap();
            let logged = LoggedRequest::new(&request.into_parts().0, body.to_string().as_bytes());
            assert!(!format!("{logged:?}").contains("hush"), "{logged:?}");
        }
    }
}
