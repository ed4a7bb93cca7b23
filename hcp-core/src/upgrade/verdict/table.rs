//! A verdict as a table.

use std::fmt;

use super::{Allowance, Subject, UpgradeFinding, UpgradeVerdict};

impl fmt::Display for UpgradeVerdict {
    /// The answer in the first line, then two lines for each finding, the worst first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.current.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string);
        let (cluster, to) = (&self.cluster, &self.target);
        write!(f, "{cluster} {from} -> {to}: {}", self.allowance())?;
        let mut sorted: Vec<_> = self.findings.iter().collect();
        sorted.sort_by_key(|found| std::cmp::Reverse(found.finding.severity));
        sorted.into_iter().try_for_each(|found| write!(f, "\n{found}"))
    }
}

impl fmt::Display for UpgradeFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.finding.row();
        let (severity, rule, object) = (row.severity, row.rule, self.object.to_string());
        write!(f, "  {severity:<8} {rule:<28} {object:<20} {}", row.path)?;
        write!(f, "\n           {}\n           -> {}", row.message, row.remedy)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("hosted cluster"),
            Self::Pool(name) => write!(f, "node pool {name}"),
        }
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Allowed => "allowed",
            Self::AllowedWithWarnings => "allowed with warnings",
            Self::Refused => "REFUSED",
        })
    }
}
