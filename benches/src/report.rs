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
}

impl Report {
    /// An empty report of this machine.
    #[must_use]
    pub fn new(bench: &'static str) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let machine = format!("{} {}, {cores} cores", std::env::consts::OS, std::env::consts::ARCH);
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
            name: name.to_owned(),
            unit,
            ours,
            against: against.to_owned(),
            theirs: Some(theirs),
            ratio: Some(theirs / ours),
            goal: format!("≤ {goal} × theirs"),
            met: Some(ours <= goal * theirs),
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

    /// A rate that must reach `goal`.
    #[must_use]
    pub fn at_least(name: &str, unit: &'static str, ours: f64, goal: f64) -> Self {
        Self {
            name: name.to_owned(),
            unit,
            ours,
            against: String::new(),
            theirs: None,
            ratio: None,
            goal: format!("≥ {goal}"),
            met: Some(ours >= goal),
        }
    }

    /// A figure without a goal.
    #[must_use]
    pub fn plain(name: &str, unit: &'static str, ours: f64) -> Self {
        let (against, goal) = (String::new(), String::new());
        let name = name.to_owned();
        Self { name, unit, ours, against, theirs: None, ratio: None, goal, met: None }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "bench {} on {}\n", self.bench, self.machine)?;
        writeln!(f, "| what | ours | against | theirs | ours ÷ theirs | goal | met |")?;
        writeln!(f, "| --- | ---: | --- | ---: | ---: | --- | --- |")?;
        for row in &self.rows {
            let theirs = row.theirs.map_or_else(String::new, |t| figure(t, row.unit));
            let quotient = row.theirs.map_or_else(String::new, |t| format!("{:.2}", row.ours / t));
            let met = row.met.map_or("", |met| if met { "yes" } else { "NO" });
            writeln!(
                f,
                "| {} | {} | {} | {theirs} | {quotient} | {} | {met} |",
                row.name,
                figure(row.ours, row.unit),
                row.against,
                row.goal
            )?;
        }
        Ok(())
    }
}

fn figure(value: f64, unit: &str) -> String {
    if value >= 1_000.0 { format!("{value:.0} {unit}") } else { format!("{value:.2} {unit}") }
}
