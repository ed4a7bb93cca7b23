//! How long reasons and messages may be, and how they are cut.

use std::collections::BTreeSet;

/// The longest reason that the API admits, in characters.
pub const REASON_LIMIT: usize = 1024;
/// The longest message that the API admits, in characters.
pub const MESSAGE_LIMIT: usize = 32768;

/// What `HyperShift` appends to a list of reasons that is too long.
const REASONS_TRUNCATED: &str = ",ReasonsTruncated";
/// What `HyperShift` appends to a message that is too long.
const MESSAGE_TRUNCATED: &str = "... message truncated\n";

/// Cuts a reason to [`REASON_LIMIT`]: whole reasons of a list are dropped, and `,ReasonsTruncated` says so, as with `HyperShift`.
pub fn truncate_reason(reason: &mut String) {
    if reason.chars().count() <= REASON_LIMIT {
        return;
    }
    cut(reason, REASON_LIMIT - REASONS_TRUNCATED.len());
    if let Some(end) = reason.rfind(',') {
        reason.truncate(end);
    }
    reason.push_str(REASONS_TRUNCATED);
}

/// Cuts a message to [`MESSAGE_LIMIT`], and says so at its end.
pub fn truncate_message(message: &mut String) {
    if message.chars().count() > MESSAGE_LIMIT {
        cut(message, MESSAGE_LIMIT - MESSAGE_TRUNCATED.len());
        message.push_str(MESSAGE_TRUNCATED);
    }
}

/// One reason out of many, as `HyperShift` makes it for `AllMachinesReady` and `AllNodesHealthy`: sorted, each once, joined by commas, cut to the limit.
#[must_use]
pub fn join_reasons<'a>(reasons: impl IntoIterator<Item = &'a str>) -> String {
    let reasons: BTreeSet<&str> = reasons.into_iter().filter(|reason| !reason.is_empty()).collect();
    let mut joined = reasons.into_iter().collect::<Vec<_>>().join(",");
    truncate_reason(&mut joined);
    joined
}

/// Keeps this many characters.
fn cut(text: &mut String, characters: usize) {
    if let Some((end, _)) = text.char_indices().nth(characters) {
        text.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_sorted_counted_once_and_cut_between_two() {
        assert_eq!(join_reasons(["B", "", "A", "B"]), "A,B");
        let many: Vec<String> = (1000..2000).map(|number| format!("Reason{number}")).collect();
        let joined = join_reasons(many.iter().map(String::as_str));
        assert!(joined.len() <= REASON_LIMIT, "{}", joined.len());
        assert!(joined.ends_with(",ReasonsTruncated"));
        let kept = joined.strip_suffix(",ReasonsTruncated").unwrap();
        assert!(kept.split(',').all(|reason| reason.len() == "Reason1000".len()), "{joined}");
    }

    #[test]
    fn what_fits_stays_and_characters_stay_whole() {
        let mut reason = "é".repeat(REASON_LIMIT);
        truncate_reason(&mut reason);
        assert_eq!(reason.chars().count(), REASON_LIMIT);
        let mut message = "é".repeat(MESSAGE_LIMIT + 1);
        truncate_message(&mut message);
        assert_eq!(message.chars().count(), MESSAGE_LIMIT);
        assert!(message.ends_with("... message truncated\n"));
        let mut twice = message.clone();
        truncate_message(&mut twice);
        assert_eq!(twice, message);
    }
}
