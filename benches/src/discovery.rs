//! What service discovery finds in a Kubernetes cluster, and the rules that make targets of it.

use crate::random::Random;

/// Rules that read labels and change them: replace, labelmap, labeldrop, hashmod, lowercase.
pub const DISCOVERY_RULES: &str = include_str!("../rules/kubernetes-endpoints.yaml");

/// The label sets of so many endpoints, some thirty labels each. One in six is not to be scraped, one in eight has ended.
#[must_use]
pub fn discovered(endpoints: u64) -> Vec<Vec<(String, String)>> {
    let mut random = Random::new(5);
    (0..endpoints).map(|number| endpoint(number, &mut random)).collect()
}

fn endpoint(number: u64, random: &mut Random) -> Vec<(String, String)> {
    let app = random.pick(&["checkout", "cart", "payments", "search", "ledger", "mailer"]);
    let namespace = random.pick(&["Shop-EU", "shop-us", "platform", "data"]);
    let (set, pod) = (random.below(1 << 28), random.below(1 << 20));
    let address = format!("10.{}.{}.{}", number >> 6 & 63, number & 63, random.below(250));
    let port = random.pick(&["8080", "9090", "9100", "8443"]);
    let (scrape, phase) = (
        random.pick(&["true", "true", "true", "true", "true", "false"]),
        random.pick(&[
            "Running",
            "Running",
            "Running",
            "Running",
            "Running",
            "Running",
            "Running",
            "Succeeded",
        ]),
    );
    let controller = format!("{app}-{set:x}");
    let pod = format!("{controller}-{pod:05x}");
    let node = format!("ip-10-0-{}-{}.ec2.internal", random.below(64), random.below(250));
    let mut labels = vec![(String::from("__address__"), format!("{address}:{port}"))];
    let mut add = |name: &str, value: &str| {
        labels.push((format!("__meta_kubernetes_{name}"), value.to_owned()));
    };
    add("namespace", namespace);
    add("endpoints_name", app);
    add("endpoint_ready", "true");
    add("endpoint_port_name", "metrics");
    add("endpoint_port_protocol", "TCP");
    add("endpoint_address_target_kind", "Pod");
    add("endpoint_address_target_name", &pod);
    add("service_name", app);
    add("service_annotation_prometheus_io_scrape", scrape);
    add("service_annotation_prometheus_io_scheme", random.pick(&["http", "https"]));
    add("service_annotation_prometheus_io_path", random.pick(&["/metrics", "/stats/prometheus"]));
    add("service_annotation_prometheus_io_port", random.pick(&["9102", "15020"]));
    add("service_label_app_kubernetes_io_name", app);
    add("service_label_app_kubernetes_io_part_of", namespace);
    add("service_label_helm_sh_chart", &format!("{app}-1.{}.0", random.below(40)));
    add("pod_name", &pod);
    add("pod_ip", &address);
    add("pod_host_ip", &format!("10.0.{}.{}", random.below(64), random.below(250)));
    add("pod_node_name", &node);
    add("pod_phase", phase);
    add("pod_ready", "true");
    add("pod_uid", &format!("{:016x}{:016x}", random.next(), random.next()));
    add("pod_controller_kind", "ReplicaSet");
    add("pod_controller_name", &controller);
    add("pod_container_name", app);
    add("pod_container_port_number", port);
    add("pod_label_app", app);
    add("pod_label_tier", random.pick(&["frontend", "backend"]));
    add("pod_label_version", &format!("v{}", random.below(60)));
    add("pod_label_pod_template_hash", &format!("{set:x}"));
    labels.extend([
        (String::from("__metrics_path__"), String::from("/metrics")),
        (String::from("__scheme__"), String::from("http")),
        (String::from("job"), String::from("kubernetes-endpoints")),
    ]);
    labels
}
