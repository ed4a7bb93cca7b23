//! Any bytes as answers of targets: the proxy answers with an exposition, or with a failure that it counts.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use hcp_metrics::exposition::{FilterOptions, Format, OnMalformed, filter};
use hcp_metrics::proxy::{
    Dialer, Endpoint, Limits, ProxyConfig, ProxyMetrics, ProxyService, Target,
};
use hcp_metrics::relabel::{Rule, Rules};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tower_service::Service;

/// Between the answers of the targets.
const SEPARATOR: u8 = 0x1e;
const TARGETS: usize = 3;

/// The bits of the first byte.
struct Choices(u8);

/// What the scraper sees.
enum Seen {
    Whole(Format, Vec<u8>),
    BrokenOff,
    BadGateway,
}

/// The first byte chooses the options, the next two damage the first answer; the rest is the answers of one to three targets.
pub(crate) fn check(data: &[u8]) {
    let [choices, place, flip, rest @ ..] = data else { return };
    let choices = Choices(*choices);
    let answers = rest.split(|byte| *byte == SEPARATOR).take(TARGETS);
    let mut replies: Vec<_> = answers.map(|answer| choices.reply(answer)).collect();
    let at = usize::from(*place) * replies[0].len() / 256;
    if let Some(byte) = replies[0].get_mut(at) {
        *byte ^= flip;
    }
    let targets = replies.len() as u64;
    let (seen, counted) = scrape(&choices, replies);
    if targets == 1 && choices.are_plain() {
        assert_nothing_is_lost(&choices, rest, *flip != 0, &seen);
    }

    let outcome =
        |name| value(&counted, &format!("scrapes_total{{component=\"c\",outcome=\"{name}\"}} "));
    let errors = value(&counted, "scrape_errors_total{");
    let (ok, partial, failed) = (outcome("ok"), outcome("partial"), outcome("failed"));
    assert_eq!(value(&counted, "scrapes_in_flight "), 0, "it goes on\n{counted}");
    match seen {
        Seen::Whole(format, text) => {
            assert_eq!((ok + partial, failed, partial), (1, 0, errors.min(1)), "{counted}");
            assert_exposition(&text, format);
        }
        Seen::BrokenOff => assert_eq!((failed, errors), (1, 1), "{counted}"),
        // Limits that hold for all targets together are one error, whoever met them.
        Seen::BadGateway => {
            assert!(failed == 1 && (1..=targets).contains(&errors), "{counted}");
        }
    }
}

impl Choices {
    const fn has(&self, bit: u8) -> bool {
        self.0 & (1 << bit) != 0
    }

    /// Whether a target's body is what it was given, and must be right in full.
    const fn are_plain(&self) -> bool {
        !self.has(0) && !self.has(4) && !self.has(7)
    }

    /// `answer` is all that a target says, or the body of a correct HTTP answer.
    fn reply(&self, answer: &[u8]) -> Vec<u8> {
        if self.has(0) {
            return answer.to_vec();
        }
        let open_metrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        let kind = if self.has(1) { open_metrics } else { "text/plain; version=0.0.4" };
        let (encoding, body) =
            if self.has(2) { ("gzip", gzip(answer)) } else { ("identity", answer.to_vec()) };
        let framing = match (self.has(3), body.len()) {
            (true, _) => "transfer-encoding: chunked".to_owned(),
            (false, length) => format!("content-length: {length}"),
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-encoding: {encoding}\r\n{framing}\r\n\r\n"
        );
        let mut reply = head.into_bytes();
        if self.has(3) {
            for chunk in body.chunks(7) {
                reply.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                reply.extend([chunk, b"\r\n"].concat());
            }
            reply.extend(b"0\r\n\r\n");
        } else {
            reply.extend(body);
        }
        reply
    }

    fn config(&self, replies: Vec<Vec<u8>>) -> ProxyConfig {
        let targets = (0..replies.len()).map(|number| {
            let target = Target::new(&format!("http://{number}/metrics")).expect("a URL");
            // Nothing is added to what a target says that is alone.
            let alone = replies.len() == 1 && self.are_plain();
            if alone { target } else { target.with_label("pod", number.to_string()) }
        });
        let on_malformed = if self.has(4) { OnMalformed::Skip } else { OnMalformed::Fail };
        let endpoint = Endpoint::new(targets, rules())
            .with_on_malformed(on_malformed)
            .with_honor_labels(self.has(5));
        let mut limits = Limits::default();
        if self.has(7) {
            limits = limits.with_decompressed_bytes(1 << 10).with_kept_bytes(256);
            limits = limits.with_samples(16).with_line_bytes(64);
        }
        let config = ProxyConfig::default().with_endpoint("c", endpoint).with_limits(limits);
        config.with_dialer(in_memory(replies))
    }
}

/// Target `i` is the host `i`; it waits for the request, answers, and closes.
fn in_memory(replies: Vec<Vec<u8>>) -> Dialer {
    let (replies, tasks) = (Arc::new(replies), Arc::new(Mutex::new(JoinSet::new())));
    Dialer::new(move |host, _| {
        let ((near, mut far), replies) = (tokio::io::duplex(512), Arc::clone(&replies));
        tasks.lock().expect("no panic").spawn(async move {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let Ok(byte) = far.read_u8().await else { return };
                request.push(byte);
            }
            let number: usize = host.parse().expect("a number");
            // The proxy may have seen enough.
            let _ = far.write_all(&replies[number]).await;
        });
        std::future::ready(Ok(near))
    })
}

/// What a scraper gets, and the proxy's own series afterwards.
fn scrape(choices: &Choices, replies: Vec<Vec<u8>>) -> (Seen, String) {
    let mut registry = Registry::default();
    let metrics = ProxyMetrics::register(&mut registry);
    let mut service = ProxyService::new(choices.config(replies), metrics).expect("a right one");
    let encoding = if choices.has(6) { "gzip" } else { "identity" };
    let request = Request::get("/metrics/c").header("accept-encoding", encoding);
    let request = request.body(Empty::<Bytes>::new()).expect("a request");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let seen = runtime.expect("a runtime").block_on(async {
        let answer = service.call(request).await.expect("it never fails");
        if answer.status() != StatusCode::OK {
            assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
            return Seen::BadGateway;
        }
        let format = format(answer.headers().get(CONTENT_TYPE));
        match answer.into_body().collect().await {
            Ok(body) if choices.has(6) => Seen::Whole(format, gunzip(&body.to_bytes())),
            Ok(body) => Seen::Whole(format, body.to_bytes().to_vec()),
            Err(_) => Seen::BrokenOff,
        }
    });
    let mut counted = String::new();
    encode(&mut counted, &registry).expect("memory");
    (seen, counted)
}

fn format(content_type: Option<&HeaderValue>) -> Format {
    let kind = content_type.map_or(&b""[..], HeaderValue::as_bytes);
    if kind.starts_with(b"application/openmetrics-text") {
        return Format::OpenMetrics;
    }
    assert!(kind.starts_with(b"text/plain"), "the type is {}", kind.escape_ascii());
    Format::Text
}

/// What passes for whole is all that the filter leaves of `answer`, which gzip protects if it was `damaged` on its way.
fn assert_nothing_is_lost(choices: &Choices, answer: &[u8], damaged: bool, seen: &Seen) {
    if damaged && !choices.has(2) {
        return;
    }
    let sent = if choices.has(1) { Format::OpenMetrics } else { Format::Text };
    let format = if let Seen::Whole(format, _) = seen { *format } else { sent };
    let options = FilterOptions::default().with_format(format);
    match (filter(&rules(), &options, answer), seen) {
        (Ok((expected, _)), Seen::Whole(_, text)) => {
            assert_eq!(text.escape_ascii().to_string(), expected.escape_ascii().to_string());
        }
        (Ok(_), _) => assert!(damaged, "it is refused"),
        (Err(error), Seen::Whole(..)) => assert_eq!(error.to_string(), "", "it passes for whole"),
        (Err(_), _) => {}
    }
}

/// Valid, and without what the rules drop: filtered again it stays as it is.
fn assert_exposition(text: &[u8], format: Format) {
    let options = FilterOptions::default().with_format(format);
    let (again, counts) = filter(&rules(), &options, text).expect("a valid exposition");
    assert_eq!(again.escape_ascii().to_string(), text.escape_ascii().to_string());
    assert_eq!(counts.samples_dropped(), 0, "{}", text.escape_ascii());
}

fn rules() -> Rules {
    Rules::compile(&[Rule::drop_names("dropped")]).expect("a rule")
}

/// The sum of the series whose lines begin so.
fn value(metrics: &str, series: &str) -> u64 {
    let lines = metrics.lines().filter(|line| line.starts_with(series));
    let values = lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok());
    values.sum()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

fn gunzip(data: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    MultiGzDecoder::new(data).read_to_end(&mut text).expect("gzip that is whole");
    text
}
