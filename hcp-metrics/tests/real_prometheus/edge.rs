//! Small expositions with everything that is easy to get wrong.

use bytes::Bytes;

/// Drops by what is hard to match: escapes, other scripts, line breaks, bounds, and says which bound it saw.
pub(crate) const RULES: &str = r#"
- action: drop
  source_labels: [__name__, le]
  regex: 'edge_latency_seconds_bucket;(3|0\.5)'
- action: drop
  source_labels: [path]
  regex: 'C:\\dropped\\.*'
- action: drop
  source_labels: [said]
  regex: '"gone"\n.*'
- action: drop
  source_labels: [word]
  regex: '\p{Greek}+|.*❌'
- action: drop
  source_labels: [__name__, quantile]
  regex: 'edge_summary;1'
- source_labels: [le]
  regex: '(.+)'
  target_label: bound
  replacement: 'up to ${1}s'
"#;

/// In OpenMetrics; `now` in seconds is where its timestamps lie.
pub(crate) fn open_metrics(now: u64, leaving: bool, utf8_names: bool) -> Bytes {
    let (recent, old, older) = (now - 30, now - 1200, now - 1800);
    let mut text = format!(
        r#"# HELP edge_requests With \\ and \n and \"quotes\".
# TYPE edge_requests counter
edge_requests_total{{path="C:\\dir\\",said="\"hi\"\nthere"}} 1 # {{trace_id="a \"b\" \\ \n c"}} 0.5 {recent}.25
edge_requests_total{{path="C:\\dropped\\x",said=""}} 2 # {{trace_id="dropped"}} 1 {recent}
edge_requests_total{{said="\"gone\"\nfor good"}} 3
edge_requests_total{{word="λόγος"}} 4
edge_requests_total{{word="日本語 ❤"}} 5 # {{trace_id="日本"}} 2 {recent}
edge_requests_total{{word="no ❌"}} 6
edge_requests_total{{word="λόγος too"}} 7.5
edge_requests_created{{word="日本語 ❤"}} {old}.5
# TYPE edge_latency_seconds histogram
# UNIT edge_latency_seconds seconds
# HELP edge_latency_seconds Bounds.
edge_latency_seconds_bucket{{le="0.5"}} 1
edge_latency_seconds_bucket{{le="1"}} 2 # {{}} 0.7 {recent}
edge_latency_seconds_bucket{{le="3"}} 3 # {{trace_id="with the bound"}} 2.5 {recent}
edge_latency_seconds_bucket{{le="+Inf"}} 4
edge_latency_seconds_count 4
edge_latency_seconds_sum 12.5
# TYPE edge_summary summary
edge_summary{{quantile="0.5"}} 1
edge_summary{{quantile="1"}} NaN
edge_summary_count 2
edge_summary_sum 3
# TYPE edge_value gauge
edge_value{{kind="nan"}} NaN
edge_value{{kind="inf"}} +Inf
edge_value{{kind="-inf"}} -Inf
edge_value{{kind="large"}} 1.7976931348623157e308
edge_value{{kind="small"}} 5e-324
edge_value{{kind="zero"}} -0
edge_value{{kind="digits"}} 0.30000000000000004
edge_value{{kind="exponent"}} 1E3
edge_value{{kind="recent",at="x"}} 1 {recent}
edge_value{{kind="old",at="x"}} 2 {old}.125
edge_value{{kind="older",at="x"}} NaN {older}.001
edge_value{{kind="empty",nothing=""}} 3
# TYPE edge_build info
edge_build_info{{version="1"}} 1
# TYPE edge_state stateset
edge_state{{edge_state="on"}} 1
edge_state{{edge_state="off"}} 0
# TYPE edge_unknown unknown
edge_unknown 1
"#
    );
    if utf8_names {
        text += "# TYPE \"edge.dotted name\" gauge\n{\"edge.dotted name\",\"a.b\"=\"c\"} 1\n";
    }
    if leaving {
        text += "# TYPE edge_leaving gauge\nedge_leaving 1\nedge_leaving{le=\"x\"} NaN\n";
    }
    text += "# EOF\n";
    text.into()
}

/// In the text format, as loosely written as Prometheus lets one.
pub(crate) fn text(now: u64, leaving: bool) -> Bytes {
    let (recent, old) = ((now - 30) * 1000, (now - 1200) * 1000 + 7);
    let mut text = format!(
        "# a comment\n#another\n\n# HELP edge_value With \\\\ and \\n.\n# \tTYPE  edge_value\tgauge\n\
         edge_value {{ kind = \"blanks\" , said = \"a\\\"b\" }}   1\n\
         edge_value{{kind=\"comma\",}} 2\n\
         edge_value{{kind=\"raw\nnewline\"}} 3\n\
         edge_value{{kind=\"unknown \\t escape\"}} 4\n\
         edge_value{{kind=\"nan\"}} nan\n\
         edge_value{{kind=\"inf\"}} inf\n\
         edge_value{{kind=\"infinity\"}} -Infinity\n\
         edge_value{{kind=\"exponent\"}} 1E3\n\
         edge_value{{kind=\"recent\",at=\"x\"}} 1 {recent}\n\
         edge_value{{kind=\"old\",at=\"x\"}}\t2\t{old}\n\
         edge_value{{path=\"C:\\\\dropped\\\\x\"}} 5\n\
         edge_value{{word=\"λόγος\"}} 6\n\
         # TYPE edge_latency_seconds histogram\n\
         edge_latency_seconds_bucket{{le=\"0.5\"}} 1\n\
         edge_latency_seconds_bucket{{le=\"3\"}} 2\n\
         edge_latency_seconds_bucket{{le=\"1e1\"}} 3\n\
         edge_latency_seconds_bucket{{le=\"+Inf\"}} 4\n\
         edge_latency_seconds_sum 1\n\
         edge_latency_seconds_count 4\n\
         # TYPE edge_summary summary\n\
         edge_summary{{quantile=\"1\"}} 1\n\
         edge_summary{{quantile=\"0.50\"}} 1\n\
         # EOF\n"
    );
    if leaving {
        text += "edge_leaving 1\nedge_leaving{le=\"x\"} NaN\n";
    }
    // Without a line break at the end.
    text += "edge_last 1";
    text.into()
}
