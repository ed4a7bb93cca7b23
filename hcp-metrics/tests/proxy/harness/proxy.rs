//! The proxy under test.

use std::net::SocketAddr;

use hcp_metrics::proxy::{
    Endpoint, ProxyConfig, ProxyMetrics, ProxyService, ServerTls, Target, serve,
};
use hcp_metrics::relabel::Rules;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The proxy under test. It ends when it is dropped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    pub(crate) service: ProxyService,
    pub(crate) shutdown: CancellationToken,
    registry: Registry,
    running: JoinSet<()>,
}

/// An endpoint for one target.
pub(crate) fn endpoint(target: Target, rules: Rules) -> ProxyConfig {
    ProxyConfig::default().with_endpoint("c", Endpoint::new([target], rules))
}

impl Proxy {
    pub(crate) async fn start(config: ProxyConfig) -> Self {
        Self::listen(config, None).await
    }

    pub(crate) async fn with_tls(config: ProxyConfig, tls: ServerTls) -> Self {
        Self::listen(config, Some(tls)).await
    }

    async fn listen(config: ProxyConfig, tls: Option<ServerTls>) -> Self {
        let mut registry = Registry::with_prefix("hcp_metrics_proxy");
        let metrics = ProxyMetrics::register(&mut registry);
        let service = ProxyService::new(config, metrics).expect("a configuration that is right");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (shutdown, mut running) = (CancellationToken::new(), JoinSet::new());
        running.spawn(serve(listener, service.clone(), tls, shutdown.clone()));
        Self { address, service, shutdown, registry, running }
    }

    /// Its own series.
    pub(crate) fn metrics(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("memory");
        text
    }

    /// The value of one of its own series, written with its labels; 0 where there is none yet.
    pub(crate) fn metric(&self, series: &str) -> u64 {
        let text = self.metrics();
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.map_or(0, |value| value.parse().expect("a whole number"))
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn ended(&mut self) {
        self.running.join_next().await.expect("it runs").expect("no panic");
    }
}
