//! The URL of a directory: where it is, and which entry of it is a user's.

use std::fmt;
use std::str::FromStr;

use super::go_url::{GoUrl, percent_decode, percent_encode};
use super::ldap_filter;

/// How to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LdapScheme {
    /// Plain, or upgraded by `StartTLS` unless `insecure` is set; port 389.
    Ldap,
    /// TLS from the start; port 636.
    Ldaps,
}

/// Which entries are searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LdapScope {
    /// The base itself.
    Base,
    /// What is directly below the base.
    One,
    /// The base and everything below it.
    #[default]
    Sub,
}

/// A URL of RFC 2255 as OpenShift reads it: `ldap://host:port/basedn?attribute?scope?filter`.
///
/// Printing it writes every part out, and reading that gives the same.
///
/// Source: openshift/library-go, `ldaputil`. As there, `+` in the query is a space.
///
/// ```
/// use hcp_core::oauth::{LdapScope, LdapUrl};
///
/// let url: LdapUrl = "ldaps://ldap.example.com/ou=people,dc=example,dc=com?mail??(active=TRUE)".parse()?;
/// assert_eq!((url.port, url.attribute.as_str(), url.scope), (636, "mail", LdapScope::Sub));
/// # Ok::<(), hcp_core::oauth::LdapUrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LdapUrl {
    /// How to connect.
    pub scheme: LdapScheme,
    /// The host; empty if none is given, which OpenShift takes for `localhost`.
    pub host: String,
    /// The port, that of the scheme if none is given.
    pub port: u16,
    /// Where the search starts; empty for the root.
    pub base_dn: String,
    /// Which attribute must equal the name that the user gives; `uid` if none is given.
    pub attribute: String,
    /// Further attributes, which OpenShift does not look at.
    pub ignored_attributes: Vec<String>,
    /// Which entries are searched.
    pub scope: LdapScope,
    /// What else must hold of the entry; `(objectClass=*)` if none is given.
    pub filter: String,
}

/// What is wrong with the URL of a directory. The text of the URL is not repeated, it can hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LdapUrlError {
    /// It is no URL.
    #[error("this is not a URL: {0}")]
    Url(&'static str),
    /// Another scheme.
    #[error("the scheme is \"{0}\", ldap or ldaps is required")]
    Scheme(String),
    /// A port that no server has.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// A part that is not UTF-8 once it is decoded.
    #[error("the {0} is not UTF-8 once it is decoded")]
    NotUtf8(&'static str),
    /// Another scope.
    #[error("the scope is \"{0}\", one of base, one and sub is required")]
    Scope(String),
    /// The filter is none.
    #[error("{0}")]
    Filter(&'static str),
    /// An extension that must be understood; OpenShift understands none.
    #[error("the extension \"{0}\" is critical, and OpenShift has none")]
    Extension(String),
    /// More than four parts.
    #[error(
        "there are more than the four parts attribute, scope, filter and extensions after the first \"?\"; write a \"?\" in the filter as %3F"
    )]
    Parts,
}

impl FromStr for LdapUrl {
    type Err = LdapUrlError;

    fn from_str(text: &str) -> Result<Self, LdapUrlError> {
        let url = GoUrl::parse(text).map_err(LdapUrlError::Url)?;
        let scheme = match url.scheme.as_str() {
            "ldap" => LdapScheme::Ldap,
            "ldaps" => LdapScheme::Ldaps,
            other => return Err(LdapUrlError::Scheme(other.to_owned())),
        };
        let (host, port) = split_port(url.host, scheme)?;
        let path = decode(url.path.trim_start_matches('/'), "base DN")?;
        let base_dn = path.trim_start_matches('/').to_owned();

        let mut parts = url.query.split('?');
        let mut next = |name| decode(&parts.next().unwrap_or_default().replace('+', " "), name);
        let attributes = next("attribute")?;
        let scope = next("scope")?.parse()?;
        let filter = next("filter")?;
        let extensions = parts.next().unwrap_or_default();
        if parts.next().is_some() {
            return Err(LdapUrlError::Parts);
        }
        if let Some(critical) = extensions.split(',').find(|extension| extension.starts_with('!')) {
            let name = critical.split('=').next().unwrap_or(critical);
            return Err(LdapUrlError::Extension(name.to_owned()));
        }
        let mut attributes = attributes.split(',').map(str::to_owned);
        let attribute = attributes.next().filter(|name| !name.is_empty());
        let filter = if filter.is_empty() { EVERYTHING.to_owned() } else { filter };
        ldap_filter::check(&filter).map_err(LdapUrlError::Filter)?;
        Ok(Self {
            scheme,
            host: host.to_owned(),
            port,
            base_dn,
            attribute: attribute.unwrap_or_else(|| "uid".to_owned()),
            ignored_attributes: attributes.filter(|name| !name.is_empty()).collect(),
            scope,
            filter,
        })
    }
}

const EVERYTHING: &str = "(objectClass=*)";

fn split_port(host: &str, scheme: LdapScheme) -> Result<(&str, u16), LdapUrlError> {
    let after_address = host.rfind(']').map_or(0, |bracket| bracket + 1);
    let Some(colon) = host[after_address..].rfind(':') else {
        return Ok((host, scheme.port()));
    };
    let (host, port) = host.split_at(after_address + colon);
    match port[1..].parse() {
        Ok(port) if port > 0 => Ok((host, port)),
        _ => Err(LdapUrlError::Port),
    }
}

fn decode(text: &str, part: &'static str) -> Result<String, LdapUrlError> {
    let bytes = percent_decode(text).map_err(LdapUrlError::Url)?;
    String::from_utf8(bytes).map_err(|_| LdapUrlError::NotUtf8(part))
}

impl LdapScheme {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ldap => "ldap",
            Self::Ldaps => "ldaps",
        }
    }

    /// The port that is used if none is given.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Ldap => 389,
            Self::Ldaps => 636,
        }
    }
}

impl LdapScope {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::One => "one",
            Self::Sub => "sub",
        }
    }
}

impl FromStr for LdapScope {
    type Err = LdapUrlError;

    fn from_str(text: &str) -> Result<Self, LdapUrlError> {
        match text {
            "base" => Ok(Self::Base),
            "one" => Ok(Self::One),
            "" | "sub" => Ok(Self::Sub),
            other => Err(LdapUrlError::Scope(other.to_owned())),
        }
    }
}

impl fmt::Display for LdapUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = percent_encode(&self.base_dn, b"=,");
        write!(f, "{}://{}:{}/{base}", self.scheme.as_str(), self.host, self.port)?;
        let names = std::iter::once(&self.attribute).chain(&self.ignored_attributes);
        let names: Vec<_> = names.map(|name| percent_encode(name, b"")).collect();
        let filter = percent_encode(&self.filter, b"()=&|!*:");
        write!(f, "?{}?{}?{filter}", names.join(","), self.scope.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_read_and_what_is_absent_is_as_in_openshift() {
        let url: LdapUrl =
            "ldap://h:123/o=my%20org?my%20attr,uid?one?(o=my%20group%3f*)?ext=1".parse().unwrap();
        assert_eq!(
            url,
            LdapUrl {
                scheme: LdapScheme::Ldap,
                host: "h".to_owned(),
                port: 123,
                base_dn: "o=my org".to_owned(),
                attribute: "my attr".to_owned(),
                ignored_attributes: vec!["uid".to_owned()],
                scope: LdapScope::One,
                filter: "(o=my group?*)".to_owned(),
            }
        );
        let url: LdapUrl = "ldaps://".parse().unwrap();
        assert_eq!(url.to_string(), "ldaps://:636/?uid?sub?(objectClass=*)");
        let url: LdapUrl = "ldap:///??sub??e-bindname=cn=Manager%2cdc=com".parse().unwrap();
        assert_eq!(url.to_string(), "ldap://:389/?uid?sub?(objectClass=*)");
        let url: LdapUrl =
            "ldap://[::1]:1389/o=An%20Example%5C2C%20Inc.,c=US?cn?base".parse().unwrap();
        assert_eq!(
            (url.base_dn.as_str(), url.host.as_str()),
            ("o=An Example\\2C Inc.,c=US", "[::1]")
        );
        assert_eq!(url.to_string().parse(), Ok(url));
    }

    #[test]
    fn what_openshift_refuses_is_refused() {
        for (text, error) in [
            ("", "the scheme is \"\", ldap or ldaps is required"),
            ("http://h/o=a", "the scheme is \"http\", ldap or ldaps is required"),
            ("ldap://h/o=a?cn?foo", "the scope is \"foo\", one of base, one and sub is required"),
            ("ldap://h/o=a?cn?SUB", "the scope is \"SUB\", one of base, one and sub is required"),
            (
                "ldap://h/o=a?cn?one?(mygroup*)",
                "a condition of the filter has no \"=\" after its attribute",
            ),
            (
                "ldap://h/o=a????!x=secret",
                "the extension \"!x\" is critical, and OpenShift has none",
            ),
            ("ldap://h:99999/", "the port is not a number from 1 to 65535"),
            ("ldap://h:/", "the port is not a number from 1 to 65535"),
            ("ldap://h/%ff", "the base DN is not UTF-8 once it is decoded"),
        ] {
            assert_eq!(text.parse::<LdapUrl>().unwrap_err().to_string(), error, "{text}");
        }
        assert_eq!("ldap://h/o=a?cn?one?(o=b)?x=1?y".parse::<LdapUrl>(), Err(LdapUrlError::Parts));
    }
}
