//! What holds of any configuration.

use hcp_core::oauth::{
    LdapScheme, LdapScope, LdapUrl, OAuthRule, OAuthSpec, Policy, RedirectBase, References,
    redirect_url, valid_idp_configuration, validate,
};
use hcp_core::{Finding, JsonPath, Rule, Severity};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::corpus::{Case, Corpus, files, summary};

const FIELDS: &[&str] = &[
    "identityProviders",
    "tokenConfig",
    "templates",
    "name",
    "type",
    "mappingMethod",
    "basicAuth",
    "github",
    "gitlab",
    "google",
    "htpasswd",
    "keystone",
    "ldap",
    "openID",
    "requestHeader",
    "url",
    "ca",
    "tlsClientCert",
    "tlsClientKey",
    "clientID",
    "clientSecret",
    "organizations",
    "teams",
    "hostname",
    "hostedDomain",
    "fileData",
    "domainName",
    "bindDN",
    "bindPassword",
    "insecure",
    "attributes",
    "id",
    "email",
    "preferredUsername",
    "claims",
    "groups",
    "issuer",
    "extraScopes",
    "extraAuthorizeParameters",
    "loginURL",
    "challengeURL",
    "headers",
    "clientCommonNames",
    "login",
    "error",
    "providerSelection",
    "accessTokenMaxAgeSeconds",
    "accessTokenInactivityTimeout",
    "accessTokenInactivityTimeoutSeconds",
    "other",
];

/// Texts that are nearly right.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec![
            "",
            "BasicAuth",
            "GitHub",
            "GitLab",
            "Google",
            "HTPasswd",
            "Keystone",
            "LDAP",
            "OpenID",
            "RequestHeader",
            "claim",
            "lookup",
        ])
        .prop_map(str::to_owned),
        "(https?|ldaps?|)(://|:|)[a-z@:\\[\\]%]{0,8}[/?#]?[a-z0-9$\\{\\}()=!&|\\\\?%+,-]{0,24}",
        "[-+]?[0-9.]{0,12}(ns|us|ms|s|m|h|)[0-9.]{0,3}(s|)",
        "\\PC{0,12}",
        any::<String>(),
    ]
}

/// The value of a field, mostly of the type that the field has.
fn field(name: &'static str, depth: u32) -> BoxedStrategy<Value> {
    let texts = || vec(text(), 0..3).prop_map(|texts| json!(texts)).boxed();
    match name {
        "identityProviders" => vec(object(depth), 0..4).prop_map(Value::Array).boxed(),
        "insecure" => any::<bool>().prop_map(Value::from).boxed(),
        "accessTokenMaxAgeSeconds" | "accessTokenInactivityTimeoutSeconds" => {
            any::<i32>().prop_map(Value::from).boxed()
        }
        "organizations" | "teams" | "id" | "email" | "preferredUsername" | "groups"
        | "extraScopes" | "headers" | "clientCommonNames" => texts(),
        "extraAuthorizeParameters" => {
            proptest::collection::btree_map(text(), text(), 0..3).prop_map(|map| json!(map)).boxed()
        }
        "url"
        | "type"
        | "mappingMethod"
        | "clientID"
        | "hostname"
        | "hostedDomain"
        | "domainName"
        | "bindDN"
        | "issuer"
        | "loginURL"
        | "challengeURL"
        | "accessTokenInactivityTimeout" => text().prop_map(Value::from).boxed(),
        "name" => prop_oneof![text().prop_map(Value::from), texts()].boxed(),
        _ => object(depth),
    }
}

fn object(depth: u32) -> BoxedStrategy<Value> {
    if depth == 0 {
        return Just(json!({})).boxed();
    }
    let entry = proptest::sample::select(FIELDS)
        .prop_flat_map(move |name| (Just(name.to_owned()), field(name, depth - 1)));
    vec(entry, 0..8).prop_map(|entries| Value::Object(Map::from_iter(entries))).boxed()
}

/// Anything that is JSON.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec((proptest::sample::select(FIELDS), inner), 0..6).prop_map(|entries| {
                entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            }),
        ]
    })
}

fn root() -> Policy {
    Policy::default().with_at(JsonPath::root())
}

fn refusals(spec: &OAuthSpec, references: Option<&References>) -> Vec<Finding<OAuthRule>> {
    let mut found = validate(spec, &root(), references);
    found.retain(|finding| finding.severity == Severity::Refusal);
    found
}

fn spec(providers: &[Value]) -> OAuthSpec {
    serde_json::from_value(json!({ "identityProviders": providers })).expect("as generated")
}

fn host() -> impl Strategy<Value = String> {
    "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?){0,3}"
}

fn https() -> impl Strategy<Value = String> {
    (host(), "(:[1-9][0-9]{0,3})?(/[A-Za-z0-9._~-]{1,6}){0,3}")
        .prop_map(|(host, rest)| format!("https://{host}{rest}"))
}

fn reference() -> impl Strategy<Value = Value> {
    host().prop_map(|name| json!({ "name": name }))
}

fn optional(strategy: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    proptest::option::of(strategy).prop_map(|value| value.unwrap_or(Value::Null))
}

/// A filter.
fn filter() -> impl Strategy<Value = String> {
    let item = "\\([a-zA-Z][a-zA-Z0-9;-]{0,6}(=|>=|<=|~=|:=|:1\\.2:=)([a-z*? +%#üλ]|\\\\[0-9a-f]{2}){0,6}\\)";
    item.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            ("[&|]", vec(inner.clone(), 0..3))
                .prop_map(|(kind, all)| format!("({kind}{})", all.concat())),
            inner.prop_map(|one| format!("(!{one})")),
        ]
    })
}

fn ldap_url() -> impl Strategy<Value = LdapUrl> {
    let scheme = prop_oneof![Just(LdapScheme::Ldap), Just(LdapScheme::Ldaps)];
    let scope = prop_oneof![Just(LdapScope::Base), Just(LdapScope::One), Just(LdapScope::Sub)];
    let host = prop_oneof![host(), Just("[2001:db8::1]".to_owned()), Just(String::new())];
    let name = || "[^,]{1,8}";
    let parts =
        (scheme, host, 1..=u16::MAX, any::<String>(), name(), vec(name(), 0..3), scope, filter());
    parts.prop_map(|(scheme, host, port, base_dn, attribute, ignored, scope, filter)| {
        let mut url: LdapUrl = "ldap://".parse().expect("as generated");
        url.scheme = scheme;
        url.host = host;
        url.port = port;
        base_dn.trim_start_matches('/').clone_into(&mut url.base_dn);
        url.attribute = attribute;
        url.ignored_attributes = ignored;
        url.scope = scope;
        url.filter = filter;
        url
    })
}

/// The type, the name of its member, and the member, all of it right.
fn member() -> impl Strategy<Value = (&'static str, &'static str, Value)> {
    let remote = || {
        (https(), optional(reference()), proptest::option::of((reference(), reference()))).prop_map(
            |(url, ca, pair)| {
                let (cert, key) = pair.unwrap_or_default();
                json!({"url": url, "ca": ca, "tlsClientCert": cert, "tlsClientKey": key})
            },
        )
    };
    let client = || ("[!-~]{1,20}", reference());
    prop_oneof![
        remote().prop_map(|member| ("BasicAuth", "basicAuth", member)),
        (remote(), "[a-z]{1,9}").prop_map(|(mut member, domain)| {
            member["domainName"] = json!(domain);
            ("Keystone", "keystone", member)
        }),
        reference().prop_map(|file| ("HTPasswd", "htpasswd", json!({ "fileData": file }))),
        (client(), vec("[a-z]{1,5}/[a-z-]{1,5}", 1..3), any::<bool>()).prop_map(|((id, secret), teams, by_team)| {
            let organizations: Vec<_> = teams.iter().map(|team| team.split('/').next()).collect();
            let restriction = if by_team { json!({ "teams": teams }) } else { json!({ "organizations": organizations }) };
            let mut member = json!({"clientID": id, "clientSecret": secret});
            member.as_object_mut().expect("as generated").extend(restriction.as_object().expect("as generated").clone());
            ("GitHub", "github", member)
        }),
        (client(), host(), optional(reference())).prop_map(|((id, secret), host, ca)| {
            ("GitHub", "github", json!({"clientID": id, "clientSecret": secret, "hostname": host, "ca": ca}))
        }),
        (client(), https(), optional(reference())).prop_map(|((id, secret), url, ca)| {
            ("GitLab", "gitlab", json!({"clientID": id, "clientSecret": secret, "url": url, "ca": ca}))
        }),
        (client(), host()).prop_map(|((id, secret), domain)| {
            ("Google", "google", json!({"clientID": id, "clientSecret": secret, "hostedDomain": domain}))
        }),
        (client(), https(), vec("[!#-\\[\\]-~]{1,8}", 0..3), any::<[bool; 2]>()).prop_map(|((id, secret), issuer, scopes, [a, b])| {
            let claims = json!({"email": if a { json!(["email"]) } else { Value::Null }, "groups": if b { json!(["g"]) } else { json!([]) }});
            ("OpenID", "openID", json!({"clientID": id, "clientSecret": secret, "issuer": issuer, "extraScopes": scopes, "claims": claims}))
        }),
        (ldap_url(), proptest::option::of(("\\PC{1,9}", reference())), optional(reference())).prop_map(|(url, bind, ca)| {
            let (dn, password) = bind.map_or((Value::Null, Value::Null), |(dn, password)| (json!(dn), password));
            let member = json!({"url": url.to_string(), "bindDN": dn, "bindPassword": password, "ca": ca, "attributes": {"id": ["dn"]}});
            ("LDAP", "ldap", member)
        }),
        (https(), reference(), vec("[A-Za-z-]{1,9}", 1..3), "\\$\\{(url|query)\\}").prop_map(|(url, ca, headers, token)| {
            let login = format!("{url}/authorize?{token}");
            ("RequestHeader", "requestHeader", json!({"ca": ca, "headers": headers, "loginURL": login}))
        }),
    ]
}

fn good_spec() -> impl Strategy<Value = OAuthSpec> {
    let name = "[A-Za-z0-9 _~ü.?#-]{1,9}";
    let method = proptest::sample::select(vec![
        json!("claim"),
        json!("add"),
        json!("lookup"),
        json!(""),
        Value::Null,
    ]);
    vec((name, method, member()), 0..6).prop_map(|providers| {
        let providers = providers.into_iter().enumerate().map(|(index, (name, method, (kind, member, value)))| {
            let mut provider = json!({"name": format!("{index}{name}"), "type": kind, "mappingMethod": method});
            provider[member] = value;
            provider
        });
        spec(&providers.collect::<Vec<_>>())
    })
}

/// How many references there are: objects with nothing but a name.
fn references(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(references).sum(),
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("name") => 1,
        Value::Object(fields) => fields.values().map(references).sum(),
        _ => 0,
    }
}

/// A case of a provider, and its file.
fn mutation() -> impl Strategy<Value = (Corpus, Case)> {
    let all: Vec<_> = files()
        .into_iter()
        .filter(|(_, corpus)| corpus.is_of_providers())
        .flat_map(|(_, corpus)| {
            corpus.cases.clone().into_iter().map(move |case| (corpus.clone(), case))
        })
        .collect();
    proptest::sample::select(all)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_nothing_is_lost_whatever_is_read(value in prop_oneof![object(4), anything()]) {
        let Ok(spec) = serde_json::from_value::<OAuthSpec>(value.clone()) else { return Ok(()) };
        if !value.to_string().contains("null") {
            prop_assert_eq!(serde_json::to_value(&spec).expect("as generated"), value);
        }
        let findings = validate(&spec, &Policy::default(), Some(&References::default()));
        for finding in &findings {
            prop_assert!(OAuthRule::IDS.contains(&finding.rule.id()));
            prop_assert!(finding.to_string().len() > finding.rule.remedy().len());
        }
        let dropped = valid_idp_configuration(&spec).errors.len();
        let missing = ["type-missing", "type-unknown", "member-missing"];
        let found = findings.iter().filter(|finding| missing.contains(&finding.rule.id())).count();
        prop_assert_eq!(found, dropped, "what HyperShift drops is refused, and nothing else is said to be dropped");
    }

    #[test]
    fn what_is_right_is_not_refused(spec in good_spec()) {
        prop_assert_eq!(refusals(&spec, None), vec![]);
        prop_assert_eq!(valid_idp_configuration(&spec).errors, Vec::<String>::new());
    }

    #[test]
    fn every_reference_of_what_is_right_is_looked_for(spec in good_spec()) {
        let value = serde_json::to_value(&spec).expect("as generated");
        let missing = refusals(&spec, Some(&References::default()));
        prop_assert!(missing.iter().all(|finding| finding.rule.id() == "reference-missing"));
        prop_assert_eq!(missing.len(), references(&value));
    }

    #[test]
    fn one_change_finds_what_it_breaks_wherever_it_stands(
        (corpus, case) in mutation(), mut others in vec(member(), 0..4), at in any::<proptest::sample::Index>(),
    ) {
        // What redirects or answers challenges is judged together, which `spec.yaml` has cases for.
        others.retain(|(kind, ..)| matches!(*kind, "GitHub" | "Google"));
        let mut providers: Vec<_> = others.into_iter().enumerate().map(|(index, (kind, member, value))| {
            let mut provider = json!({"name": format!("other-{index}"), "type": kind});
            provider[member] = value;
            provider
        }).collect();
        let at = at.index(providers.len() + 1);
        providers.insert(at, corpus.changed(&case));
        let mut found: Vec<_> = summary(&validate(&spec(&providers), &root(), None));
        let mut wanted: Vec<_> = case.finds.iter().filter(|line| !line.contains("reference-missing") && !line.contains("reference-key-missing")).map(|line| {
            let mut words = line.splitn(3, ' ');
            let mut word = || words.next().expect("as generated");
            format!("{} {} identityProviders[{at}].{}", word(), word(), word())
        }).collect();
        found.retain(|line| line.contains(&format!("identityProviders[{at}]")) || line.starts_with("refusal"));
        found.sort();
        wanted.sort();
        prop_assert_eq!(found, wanted, "{}", case.it);
    }

    #[test]
    fn a_directory_url_is_the_same_once_written_and_read(url in ldap_url()) {
        let text = url.to_string();
        prop_assert_eq!(text.parse::<LdapUrl>(), Ok(url), "{}", text);
    }

    #[test]
    fn reading_a_directory_url_never_panics(text in text()) {
        if let Ok(url) = text.parse::<LdapUrl>() {
            prop_assert_eq!(url.to_string().parse::<LdapUrl>(), Ok(url));
        }
    }

    #[test]
    fn a_redirect_url_has_a_host_and_a_name_that_needs_no_escaping(host in any::<String>(), name in any::<String>()) {
        let base = RedirectBase::Host { host, port: 443 };
        if let Ok(url) = redirect_url(&base, &name) {
            let end = url.rsplit('/').next().expect("as generated");
            prop_assert!(end.is_ascii() && !end.is_empty() && !end.contains(['?', '#', ' ']), "{}", url);
            prop_assert!(url.starts_with("https://"));
        }
    }
}
