//! Criterion: our side of the rows of `cargo xtask bench relabel`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hcp_benches::{DISCOVERY_RULES, Workload, compile, discovered, label_rules, name_rules};
use hcp_metrics::exposition::{Filter, FilterOptions, Format, samples};
use hcp_metrics::relabel::{Rules, Verdict};
use hcp_metrics::{LabelCompat, Labels, LabelsView};

/// As `cargo xtask bench relabel` reads.
const CHUNK: usize = 64 << 10;

fn rules_only(c: &mut Criterion) {
    let workload = Workload::kube_apiserver().expect("the payload is in the repository");
    let rules = workload.compile().expect("valid rules");
    let text = str::from_utf8(&workload.payload).expect("an exposition is UTF-8");
    let set = |sample: Result<_, _>| {
        let sample: hcp_metrics::exposition::Sample<'_> = sample.expect("a valid exposition");
        let mut labels: Labels = sample.labels().collect();
        labels.set("__name__", sample.name());
        labels
    };
    let sets: Vec<Labels> = samples(text, Format::Text).map(set).collect();
    let sets: Vec<Vec<_>> = sets.iter().map(|set| set.iter().collect()).collect();
    let mut group = c.benchmark_group("relabel/rules-only");
    group.throughput(Throughput::Elements(sets.len() as u64)).sample_size(20);
    group.bench_function("kube-apiserver", |b| {
        b.iter(|| {
            let kept = |set: &&Vec<_>| rules.keep(&LabelsView::from(set.as_slice()));
            black_box(sets.iter().filter(kept).count())
        });
    });
}

fn changing(c: &mut Criterion) {
    let rules = compile(DISCOVERY_RULES).expect("valid rules");
    let sets: Vec<Labels> =
        discovered(400).into_iter().map(|set| set.into_iter().collect()).collect();
    let mut labels = Labels::new();
    let mut group = c.benchmark_group("relabel/changing");
    group.throughput(Throughput::Elements(sets.len() as u64)).sample_size(20);
    group.bench_function("kubernetes-discovery", |b| {
        b.iter(|| {
            let mut kept = 0;
            for set in &sets {
                labels.clone_from(set);
                kept += usize::from(rules.apply(&mut labels) == Verdict::Keep);
            }
            black_box(kept)
        });
    });
}

fn text_to_text(c: &mut Criterion) {
    let apiserver = Workload::kube_apiserver().expect("the payload is in the repository");
    let etcd = Workload::etcd().expect("the payload is in the repository");
    let mut group = c.benchmark_group("relabel/text-to-text");
    for workload in [
        apiserver.clone(),
        etcd,
        Workload::distinct_names(),
        Workload::escapes(),
        Workload::quoted_names(),
        Workload::many_labels(),
        apiserver.with_200_rules(),
    ] {
        let rules = workload.compile().expect("valid rules");
        group.throughput(Throughput::Bytes(workload.payload.len() as u64)).sample_size(20);
        group.bench_function(workload.name, |b| filter(b, &rules, &workload.payload));
    }
}

fn by_rules(c: &mut Criterion) {
    let payload = Workload::kube_apiserver().expect("the payload is in the repository").payload;
    let mut group = c.benchmark_group("relabel/by-rules");
    group.throughput(Throughput::Bytes(payload.len() as u64)).sample_size(10);
    for count in [1, 10, 100, 1_000] {
        for (kind, yaml) in [("names", name_rules(count)), ("labels", label_rules(count))] {
            let rules = compile(&yaml).expect("valid rules");
            group.bench_function(format!("{kind}/{count}"), |b| filter(b, &rules, &payload));
        }
    }
}

fn filter(b: &mut criterion::Bencher<'_>, rules: &Rules, payload: &[u8]) {
    let mut out = Vec::new();
    b.iter(|| {
        let options = FilterOptions::default().with_compat(LabelCompat::Raw);
        let mut filter = Filter::new(rules.clone(), options);
        for chunk in payload.chunks(CHUNK) {
            out.clear();
            filter.push(chunk, &mut out).expect("a valid exposition");
            black_box(&out);
        }
        filter.finish(&mut out).expect("a valid exposition")
    });
}

criterion_group!(benches, rules_only, changing, text_to_text, by_rules);
criterion_main!(benches);
