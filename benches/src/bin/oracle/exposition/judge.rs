//! When two answers are the same.

use super::answer::{Answer, Exemplar, Metadata, Series, number};
use super::case::Case;
use super::deviation::{Deviation, has_nul_in_keyword};
use super::features::features;
use super::ours;
use crate::driver::{Difference, Judgement};
use crate::tally::Tally;
use hcp_metrics::exposition::{ErrorKind, ExpositionError, Format};

/// Where we answer otherwise: the kind of difference, what we say, what Prometheus says.
type Differs = (&'static str, String, String);

/// What has come of one comparison: the first difference, or the deviations that were accepted.
type Compared = Result<Vec<Deviation>, Differs>;

/// Compares with the oracle's answer: acceptance, the number of samples before an error, and every sample.
pub(crate) fn judge(
    case: &Case,
    answer: &str,
    tally: &mut Tally,
) -> Result<Judgement<Case>, String> {
    let theirs: Answer = serde_json::from_str(answer)
        .map_err(|error| format!("hcp-peers answered {answer:?}: {error}"))?;
    if !theirs.panic.is_empty() {
        return Err(format!("Prometheus panicked: {} on {:?}", theirs.panic, shown(case)));
    }
    count(case, &theirs, tally);
    let mut differences = Vec::new();
    let compared = compare(case, &theirs).or_else(|difference| {
        let steps_over = has_nul_in_keyword(&case.body);
        if steps_over { Ok(vec![Deviation::Nul]) } else { Err(difference) }
    });
    match compared {
        Ok(deviations) => {
            for deviation in deviations {
                tally.deviation(deviation.name(), deviation.reason());
            }
        }
        Err((kind, ours, theirs)) => differences.push(Difference {
            kind: format!("{kind}: {}", case.format),
            case: case.clone(),
            ours: format!("{ours}\n  body:       {:?}", shown(case)),
            theirs,
        }),
    }
    Ok(Judgement { cases: 1, differences })
}

fn compare(case: &Case, theirs: &Answer) -> Compared {
    let filtered = ours::filtered(&case.body, case.cut, case.format)
        .map_err(|why| ("the filter cannot be made", why, String::new()))?;
    let mut deviations = accepted(filtered.error.as_ref(), filtered.samples, case, theirs)?;
    if filtered.error.is_none() && filtered.out != case.body {
        let out = String::from_utf8_lossy(&filtered.out).into_owned();
        return Err(("the filter changes a body", out, "the same".to_owned()));
    }
    // The iterator reads text; what is none the filter alone has read.
    let Ok(text) = std::str::from_utf8(&case.body) else { return Ok(deviations) };
    let (found, error) = ours::read(text, case.format);
    let names = [ErrorKind::MissingName, ErrorKind::EmptyLabelName];
    let of_names = filtered.error.as_ref().is_some_and(|error| names.contains(&error.kind));
    // The filter alone asks for names that the scrape takes.
    if error != filtered.error && !of_names {
        let ours =
            format!("filter: {}, samples: {}", said(filtered.error.as_ref()), said(error.as_ref()));
        return Err(("the filter and the samples disagree", ours, accepts(theirs)));
    }
    deviations.extend(accepted(error.as_ref(), Some(found.len() as u64), case, theirs)?);
    deviations.dedup();
    for (index, (ours, series)) in found.iter().zip(&theirs.series).enumerate() {
        let family =
            theirs.metadata.iter().rfind(|line| line.entry == "type" && line.before <= index);
        same_series(ours, series, family, case, &mut deviations)?;
    }
    if error.is_none() && filtered.error.is_none() {
        same_bounds(case, theirs)?;
    }
    Ok(deviations)
}

/// Whether a body is accepted, or refused behind the same sample.
fn accepted(
    error: Option<&ExpositionError>,
    samples: Option<u64>,
    case: &Case,
    theirs: &Answer,
) -> Compared {
    let same_place = samples.is_none_or(|samples| samples == theirs.series.len() as u64);
    let refused = !theirs.error.is_empty();
    let kind = match (error, refused) {
        (None, false) | (Some(_), true) if same_place => return Ok(Vec::new()),
        (None, false) => "other samples",
        (None, true) => "accepted what Prometheus refuses",
        (Some(error), _) => {
            if let Some(deviation) = Deviation::of_refusal(error, samples, case, theirs) {
                return Ok(vec![deviation]);
            }
            if refused { "refused elsewhere" } else { "refused what Prometheus accepts" }
        }
    };
    let ours = format!("{} behind {samples:?} samples", said(error));
    Err((kind, ours, accepts(theirs)))
}

fn same_series(
    ours: &ours::Series,
    theirs: &Series,
    family: Option<&Metadata>,
    case: &Case,
    deviations: &mut Vec<Deviation>,
) -> Result<(), Differs> {
    if theirs.lossy {
        deviations.push(Deviation::NameNotUtf8);
        return Ok(());
    }
    let bound = match family.map(|family| family.text.as_str()) {
        Some("histogram") => "le",
        Some("summary") => "quantile",
        _ => "",
    };
    let blank = |labels: &[(String, String)]| {
        let shown = |(name, value): &(String, String)| {
            let value = if name == bound { String::new() } else { value.clone() };
            (name.clone(), value)
        };
        ours::sorted(labels.iter().map(shown))
    };
    let differ = |kind, ours: &dyn std::fmt::Debug, theirs: &dyn std::fmt::Debug| {
        Err((kind, format!("{ours:?}"), format!("{theirs:?}")))
    };
    if blank(&ours.labels) != blank(&theirs.labels) {
        return differ("other labels", &ours.labels, &theirs.labels);
    }
    if !same_number(ours.value, &theirs.bits)? {
        return differ("other value", &ours.value, &theirs.bits);
    }
    if !same_time(ours.timestamp, theirs.timestamp, case.format, deviations) {
        return differ("other time", &ours.timestamp, &theirs.timestamp);
    }
    let kind = kind(family, &ours.name);
    if ours.kind.name() != kind {
        return differ("other type", &ours.kind, &kind);
    }
    match (&ours.exemplar, &theirs.exemplar) {
        (None, None) => Ok(()),
        (Some(ours), Some(theirs)) => same_exemplar(ours, theirs, deviations),
        (ours, theirs) => differ("other exemplar", ours, theirs),
    }
}

fn same_exemplar(
    text: &str,
    theirs: &Exemplar,
    deviations: &mut Vec<Deviation>,
) -> Result<(), Differs> {
    let Some(ours) = ours::exemplar(text) else {
        return Err(("an exemplar that cannot be read", text.to_owned(), format!("{theirs:?}")));
    };
    let unescaped = theirs.labels.iter().map(|(name, value)| (unescape(name), unescape(value)));
    let same = ours.labels == ours::sorted(unescaped)
        && same_number(ours.value, &theirs.bits)?
        && same_time(ours.timestamp, theirs.timestamp, Format::OpenMetrics, deviations);
    if same { Ok(()) } else { Err(("other exemplar", text.to_owned(), format!("{theirs:?}"))) }
}

/// What the rules see of bounds, if no label is there twice.
fn same_bounds(case: &Case, theirs: &Answer) -> Result<(), Differs> {
    let unclear = |series: &Series| {
        series.lossy || series.labels.windows(2).any(|pair| pair[0].0 == pair[1].0)
    };
    if theirs.series.iter().any(unclear) {
        return Ok(());
    }
    let of_theirs =
        |series: &Series| ["le", "quantile"].map(|label| ours::value(&series.labels, label));
    let expected: Vec<_> = theirs.series.iter().map(of_theirs).collect();
    match ours::bounds(&case.body, case.format) {
        Ok(found) if found == expected => Ok(()),
        Ok(found) => Err(("other bounds", format!("{found:?}"), format!("{expected:?}"))),
        Err(why) => Err(("no bounds", why, format!("{expected:?}"))),
    }
}

/// The bits, but all that are no number are one: nobody asks which.
fn same_number(ours: f64, bits: &str) -> Result<bool, Differs> {
    let theirs = number(bits).map_err(|why| ("an unreadable answer", String::new(), why))?;
    Ok(ours.to_bits() == theirs.to_bits() || (ours.is_nan() && theirs.is_nan()))
}

fn same_time(
    ours: Option<i64>,
    theirs: Option<i64>,
    format: Format,
    deviations: &mut Vec<Deviation>,
) -> bool {
    if format == Format::OpenMetrics
        && matches!(ours, Some(i64::MIN | i64::MAX))
        && theirs.is_some()
    {
        deviations.push(Deviation::TimeBeyondRange);
        return true;
    }
    ours == theirs
}

/// The type of the family, if the sample is one of its own. Source: `OpenMetrics` 1.0, "Suffixes".
fn kind<'a>(family: Option<&'a Metadata>, sample: &str) -> &'a str {
    let Some(family) = family else { return "unknown" };
    let suffixes: &[&str] = match family.text.as_str() {
        "counter" => &["_total", "_created"],
        "histogram" => &["_bucket", "_count", "_sum", "_created"],
        "gaugehistogram" => &["_bucket", "_gcount", "_gsum"],
        "summary" => &["_count", "_sum", "_created"],
        "info" => &["_info"],
        _ => &[],
    };
    let rest = sample.strip_prefix(unescape(&family.name).as_str());
    let belongs = rest.is_some_and(|rest| rest.is_empty() || suffixes.contains(&rest));
    if belongs { &family.text } else { "unknown" }
}

/// What a text in quotes means. Source: `OpenMetrics` 1.0, "escaped-string".
fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let escaped = chars.as_str().chars().next().filter(|_| c == '\\');
        let meaning = match escaped {
            Some('n') => '\n',
            Some(escaped @ ('"' | '\\')) => escaped,
            _ => {
                plain.push(c);
                continue;
            }
        };
        plain.push(meaning);
        chars.next();
    }
    plain
}

/// So that it can be seen that the cases reach what they are for.
fn count(case: &Case, theirs: &Answer, tally: &mut Tally) {
    tally.sum("bodies", 1);
    tally.sum("bytes", case.body.len());
    tally.sum("series", theirs.series.len());
    tally.sum("metadata lines", theirs.metadata.len());
    tally.sum("exemplars", theirs.series.iter().filter(|series| series.exemplar.is_some()).count());
    let mut rows: Vec<_> = features(case).map(|feature| format!("~ {feature}")).collect();
    rows.push(format!("({})", case.format));
    rows.push("(all)".to_owned());
    for row in &rows {
        tally.add(row, "cases");
        tally.add(row, if theirs.error.is_empty() { "accepted" } else { "refused" });
        if !theirs.error.is_empty() && !theirs.series.is_empty() {
            tally.add(row, "refused late");
        }
    }
}

fn shown(case: &Case) -> String {
    String::from_utf8_lossy(&case.body).into_owned()
}

fn said(error: Option<&ExpositionError>) -> String {
    error.map_or_else(|| "accepted".to_owned(), ToString::to_string)
}

fn accepts(theirs: &Answer) -> String {
    let verdict = if theirs.error.is_empty() { "accepted" } else { &theirs.error };
    format!("{verdict} behind {} samples", theirs.series.len())
}

#[cfg(test)]
mod tests {
    use hcp_metrics::exposition::Format;

    use super::judge;
    use crate::exposition::case::Case;
    use crate::tally::Tally;

    const BODY: &str = "# TYPE h histogram\nh_bucket{le=\"1\"} 1 2 # {t=\"\\n\"} 3\n# EOF\n";
    const RIGHT: &str = r#"{
        "series": [{
            "labels": [["__name__", "h_bucket"], ["le", "1.0"]], "bits": "4607182418800017408",
            "timestamp": 2000,
            "exemplar": {"labels": [["t", "\\n"]], "bits": "4613937818241073152"}
        }],
        "metadata": [{"before": 0, "entry": "type", "name": "h", "text": "histogram"}]
    }"#;

    fn kinds(body: &str, answer: &str) -> Vec<String> {
        let case = Case { format: Format::OpenMetrics, body: body.into(), cut: body.len() / 2 };
        let judged = judge(&case, answer, &mut Tally::default()).unwrap();
        judged.differences.into_iter().map(|difference| difference.kind).collect()
    }

    #[test]
    fn every_wrong_answer_is_found() {
        assert_eq!(kinds(BODY, RIGHT), [""; 0]);
        for (part, other, kind) in [
            ("h_bucket\"]", "h\"]", "other labels"),
            ("\"1.0\"", "\"1\"", "other bounds"),
            ("\"4607182418800017408\"", "\"0\"", "other value"),
            ("2000", "2001", "other time"),
            ("[\"t\", ", "[\"u\", ", "other exemplar"),
            ("\"4613937818241073152\"", "\"0\"", "other exemplar"),
            ("\"text\": \"histogram\"", "\"text\": \"gauge\"", "other labels"),
            ("\"name\": \"h\"", "\"name\": \"i\"", "other type"),
            ("\"metadata\"", "\"error\": \"no\", \"metadata\"", "accepted what Prometheus refuses"),
        ] {
            let answer = RIGHT.replacen(part, other, 1);
            assert_eq!(kinds(BODY, &answer), [format!("{kind}: OpenMetrics")], "{part}");
        }
        assert_eq!(kinds(BODY, "{}"), ["other samples: OpenMetrics"]);
        assert_eq!(kinds("1a 1\n# EOF\n", "{}"), ["refused what Prometheus accepts: OpenMetrics"]);
        assert_eq!(kinds("a 1\n1a 1\n", r#"{"error": "no"}"#), ["refused elsewhere: OpenMetrics"]);
    }

    #[test]
    fn an_answer_that_is_unreadable_is_an_error_and_not_agreement() {
        let case = Case { format: Format::Text, body: b"a 1\n".to_vec(), cut: 0 };
        for answer in ["", "{", r#"{"panic":"index out of range"}"#] {
            assert!(judge(&case, answer, &mut Tally::default()).is_err(), "{answer}");
        }
    }
}
