//! Makes cases, asks, compares, and makes differences small.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use crate::options::Options;
use crate::peer::{Answers, Asking, Peer, wait};
use crate::rng::Rng;
use crate::tally::Tally;

/// What is compared with the oracle.
pub(crate) trait Subject: Sync {
    /// One request.
    type Case: Clone + Send;

    /// The command of `hcp-peers` that answers.
    const COMMAND: &'static str;

    /// Makes a case.
    fn generate(&self, rng: &mut Rng) -> Self::Case;

    /// The case as the oracle reads it: one line of JSON.
    fn request(&self, case: &Self::Case) -> String;

    /// Compares with what the oracle has answered; an answer that cannot be read is an error.
    fn judge(
        &self,
        case: &Self::Case,
        answer: &str,
        tally: &mut Tally,
    ) -> Result<Judgement<Self::Case>, String>;

    /// Cases that are a little smaller, the boldest first.
    fn smaller(&self, case: &Self::Case) -> Vec<Self::Case>;
}

/// What has come of a case.
#[derive(Debug)]
pub(crate) struct Judgement<Case> {
    /// For how many it counts.
    pub(crate) cases: u64,
    /// Where we answer otherwise.
    pub(crate) differences: Vec<Difference<Case>>,
}

/// Two answers that are not the same.
#[derive(Clone, Debug)]
pub(crate) struct Difference<Case> {
    /// Differences of one kind look alike.
    pub(crate) kind: String,
    /// What was asked.
    pub(crate) case: Case,
    /// What we say.
    pub(crate) ours: String,
    /// What the oracle says.
    pub(crate) theirs: String,
}

/// What a worker has found.
#[derive(Debug)]
struct Findings<Case> {
    cases: u64,
    tally: Tally,
    /// How many there are of a kind, and the first of them.
    kinds: BTreeMap<String, (u64, Vec<Difference<Case>>)>,
}

impl<Case> Default for Findings<Case> {
    fn default() -> Self {
        Self { cases: 0, tally: Tally::default(), kinds: BTreeMap::new() }
    }
}

/// One for each core of the smallest machine that CI has.
const WORKERS: u64 = 2;

/// Requests that wait for their answers: enough that neither side waits for the other.
const AHEAD: usize = 256;

/// Examples that are kept of each kind of difference.
const EXAMPLES: usize = 3;

/// Questions that may be asked to make one difference small.
const SMALLER: u32 = 2_000;

/// Compares as many cases as asked for, prints what was found, and returns the number of differences.
pub(crate) fn run<S: Subject>(subject: &S, options: &Options) -> Result<u64, String> {
    println!("{} with --seed {}", S::COMMAND, options.seed);
    let start = stopwatch();
    let found = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| scope.spawn(move || work(subject, options, worker)))
            .collect();
        let joined = workers.into_iter().map(|worker| {
            worker.join().unwrap_or_else(|_| Err("a worker panicked, see above".to_owned()))
        });
        joined.collect::<Result<Vec<_>, _>>()
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let mut all = Findings::default();
    for findings in found {
        all.merge(findings);
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate for a person")]
    let rate = all.cases as f64 / seconds;
    println!("{}\n", all.tally);
    all.show(subject, options)?;
    let differences = all.kinds.values().map(|(count, _)| count).sum();
    println!("{} cases in {seconds:.1} s ({rate:.0}/s), {differences} differences", all.cases);
    Ok(differences)
}

/// Compares a share of the cases with a process of its own.
fn work<S: Subject>(
    subject: &S,
    options: &Options,
    worker: u64,
) -> Result<Findings<S::Case>, String> {
    let share = options.cases / WORKERS + u64::from(worker < options.cases % WORKERS);
    let (asking, answers, child) = Peer::start(&options.peers, S::COMMAND)?.split();
    let (asked, to_judge) = sync_channel(AHEAD);
    let findings = thread::scope(|scope| {
        scope.spawn(move || make(subject, Rng::new(options.seed, worker), asking, &asked));
        compare(subject, share, answers, to_judge)
    })?;
    wait(child)?;
    Ok(findings)
}

/// Makes and asks, until nobody wants more.
fn make<S: Subject>(subject: &S, mut rng: Rng, mut asking: Asking, asked: &SyncSender<S::Case>) {
    loop {
        let case = subject.generate(&mut rng);
        let request = subject.request(&case);
        if asked.send(case).is_err() || asking.send(&request).is_err() {
            return;
        }
    }
}

/// Judges answers in the order of the requests.
fn compare<S: Subject>(
    subject: &S,
    share: u64,
    mut answers: Answers,
    asked: Receiver<S::Case>,
) -> Result<Findings<S::Case>, String> {
    let mut findings = Findings::default();
    while findings.cases < share {
        let Ok(case) = asked.recv() else { return Err("nobody asks any more".to_owned()) };
        let answer = answers.receive()?;
        let judgement = subject.judge(&case, &answer, &mut findings.tally)?;
        findings.take(judgement);
    }
    // From here on asking fails, the process sees the end of its input, and says what it has left to say.
    drop(asked);
    while answers.receive().is_ok() {}
    Ok(findings)
}

impl<Case: Clone> Findings<Case> {
    fn take(&mut self, judgement: Judgement<Case>) {
        self.cases += judgement.cases;
        for difference in judgement.differences {
            let (count, examples) = self.kinds.entry(difference.kind.clone()).or_default();
            *count += 1;
            if examples.len() < EXAMPLES {
                examples.push(difference);
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.cases += other.cases;
        self.tally.merge(&other.tally);
        for (kind, (count, examples)) in other.kinds {
            let ours = self.kinds.entry(kind).or_default();
            ours.0 += count;
            ours.1.extend(examples);
        }
    }

    /// Prints the first differences, one of each kind before a second of any, and how many there are of each kind.
    fn show<S: Subject<Case = Case>>(&self, subject: &S, options: &Options) -> Result<(), String> {
        let rank = |nth| self.kinds.values().filter_map(move |(_, examples)| examples.get(nth));
        let mut peer = Peer::start(&options.peers, S::COMMAND)?;
        let mut shown = BTreeSet::new();
        for difference in (0..2 * EXAMPLES).flat_map(rank) {
            if shown.len() >= options.show {
                break;
            }
            let small = shrink(subject, &mut peer, difference.clone())?;
            let request = subject.request(&small.case);
            if shown.insert(request.clone()) {
                let Difference { kind, ours, theirs, .. } = small;
                println!(
                    "{kind}\n  request:    {request}\n  ours:       {ours}\n  prometheus: {theirs}\n"
                );
            }
        }
        peer.stop()?;
        for (kind, (count, _)) in &self.kinds {
            println!("{count:>10}  {kind}");
        }
        Ok(())
    }
}

/// The smallest case that still differs in the same way, as far as [`SMALLER`] questions lead.
fn shrink<S: Subject>(
    subject: &S,
    peer: &mut Peer,
    mut found: Difference<S::Case>,
) -> Result<Difference<S::Case>, String> {
    let mut questions = SMALLER;
    'again: loop {
        for case in subject.smaller(&found.case) {
            if questions == 0 {
                return Ok(found);
            }
            questions -= 1;
            let answer = peer.ask(&subject.request(&case))?;
            let judged = subject.judge(&case, &answer, &mut Tally::default())?;
            let same = |difference: &Difference<_>| class(&difference.kind) == class(&found.kind);
            if let Some(smaller) = judged.differences.into_iter().find(same) {
                found = smaller;
                continue 'again;
            }
        }
        return Ok(found);
    }
}

/// What a kind has in common with others: what stands before its colon.
fn class(kind: &str) -> &str {
    kind.split(':').next().unwrap_or(kind)
}

fn stopwatch() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "measures for a person; nothing decides by it")]
    Instant::now()
}
