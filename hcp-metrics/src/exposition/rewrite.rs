//! A sample whose labels have changed.

use super::escape::quote;
use crate::label::{Labels, METRIC_NAME, NameScheme};

/// Writes `labels` as a series, and `rest`, the bytes of the line behind its old series, as they are.
///
/// A name that is no name of Prometheus 2 is quoted, that of the metric within the braces.
pub(crate) fn rewrite(labels: &Labels, rest: &[u8], out: &mut Vec<u8>) {
    let name = labels.get(METRIC_NAME).unwrap_or_default();
    let bare = NameScheme::Legacy.allows_metric(name);
    if bare {
        out.extend_from_slice(name.as_bytes());
    }
    let mut open = false;
    let mut separate = |out: &mut Vec<u8>| {
        out.push(if open { b',' } else { b'{' });
        open = true;
    };
    if !bare {
        separate(out);
        quote(name, out);
    }
    for (name, value) in labels.iter().filter(|(name, _)| *name != METRIC_NAME) {
        separate(out);
        if NameScheme::Legacy.allows_label(name) {
            out.extend_from_slice(name.as_bytes());
        } else {
            quote(name, out);
        }
        out.push(b'=');
        quote(value, out);
    }
    if open {
        out.push(b'}');
    }
    // Text can do without a blank between the series and its value where the old series ended with a brace.
    if !matches!(rest.first(), Some(b' ' | b'\t')) {
        out.push(b' ');
    }
    out.extend_from_slice(rest);
}
