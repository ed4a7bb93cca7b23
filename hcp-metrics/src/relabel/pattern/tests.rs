//! Against Go's own answers, and against random texts.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;

use super::Pattern;

/// What `tests/data/goregex` has written.
#[derive(Deserialize)]
struct Corpus {
    values: Vec<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    pattern: String,
    error: Option<String>,
    #[serde(default)]
    names: Vec<String>,
    /// By the index of the value, where each group begins and ends.
    #[serde(default)]
    matches: BTreeMap<usize, Vec<isize>>,
}

#[test]
fn agrees_with_go() {
    let corpus: Corpus =
        serde_json::from_str(include_str!("../../../tests/data/go-regex.json")).unwrap();
    assert!(corpus.cases.len() > 900);
    for case in &corpus.cases {
        let text = &case.pattern;
        match (Pattern::anchored(text), &case.error) {
            (Err(ours), Some(theirs)) => assert_eq!(&ours.message, theirs),
            (Ok(pattern), None) => agrees_on_values(&pattern, case, &corpus.values),
            (Ok(_), Some(theirs)) => panic!("{text:?} must be refused: {theirs}"),
            (Err(ours), None) => panic!("{text:?} must be accepted: {}", ours.message),
        }
    }
}

fn agrees_on_values(pattern: &Pattern, case: &Case, values: &[String]) {
    let names: Vec<_> =
        pattern.names().iter().map(|name| name.as_deref().unwrap_or_default()).collect();
    assert_eq!(names, case.names, "{:?}", case.pattern);
    let mut captures = pattern.create_captures();
    for (index, value) in values.iter().enumerate() {
        pattern.captures(value, &mut captures);
        let group = |group| captures.get_group(group).map(|span| [span.start, span.end]);
        let ends = (0..names.len()).flat_map(|index| match group(index) {
            Some(span) => span.map(usize::cast_signed),
            None => [-1, -1],
        });
        let ours = captures.is_match().then(|| ends.collect::<Vec<_>>());
        assert_eq!(ours.as_ref(), case.matches.get(&index), "{:?} on {value:?}", case.pattern);
        assert_eq!(pattern.is_match(value), ours.is_some(), "{:?} on {value:?}", case.pattern);
    }
}

#[test]
fn points_at_the_trouble_in_the_rules_own_text() {
    let cases = [
        ("ab[", 2),
        ("a(b", 1),
        ("x((a)b", 1),
        ("ab)", 2),
        ("(a))b", 3),
        ("a)b)c", 3),
        ("ab**", 2),
        ("ab{2}{3}", 2),
        ("*a", 0),
        ("a|*", 2),
        ("é\\8", 2),
        ("ab(?P<é>c)", 2),
        ("ab\\", 4),
        ("[z-a]", 1),
        ("[a\\pX]", 2),
        ("a{1001}", 1),
    ];
    for (text, offset) in cases {
        assert_eq!(Pattern::anchored(text).unwrap_err().offset, offset.min(text.len()), "{text}");
    }
}

#[test]
fn keeps_to_its_limits() {
    let message = |text: &str| Pattern::anchored(text).unwrap_err().message;
    assert!(Pattern::anchored(r"\pL{1000}").unwrap().is_match(&"é".repeat(1000)));
    assert!(Pattern::anchored(&r"[\pL\pN]".repeat(100)).is_ok());
    for text in [
        r"(?:\pL\pN\pS\pM){1000}".to_owned(),
        format!("(?:{}){{1000}}", "a".repeat(20_000)),
        r"(?i)\pL{100}".repeat(100),
        r"\pL".repeat(4000),
        "(a)".repeat(20_000),
    ] {
        assert!(message(&text).starts_with("error parsing regexp: expression too large: `^(?s:"));
    }
}

#[test]
fn survives_the_deepest_trees_on_a_small_stack() {
    let deep = |open: &str, close: &str| format!("{}a{}", open.repeat(990), close.repeat(990));
    let texts = [
        deep("(", ")"),
        deep("(?:", ")*"),
        deep("(?:", "){1,2}?"),
        deep("(?:", ")").repeat(2),
        format!("{}a{}", "(|x".repeat(490), ")".repeat(490)),
        format!("{}a{}", "(?:b|y".repeat(330), "z)*".repeat(330)),
        "(?:".repeat(200_000),
        "(".repeat(200_000),
    ];
    let check = move || {
        for text in &texts {
            if let Ok(pattern) = Pattern::anchored(text) {
                pattern.clone().captures("aa", &mut pattern.create_captures());
                assert!(format!("{pattern:?}").len() > text.len());
            }
        }
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(check).unwrap().join().unwrap();
}

#[test]
fn decides_long_lists_of_names_by_a_table() {
    let names: Vec<_> = (0..300).map(|n| format!("apiserver_metric_{n}_total")).collect();
    let pattern = Pattern::anchored(&format!("({})", names.join("|"))).unwrap();
    assert!(pattern.has_table());
    assert!(names.iter().all(|name| pattern.is_match(name)));
    assert!(!pattern.is_match("apiserver_metric_300_total"));
    // Not anchored on both sides, so a table that begins at the beginning would be wrong.
    let pattern = Pattern::anchored("a)|(b").unwrap();
    assert!(!pattern.has_table());
    assert!(pattern.is_match("ax") && pattern.is_match("xb") && !pattern.is_match("xax"));
}

/// Texts made of what is likely to be troublesome.
fn nasty() -> impl Strategy<Value = String> {
    let fragment = prop::sample::select(vec![
        "(",
        ")",
        "(?",
        "(?:",
        "(?i",
        "(?-",
        ":",
        "(?P<",
        "<",
        ">",
        "x",
        "[",
        "]",
        "^",
        "-",
        "[:",
        ":]",
        "alpha",
        "\\",
        "\\p",
        "\\P{",
        "{",
        "}",
        "Greek",
        "\\Q",
        "\\E",
        "\\x",
        "\\x{",
        "D800",
        "10FFFF",
        "0",
        "7",
        "1000",
        ",",
        "*",
        "+",
        "?",
        "|",
        "$",
        ".",
        "é",
        "\u{10ffff}",
        "\n",
        "\\b",
        "\\z",
        "\\pL",
        "\\W",
        "{2}",
        "{9,}",
        "{0}",
        "(?i)",
        "(?U)",
        "ſ",
        "K",
    ]);
    prop::collection::vec(fragment, 0..24).prop_map(|fragments| fragments.concat())
}

/// What holds for any text.
fn sound(text: &str) -> Result<(), TestCaseError> {
    match Pattern::anchored(text) {
        Ok(pattern) => {
            for value in ["", "a", "é\n", text] {
                let mut captures = pattern.create_captures();
                pattern.captures(value, &mut captures);
                prop_assert_eq!(pattern.is_match(value), captures.is_match());
                prop_assert!(captures.group_len() <= pattern.names().len());
            }
        }
        Err(error) => {
            prop_assert!(text.is_char_boundary(error.offset), "{:?}", error);
            prop_assert!(error.message.starts_with("error parsing regexp: "));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6_000, ..ProptestConfig::default() })]

    #[test]
    fn takes_any_text(text in prop::collection::vec(any::<char>(), 0..40)) {
        sound(&text.iter().collect::<String>())?;
    }

    #[test]
    fn takes_nasty_texts(text in nasty()) {
        sound(&text)?;
    }
}
