//! Expositions: `hcp_metrics::exposition` beside Prometheus' parsers.

mod answer;
mod case;
mod deviation;
mod features;
mod generate;
mod judge;
mod ours;
mod words;

use hcp_benches::Workload;

use crate::driver::{Judgement, Subject};
use crate::rng::Rng;
use crate::tally::Tally;
use case::Case;

/// Our readers of expositions: [`samples`](hcp_metrics::exposition::samples) and
/// [`Filter`](hcp_metrics::exposition::Filter).
#[derive(Debug)]
pub(crate) struct Exposition {
    /// Lines of real expositions, each with its newline.
    real: Vec<Vec<u8>>,
}

impl Exposition {
    /// Reads the saved expositions.
    pub(crate) fn new() -> Result<Self, String> {
        let mut real = Vec::new();
        for workload in [Workload::etcd(), Workload::kube_apiserver()] {
            let payload = workload.map_err(|error| error.to_string())?.payload;
            real.extend(payload.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec));
        }
        Ok(Self { real })
    }
}

impl Subject for Exposition {
    type Case = Case;

    const COMMAND: &'static str = "parse-oracle";

    fn generate(&self, rng: &mut Rng) -> Case {
        generate::case(rng, &self.real)
    }

    fn request(&self, case: &Case) -> String {
        case.request()
    }

    fn judge(
        &self,
        case: &Case,
        answer: &str,
        tally: &mut Tally,
    ) -> Result<Judgement<Case>, String> {
        judge::judge(case, answer, tally)
    }

    fn smaller(&self, case: &Case) -> Vec<Case> {
        case.smaller()
    }
}
