//! What we make of a `pausedUntil`, against Go's own parsers.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use hcp_core::pause::upstream::{self, UpstreamMeaning};
use hcp_core::pause::{PausedUntil, PausedUntilError};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde::Deserialize;

/// How many texts are compared.
const TEXTS: usize = 12_000;

/// A line of the oracle.
#[derive(Debug, Deserialize)]
struct Answer {
    bool: Option<bool>,
    second: i64,
    nano: u32,
    time: bool,
    admitted: bool,
}

/// Times at the edges: leap years, short hours, commas, zones of a day; sometimes without a zone.
fn edge_time() -> impl Strategy<Value = String> {
    let year = prop_oneof![6 => 1890..2110_u32, 1 => 0..=9999_u32];
    let date = (
        year,
        prop_oneof![9 => 1..=12_u32, 1 => 0..=13_u32],
        prop_oneof![5 => 1..=28_u32, 1 => 28..=32_u32],
    );
    let clock = (
        prop_oneof![8 => 0..=23_u32, 1 => 0..=25_u32],
        prop_oneof![9 => 0..=59_u32, 1 => 58..=61_u32],
        prop_oneof![9 => 0..=59_u32, 1 => 58..=61_u32],
        prop::bool::weighted(0.1),
    );
    let fraction = prop_oneof![5 => "", 3 => "\\.[0-9]{1,9}", 1 => "[.,][0-9]{0,22}"];
    let zone = prop_oneof![
        5 => "Z",
        4 => "[-+](0[0-9]|1[0-9]|2[0-5]):[0-6][0-9]",
        1 => "([-+]24:60|z|UTC|[-+][0-9]{4}|)",
    ];
    (date, clock, fraction, zone).prop_map(
        |(date, (hour, minute, second, short), fraction, zone)| {
            let (year, month, day) = date;
            let hour = if short { hour.to_string() } else { format!("{hour:02}") };
            format!("{year:04}-{month:02}-{day:02}T{hour}:{minute:02}:{second:02}{fraction}{zone}")
        },
    )
}

/// The same with up to two characters replaced, added or taken away.
fn nearly_a_time() -> impl Strategy<Value = String> {
    let edits = prop_oneof![4 => 0..=0_usize, 3 => 1..=1_usize, 1 => 2..=2_usize];
    let edit = (any::<prop::sample::Index>(), 0..3_u8, "[-+:.,0-9TZtz \n\u{e9}\u{ff11}]");
    (edge_time(), edits, prop::array::uniform2(edit)).prop_map(|(text, edits, array)| {
        let mut characters: Vec<char> = text.chars().collect();
        for (index, kind, with) in array.into_iter().take(edits) {
            let at = index.index(characters.len());
            let until = at + usize::from(kind != 0);
            characters.splice(at..until, with.chars().filter(|_| kind != 2));
        }
        characters.into_iter().collect()
    })
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)",
        1 => "[tT][rR][uU][eE]",
        1 => "[fF][aA][lL][sS][eE]",
        1 => "[01tTfFyYnN]{0,2}",
        1 => Just("${PAUSED_UNTIL}".to_owned()),
        1 => "[ -~]{0,12}",
    ]
}

fn texts() -> Vec<String> {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]),
    );
    let strategy = prop_oneof![5 => nearly_a_time(), 1 => word()];
    (0..TEXTS).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// What Go says of each text, or none where there is no Go.
fn ask_go(texts: &[String]) -> Option<Vec<Answer>> {
    let directory = tempfile::tempdir().unwrap();
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("../hcp-testkit/golang");
    assert!(module.is_dir(), "{} is missing", module.display());
    let program = directory.path().join("oracle");
    let build = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(module)
        .env("GOFLAGS", "-mod=mod")
        .env("GOTOOLCHAIN", "local")
        .status();
    match build {
        Ok(status) => assert!(status.success(), "go build failed: {status}"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            assert!(std::env::var_os("CI").is_none(), "CI must have Go on its PATH");
            return None;
        }
        Err(error) => panic!("go: {error}"),
    }
    let mut child =
        Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input: String =
        texts.iter().map(|text| serde_json::to_string(text).unwrap() + "\n").collect();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "the oracle failed: {}", output.status);
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    Some(lines.map(|line| serde_json::from_slice(line).unwrap()).collect())
}

#[test]
fn we_read_what_go_reads_and_admit_what_the_crd_admits() {
    let texts = texts();
    let Some(answers) = ask_go(&texts) else {
        println!("NOT RUN: pause_oracle compares with Go, and there is no `go` on PATH");
        return;
    };
    assert_eq!(answers.len(), texts.len());
    let (mut times, mut words, mut neither) = (0, 0, 0);
    for (text, answer) in texts.iter().zip(&answers) {
        let ours = upstream::parse(text);
        assert_eq!(ours.admitted, answer.admitted, "{text:?}: {answer:?}");
        match (ours.meaning, answer.bool, answer.time) {
            (UpstreamMeaning::Paused, Some(true), _)
            | (UpstreamMeaning::Active, Some(false), _) => {
                words += 1;
            }
            (UpstreamMeaning::Until(end), None, true) => {
                assert_eq!(
                    (end.unix_seconds, end.nanosecond),
                    (answer.second, answer.nano),
                    "{text:?}"
                );
                times += 1;
            }
            (UpstreamMeaning::Invalid, None, false) => neither += 1,
            (meaning, ..) => panic!("{text:?}: we say {meaning:?}, Go says {answer:?}"),
        }
    }
    println!(
        "{} texts: {times} times, {words} words, {neither} neither; 0 differences",
        texts.len()
    );
    let enough = TEXTS / 50;
    assert!(times > enough && words > enough && neither > enough, "the texts are one-sided");
}

proptest! {
    #[test]
    fn what_is_accepted_is_admitted_and_written_so_that_upstream_reads_the_same(
        text in prop_oneof![nearly_a_time(), word(), any::<String>()]
    ) {
        let reading = upstream::parse(&text);
        match text.parse::<PausedUntil>() {
            Ok(until) => {
                prop_assert!(reading.admitted);
                let canonical = upstream::parse(&until.to_string());
                prop_assert!(canonical.admitted && until.to_string().len() <= 35);
                prop_assert_eq!(canonical.meaning, reading.meaning);
                prop_assert_eq!(until.to_string().parse::<PausedUntil>().unwrap(), until);
            }
            Err(PausedUntilError { text: named, upstream, .. }) => {
                prop_assert_eq!(named, text);
                prop_assert_eq!(upstream, reading);
            }
        }
    }
}
