//! Any text as a regular expression: all ways to match agree.

use hcp_metrics::relabel::{Rule, Rules, Verdict};
use hcp_metrics::{Labels, LabelsView};

/// The expression, and after the last NUL a value.
pub(crate) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (regex, value) = text.rsplit_once('\0').unwrap_or((text, "abc"));
    let name = Rule::drop_names(regex);
    let joined = name.clone().with_source_labels(["__name__", "none"]).with_separator("");
    let captures = Rule::default()
        .with_source_labels(["__name__"])
        .with_regex(regex)
        .with_target_label("matched")
        .with_replacement("yes");
    let (Ok(name), Ok(joined), Ok(captures)) =
        (Rules::compile(&[name]), Rules::compile(&[joined]), Rules::compile(&[captures]))
    else {
        return;
    };
    for value in [value, "", "a", "\n"] {
        let mut labels: Labels = [("__name__", value)].into_iter().collect();
        if labels.is_empty() {
            continue;
        }
        let dropped = !name.keep(&LabelsView::from(&labels));
        assert_eq!(!joined.keep(&LabelsView::from(&labels)), dropped, "{regex:?} on {value:?}");
        let _ = matches!(captures.apply(&mut labels), Verdict::Keep);
        assert_eq!(labels.get("matched").is_some(), dropped, "{regex:?} on {value:?}");
    }
}
