//! Expositions that nobody's exporter writes: each takes away something that a fast filter could lean on.

use std::fmt::Write;

use crate::random::Random;
use crate::workload::{SEED_RULES, Workload};

/// Series of each generated exposition.
const SERIES: u64 = 30_000;

const VERBS: [&str; 6] = ["GET", "LIST", "WATCH", "POST", "PUT", "DELETE"];
const CODES: [&str; 5] = ["200", "201", "404", "409", "500"];

impl Workload {
    /// Every series has a name of its own: what was learned about a name is never of use again.
    #[must_use]
    pub fn distinct_names() -> Self {
        let mut random = Random::new(1);
        let payload = generate(|text, number| {
            let prefix = random.pick(&["apiserver", "etcd_debugging", "etcd_mvcc", "workqueue"]);
            let id = random.next();
            writeln!(text, "# HELP {prefix}_{id:016x}_total Requests.")?;
            writeln!(text, "# TYPE {prefix}_{id:016x}_total counter")?;
            let (verb, code) = (random.pick(&VERBS), random.pick(&CODES));
            writeln!(text, "{prefix}_{id:016x}_total{{verb=\"{verb}\",code=\"{code}\"}} {number}")
        });
        Self { name: "every name distinct, adversarial", rules: SEED_RULES.to_owned(), payload }
    }

    /// Every value is full of escapes, and a rule reads one that is.
    #[must_use]
    pub fn escapes() -> Self {
        let mut random = Random::new(2);
        let payload = generate(|text, number| {
            text.push_str("files_opened_total{");
            for label in ["user", "path", "command", "reason"] {
                let (a, b) = (random.below(10_000), random.below(10_000));
                let folder = random.pick(&["tmp", "etc", "home"]);
                write!(
                    text,
                    "{label}=\"\\\"C:\\\\{folder}\\\\{a}\\\\\\\\\\\"\\n\\\\{b}\\\"\\n\","
                )?;
            }
            writeln!(text, "}} {number}")
        });
        let rule = "- {action: drop, source_labels: [path], regex: '\"C:\\\\tmp\\\\.*'}\n";
        Self {
            name: "escapes everywhere, adversarial",
            rules: format!("{SEED_RULES}{rule}"),
            payload,
        }
    }

    /// Names in quotes, as OpenTelemetry's are written: none is an identifier, and the metric's stands within the braces.
    #[must_use]
    pub fn quoted_names() -> Self {
        let mut random = Random::new(3);
        let payload = generate(|text, number| {
            let metric =
                random.pick(&["http.server.duration", "rpc.client.größe", "k8s.pod.cpu.time"]);
            write!(text, "{{\"{metric}\",\"k8s.pod.name\"=\"web-{:08x}\",", random.below(1 << 32))?;
            let (verb, code) = (random.pick(&VERBS), random.pick(&CODES));
            writeln!(text, "\"http.verb\"=\"{verb}\",\"http.status.code\"=\"{code}\"}} {number}")
        });
        let rules = "\
            - {action: drop, source_labels: [__name__], regex: 'rpc\\..*'}\n\
            - {action: drop, source_labels: [http.verb, http.status.code], regex: '(GET|LIST);2..'}\n";
        Self {
            name: "UTF-8 names in quotes, adversarial",
            rules: format!("{SEED_RULES}{rules}"),
            payload,
        }
    }

    /// Thirty labels, all other than those of the line before, and a rule reads the last of them.
    #[must_use]
    pub fn many_labels() -> Self {
        let mut random = Random::new(4);
        let payload = generate(|text, number| {
            text.push_str("container_network_receive_bytes_total{");
            for label in 0..29 {
                write!(text, "label_{label:02}=\"{:012x}\",", random.next() >> 16)?;
            }
            writeln!(text, "zone=\"{}\"}} {number}", random.pick(&["a", "b", "c"]))
        });
        let rule = "- {action: drop, source_labels: [zone], regex: 'a|b'}\n";
        Self {
            name: "30 labels a line, adversarial",
            rules: format!("{SEED_RULES}{rule}"),
            payload,
        }
    }

    /// Two hundred rules on this exposition: half look at the name only, half also at other labels.
    #[must_use]
    pub fn with_200_rules(self) -> Self {
        let rules = name_rules(100) + &label_rules(100);
        Self { name: "200 rules, adversarial, kube-apiserver", rules, ..self }
    }
}

/// Rules that look at nothing but the name.
#[must_use]
pub fn name_rules(count: usize) -> String {
    lines(count, |rules, number| {
        let families = "(requests|errors|latency_seconds_(bucket|sum|count))";
        let kind = ["apiserver", "etcd", "workqueue", "rest_client"][number % 4];
        writeln!(
            rules,
            "- {{action: drop, source_labels: [__name__], regex: '{kind}_legacy_{number}_{families}'}}"
        )
    })
}

/// Rules that look at labels of every series, whatever its name.
#[must_use]
pub fn label_rules(count: usize) -> String {
    lines(count, |rules, number| {
        let sources = ["resource, verb", "group, version", "resource, scope"][number % 3];
        writeln!(
            rules,
            "- {{action: drop, source_labels: [{sources}], regex: 'crd{number}s?;(GET|LIST|v1|v2|cluster)'}}"
        )
    })
}

fn generate(mut line: impl FnMut(&mut String, u64) -> std::fmt::Result) -> Vec<u8> {
    let mut text = String::new();
    for number in 0..SERIES {
        line(&mut text, number).expect("a string takes everything");
    }
    text.into_bytes()
}

fn lines(count: usize, line: impl Fn(&mut String, usize) -> std::fmt::Result) -> String {
    let mut text = String::new();
    for number in 0..count {
        line(&mut text, number).expect("a string takes everything");
    }
    text
}
