//! Requests, read from their method, path, query and headers.

use std::fmt;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, header};

use super::status::ApiError;

/// What a request does, in RBAC's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// Reads one object.
    Get,
    /// Reads a collection.
    List,
    /// Follows a collection.
    Watch,
    /// Creates an object, or an eviction.
    Create,
    /// Replaces an object.
    Update,
    /// Changes an object by a patch of any type.
    Patch,
    /// Deletes one object.
    Delete,
    /// Deletes every object of a collection that the selectors match.
    DeleteCollection,
}

/// A request, as far as it can be understood without knowing which resources exist.
pub(super) struct ApiRequest {
    pub(super) verb: Verb,
    pub(super) target: Target,
    pub(super) query: Query,
    pub(super) content_type: String,
    pub(super) accept: String,
    pub(super) user_agent: String,
    pub(super) body: Bytes,
}

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A path that serves no objects, such as `/version` or `/apis/apps/v1`.
    Path(Vec<String>),
    /// A collection, an object or a subresource.
    Resource(ResourcePath),
}

/// A collection, an object or a subresource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ResourcePath {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) plural: String,
    pub(super) namespace: Option<String>,
    pub(super) name: Option<String>,
    pub(super) subresource: Option<String>,
}

/// The query of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
        })
    }
}

impl ApiRequest {
    /// Reads a request; its body is kept as it is.
    pub(super) fn read(head: &Parts, body: Bytes) -> Result<Self, ApiError> {
        let query = Query::read(head.uri.query().unwrap_or_default());
        let target = Target::read(head.uri.path());
        let verb = verb(&head.method, &target, &query)?;
        Ok(Self {
            verb,
            target,
            query,
            content_type: text_header(&head.headers, header::CONTENT_TYPE)
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned(),
            accept: text_header(&head.headers, header::ACCEPT),
            user_agent: text_header(&head.headers, header::USER_AGENT),
            body,
        })
    }

    /// Whether nothing must be written.
    pub(super) fn is_dry_run(&self) -> bool {
        let in_options = || {
            // Deletions bring their options in the body.
            let options: Option<serde_json::Value> = serde_json::from_slice(&self.body).ok();
            options.is_some_and(|options| options["dryRun"].is_array())
        };
        let deletes = matches!(self.verb, Verb::Delete | Verb::DeleteCollection);
        self.query.get("dryRun").is_some() || deletes && in_options()
    }

    /// Who is said to write: the `fieldManager`, or the program of the user agent.
    pub(super) fn manager(&self) -> String {
        let agent = || self.user_agent.split('/').next().filter(|name| !name.is_empty());
        self.query.get("fieldManager").or_else(agent).unwrap_or("unknown").to_owned()
    }
}

impl Target {
    fn read(path: &str) -> Self {
        let segments: Vec<String> =
            path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect();
        let borrowed: Vec<&str> = segments.iter().map(String::as_str).collect();
        let resource = match borrowed[..] {
            ["api", version, ref rest @ ..] => ResourcePath::read("", version, rest),
            ["apis", group, version, ref rest @ ..] => ResourcePath::read(group, version, rest),
            _ => None,
        };
        resource.map_or(Self::Path(segments), Self::Resource)
    }
}

impl ResourcePath {
    fn read(group: &str, version: &str, rest: &[&str]) -> Option<Self> {
        let (namespace, rest) = match rest {
            // A namespace's own subresources look like collections in it.
            ["namespaces", _, "status" | "finalize"] => (None, rest),
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
            _ => (None, rest),
        };
        let (plural, name, subresource) = match rest {
            [plural] => (plural, None, None),
            [plural, name] => (plural, Some(*name), None),
            [plural, name, subresource] => (plural, Some(*name), Some(*subresource)),
            _ => return None,
        };
        Some(Self {
            group: group.to_owned(),
            version: version.to_owned(),
            plural: (*plural).to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.map(str::to_owned),
            subresource: subresource.map(str::to_owned),
        })
    }
}

impl Query {
    fn read(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The value of a parameter, if it has one that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, v)| v.as_str())
            .filter(|v| !v.is_empty())
    }

    /// Whether a parameter is true.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| matches!(value, "true" | "1"))
    }

    /// A parameter that is a number.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, ApiError> {
        let read = |text: &str| {
            text.parse().map_err(|_| {
                ApiError::bad_request(&format!("{name}: {text:?} is not a whole number"))
            })
        };
        self.get(name).map(read).transpose()
    }
}

fn verb(method: &Method, target: &Target, query: &Query) -> Result<Verb, ApiError> {
    let named = match target {
        Target::Path(_) => true,
        Target::Resource(path) => path.name.is_some(),
    };
    let sub = matches!(target, Target::Resource(ResourcePath { subresource: Some(_), .. }));
    match (method, named) {
        (&Method::GET, true) => Ok(Verb::Get),
        (&Method::GET, false) if query.flag("watch") => Ok(Verb::Watch),
        (&Method::GET, false) => Ok(Verb::List),
        (&Method::POST, named) if !named || sub => Ok(Verb::Create),
        (&Method::PUT, true) => Ok(Verb::Update),
        (&Method::PATCH, true) => Ok(Verb::Patch),
        (&Method::DELETE, true) if !sub => Ok(Verb::Delete),
        (&Method::DELETE, false) => Ok(Verb::DeleteCollection),
        _ => Err(ApiError::method_not_allowed()),
    }
}

fn text_header(headers: &HeaderMap, name: header::HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn decode(segment: &str) -> String {
    // `+` means itself in a path and a blank in a form.
    let escaped = segment.replace('+', "%2B").replace('=', "%3D").replace('&', "%26");
    form_urlencoded::parse(escaped.as_bytes())
        .next()
        .map(|(key, _)| key.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: Method, uri: &str) -> ApiRequest {
        let (head, ()) =
            http::Request::builder().method(method).uri(uri).body(()).unwrap().into_parts();
        ApiRequest::read(&head, Bytes::new()).map_err(|error| error.body()).unwrap()
    }

    fn path(group: &str, rest: [&str; 4], subresource: Option<&str>) -> ResourcePath {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        ResourcePath {
            group: group.to_owned(),
            version: rest[0].to_owned(),
            plural: rest[2].to_owned(),
            namespace: some(rest[1]),
            name: some(rest[3]),
            subresource: subresource.map(str::to_owned),
        }
    }

    #[test]
    fn paths_name_the_collection_the_object_and_the_subresource() {
        let cases = [
            ("/api/v1/pods?", path("", ["v1", "", "pods", ""], None)),
            ("/api/v1/namespaces/a/pods/b", path("", ["v1", "a", "pods", "b"], None)),
            ("/api/v1/namespaces/a", path("", ["v1", "", "namespaces", "a"], None)),
            (
                "/api/v1/namespaces/a/status",
                path("", ["v1", "", "namespaces", "a"], Some("status")),
            ),
            (
                "/apis/apps/v1/namespaces/a/deployments/b/scale?x=y",
                path("apps", ["v1", "a", "deployments", "b"], Some("scale")),
            ),
            ("/api/v1/nodes/a%3Ab", path("", ["v1", "", "nodes", "a:b"], None)),
        ];
        for (uri, expected) in cases {
            assert_eq!(read(Method::GET, uri).target, Target::Resource(expected), "{uri}");
        }
        let version = Target::Path(vec!["version".to_owned()]);
        assert_eq!(read(Method::GET, "/version").target, version);
        let group = Target::Path(["apis", "apps", "v1"].map(str::to_owned).to_vec());
        assert_eq!(read(Method::GET, "/apis/apps/v1").target, group);
    }

    #[test]
    fn verbs_follow_the_method_and_whether_there_is_a_name() {
        let cases = [
            (Method::GET, "/api/v1/pods", Verb::List),
            (Method::GET, "/api/v1/pods?&watch=true", Verb::Watch),
            (Method::POST, "/api/v1/namespaces/a/pods/b/eviction", Verb::Create),
            (Method::DELETE, "/api/v1/namespaces/a/pods", Verb::DeleteCollection),
            (Method::DELETE, "/api/v1/namespaces/a/pods/b", Verb::Delete),
        ];
        for (method, uri, verb) in cases {
            assert_eq!(read(method, uri).verb, verb, "{uri}");
        }
        let request = http::Request::put("/api/v1/pods").body(()).unwrap();
        let refused = ApiRequest::read(&request.into_parts().0, Bytes::new());
        assert_eq!(refused.err().unwrap().code(), 405);
    }
}
