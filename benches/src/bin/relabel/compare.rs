//! The rows that have a peer, and their bars.

use hcp_benches::{
    Bar, Better, Chart, DISCOVERY_RULES, Figure, Group, Report, Row, Workload, compile, discovered,
};
use hcp_metrics::{LabelCompat, Labels};

use crate::Failure;
use crate::ours::{self, Pass, Tally};
use crate::peers::{Case, Files, Peers};
use crate::race::{Race, Side, race};
use crate::scan;

const OURS: &str = "hcp-metrics";
const VICTORIA: &str = "VictoriaMetrics";
const PROMETHEUS: &str = "Prometheus";

/// Who we run against, and by which factor we should win.
struct Opponent {
    who: &'static str,
    case: Case,
    goal: Option<f64>,
}

/// How a row's figures are shown.
#[derive(Clone, Copy)]
enum Shown {
    /// Nanoseconds per series.
    PerSeries,
    /// Megabytes per second, of so many bytes.
    Rate(usize),
}

/// Where results go.
struct Sink<'a> {
    peers: &'a Peers,
    report: &'a mut Report,
    chart: &'a mut Chart,
}

const fn against(
    who: &'static str,
    name: &'static str,
    le: &'static str,
    goal: Option<f64>,
) -> Opponent {
    Opponent { who, case: Case { name, le }, goal }
}

pub(crate) fn rows(peers: &Peers, report: &mut Report, chart: &mut Chart) -> Result<(), Failure> {
    let mut sink = Sink { peers, report, chart };
    let (apiserver, etcd) = (Workload::kube_apiserver()?, Workload::etcd()?);
    relabel_only(&mut sink, &apiserver)?;
    let kube_apiserver = Tally { kept: 72_437, dropped: 9_270 };
    full_path(&mut sink, &apiserver, kube_apiserver, [Some(10.0), Some(30.0)])?;
    prometheus3(&mut sink, &apiserver, Tally { kept: 77_072, dropped: 4_635 })?;
    newline_scan(&mut sink, &apiserver)?;
    full_path(&mut sink, &etcd, Tally { kept: 1_028, dropped: 388 }, [None, None])?;
    changing(&mut sink)?;
    for workload in [
        Workload::distinct_names(),
        Workload::escapes(),
        Workload::quoted_names(),
        Workload::many_labels(),
        apiserver.with_200_rules(),
    ] {
        adversarial(&mut sink, &workload)?;
    }
    Ok(())
}

fn relabel_only(sink: &mut Sink<'_>, workload: &Workload) -> Result<(), Failure> {
    let (rules, sets) = (workload.compile()?, ours::label_sets(workload)?);
    let files = sink.peers.payload(workload)?;
    let opponents = [
        against(VICTORIA, "vm-relabel", "raw", Some(8.0)),
        against(PROMETHEUS, "prometheus-relabel", "raw", Some(20.0)),
    ];
    let name = "rules only, kube-apiserver, 11 rules";
    let pass = ours::decide(&rules, &sets);
    let race = sink.run(name, Shown::PerSeries, pass, &files, &opponents)?;
    expect(name, race.tally, Tally { kept: 72_437, dropped: 9_270 })?;
    let allocations = race.ours.allocations_per_series;
    for (opponent, side) in opponents.iter().zip(&race.theirs) {
        if let Ok(side) = side {
            let row = Row::within("  allocations per series", "", allocations, 0.0);
            sink.report.rows.push(row.beside(opponent.who, side.allocations_per_series));
        }
    }
    Ok(())
}

fn full_path(
    sink: &mut Sink<'_>,
    workload: &Workload,
    expected: Tally,
    [victoria, prometheus]: [Option<f64>; 2],
) -> Result<(), Failure> {
    let opponents = [
        against(VICTORIA, "vm-full", "raw", victoria),
        against(PROMETHEUS, "prometheus-full", "raw", prometheus),
    ];
    let name = format!("text to kept text, {}", workload.name);
    let race = text_to_text(sink, &name, workload, LabelCompat::Raw, &opponents)?;
    expect(&name, race.tally, expected)
}

fn prometheus3(sink: &mut Sink<'_>, workload: &Workload, expected: Tally) -> Result<(), Failure> {
    let opponents = [against(PROMETHEUS, "prometheus-full", "prometheus3", Some(30.0))];
    let name = format!("le as in Prometheus 3, {}", workload.name);
    let race = text_to_text(sink, &name, workload, LabelCompat::Prometheus3, &opponents)?;
    expect(&name, race.tally, expected)
}

fn adversarial(sink: &mut Sink<'_>, workload: &Workload) -> Result<(), Failure> {
    let opponents = [
        against(VICTORIA, "vm-full", "raw", Some(2.0)),
        against(PROMETHEUS, "prometheus-full", "raw", None),
    ];
    text_to_text(sink, workload.name, workload, LabelCompat::Raw, &opponents).map(drop)
}

fn text_to_text(
    sink: &mut Sink<'_>,
    name: &str,
    workload: &Workload,
    compat: LabelCompat,
    opponents: &[Opponent],
) -> Result<Race, Failure> {
    let (rules, files) = (workload.compile()?, sink.peers.payload(workload)?);
    let pass = ours::filter(&rules, &workload.payload, compat);
    sink.run(name, Shown::Rate(workload.payload.len()), pass, &files, opponents)
}

/// The goal refers to the positions: a filter that copies lines has to know where they end.
fn newline_scan(sink: &mut Sink<'_>, workload: &Workload) -> Result<(), Failure> {
    let rules = workload.compile()?;
    let filter = ours::filter(&rules, &workload.payload, LabelCompat::Raw);
    let [ours, positions, count] = scan::beside(filter, &workload.payload)?;
    let shown = Shown::Rate(workload.payload.len());
    let name = format!("text to kept text, {}", workload.name);
    for (against, scan, goal) in [
        ("memchr, position of each newline", positions, Some(0.25)),
        ("memchr, newlines only counted", count, None),
    ] {
        let theirs = shown.figure(&scan, Tally::default());
        let ours = shown.figure(&ours, Tally::default());
        let row = Row::faster(&name, shown.unit(), ours, (against, theirs), goal);
        sink.report.rows.push(row);
    }
    Ok(())
}

fn changing(sink: &mut Sink<'_>) -> Result<(), Failure> {
    let pairs = discovered(400);
    let rules = compile(DISCOVERY_RULES)?;
    let sets: Vec<Labels> = pairs.iter().map(|set| set.iter().cloned().collect()).collect();
    let files = sink.peers.labels(DISCOVERY_RULES, &pairs)?;
    let opponents = [
        against(VICTORIA, "vm-relabel", "raw", Some(4.0)),
        against(PROMETHEUS, "prometheus-built", "raw", None),
    ];
    let name = "rules that change labels, Kubernetes discovery";
    sink.run(name, Shown::PerSeries, ours::change(&rules, &sets), &files, &opponents).map(drop)
}

impl Sink<'_> {
    /// Races, and adds a row for each opponent and a group of bars.
    fn run(
        &mut self,
        name: &str,
        shown: Shown,
        ours: Pass<'_>,
        files: &Files,
        opponents: &[Opponent],
    ) -> Result<Race, Failure> {
        let cases: Vec<_> = opponents.iter().map(|opponent| opponent.case).collect();
        let race = race(ours, self.peers, files, &cases)?;
        progress(name);
        let mut bars = vec![bar(OURS, &race.ours, race.tally)];
        let figure = shown.figure(&race.ours, race.tally);
        for (opponent, side) in opponents.iter().zip(&race.theirs) {
            let row = match side {
                Ok(side) => {
                    bars.push(bar(opponent.who, side, race.tally));
                    let theirs = (opponent.who, shown.figure(side, race.tally));
                    Row::faster(name, shown.unit(), figure, theirs, opponent.goal)
                }
                Err(why) => Row::plain(name, shown.unit().0, figure.median)
                    .without(opponent.who, &why.replace('|', "/")),
            };
            self.report.rows.push(row);
        }
        self.chart.push(Group::new(name, bars));
        Ok(race)
    }
}

impl Shown {
    const fn unit(self) -> (&'static str, Better) {
        match self {
            Self::PerSeries => ("ns/series", Better::Smaller),
            Self::Rate(_) => ("MB/s", Better::Larger),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "far below 2⁵²")]
    fn figure(self, side: &Side, tally: Tally) -> Figure {
        match self {
            Self::PerSeries => side.nanos(tally.series() as f64),
            Self::Rate(bytes) => side.rate(bytes as f64 / 1e6),
        }
    }
}

fn bar(who: &str, side: &Side, tally: Tally) -> Bar {
    #[expect(clippy::cast_precision_loss, reason = "far below 2⁵²")]
    let millions = tally.series() as f64 / 1e6;
    Bar::new(who, side.rate(millions).median)
}

/// The peers are held to what we count; what we count is held to what is known.
fn expect(name: &str, counted: Tally, known: Tally) -> Result<(), Failure> {
    if counted == known {
        return Ok(());
    }
    Err(format!("{name}: {counted:?}, but it is known to be {known:?}").into())
}

/// A run takes minutes.
#[expect(clippy::print_stderr, reason = "says that something happens")]
fn progress(name: &str) {
    eprintln!("measured: {name}");
}
