//! The URL that a provider must be allowed to send users back to.

use super::go_url::{GoUrl, percent_encode};

/// What stands for the provider's name in `status.oauthCallbackURLTemplate`.
const NAME: &str = "[identity-provider-name]";

/// Why there is no redirect URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedirectError {
    /// The template has no place for the name.
    #[error(
        "the template \"{0}\" does not hold {NAME}; take it from status.oauthCallbackURLTemplate"
    )]
    NoPlace(String),
    /// The template, the host or the domain gives no URL.
    #[error(
        "\"{text}\" does not give a URL with https and a host: {why}; take it from the HostedCluster's status"
    )]
    NotAUrl {
        /// The URL, with the place for the name.
        text: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A name that no provider can have.
    #[error("no provider can be named \"{0}\"; see what validate says about it")]
    Name(String),
}

/// Where the OAuth server of a cluster is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedirectBase {
    /// A hosted cluster: its `status.oauthCallbackURLTemplate`, `https://<host>:<port>/oauth2callback/[identity-provider-name]`.
    Template(String),
    /// A hosted cluster whose template is not known: the host and the port of its OAuth server.
    Host {
        /// The host, without scheme.
        host: String,
        /// The port, 443 for a Route.
        port: u16,
    },
    /// A cluster with a control plane of its own: the name and the base domain. The documentation names this one, which a hosted cluster does not have.
    Standalone {
        /// The name of the cluster.
        cluster: String,
        /// The base domain.
        domain: String,
    },
}

/// The URL to register with an identity provider (GitHub, GitLab, Google, `OpenID`).
///
/// The name is escaped as a part of a path. The OAuth server itself sends it as it is, so a name that needs escaping is best avoided;
/// [`validate`](super::validate) warns of it.
///
/// Sources: `HyperShift`, `status.oauthCallbackURLTemplate`; openshift/oauth-server.
///
/// # Errors
///
/// A template without a place for the name, what gives no `https` URL, or a name that no provider can have.
///
/// ```
/// use hcp_core::oauth::{RedirectBase, redirect_url};
///
/// let template = "https://oauth.prod.example.com:443/oauth2callback/[identity-provider-name]";
/// assert_eq!(
///     redirect_url(&RedirectBase::Template(template.to_owned()), "IAM")?,
///     "https://oauth.prod.example.com:443/oauth2callback/IAM",
/// );
/// # Ok::<(), hcp_core::oauth::RedirectError>(())
/// ```
pub fn redirect_url(base: &RedirectBase, provider: &str) -> Result<String, RedirectError> {
    if matches!(provider, "" | "." | "..") || provider.contains(['/', '%', ':']) {
        return Err(RedirectError::Name(provider.to_owned()));
    }
    let template = match base {
        RedirectBase::Template(template) => template.clone(),
        RedirectBase::Host { host, port } => format!("https://{host}:{port}/oauth2callback/{NAME}"),
        RedirectBase::Standalone { cluster, domain } => {
            format!("https://oauth-openshift.apps.{cluster}.{domain}/oauth2callback/{NAME}")
        }
    };
    let not_a_url = |why| RedirectError::NotAUrl { text: template.clone(), why };
    let Some((before, after)) = template.split_once(NAME) else {
        return Err(RedirectError::NoPlace(template));
    };
    let url = GoUrl::parse(before).map_err(not_a_url)?;
    match (url.scheme.as_str(), url.host, url.path) {
        ("https", "", _) => Err(not_a_url("the host is missing")),
        ("https", _, "") => Err(not_a_url("the path is missing")),
        ("https", host, _) if host.starts_with([':', '.']) || host.contains("..") => {
            Err(not_a_url("a part of the host is empty"))
        }
        ("https", ..) if !url.query.is_empty() || !url.fragment.is_empty() => {
            Err(not_a_url("the name does not stand in the path"))
        }
        ("https", ..) => {
            Ok(format!("{before}{}{after}", percent_encode(provider, b"!$&'()*+,;=@")))
        }
        _ => Err(not_a_url("the scheme is not https")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> RedirectBase {
        RedirectBase::Template(text.to_owned())
    }

    #[test]
    fn both_formats_end_with_the_escaped_name() {
        let host = RedirectBase::Host { host: "oauth.a.example.com".to_owned(), port: 443 };
        let standalone =
            RedirectBase::Standalone { cluster: "a".to_owned(), domain: "example.com".to_owned() };
        for (name, end) in
            [("IAM", "IAM"), ("my idp", "my%20idp"), ("a?b#c", "a%3Fb%23c"), ("ü", "%C3%BC")]
        {
            assert_eq!(
                redirect_url(&host, name).unwrap(),
                format!("https://oauth.a.example.com:443/oauth2callback/{end}")
            );
            assert_eq!(
                redirect_url(&standalone, name).unwrap(),
                format!("https://oauth-openshift.apps.a.example.com/oauth2callback/{end}")
            );
        }
    }

    #[test]
    fn what_gives_no_url_is_an_error() {
        let name = |name: &str| redirect_url(&template("https://a/[identity-provider-name]"), name);
        for bad in ["", ".", "..", "a/b", "a%b", "a:b"] {
            assert_eq!(name(bad), Err(RedirectError::Name(bad.to_owned())));
        }
        for bad in [
            "https://[identity-provider-name]",
            "http://a/[identity-provider-name]",
            "https:///[identity-provider-name]",
            "https://:443/oauth2callback/[identity-provider-name]",
            "https://a b/[identity-provider-name]",
            "https://a/?b=[identity-provider-name]",
            "[identity-provider-name]",
            "https://a/#b[identity-provider-name]",
        ] {
            let error = redirect_url(&template(bad), "IAM").unwrap_err();
            assert!(matches!(error, RedirectError::NotAUrl { .. }), "{bad}: {error}");
        }
        let error = redirect_url(&template("https://a/oauth2callback/<idp>"), "IAM").unwrap_err();
        assert!(matches!(error, RedirectError::NoPlace(_)));
        let empty = RedirectBase::Standalone { cluster: String::new(), domain: "a".to_owned() };
        assert!(redirect_url(&empty, "IAM").is_err());
    }
}
