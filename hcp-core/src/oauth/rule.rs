//! The rules that an OAuth configuration can break.

use std::borrow::Cow;
use std::fmt;

use super::references::ObjectKind;
use crate::finding::Rule;

/// An enumeration of rules: each variant with its id, what is wrong, and what to do.
macro_rules! rules {
    (
        $(#[$outer:meta])*
        pub enum $name:ident {
            $(
                $(#[$inner:meta])*
                $variant:ident $({ $( $(#[$about:meta])* $field:ident: $type:ty, )+ })?
                    = $id:literal, $message:literal, $remedy:literal;
            )+
        }
    ) => {
        $(#[$outer])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name {
            $(
                $(#[$inner])*
                $variant $({ $( $(#[$about])* $field: $type, )+ })?,
            )+
        }

        impl $name {
            /// The ids of all rules, in the order of the variants.
            pub const IDS: &'static [&'static str] = &[$($id),+];
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $( Self::$variant $({ $($field),+ })? => {
                        $( $( let _ = $field; )+ )?
                        write!(f, $message)
                    } )+
                }
            }
        }

        impl Rule for $name {
            fn id(&self) -> &'static str {
                match self {
                    $( Self::$variant { .. } => $id, )+
                }
            }

            fn remedy(&self) -> Cow<'static, str> {
                match self {
                    $( Self::$variant $({ $($field),+ })? => {
                        $( $( let _ = $field; )+ )?
                        Cow::Owned(fmt::format(format_args!($remedy)))
                    } )+
                }
            }
        }
    };
}

rules! {
    /// What can be wrong with an OAuth configuration.
    ///
    /// Sources: OpenShift's admission plugin `config.openshift.io/ValidateOAuth` (which never sees a `HostedCluster`), openshift/oauth-server, and
    /// `HyperShift`'s conversion of identity providers. One provider that the OAuth server cannot use keeps the whole server from starting.
    pub enum OAuthRule {
        /// `oauth` is set and names no provider. The presence of `oauth` alone removes `kubeadmin`.
        NoProviders = "no-providers",
            "kubeadmin is removed because oauth is set, and there is no provider to log in with",
            "add a provider, or remove oauth as a whole to keep kubeadmin";
        /// A required text, list or name is absent or empty.
        Required = "required",
            "this is required and stands empty",
            "set it";
        /// A field that the API server drops when it stores the object.
        UnknownField {
            /// Where it would be known, as a hint.
            hint: String,
        } = "unknown-field",
            "there is no such field here, so the API server drops it{hint}",
            "correct the name or the indentation, or remove it";
        /// A value of the documentation that was not replaced.
        Placeholder {
            /// The value.
            text: String,
        } = "placeholder",
            "\"{text}\" is a placeholder of the documentation",
            "replace it with the real value";

        /// The name cannot be the last part of the redirect URL and the first of an identity.
        NameNotASegment {
            /// The name.
            name: String,
            /// What it is or has.
            problem: &'static str,
        } = "name-not-a-segment",
            "the name \"{name}\" {problem}, which OpenShift refuses",
            "use letters, digits and dashes";
        /// Two providers have the same name.
        NameTaken {
            /// The name.
            name: String,
            /// The index of the first provider with it.
            first: usize,
        } = "name-taken",
            "the name \"{name}\" is that of identityProviders[{first}] too",
            "give every provider a name of its own";
        /// The redirect URL is sent without escaping the name.
        NameNeedsEscaping {
            /// The name.
            name: String,
        } = "name-needs-escaping",
            "the OAuth server does not escape the name \"{name}\" in the redirect URL, and few providers take such a URL",
            "use letters, digits and dashes";

        /// No type is given.
        TypeMissing {
            /// A hint which type it must be.
            hint: String,
        } = "type-missing",
            "no type is given{hint}",
            "set the type to that of the member that is filled in";
        /// A type that does not exist. `HyperShift` drops the provider.
        TypeUnknown {
            /// The type.
            kind: String,
            /// A hint which type is meant.
            hint: String,
        } = "type-unknown",
            "there is no type \"{kind}\", and HyperShift drops the provider{hint}",
            "use one of BasicAuth, GitHub, GitLab, Google, HTPasswd, Keystone, LDAP, OpenID, RequestHeader";
        /// The member of the type is not there. `HyperShift` drops the provider.
        MemberMissing {
            /// The type.
            kind: String,
        } = "member-missing",
            "the type is {kind} and its member is not there, so HyperShift drops the provider",
            "add the member, or correct the indentation below it";
        /// A member of another type is there too. `HyperShift` copies the secrets of the first member only, whatever the type is.
        MemberOfAnotherType {
            /// The type.
            kind: String,
        } = "member-of-another-type",
            "the type is {kind}, and this is the member of another type, whose secrets HyperShift may copy in place of the right ones",
            "remove it, or make it a provider of its own";
        /// A mapping method that does not exist. The OAuth server does not start with it.
        MappingUnknown {
            /// The method.
            method: String,
            /// A hint about version 3.
            hint: &'static str,
        } = "mapping-unknown",
            "there is no mapping method \"{method}\", and the OAuth server does not start with it{hint}",
            "use claim, lookup or add";
        /// Users and identities must be made by hand.
        LookupNeedsIdentities = "lookup-needs-identities",
            "with lookup nobody can log in before a User, an Identity and a UserIdentityMapping are made",
            "make them, or use claim";

        /// Go cannot parse the URL.
        UrlUnparsable {
            /// Why.
            why: &'static str,
        } = "url-unparsable",
            "this is not a URL: {why}",
            "write it as https://host/path";
        /// The scheme is not the one that is required.
        UrlScheme {
            /// What stands there, nothing if there is none.
            found: String,
        } = "url-scheme",
            "the scheme is \"{found}\", https is required",
            "write it as https://host/path";
        /// There is no host.
        UrlHost = "url-host",
            "the URL has no host",
            "write it as https://host/path";
        /// A user name or a password in the URL, where everybody who may read the object reads it.
        UrlUserInfo = "url-user-info",
            "the URL holds a user name or a password, which anybody who reads the object sees",
            "remove it from the URL, and replace that password";
        /// Users are sent there without TLS.
        UrlInsecure = "url-insecure",
            "the scheme is http, so what users send there can be read on the way",
            "use https";
        /// An issuer with a query.
        IssuerQuery = "issuer-query",
            "an issuer has no query",
            "remove the part from \"?\" on";
        /// An issuer with a fragment.
        IssuerFragment = "issuer-fragment",
            "an issuer has no fragment",
            "remove the part from \"#\" on";
        /// An issuer with a slash at the end.
        IssuerSlash = "issuer-slash",
            "an issuer has no \"/\" at the end",
            "remove it; the issuer must be what the provider's tokens say in iss";

        /// The name is none that a Secret or a ConfigMap can have.
        ReferenceName {
            /// Of what.
            kind: ObjectKind,
            /// The name.
            name: String,
        } = "reference-name",
            "\"{name}\" cannot be the name of a {kind}",
            "use the name of an existing one: letters a-z, digits, dashes and dots";
        /// It does not exist. Its volume keeps the OAuth server's pod from starting.
        ReferenceMissing {
            /// Of what.
            kind: ObjectKind,
            /// The name.
            name: String,
        } = "reference-missing",
            "there is no {kind} \"{name}\" in the namespace of the HostedCluster, and the OAuth server's pod waits for it",
            "create it there first";
        /// It does not have the key.
        ReferenceKeyMissing {
            /// Of what.
            kind: ObjectKind,
            /// The name.
            name: String,
            /// The key.
            key: &'static str,
        } = "reference-key-missing",
            "the {kind} \"{name}\" has no key {key}, and the OAuth server does not start without that file",
            "put the data under the key {key}";

        /// A certificate without its key, or the reverse.
        TlsPair {
            /// The field that is missing.
            missing: &'static str,
        } = "tls-pair",
            "a client certificate needs its key and the reverse, {missing} is not set",
            "set both or none";
        /// `HyperShift` gives the volumes of both the same name, and Kubernetes refuses the Deployment of the OAuth server.
        TlsVolumeClash = "tls-volume-clash",
            "HyperShift names the volumes of the certificate and of the key of a BasicAuth provider alike, so the Deployment of the OAuth server is refused",
            "leave out the client certificate until your HyperShift is known to name them differently";

        /// Organizations and teams together.
        OrganizationsAndTeams = "organizations-and-teams",
            "organizations and teams exclude each other",
            "keep one of the two lists";
        /// Anybody who has an account could log in.
        OpenToAll {
            /// Of what.
            service: &'static str,
            /// What would restrict it.
            restriction: &'static str,
        } = "open-to-all",
            "anybody with an account of {service} could log in, which OpenShift refuses unless the mapping method is lookup",
            "set {restriction}";
        /// No name of an organization.
        Organization {
            /// The text.
            text: String,
        } = "organization",
            "\"{text}\" is not the name of an organization",
            "write the organization alone, without \"/\"";
        /// No name of a team.
        Team {
            /// The text.
            text: String,
        } = "team",
            "\"{text}\" is not the name of a team",
            "write it as organization/team";
        /// The host is that of the public GitHub.
        HostnameOfGitHub = "hostname-of-github",
            "the host name is only for GitHub Enterprise, github.com is what is used without one",
            "remove the host name";
        /// No host name.
        Hostname {
            /// The text.
            text: String,
        } = "hostname",
            "\"{text}\" is neither a DNS name in lower case nor an IP address",
            "write the host alone, without scheme, port and path";
        /// A CA without the host that it is for.
        CaWithoutHostname = "ca-without-hostname",
            "a CA is only for GitHub Enterprise, and no host name is set",
            "set hostname, or remove ca";
        /// No domain, so no account can belong to it.
        HostedDomain {
            /// The text.
            text: String,
        } = "hosted-domain",
            "\"{text}\" is not a domain, and accounts of exactly this domain may log in",
            "write the domain alone, as in example.com";

        /// A scope with a character that RFC 6749 does not allow.
        Scope {
            /// The scope.
            scope: String,
        } = "scope",
            "\"{scope}\" is not a scope of RFC 6749",
            "write one scope for each element, without spaces, quotes and backslashes";
        /// A parameter that the OAuth server sets itself.
        ReservedParameter {
            /// Its name.
            name: String,
        } = "reserved-parameter",
            "the OAuth server sets the parameter {name} itself",
            "remove it; scopes go to extraScopes";
        /// An empty name of a claim, of an attribute or of a header.
        NameEmpty = "name-empty",
            "an empty name never has a value",
            "remove it";
        /// A value in place of the name of a claim.
        ClaimIsValue {
            /// The text.
            text: String,
        } = "claim-is-value",
            "\"{text}\" looks like a value, and the names of claims belong here",
            "write the name of the claim, as in email";

        /// Neither a login nor a challenge URL.
        NoRedirect = "no-redirect",
            "neither loginURL nor challengeURL is set, so nobody is ever sent to the proxy",
            "set at least one of them";
        /// The query has neither token.
        NoToken {
            /// Where a token was found instead.
            hint: &'static str,
        } = "no-token",
            "the query has neither ${{url}} nor ${{query}}, so the request is lost on the way{hint}",
            "add ?then=${{url}} or ?${{query}}, as it stands here";
        /// The path of the login URL must be that of the authorize endpoint.
        LoginPath = "login-path",
            "the path does not end with /authorize, and approving grants then fails",
            "let the proxy serve a path that ends with /authorize";
        /// No header name.
        Header {
            /// The text.
            text: String,
        } = "header",
            "\"{text}\" cannot be the name of a header",
            "write the name alone, as in X-Remote-User";
        /// Every certificate of the CA may say who a user is.
        AnyClientCertificate = "any-client-certificate",
            "without clientCommonNames every certificate that the CA has signed may pass as any user",
            "list the common name of the proxy, or use a CA of its own for it";

        /// The URL of a directory is wrong.
        LdapUrl {
            /// What is wrong.
            why: String,
        } = "ldap-url",
            "{why}",
            "write it as ldap://host:port/basedn?attribute?scope?filter";
        /// Two directions at once.
        LdapsInsecure = "ldaps-insecure",
            "insecure is set, and ldaps uses TLS all the same",
            "set insecure to false, or use ldap";
        /// A CA that is not used.
        CaWithInsecure = "ca-with-insecure",
            "insecure is set, so no certificate is looked at",
            "set insecure to false, or remove ca";
        /// Passwords go over the network in clear text.
        LdapInsecure = "ldap-insecure",
            "passwords of users are sent without TLS",
            "set insecure to false, then StartTLS is used";
        /// One of `bindDN` and `bindPassword`.
        BindHalf {
            /// The field that is missing.
            missing: &'static str,
        } = "bind-half",
            "bindDN and bindPassword belong together, {missing} is not set",
            "set both, or none to search anonymously";
        /// No host, which means the OAuth server's own pod.
        LdapNoHost = "ldap-no-host",
            "without a host the directory is looked for on localhost, which is the OAuth server's own pod",
            "add the host of the directory";
        /// An IPv6 address without a port, to which OpenShift adds the port wrongly.
        LdapIpv6Port = "ldap-ipv6-port",
            "OpenShift adds the standard port to an IPv6 address as [[::1]]:389, which it cannot connect to",
            "write the port too";
        /// No base DN: the search starts at the root.
        LdapNoBase = "ldap-no-base",
            "without a base DN the search starts at the root, which most directories refuse",
            "add the DN that users are below";
        /// Attributes after the first are not looked at.
        LdapAttributes {
            /// The one that is.
            used: String,
        } = "ldap-attributes",
            "only the first attribute, {used}, is searched",
            "keep one attribute";

        /// More than one provider redirects challenges.
        ManyRedirectors {
            /// Their names.
            names: String,
        } = "many-redirectors",
            "only one provider can redirect clients that expect a challenge, these do: {names}",
            "keep challengeURL in one of them";
        /// Some providers redirect challenges and others answer them.
        MixedChallenges {
            /// The names of those that redirect.
            redirecting: String,
            /// The names of those that answer.
            answering: String,
        } = "mixed-challenges",
            "{redirecting} would redirect the challenges that {answering} would answer",
            "remove challengeURL, or the other providers";

        /// No Go duration.
        Duration {
            /// The text.
            text: String,
        } = "duration",
            "\"{text}\" is not a Go duration",
            "write it as 10m or 2h45m";
        /// The inactivity timeout is too short.
        InactivityTooShort {
            /// The text.
            text: String,
        } = "inactivity-too-short",
            "{text} is less than the 300 seconds that are allowed",
            "use 5m or more";
        /// The inactivity timeout is never reached.
        InactivityTooLong {
            /// The text.
            text: String,
            /// Seconds that a token lives.
            age: i32,
        } = "inactivity-too-long",
            "tokens end after {age} seconds, so an inactivity timeout of {text} never counts",
            "use less than the age of a token";
        /// The age of tokens is below 0. `HyperShift` uses one day then.
        NegativeAge {
            /// Seconds.
            seconds: i32,
        } = "negative-age",
            "{seconds} seconds are less than 0, which OpenShift refuses and HyperShift takes as 86400",
            "use 0 for one day, or the seconds that a token shall live";
        /// A field without effect.
        NoEffect = "no-effect",
            "this field has no effect any more",
            "use accessTokenInactivityTimeout";
    }
}
