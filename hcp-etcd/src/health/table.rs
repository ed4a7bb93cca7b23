//! The table people know from `etcdctl -w table`, with a column that says what is wrong.

use std::fmt;
use std::time::Duration;

use crate::diagnosis::{Diagnosis, DiagnosisPolicy, History, MemberDiagnosis, diagnose};
use crate::topology::TopologyMember;

use super::{MemberObservation, Observation};

const HEADER: [&str; 13] = [
    "NAME",
    "ENDPOINT",
    "ID",
    "VERSION",
    "DB SIZE",
    "IN USE",
    "ROLE",
    "TERM",
    "INDEX",
    "APPLIED",
    "REVISION",
    "TOOK",
    "WHAT IS WRONG",
];

type Row = [String; HEADER.len()];

impl Observation {
    /// The table for a diagnosis made of this observation, which knows more than one probe can tell.
    #[must_use]
    pub fn table<'a>(&'a self, diagnosis: &'a Diagnosis) -> impl fmt::Display + 'a {
        Table { observation: self, diagnosis }
    }
}

/// The table, with what this one probe shows to be wrong.
impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let policy = DiagnosisPolicy::default();
        let diagnosis = diagnose(self, &History::default(), &policy, self.at);
        Table { observation: self, diagnosis: &diagnosis }.fmt(f)
    }
}

struct Table<'a> {
    observation: &'a Observation,
    diagnosis: &'a Diagnosis,
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows();
        let mut widths = HEADER.map(str::len);
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        rule(f, &widths)?;
        line(f, &widths, HEADER.iter())?;
        rule(f, &widths)?;
        for row in &rows {
            line(f, &widths, row.iter())?;
        }
        rule(f, &widths)
    }
}

impl Table<'_> {
    fn rows(&self) -> Vec<Row> {
        let declared = self.observation.topology.members().iter().zip(&self.observation.members);
        let strangers = self.diagnosis.members.iter().skip(self.observation.members.len());
        declared
            .zip(&self.diagnosis.members)
            .map(|((declared, seen), diagnosis)| self.row(declared, seen, diagnosis))
            .chain(strangers.map(stranger))
            .collect()
    }

    fn row(
        &self,
        declared: &TopologyMember,
        seen: &MemberObservation,
        diagnosis: &MemberDiagnosis,
    ) -> Row {
        let status = seen.status.as_ref().ok();
        let cell = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        let number = |of: fn(&super::Status) -> u64| cell(status.map(|s| of(s).to_string()));
        let leads = self.diagnosis.leader.as_ref() == Some(&declared.name);
        [
            declared.name.to_string(),
            declared.client_url.to_string(),
            cell(diagnosis.id.or(diagnosis.answers_as).map(|id| id.to_string())),
            cell(status.map(|s| s.version.clone()).filter(|v| !v.is_empty())),
            cell(status.map(|s| bytes(s.db_size))),
            cell(status.map(|s| bytes(s.db_size_in_use))),
            role(diagnosis, leads).to_owned(),
            number(|s| s.raft_term),
            number(|s| s.raft_index),
            number(|s| s.applied_index),
            number(|s| s.revision),
            cell(seen.read.as_ref().ok().map(|r| took(r.took))),
            words(diagnosis),
        ]
    }
}

fn stranger(diagnosis: &MemberDiagnosis) -> Row {
    let mut row: Row = std::array::from_fn(|_| "-".to_owned());
    row[0] = diagnosis.name.to_string();
    row[2] = diagnosis.id.map_or_else(String::new, |id| id.to_string());
    role(diagnosis, false).clone_into(&mut row[6]);
    row[HEADER.len() - 1] = words(diagnosis);
    row
}

fn role(diagnosis: &MemberDiagnosis, leads: bool) -> &'static str {
    match diagnosis.seat {
        None => "-",
        Some(_) if diagnosis.is_learner() => "learner",
        Some(_) if leads => "leader",
        Some(_) => "voter",
    }
}

/// The state and the evidence that tells most; empty for a member with which nothing is wrong. The diagnosis itself
/// has all of it.
fn words(diagnosis: &MemberDiagnosis) -> String {
    match (diagnosis.state.name(), diagnosis.evidence.first()) {
        ("healthy", None) => String::new(),
        ("healthy", Some(evidence)) => evidence.to_string(),
        (state, None) => state.to_owned(),
        (state, Some(evidence)) => format!("{state}: {evidence}"),
    }
}

/// Bytes in the decimal units etcdctl prints.
#[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
fn bytes(size: u64) -> String {
    match size {
        0..1_000 => format!("{size} B"),
        1_000..1_000_000 => format!("{:.0} kB", size as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", size as f64 / 1e6),
        _ => format!("{:.1} GB", size as f64 / 1e9),
    }
}

fn took(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1e3)
}

fn rule(f: &mut fmt::Formatter<'_>, widths: &[usize]) -> fmt::Result {
    for width in widths {
        write!(f, "+{:-<1$}", "", width + 2)?;
    }
    writeln!(f, "+")
}

fn line<'a, S: AsRef<str> + 'a>(
    f: &mut fmt::Formatter<'_>,
    widths: &[usize],
    cells: impl Iterator<Item = &'a S>,
) -> fmt::Result {
    for (width, cell) in widths.iter().zip(cells) {
        write!(f, "| {:<1$} ", cell.as_ref(), width)?;
    }
    writeln!(f, "|")
}
