//! Tokens, as quay.io and docker.io give them.

use std::sync::{Arc, Mutex};

use hcp_core::release::registry::{RegistryClient, RegistryError};
use hcp_core::release::{ImageRef, PullSecret};
use serde_json::{Value, json};

use crate::fault::{Reply, Server, has};
use crate::faults::no_roots;
use crate::{image, told};

const TOKEN: &str = "token-hunter2";

/// A registry that wants a token for its first request, and gives tokens itself. What `/token` answers is given.
async fn registry(token_status: u16, token: Value) -> Server {
    let answer = has(&image::image("amd64", vec![image::release_layer("4.15.3")]));
    let asked = Arc::new(Mutex::new(false));
    let address = Arc::new(Mutex::new(String::new()));
    let own = address.clone();
    let server = Server::start(move |path| {
        if path.starts_with("/token") {
            return Reply::Whole(token_status, Vec::new(), token.to_string().into_bytes());
        }
        if std::mem::replace(&mut *asked.lock().unwrap(), true) {
            return answer(path);
        }
        let realm = format!("http://{}/token", own.lock().unwrap());
        let challenge =
            format!("Bearer realm=\"{realm}\",service=\"s&1\",scope=\"repository:all:*\"");
        Reply::Whole(401, vec![("www-authenticate", challenge)], Vec::new())
    })
    .await;
    address.lock().unwrap().clone_from(&server.host);
    server
}

fn secret(server: &Server, entry: &Value) -> PullSecret {
    let auths = json!({"auths": {&server.host: entry}});
    PullSecret::parse(auths.to_string().as_bytes()).unwrap()
}

async fn lookup(server: &Server, secret: &PullSecret) -> Result<String, RegistryError> {
    let image: ImageRef = format!("{}/ocp/release:1", server.host).parse().unwrap();
    let client = RegistryClient::new(&no_roots()).with_plain_http(&server.host);
    Ok(client.release(&image, secret).await?.version().to_string())
}

#[tokio::test]
async fn a_password_is_exchanged_for_a_token_that_may_only_pull_this_repository() {
    let server = registry(200, json!({"token": TOKEN})).await;
    let secret = secret(&server, &json!({"username": "u", "password": "p-hunter2"}));
    assert_eq!(lookup(&server, &secret).await.unwrap(), "4.15.3");
    let seen = server.seen.lock().unwrap();
    let token = seen.iter().find(|one| one.starts_with("GET /token")).unwrap();
    let expected = "GET /token?service=s%261&scope=repository%3Aocp%2Frelease%3Apull HTTP/1.1";
    assert_eq!(token.lines().next().unwrap(), expected);
    assert!(token.contains("authorization: Basic dTpwLWh1bnRlcjI="), "{token}");
    let with = seen.iter().filter(|one| one.contains("authorization: Bearer token-hunter2"));
    assert_eq!((with.count(), seen.len()), (3, 5));
}

#[tokio::test]
async fn tokens_are_had_without_a_password_and_with_an_identity_token() {
    let server = registry(200, json!({"access_token": TOKEN})).await;
    assert_eq!(lookup(&server, &PullSecret::anonymous()).await.unwrap(), "4.15.3");
    let server = registry(200, json!({"access_token": TOKEN})).await;
    let secret = secret(&server, &json!({"identitytoken": "refresh/hunter2"}));
    assert_eq!(lookup(&server, &secret).await.unwrap(), "4.15.3");
    let seen = server.seen.lock().unwrap();
    let token = seen.iter().find(|one| one.starts_with("POST /token")).unwrap();
    assert!(token.ends_with("&refresh_token=refresh%2Fhunter2"), "{token}");
}

#[tokio::test]
async fn a_registry_token_is_shown_as_it_is() {
    let server = registry(500, Value::Null).await;
    let secret = secret(&server, &json!({"registrytoken": TOKEN}));
    assert_eq!(lookup(&server, &secret).await.unwrap(), "4.15.3");
    assert!(server.lines().iter().all(|line| !line.contains("/token")));
}

#[tokio::test]
async fn refusals_of_the_token_server_say_whose_fault_it_is_and_show_no_secret() {
    let password = json!({"username": "u", "password": "p-hunter2"});
    for (status, answer, has_password) in [
        (401, json!({"details": "p-hunter2 is wrong"}), true),
        (403, Value::Null, false),
        (500, json!("p-hunter2"), true),
        (302, Value::Null, true),
        (200, json!({"token": ""}), true),
        (200, json!({"token": ["p-hunter2"]}), true),
        (200, json!({"token": "p-hunter2\n"}), true),
    ] {
        let server = registry(status, answer.clone()).await;
        let secret =
            if has_password { secret(&server, &password) } else { PullSecret::anonymous() };
        let error = lookup(&server, &secret).await.unwrap_err();
        let fits = match status {
            401 => matches!(error, RegistryError::Refused { status: 401, .. }),
            403 => matches!(error, RegistryError::NoCredential { .. }),
            200 => matches!(error, RegistryError::Challenge { .. }),
            302 => matches!(error, RegistryError::Redirects { limit: 0, .. }),
            _ => matches!(error, RegistryError::Status { what: "a token", .. }),
        };
        assert!(fits, "{status} {answer}: {}", told(&error));
        assert!(!told(&error).contains("hunter2"), "{}", told(&error));
    }
}

#[tokio::test]
async fn challenges_that_cannot_be_followed_are_refused() {
    for challenge in [
        "Negotiate",
        "Bearer service=\"x\"",
        "Bearer realm=\"http://user:hunter2@localhost/token\"",
        "Bearer realm=\"http://elsewhere.invalid/token\"",
        "Bearer realm=\"not an address\"",
    ] {
        let header = vec![("www-authenticate", challenge.to_owned())];
        let server = Server::start(move |_| Reply::Whole(401, header.clone(), Vec::new())).await;
        let secret = secret(&server, &json!({"username": "u", "password": "p-hunter2"}));
        let error = lookup(&server, &secret).await.unwrap_err();
        let refused =
            matches!(error, RegistryError::Challenge { .. } | RegistryError::Plain { .. });
        assert!(refused, "{challenge}: {}", told(&error));
        assert!(!told(&error).contains("hunter2"), "{}", told(&error));
    }
}
