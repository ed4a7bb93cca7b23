//! A Prometheus that scrapes each exposition twice: as it is, with rules of its own, and through our proxy with the same rules.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use hcp_metrics::LabelCompat;
use hcp_metrics::proxy::{Endpoint, ProxyConfig, ProxyMetrics, ProxyService, Target, serve};
use hcp_metrics::relabel::{Rule, Rules};
use hcp_testkit::{Prometheus, PrometheusProgram, PrometheusSample, PrometheusSeries};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::fixture::{Exposition, Fixture};

/// How long anything may take. A scrape that comes too late for its timeout is repeated.
const PATIENCE: Duration = Duration::from_secs(60);

/// What Prometheus adds to every scrape.
const OF_THE_SCRAPE: &str = "up|scrape_duration_seconds|scrape_samples_scraped|\
    scrape_samples_post_metric_relabeling|scrape_series_added";

/// Labels that differ because the two jobs do.
const OF_THE_JOB: [&str; 2] = ["job", "instance"];

/// An exposition, and what both jobs make of it.
pub(crate) struct Page {
    pub(crate) name: &'static str,
    /// As Prometheus has them.
    pub(crate) rules: &'static str,
    /// Seconds.
    pub(crate) interval: u32,
    pub(crate) exposition: Exposition,
}

/// The way the samples came.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    Direct,
    Proxied,
}

/// Series by their labels without those of the job.
pub(crate) type Series = BTreeMap<BTreeMap<String, String>, Vec<PrometheusSample>>;

pub(crate) struct Bench {
    pub(crate) fixture: Fixture,
    prometheus: Prometheus,
    _proxy: JoinSet<()>,
}

/// The program, or `None` after saying that the test has not run. Not with `eprintln!`, which tests that pass keep to themselves.
pub(crate) fn program(major: u32) -> Option<PrometheusProgram> {
    match PrometheusProgram::find(major) {
        Ok(program) => Some(program),
        Err(error) => {
            let mut stderr = std::io::stderr();
            writeln!(stderr, "warning: real_prometheus_{major} was NOT RUN: {error}")
                .expect("stderr");
            None
        }
    }
}

impl Way {
    const BOTH: [Self; 2] = [Self::Direct, Self::Proxied];

    fn job(self, page: &str) -> String {
        match self {
            Self::Direct => format!("{page}-direct"),
            Self::Proxied => format!("{page}-proxied"),
        }
    }
}

impl Bench {
    pub(crate) async fn start(
        program: &PrometheusProgram,
        compat: LabelCompat,
        pages: &[Page],
    ) -> Self {
        let fixture = Fixture::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let (direct, proxied) = (fixture.address, listener.local_addr().expect("an address"));
        let (mut config, mut text) = (ProxyConfig::default(), "scrape_configs:\n".to_owned());
        for page in pages {
            let rules = Rule::list_from_yaml(page.rules).expect("rules that can be read");
            let rules = Rules::compile(&rules).expect("rules that compile");
            let url = format!("http://{direct}/{}", page.name);
            let endpoint = Endpoint::new([Target::new(&url).expect("a URL")], rules);
            config = config.with_endpoint(page.name, endpoint.with_compat(compat));
            fixture.show(page.name, page.exposition.clone());
            text += &job(page, Way::Direct, &direct.to_string());
            text += &job(page, Way::Proxied, &proxied.to_string());
        }
        let service = ProxyService::new(config, ProxyMetrics::default()).expect("valid");
        let mut proxy = JoinSet::new();
        proxy.spawn(serve(listener, service, None, CancellationToken::new()));
        let prometheus = Prometheus::start(program, &text).await.expect("a server that starts");
        Self { fixture, prometheus, _proxy: proxy }
    }

    /// Waits until both jobs of the page have ended a scrape, and ended it well or not as said.
    pub(crate) async fn wait_scraped(&self, page: &str, well: bool) {
        let up = if well { "1" } else { "0" };
        for way in Way::BOTH {
            let expression = format!("up{{job=\"{}\"}}", way.job(page));
            let is_it = |answer: &[PrometheusSeries]| {
                answer.iter().any(|series| series.samples.iter().any(|(_, value)| value == up))
            };
            let scraped = self.prometheus.wait_for(&expression, PATIENCE, is_it).await;
            assert!(scraped.is_ok(), "{scraped:?}; {:#?}", self.last_errors().await);
        }
    }

    /// Why the last scrape of each job failed, if it did.
    async fn last_errors(&self) -> BTreeMap<String, String> {
        let answer = self.prometheus.api("/api/v1/targets", &[("state", "active")]).await;
        let answer: Value = answer.expect("an answer");
        let targets = answer["activeTargets"].as_array().into_iter().flatten();
        let row = |one: &Value| (one["scrapePool"].to_string(), one["lastError"].to_string());
        targets.map(row).collect()
    }

    /// Waits until neither job has a series of that name any more.
    pub(crate) async fn wait_stale(&self, page: &str, name: &str) {
        for way in Way::BOTH {
            let expression = format!("{name}{{job=\"{}\"}}", way.job(page));
            self.prometheus.wait_for(&expression, PATIENCE, <[_]>::is_empty).await.expect("stale");
        }
    }

    /// The value of one of the series that Prometheus adds to every scrape.
    pub(crate) async fn of_scrape(&self, page: &str, way: Way, name: &str) -> String {
        let expression = format!("{name}{{job=\"{}\"}}", way.job(page));
        let answer = self.prometheus.query(&expression).await.expect("an answer");
        assert_eq!(answer.len(), 1, "{expression}: {answer:?}");
        answer[0].samples[0].1.clone()
    }

    /// All series there are now, with their values; their times are those of the query.
    pub(crate) async fn now(&self, page: &str, way: Way) -> Series {
        let mut series = self.select(page, way, "").await;
        for samples in series.values_mut() {
            for (time, _) in samples {
                *time = 0.0;
            }
        }
        series
    }

    /// All samples of the last hour, as they are stored, of series with timestamps of their own.
    pub(crate) async fn timed(&self, page: &str, way: Way) -> Series {
        self.select(page, way, ",at!=\"\"}[1h]").await
    }

    async fn select(&self, page: &str, way: Way, rest: &str) -> Series {
        let rest = if rest.is_empty() { "}" } else { rest };
        let job = way.job(page);
        let expression = format!("{{job=\"{job}\",__name__!~\"{OF_THE_SCRAPE}\"{rest}");
        let answer = self.prometheus.query(&expression).await.expect("an answer");
        let mut all = Series::new();
        for PrometheusSeries { mut labels, samples, .. } in answer {
            labels.retain(|label, _| !OF_THE_JOB.contains(&label.as_str()));
            assert!(all.insert(labels, samples).is_none(), "{page}: the same series twice");
        }
        all
    }

    /// The exemplars of the last hour, by series, without the labels of the job.
    pub(crate) async fn exemplars(&self, page: &str, way: Way, now: u64) -> Vec<Value> {
        let query = format!("{{job=\"{}\"}}", way.job(page));
        let (start, end) = ((now - 3600).to_string(), (now + 3600).to_string());
        let parameters = [("query", query.as_str()), ("start", &start), ("end", &end)];
        let answer = self.prometheus.api("/api/v1/query_exemplars", &parameters).await;
        let mut all: Vec<Value> = answer.expect("an answer");
        for one in &mut all {
            let labels = one["seriesLabels"].as_object_mut().expect("labels");
            labels.retain(|label, _| !OF_THE_JOB.contains(&label.as_str()));
        }
        all.sort_by_key(|one| one["seriesLabels"].to_string());
        all
    }

    /// What is known of each family: type, help and unit.
    pub(crate) async fn metadata(&self, page: &str, way: Way) -> BTreeMap<String, [String; 3]> {
        let target = format!("{{job=\"{}\"}}", way.job(page));
        let parameters = [("match_target", target.as_str())];
        let answer = self.prometheus.api("/api/v1/targets/metadata", &parameters).await;
        let all: Vec<Value> = answer.expect("an answer");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let row = |one: &Value| {
            (text(&one["metric"]), [text(&one["type"]), text(&one["help"]), text(&one["unit"])])
        };
        all.iter().map(row).collect()
    }
}

/// A job of `prometheus.yml`.
fn job(page: &Page, way: Way, address: &str) -> String {
    let Page { name, interval, .. } = page;
    let (job, path) = (
        way.job(name),
        match way {
            Way::Direct => format!("/{name}"),
            Way::Proxied => format!("/metrics/{name}"),
        },
    );
    let mut text = format!(
        "- job_name: {job}\n  metrics_path: {path}\n  scrape_interval: {interval}s\n  \
         scrape_timeout: {interval}s\n  static_configs: [{{targets: ['{address}']}}]\n"
    );
    if matches!(way, Way::Direct) {
        text += "  metric_relabel_configs:\n";
        for line in page.rules.lines() {
            writeln!(text, "  {line}").expect("memory");
        }
    }
    text
}
