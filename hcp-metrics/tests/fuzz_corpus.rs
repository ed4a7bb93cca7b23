//! The saved corpus of the fuzz targets (`fuzz/`), once more without a fuzzer.

#[path = "../../fuzz/checks/lexer.rs"]
mod lexer;
#[cfg(feature = "proxy")]
#[path = "../../fuzz/checks/proxy.rs"]
mod proxy;
#[path = "../../fuzz/checks/regex.rs"]
mod regex;
#[path = "../../fuzz/checks/rules.rs"]
mod rules;

use std::path::Path;

fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("a saved corpus") {
        let input = std::fs::read(entry.expect("a file").path()).expect("a file");
        check(&input);
        count += 1;
    }
    assert!(count >= 24, "{target}: {count} inputs are no corpus");
}

#[test]
fn pieces_of_a_body_change_nothing() {
    replay("lexer", lexer::check);
}

#[test]
fn rules_can_be_written_and_read_again() {
    replay("rules", rules::check);
}

#[test]
fn all_ways_to_match_agree() {
    replay("regex", regex::check);
}

#[cfg(feature = "proxy")]
#[test]
fn whatever_targets_answer_no_half_exposition_passes_for_a_whole_one() {
    replay("proxy", proxy::check);
}
