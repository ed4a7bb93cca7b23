//! The table a person reads and the JSON file a machine does.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// One benchmark's results.
#[non_exhaustive]
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The benchmark's name.
    pub bench: &'static str,
    /// What it ran on.
    pub machine: String,
    /// The results.
    pub rows: Vec<Row>,
}

/// One comparison. A ratio above 1 means that ours is better.
#[non_exhaustive]
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// What is measured.
    pub name: String,
    /// The unit of `ours` and `theirs`.
    pub unit: &'static str,
    /// Our figure.
    pub ours: f64,
    /// What it is compared with.
    pub against: String,
    /// The figure of that; none where a goal is absolute.
    pub theirs: Option<f64>,
    /// How much better ours is.
    pub ratio: Option<f64>,
    /// The goal, in words.
    pub goal: String,
    /// Whether the goal is met; none where there is no goal.
    pub met: Option<bool>,
    /// How far the runs were apart, ours and theirs: (largest − smallest) ÷ median.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spread: Option<[f64; 2]>,
}

/// A figure, and how far apart the runs were of which it is the median.
#[non_exhaustive]
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// The median.
    pub median: f64,
    /// (largest − smallest) ÷ median.
    pub spread: f64,
}

/// Which of two figures is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Better {
    /// Rates.
    Larger,
    /// Times.
    Smaller,
}

impl Figure {
    /// A median with its spread.
    #[must_use]
    pub const fn new(median: f64, spread: f64) -> Self {
        Self { median, spread }
    }
}

impl Report {
    /// An empty report of this machine.
    #[must_use]
    pub fn new(bench: &'static str) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (os, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
        let model = processor().map_or_else(String::new, |model| format!(", {model}"));
        let machine = format!("{os} {architecture}, {cores} cores{model}");
        Self { bench, machine, rows: Vec::new() }
    }

    /// Writes `target/bench/NAME.json` and returns its path.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self) -> io::Result<PathBuf> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or_else(|| Path::new("."));
        let directory = root.join("target/bench");
        std::fs::create_dir_all(&directory)?;
        let path = directory.join(format!("{}.json", self.bench));
        std::fs::write(&path, serde_json::to_string_pretty(self)? + "\n")?;
        Ok(path)
    }
}

/// What the processor calls itself, where Linux says so.
fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, model)| model.trim().to_owned())
}

impl Row {
    /// A figure compared with another, smaller being better, whose quotient `ours ÷ theirs` must not exceed `goal`.
    #[must_use]
    pub fn at_most(
        name: &str,
        unit: &'static str,
        ours: f64,
        against: &str,
        theirs: f64,
        goal: f64,
    ) -> Self {
        Self {
            against: against.to_owned(),
            theirs: Some(theirs),
            ratio: Some(theirs / ours),
            goal: format!("≤ {goal} × theirs"),
            met: Some(ours <= goal * theirs),
            ..Self::plain(name, unit, ours)
        }
    }

    /// A figure beside another, smaller being better, without a goal.
    #[must_use]
    pub fn against(name: &str, unit: &'static str, ours: f64, against: &str, theirs: f64) -> Self {
        Self {
            goal: String::new(),
            met: None,
            ..Self::at_most(name, unit, ours, against, theirs, 0.0)
        }
    }

    /// A figure compared with another, that should be better by the factor `goal`, if there is one.
    #[must_use]
    pub fn faster(
        name: &str,
        (unit, better): (&'static str, Better),
        ours: Figure,
        (against, theirs): (&str, Figure),
        goal: Option<f64>,
    ) -> Self {
        let ratio = match better {
            Better::Larger => ours.median / theirs.median,
            Better::Smaller => theirs.median / ours.median,
        };
        Self {
            against: against.to_owned(),
            theirs: Some(theirs.median),
            ratio: Some(ratio),
            goal: goal.map_or_else(String::new, |goal| format!("≥ {goal} ×")),
            met: goal.map(|goal| ratio >= goal),
            spread: Some([ours.spread, theirs.spread]),
            ..Self::plain(name, unit, ours.median)
        }
    }

    /// A rate that must reach `goal`.
    #[must_use]
    pub fn at_least(name: &str, unit: &'static str, ours: f64, goal: f64) -> Self {
        let (goal, met) = (format!("≥ {goal}"), Some(ours >= goal));
        Self { goal, met, ..Self::plain(name, unit, ours) }
    }

    /// A cost that must not exceed `goal`.
    #[must_use]
    pub fn within(name: &str, unit: &'static str, ours: f64, goal: f64) -> Self {
        let (goal, met) = (format!("≤ {goal}"), Some(ours <= goal));
        Self { goal, met, ..Self::plain(name, unit, ours) }
    }

    /// A figure without a goal.
    #[must_use]
    pub fn plain(name: &str, unit: &'static str, ours: f64) -> Self {
        let (against, goal) = (String::new(), String::new());
        let name = name.to_owned();
        Self { name, unit, ours, against, theirs: None, ratio: None, goal, met: None, spread: None }
    }

    /// Adds another's figure, without saying which of the two is better.
    #[must_use]
    pub fn beside(mut self, against: &str, theirs: f64) -> Self {
        (self.against, self.theirs) = (against.to_owned(), Some(theirs));
        self
    }

    /// Says what it would be compared with, and why it cannot be.
    #[must_use]
    pub fn without(mut self, against: &str, why: &str) -> Self {
        self.against = format!("{against}: {why}");
        self
    }

    fn cells(&self) -> [String; 8] {
        let percent = |spread: f64| format!("{:.0} %", spread * 100.0);
        [
            self.name.clone(),
            figure(self.ours, self.unit),
            self.against.clone(),
            self.theirs.map_or_else(String::new, |theirs| figure(theirs, self.unit)),
            self.ratio.map_or_else(String::new, |ratio| format!("{ratio:.2} ×")),
            self.goal.clone(),
            self.met.map_or("", |met| if met { "met" } else { "NOT met" }).to_owned(),
            self.spread
                .map_or_else(String::new, |[a, b]| format!("{}, {}", percent(a), percent(b))),
        ]
    }
}

const HEADER: [&str; 8] = ["what", "ours", "against", "theirs", "better by", "goal", "", "spread"];
const TO_THE_RIGHT: [bool; 8] = [false, true, false, true, true, false, false, false];

impl fmt::Display for Report {
    /// A table in Markdown whose columns also line up in a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "bench {} on {}\n", self.bench, self.machine)?;
        let rows: Vec<_> = self.rows.iter().map(Row::cells).collect();
        let widest = |column: usize| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or(0).max(HEADER[column].chars().count()).max(3)
        };
        let widths: [usize; 8] = std::array::from_fn(widest);
        write_row(f, &HEADER.map(str::to_owned), &widths)?;
        for (width, right) in widths.iter().zip(TO_THE_RIGHT) {
            let (dashes, end) = (width - usize::from(right), if right { ":" } else { "" });
            write!(f, "| {:-<dashes$}{end} ", "")?;
        }
        writeln!(f, "|")?;
        rows.iter().try_for_each(|row| write_row(f, row, &widths))
    }
}

fn write_row(f: &mut fmt::Formatter<'_>, cells: &[String; 8], widths: &[usize; 8]) -> fmt::Result {
    for ((cell, width), right) in cells.iter().zip(widths).zip(TO_THE_RIGHT) {
        if right {
            write!(f, "| {cell:>width$} ")?;
        } else {
            write!(f, "| {cell:<width$} ")?;
        }
    }
    writeln!(f, "|")
}

fn figure(value: f64, unit: &str) -> String {
    let digits = if value >= 1_000.0 { 0 } else { 2 };
    format!("{value:.digits$} {unit}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Better, Figure, Report, Row};

    #[test]
    fn a_ratio_above_one_is_ours_being_better_whatever_the_unit() {
        let (small, large) = (Figure::new(2.0, 0.1), Figure::new(8.0, 0.2));
        let time = Row::faster("a", ("ns", Better::Smaller), small, ("b", large), Some(4.0));
        let rate = Row::faster("a", ("MB/s", Better::Larger), large, ("b", small), Some(5.0));
        assert_eq!((time.ratio, time.met), (Some(4.0), Some(true)));
        assert_eq!((rate.ratio, rate.met), (Some(4.0), Some(false)));
    }

    #[test]
    fn the_table_lines_up_and_says_what_is_not_met() {
        let mut report = Report::new("test");
        report.rows.push(Row::within("größe", "KiB", 2048.0, 1024.0));
        report.rows.push(Row::plain("b", "", 0.5).without("c", "cannot"));
        let text = report.to_string();
        let table: Vec<_> = text.lines().skip(2).collect();
        assert_eq!(table.len(), 4);
        assert!(
            table.iter().all(|line| line.chars().count() == table[0].chars().count()),
            "{text}"
        );
        assert!(table[2].contains("2048 KiB") && table[2].contains("NOT met"), "{text}");
        assert!(table[3].contains("| 0.50 | c: cannot |"), "{text}");
    }
}
