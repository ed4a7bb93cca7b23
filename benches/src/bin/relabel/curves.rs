//! How cost grows with the payload and with the number of rules.

use std::hint::black_box;
use std::time::Duration;

use hcp_benches::{Row, Workload, compile, label_rules, median, name_rules};
use hcp_metrics::LabelCompat;
use hcp_metrics::exposition::{Filter, FilterOptions};

use crate::Failure;
use crate::core::time;
use crate::ours::{self, CHUNK};
use crate::race::alone;

const ROUNDS: usize = 5;

/// A curve steeper than this is not linear, whatever the machine does.
const LINEAR: f64 = 1.1;

pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    let workload = Workload::kube_apiserver()?;
    let mut rows = payload_rows(&workload)?;
    rows.extend(rule_rows("rules on names", &workload, name_rules)?);
    rows.extend(rule_rows("rules on labels", &workload, label_rules)?);
    Ok(rows)
}

fn payload_rows(workload: &Workload) -> Result<Vec<Row>, Failure> {
    let (mut rows, mut points) = (Vec::new(), Vec::new());
    for times in [1, 10, 100] {
        let took = (0..ROUNDS).map(|_| stream(workload, times)).collect::<Result<Vec<_>, _>>()?;
        let millis = median(took).as_secs_f64() * 1e3;
        points.push((f64::from(times), millis));
        rows.push(Row::plain(&format!("{times} × payload in one stream"), "ms", millis));
    }
    rows.push(growth("  time grows with the power (1 = linear)", &points));
    Ok(rows)
}

/// How long one filter takes for `times` payloads, one after the other.
fn stream(workload: &Workload, times: u32) -> Result<Duration, Failure> {
    let rules = workload.compile()?;
    let mut out = Vec::new();
    let (took, result) = time(|| {
        let mut filter = Filter::new(rules, FilterOptions::default());
        for chunk in (0..times).flat_map(|_| workload.payload.chunks(CHUNK)) {
            out.clear();
            filter.push(chunk, &mut out)?;
            black_box(&out);
        }
        filter.finish(&mut out)
    });
    result?;
    Ok(took)
}

fn rule_rows(
    what: &str,
    workload: &Workload,
    written: impl Fn(usize) -> String,
) -> Result<Vec<Row>, Failure> {
    let (mut rows, mut points, mut compiling) = (Vec::new(), Vec::new(), Vec::new());
    for count in [1, 10, 100, 1_000_u16] {
        let yaml = written(usize::from(count));
        let rules = compile(&yaml)?;
        let pass = ours::filter(&rules, &workload.payload, LabelCompat::Raw);
        let millis = alone(pass, ROUNDS)?.nanos(1e6).median;
        points.push((f64::from(count), millis));
        rows.push(Row::plain(&format!("{what}: {count}, kube-apiserver"), "ms", millis));
        let took = median((0..ROUNDS).map(|_| time(|| compile(&yaml)).0).collect());
        compiling.push((f64::from(count), took.as_secs_f64() * 1e3));
    }
    rows.push(growth("  time grows with the power (1 = linear)", &points));
    rows.extend(compiling.last().map(|&(count, millis)| {
        Row::plain(&format!("  reading and compiling {count} of them"), "ms", millis)
    }));
    Ok(rows)
}

/// The slope of the line through the points on logarithmic scales: 1 is linear, 2 is the square.
fn growth(name: &str, points: &[(f64, f64)]) -> Row {
    let logs: Vec<_> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    #[expect(clippy::cast_precision_loss, reason = "a few points")]
    let count = logs.len() as f64;
    let (mean_x, mean_y) =
        logs.iter().fold((0.0, 0.0), |(x, y), (dx, dy)| (x + dx / count, y + dy / count));
    let (over, under) = logs.iter().fold((0.0, 0.0), |(over, under), (x, y)| {
        (over + (x - mean_x) * (y - mean_y), under + (x - mean_x).powi(2))
    });
    Row::within(name, "", over / under, LINEAR)
}
