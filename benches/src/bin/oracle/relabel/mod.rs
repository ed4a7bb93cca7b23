//! Rules and label sets: `hcp_metrics::relabel` beside Prometheus.

mod case;
mod engine;
mod features;
mod generate;
mod judge;
mod shrink;
mod words;

use crate::driver::{Judgement, Subject};
use crate::rng::Rng;
use crate::tally::Tally;
use case::Case;
use engine::Hcp;

/// Our relabel engine.
#[derive(Debug)]
pub(crate) struct Relabel;

impl Subject for Relabel {
    type Case = Case;

    const COMMAND: &'static str = "relabel-oracle";

    fn generate(&self, rng: &mut Rng) -> Case {
        generate::case(rng)
    }

    fn request(&self, case: &Case) -> String {
        case.request().to_string()
    }

    fn judge(
        &self,
        case: &Case,
        answer: &str,
        tally: &mut Tally,
    ) -> Result<Judgement<Case>, String> {
        judge::judge(&Hcp, case, answer, tally)
    }

    fn smaller(&self, case: &Case) -> Vec<Case> {
        shrink::smaller(case)
    }
}
