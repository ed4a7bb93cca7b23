//! Real payloads through the filter: known counts, and nothing changed that is not dropped.

use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use hcp_metrics::LabelCompat;
use hcp_metrics::exposition::{FilterOptions, Format, filter, samples};
use hcp_metrics::relabel::{Rule, Rules};

fn payload(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/data").join(name);
    let compressed = std::fs::read(&path).expect("a payload that is in the repository");
    let mut text = Vec::new();
    GzDecoder::new(compressed.as_slice()).read_to_end(&mut text).expect("gzip");
    text
}

/// The rules for `kubeAPIServer` of the product documentation's SRE example, the last one joined.
fn seed_rules() -> Rules {
    let names = [
        "etcd_(debugging|disk|server).*",
        "apiserver_admission_controller_admission_latencies_seconds.*",
        "apiserver_admission_step_admission_latencies_seconds.*",
        "scheduler_(e2e_scheduling_latency_microseconds|scheduling_algorithm_predicate_evaluation|scheduling_algorithm_priority_evaluation|scheduling_algorithm_preemption_evaluation|scheduling_algorithm_latency_microseconds|binding_latency_microseconds|scheduling_latency_seconds)",
        "apiserver_(request_count|request_latencies|request_latencies_summary|dropped_requests|storage_data_key_generation_latencies_microseconds|storage_transformation_failures_total|storage_transformation_latencies_microseconds|proxy_tunnel_sync_latency_secs)",
        "docker_(operations|operations_latency_microseconds|operations_errors|operations_timeout)",
        "reflector_(items_per_list|items_per_watch|list_duration_seconds|lists_total|short_watches_total|watch_duration_seconds|watches_total)",
        "etcd_(helper_cache_hit_count|helper_cache_miss_count|helper_cache_entry_count|request_cache_get_latencies_summary|request_cache_add_latencies_summary|request_latencies_summary)",
        "transformation_(transformation_latencies_microseconds|failures_total)",
        "network_plugin_operations_latency_microseconds|sync_proxy_rules_latency_microseconds|rest_client_request_latency_seconds",
    ];
    let mut rules: Vec<Rule> = names.into_iter().map(Rule::drop_names).collect();
    rules.push(
        Rule::drop_names("apiserver_request_duration_seconds_bucket;(0.15|0.25|0.3|0.35|0.4|0.45|0.6|0.7|0.8|0.9|1.25|1.5|1.75|2.5|3|3.5|4.5|6|7|8|9|15|25|30|50)")
            .with_source_labels(["__name__", "le"]),
    );
    Rules::compile(&rules).expect("valid rules")
}

fn counts(name: &str, compat: LabelCompat) -> (u64, u64) {
    let options = FilterOptions::default().with_compat(compat);
    let (out, counts) = filter(&seed_rules(), &options, &payload(name)).expect("a valid payload");
    assert_eq!(counts.samples_in, counts.samples_kept + counts.samples_dropped());
    assert_eq!(counts.bytes_out, u64::try_from(out.len()).expect("small"));
    assert_eq!(counts.lines_skipped, 0);
    (counts.samples_kept, counts.samples_dropped())
}

#[test]
fn kube_apiserver_raw() {
    assert_eq!(counts("kube-apiserver.prom.gz", LabelCompat::Raw), (72_437, 9_270));
}

#[test]
fn kube_apiserver_prometheus_3() {
    assert_eq!(counts("kube-apiserver.prom.gz", LabelCompat::Prometheus3), (77_072, 4_635));
}

#[test]
fn etcd() {
    assert_eq!(counts("etcd.prom.gz", LabelCompat::Prometheus3), (1_028, 388));
}

#[test]
fn without_rules_nothing_changes() {
    let rules = Rules::compile(&[]).expect("no rules");
    for name in ["etcd.prom.gz", "kube-apiserver.prom.gz"] {
        let text = payload(name);
        let (out, counts) = filter(&rules, &FilterOptions::default(), &text).expect("valid");
        assert!(out == text, "{name}");
        assert_eq!(counts.samples_in, counts.samples_kept);
        assert_eq!(counts.families_in, counts.families_kept);
    }
}

/// What is kept is the lines that a filter line by line would keep, and metadata for exactly the names that are left.
#[test]
fn kept_lines_are_lines_of_the_input() {
    let text = payload("etcd.prom.gz");
    let (out, _) = filter(&seed_rules(), &FilterOptions::default(), &text).expect("valid");
    let (text, out) =
        (String::from_utf8(text).expect("UTF-8"), String::from_utf8(out).expect("UTF-8"));
    let mut lines = text.lines();
    for line in out.lines() {
        assert!(lines.any(|of_input| of_input == line), "{line}");
    }
    let expected = |name: &str| {
        !["etcd_debugging", "etcd_disk", "etcd_server"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
    };
    let kept: Vec<_> = samples(&out, Format::Text).map(|s| s.expect("valid").line()).collect();
    let all = samples(&text, Format::Text).map(|s| s.expect("valid"));
    let wanted: Vec<_> = all.filter(|s| expected(s.name())).map(|s| s.line()).collect();
    assert_eq!(kept, wanted);
    for line in out.lines().filter(|line| line.starts_with("# ")) {
        let name = line.split(' ').nth(2).expect("a name");
        let has_samples =
            samples(&out, Format::Text).any(|s| s.expect("valid").name().starts_with(name));
        assert!(has_samples, "{line}");
    }
}
