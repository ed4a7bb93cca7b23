//! A plan as a table.

use std::fmt;

use super::UpgradePlan;
use super::step::{Action, Gate, PoolUpgrade, Step};

const FIRST: usize = 24;

impl fmt::Display for UpgradePlan {
    /// One line for each thing that changes, its gates under it, and what stops the plan at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cluster, from, target) = (&self.cluster, &self.from, &self.target);
        let count = self.steps.len();
        let plural = if count == 1 { "" } else { "s" };
        writeln!(f, "upgrade of {cluster} from {from} to {target}: {count} step{plural}")?;
        for warning in &self.warnings {
            writeln!(f, "      {warning}")?;
        }
        for (number, step) in self.steps.iter().enumerate() {
            write_step(f, number + 1, step)?;
        }
        if self.reaches_target() {
            return write!(f, "      then {cluster} and its pools are at {target}");
        }
        write!(f, "BLOCKED after step {count}")?;
        self.blocked.iter().try_for_each(|finding| write!(f, "\n      {finding}"))
    }
}

fn write_step(f: &mut fmt::Formatter<'_>, number: usize, step: &Step) -> fmt::Result {
    for (place, line) in lines(&step.action).into_iter().enumerate() {
        if place == 0 {
            writeln!(f, "{number:>4}  {line}")?;
        } else {
            writeln!(f, "      {line}")?;
        }
    }
    writeln!(f, "          why     {}", step.why)?;
    write_gates(f, "before", &step.before)?;
    write_gates(f, "after", &step.after)
}

fn write_gates(f: &mut fmt::Formatter<'_>, when: &str, gates: &[Gate]) -> fmt::Result {
    for (place, gate) in gates.iter().enumerate() {
        writeln!(f, "          {:<7} {gate}", if place == 0 { when } else { "" })?;
    }
    Ok(())
}

fn lines(action: &Action) -> Vec<String> {
    let name = action.name();
    match action {
        Action::UpgradeManagement { from, to } | Action::UpgradeOperator { from, to } => {
            vec![format!("{name:<FIRST$} {from} -> {to}")]
        }
        Action::Force { image, consent } => {
            vec![format!("{name:<FIRST$} {image}, agreed to by {consent}")]
        }
        Action::RemoveForce { image } => vec![format!("{name:<FIRST$} {image}")],
        Action::UpgradeCluster { from, to, image } => {
            vec![format!("{name:<FIRST$} {from} -> {to}  {}", written(image.as_deref()))]
        }
        Action::UpgradePools { pools } => pools.iter().map(pool_line).collect(),
    }
}

fn pool_line(upgrade: &PoolUpgrade) -> String {
    let PoolUpgrade { pool, from, to, image, update, .. } = upgrade;
    let name = format!("node pool {pool}");
    format!("{name:<FIRST$} {from} -> {to}  {}  {}", update.name(), written(image.as_deref()))
}

fn written(image: Option<&str>) -> &str {
    image.unwrap_or("under way, nothing to write")
}
