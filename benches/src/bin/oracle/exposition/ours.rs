//! What we say of an exposition, in Prometheus' terms.

use hcp_metrics::exposition::{
    ExpositionError, Filter, FilterOptions, Format, MetricKind, filter, samples,
};
use hcp_metrics::relabel::{Rule, Rules};

/// Where [`bounds`] puts what the rules see of `le` and `quantile`.
const SEEN: [(&str, &str); 2] = [("le", "oracle_le"), ("quantile", "oracle_quantile")];

/// A sample as we read it. Labels are sorted by name and value, with the metric's name, and as they are written.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
    pub(crate) timestamp: Option<i64>,
    pub(crate) exemplar: Option<String>,
    pub(crate) kind: MetricKind,
}

/// The samples up to the first error, and the error.
pub(crate) fn read(text: &str, format: Format) -> (Vec<Series>, Option<ExpositionError>) {
    let mut found = Vec::new();
    for sample in samples(text, format) {
        let sample = match sample {
            Ok(sample) => sample,
            Err(error) => return (found, Some(error)),
        };
        let labels = sample.labels().map(|(name, value)| (name.into_owned(), value.into_owned()));
        let name = [("__name__".to_owned(), sample.name().to_owned())];
        found.push(Series {
            name: sample.name().to_owned(),
            labels: sorted(labels.chain(name)),
            value: sample.value(),
            timestamp: sample.timestamp(),
            exemplar: sample.exemplar().map(str::to_owned),
            kind: sample.kind(),
        });
    }
    (found, None)
}

/// The labels, the value and the time of an exemplar: those of a sample that is written just so.
pub(crate) fn exemplar(text: &str) -> Option<Series> {
    let sample = format!("a{}\n# EOF\n", text.trim_end_matches('\n'));
    let (mut found, error) = read(&sample, Format::OpenMetrics);
    let mut series = found.pop().filter(|_| error.is_none())?;
    series.labels.retain(|label| *label != ("__name__".to_owned(), "a".to_owned()));
    Some(series)
}

/// What a filter without rules says of a body.
#[derive(Clone, Debug)]
pub(crate) struct Filtered {
    pub(crate) out: Vec<u8>,
    /// The samples up to the error; none where the error came at the end and has taken them along.
    pub(crate) samples: Option<u64>,
    pub(crate) error: Option<ExpositionError>,
}

/// Filters a body without rules, in two pieces.
pub(crate) fn filtered(body: &[u8], cut: usize, format: Format) -> Result<Filtered, String> {
    let rules = Rules::compile(&[]).map_err(|error| error.to_string())?;
    let mut filter = Filter::new(rules, FilterOptions::default().with_format(format));
    let mut out = Vec::new();
    let (head, tail) = body.split_at(cut);
    for piece in [head, tail] {
        if let Err(error) = filter.push(piece, &mut out) {
            let samples = Some(filter.counts().samples_in);
            return Ok(Filtered { out, samples, error: Some(error) });
        }
    }
    let (samples, error) = match filter.finish(&mut out) {
        Ok(counts) => (Some(counts.samples_in), None),
        Err(error) => (None, Some(error)),
    };
    Ok(Filtered { out, samples, error })
}

/// What the rules see of `le` and `quantile` in each series, "" where there is none.
pub(crate) fn bounds(body: &[u8], format: Format) -> Result<Vec<[String; 2]>, String> {
    let rules = SEEN
        .map(|(label, seen)| Rule::default().with_source_labels([label]).with_target_label(seen));
    let rules = Rules::compile(&rules).map_err(|error| error.to_string())?;
    let options = FilterOptions::default().with_format(format);
    let (out, _) = filter(&rules, &options, body).map_err(|error| error.to_string())?;
    let out = String::from_utf8(out).map_err(|error| error.to_string())?;
    let (found, error) = read(&out, format);
    if let Some(error) = error {
        return Err(format!("{error} in what the filter has written: {out:?}"));
    }
    Ok(found.iter().map(|series| SEEN.map(|(_, seen)| value(&series.labels, seen))).collect())
}

/// The value of the label, "" if there is none.
pub(crate) fn value(labels: &[(String, String)], name: &str) -> String {
    let label = labels.iter().find(|(label, _)| label == name);
    label.map(|(_, value)| value.clone()).unwrap_or_default()
}

/// By name and value: nobody orders labels that are there twice.
pub(crate) fn sorted(labels: impl IntoIterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut labels: Vec<_> = labels.into_iter().collect();
    labels.sort();
    labels
}
