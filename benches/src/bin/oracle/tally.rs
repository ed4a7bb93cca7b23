//! Counters by row and column, and their table; and sums beside it.

use std::collections::BTreeMap;
use std::fmt;

/// How often what was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    sums: BTreeMap<&'static str, u64>,
    rows: BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// Where we differ on purpose: its name and its reason.
    deviations: BTreeMap<(&'static str, &'static str), u64>,
}

impl Tally {
    /// Counts one more.
    pub(crate) fn add(&mut self, row: &str, column: &'static str) {
        if !self.rows.contains_key(row) {
            self.rows.insert(row.to_owned(), BTreeMap::new());
        }
        if let Some(columns) = self.rows.get_mut(row) {
            *columns.entry(column).or_default() += 1;
        }
    }

    /// Adds to a sum.
    pub(crate) fn sum(&mut self, what: &'static str, count: usize) {
        *self.sums.entry(what).or_default() += count as u64;
    }

    /// Counts an answer that differs on purpose.
    pub(crate) fn deviation(&mut self, name: &'static str, reason: &'static str) {
        *self.deviations.entry((name, reason)).or_default() += 1;
    }

    /// Adds all that another has counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (what, count) in &other.sums {
            *self.sums.entry(what).or_default() += count;
        }
        for (deviation, count) in &other.deviations {
            *self.deviations.entry(*deviation).or_default() += count;
        }
        for (row, columns) in &other.rows {
            let ours = self.rows.entry(row.clone()).or_default();
            for (column, count) in columns {
                *ours.entry(column).or_default() += count;
            }
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut columns: Vec<_> = self.rows.values().flat_map(|row| row.keys().copied()).collect();
        columns.sort_unstable();
        columns.dedup();
        let width = self.rows.keys().map(String::len).max().unwrap_or_default();
        let sums = self.sums.iter().map(|(what, count)| format!("{count} {what}"));
        write!(f, "{}\n\n{:<width$}", sums.collect::<Vec<_>>().join(", "), "")?;
        for column in &columns {
            write!(f, "{column:>width$}", width = width_of(column))?;
        }
        for (row, counts) in &self.rows {
            write!(f, "\n{row:<width$}")?;
            for column in &columns {
                write!(
                    f,
                    "{:>width$}",
                    counts.get(column).copied().unwrap_or_default(),
                    width = width_of(column)
                )?;
            }
        }
        if !self.deviations.is_empty() {
            write!(f, "\n\ndifferent on purpose:")?;
        }
        for ((name, reason), count) in &self.deviations {
            write!(f, "\n{count:>8}  {name}: {reason}")?;
        }
        Ok(())
    }
}

fn width_of(column: &str) -> usize {
    column.len().max(8) + 2
}
