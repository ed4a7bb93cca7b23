//! What Prometheus' HTTP API is asked.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::{POLL, Prometheus};
use crate::TestkitError;

/// A sample: its time in seconds, and its value as Prometheus prints it (`NaN`, `+Inf`, `1.5e+06`).
pub type PrometheusSample = (f64, String);

/// A series, as a query answers it.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq)]
pub struct PrometheusSeries {
    /// All labels, `__name__` among them.
    pub labels: BTreeMap<String, String>,
    /// One sample of an instant vector, all of a range.
    pub samples: Vec<PrometheusSample>,
}

#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

#[derive(Deserialize)]
struct QueryResult {
    result: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    metric: BTreeMap<String, String>,
    value: Option<PrometheusSample>,
    #[serde(default)]
    values: Vec<PrometheusSample>,
}

impl Prometheus {
    /// The value of `expression` now: an instant vector, or the samples of a range selector as they are stored.
    ///
    /// # Errors
    /// [`TestkitError`] with what Prometheus says against it.
    pub async fn query(&self, expression: &str) -> Result<Vec<PrometheusSeries>, TestkitError> {
        let answer: QueryResult = self.api("/api/v1/query", &[("query", expression)]).await?;
        let series = |row: Row| PrometheusSeries {
            labels: row.metric,
            samples: row.value.into_iter().chain(row.values).collect(),
        };
        Ok(answer.result.into_iter().map(series).collect())
    }

    /// Asks for `expression` until `is_it` accepts the answer, which is given back.
    ///
    /// # Errors
    /// [`TestkitError`] with the last answer if it is not accepted within `patience`.
    pub async fn wait_for(
        &self,
        expression: &str,
        patience: Duration,
        is_it: impl Fn(&[PrometheusSeries]) -> bool,
    ) -> Result<Vec<PrometheusSeries>, TestkitError> {
        let deadline = Instant::now() + patience;
        loop {
            let answer = self.query(expression).await?;
            if is_it(&answer) {
                return Ok(answer);
            }
            if Instant::now() > deadline {
                let waited = patience.as_secs();
                return Err(TestkitError::Unexpected(format!(
                    "after {waited} s `{expression}` is still {answer:?}"
                )));
            }
            sleep(POLL).await;
        }
    }

    /// The `data` of an answer of the API, such as `/api/v1/targets/metadata`.
    ///
    /// # Errors
    /// [`TestkitError`] with what Prometheus says, or what cannot be read of it.
    pub async fn api<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<T, TestkitError> {
        let body = self.get(path, parameters).await?;
        let answer: Answer<T> = serde_json::from_slice(&body)
            .map_err(|error| TestkitError::Unexpected(format!("{path} answers: {error}")))?;
        Ok(answer.data)
    }

    /// The body of a good answer.
    pub(super) async fn get(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Vec<u8>, TestkitError> {
        let mut target = path.to_owned();
        for (at, (name, value)) in parameters.iter().enumerate() {
            target += if at == 0 { "?" } else { "&" };
            target += name;
            target += "=";
            escape(value, &mut target);
        }
        // HTTP/1.0: the answer ends with the connection.
        let request = format!("GET {target} HTTP/1.0\r\nHost: {}\r\n\r\n", Ipv4Addr::LOCALHOST);
        let failed = TestkitError::io("ask Prometheus", Path::new(path));
        let answer = exchange(self.port, request.as_bytes()).await.map_err(failed)?;
        good_body(answer).map_err(|said| TestkitError::Unexpected(format!("{target}: {said}")))
    }
}

async fn exchange(port: u16, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

/// What is behind the head of an answer with status 200; the error is the whole answer.
fn good_body(mut answer: Vec<u8>) -> Result<Vec<u8>, String> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    match end {
        Some(end) if answer.get(8..12) == Some(b" 200") => Ok(answer.split_off(end + 4)),
        _ => Err(String::from_utf8_lossy(&answer).into_owned()),
    }
}

/// As a parameter of a URL.
fn escape(value: &str, into: &mut String) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_escaped() {
        let mut text = String::new();
        escape("{job=\"a b\"}[5m]é", &mut text);
        assert_eq!(text, "%7Bjob%3D%22a%20b%22%7D%5B5m%5D%C3%A9");
    }

    #[test]
    fn only_a_good_answer_has_a_body() {
        let good = b"HTTP/1.0 200 OK\r\nA: b\r\n\r\nbody\r\n\r\n".to_vec();
        assert_eq!(good_body(good), Ok(b"body\r\n\r\n".to_vec()));
        let bad = "HTTP/1.0 503 Service Unavailable\r\n\r\nnot yet";
        assert_eq!(good_body(bad.into()), Err(bad.to_owned()));
        assert_eq!(good_body(b"HTTP/1.0 200 OK\r\n".to_vec()), Err("HTTP/1.0 200 OK\r\n".into()));
    }
}
