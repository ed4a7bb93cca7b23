//! Six hours of a hosted control plane, made up: a disk of etcd is slow for a while, and everything above it feels that.

/// How many points a line has, but one: one each three minutes.
pub(crate) const STEPS: u32 = 120;

/// When the disk turned slow, as a share of the time that is shown.
const INCIDENT: f64 = 0.6;

const MIB: f64 = 1024.0 * 1024.0;

/// What one query of a panel gives.
struct Scene {
    panel: &'static str,
    query: &'static str,
    lines: &'static [Line],
}

/// One series, as figures from which its points are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// Its name in the legend, unless the query says it.
    pub(crate) name: &'static str,
    base: f64,
    shape: Shape,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    Flat,
    /// Waves and noise by this share of the base, and in the incident so many times the base more.
    Busy(f64, f64),
    /// Grows by this share of the base.
    Grows(f64),
    /// Grows by this share of the base and falls back, again and again.
    Saw(f64),
    /// 0, but the base for an hour after the incident.
    AfterIncident,
}

use Shape::{AfterIncident, Busy, Flat, Grows, Saw};

#[rustfmt::skip]
const SCENES: &[Scene] = &[
    Scene { panel: "CPU by component", query: "A", lines: &[
        Line { name: "kube-apiserver", base: 0.94, shape: Busy(0.14, 0.7) },
        Line { name: "etcd", base: 0.41, shape: Busy(0.1, 0.35) },
        Line { name: "kube-controller-manager", base: 0.17, shape: Busy(0.12, 0.5) },
        Line { name: "openshift-apiserver", base: 0.14, shape: Busy(0.1, 0.4) },
        Line { name: "ovnkube-control-plane", base: 0.1, shape: Busy(0.1, 0.1) },
        Line { name: "openshift-oauth-apiserver", base: 0.08, shape: Busy(0.1, 0.2) },
        Line { name: "hosted-cluster-config-operator", base: 0.07, shape: Busy(0.1, 0.3) },
        Line { name: "cluster-version-operator", base: 0.05, shape: Busy(0.1, 0.0) },
    ] },
    Scene { panel: "CPU, used and requested", query: "A", lines: &[Line { name: "", base: 2.1, shape: Busy(0.09, 0.5) }] },
    Scene { panel: "CPU, used and requested", query: "B", lines: &[Line { name: "", base: 3.25, shape: Flat }] },
    Scene { panel: "Memory by component", query: "A", lines: &[
        Line { name: "kube-apiserver", base: 2350.0 * MIB, shape: Busy(0.02, 0.08) },
        Line { name: "etcd", base: 910.0 * MIB, shape: Busy(0.02, 0.04) },
        Line { name: "openshift-apiserver", base: 430.0 * MIB, shape: Busy(0.02, 0.0) },
        Line { name: "kube-controller-manager", base: 385.0 * MIB, shape: Busy(0.02, 0.0) },
        Line { name: "openshift-oauth-apiserver", base: 265.0 * MIB, shape: Busy(0.02, 0.0) },
        Line { name: "ovnkube-control-plane", base: 240.0 * MIB, shape: Busy(0.02, 0.0) },
        Line { name: "cluster-version-operator", base: 185.0 * MIB, shape: Busy(0.02, 0.0) },
        Line { name: "hosted-cluster-config-operator", base: 160.0 * MIB, shape: Busy(0.02, 0.0) },
    ] },
    Scene { panel: "Memory, used and requested", query: "A", lines: &[Line { name: "", base: 5400.0 * MIB, shape: Busy(0.012, 0.04) }] },
    Scene { panel: "Memory, used and requested", query: "B", lines: &[Line { name: "", base: 7680.0 * MIB, shape: Flat }] },
    Scene { panel: "Requests by verb", query: "A", lines: &[
        Line { name: "DELETE", base: 3.0, shape: Busy(0.2, 0.0) },
        Line { name: "GET", base: 118.0, shape: Busy(0.1, -0.25) },
        Line { name: "LIST", base: 22.0, shape: Busy(0.15, 1.1) },
        Line { name: "PATCH", base: 27.0, shape: Busy(0.12, -0.3) },
        Line { name: "POST", base: 17.0, shape: Busy(0.12, -0.2) },
        Line { name: "PUT", base: 43.0, shape: Busy(0.08, -0.35) },
        Line { name: "WATCH", base: 32.0, shape: Busy(0.06, 0.6) },
    ] },
    Scene { panel: "Errors", query: "A", lines: &[Line { name: "", base: 0.0004, shape: Busy(0.4, 42.0) }] },
    Scene { panel: "Errors", query: "B", lines: &[Line { name: "", base: 0.0002, shape: Busy(0.5, 27.0) }] },
    Scene { panel: "Latency, 99th percentile", query: "A", lines: &[
        Line { name: "DELETE", base: 0.055, shape: Busy(0.1, 7.0) },
        Line { name: "GET", base: 0.028, shape: Busy(0.1, 5.0) },
        Line { name: "LIST", base: 0.31, shape: Busy(0.12, 1.6) },
        Line { name: "PATCH", base: 0.071, shape: Busy(0.1, 7.5) },
        Line { name: "POST", base: 0.062, shape: Busy(0.1, 8.0) },
        Line { name: "PUT", base: 0.049, shape: Busy(0.1, 9.0) },
    ] },
    Scene { panel: "Requests in flight", query: "A", lines: &[
        Line { name: "mutating", base: 3.4, shape: Busy(0.3, 8.5) },
        Line { name: "readOnly", base: 9.0, shape: Busy(0.25, 1.3) },
    ] },
    Scene { panel: "Objects stored", query: "A", lines: &[
        Line { name: "events", base: 3150.0, shape: Busy(0.06, 0.15) },
        Line { name: "secrets", base: 1440.0, shape: Grows(0.03) },
        Line { name: "configmaps", base: 1120.0, shape: Grows(0.01) },
        Line { name: "pods", base: 640.0, shape: Busy(0.03, 0.02) },
        Line { name: "replicasets.apps", base: 525.0, shape: Grows(0.04) },
        Line { name: "rolebindings.rbac.authorization.k8s.io", base: 452.0, shape: Flat },
        Line { name: "leases.coordination.k8s.io", base: 310.0, shape: Flat },
        Line { name: "endpointslices.discovery.k8s.io", base: 268.0, shape: Grows(0.02) },
    ] },
    Scene { panel: "Disk, 99th percentile", query: "A", lines: &[Line { name: "", base: 0.0058, shape: Busy(0.12, 20.0) }] },
    Scene { panel: "Disk, 99th percentile", query: "B", lines: &[Line { name: "", base: 0.0105, shape: Busy(0.1, 13.0) }] },
    Scene { panel: "Disk, 99th percentile", query: "C", lines: &[Line { name: "", base: 0.0082, shape: Busy(0.1, 1.5) }] },
    Scene { panel: "Database size", query: "A", lines: &[Line { name: "", base: 188.0 * MIB, shape: Flat }] },
    Scene { panel: "Database size", query: "B", lines: &[Line { name: "", base: 112.0 * MIB, shape: Saw(0.35) }] },
    Scene { panel: "Leader changes", query: "A", lines: &[
        Line { name: "etcd-0", base: 1.0, shape: AfterIncident },
        Line { name: "etcd-1", base: 1.0, shape: AfterIncident },
        Line { name: "etcd-2", base: 1.0, shape: AfterIncident },
    ] },
];

/// What `query` of `panel` gives; `None` if nothing was made up for it.
pub(crate) fn lines(panel: &str, query: &str) -> Option<&'static [Line]> {
    let scene = SCENES.iter().find(|scene| scene.panel == panel && scene.query == query)?;
    Some(scene.lines)
}

impl Line {
    /// Its values, one each step. `number` tells lines of one shape apart.
    pub(crate) fn values(&self, number: usize) -> Vec<f64> {
        let mut noise = Noise::new(self.base, number);
        (0..=STEPS).map(|step| self.value(f64::from(step) / f64::from(STEPS), &mut noise)).collect()
    }

    fn value(&self, at: f64, noise: &mut Noise) -> f64 {
        let factor = match self.shape {
            Flat => 1.0,
            Busy(unrest, incident) => {
                let wave = (std::f64::consts::TAU * (at * 1.4 + noise.phase)).sin();
                1.0 + unrest * (0.45 * wave + noise.next()) + incident * felt(at)
            }
            Grows(share) => 1.0 + share * (at * 20.0).floor() / 20.0,
            Saw(share) => 1.0 + share * (at * 9.0).fract(),
            AfterIncident if (INCIDENT..INCIDENT + 1.0 / 6.0).contains(&at) => 1.0,
            AfterIncident => 0.0,
        };
        (self.base * factor).max(0.0)
    }
}

/// How much of the incident is felt, up to 1: it comes fast and goes slowly.
fn felt(at: f64) -> f64 {
    let since = (at - INCIDENT) / 0.025;
    if since < -1.0 {
        0.0
    } else if since < 0.0 {
        1.0 + since
    } else {
        (-since / 1.8).exp()
    }
}

/// Noise that is the same in every run, and wanders rather than jumps.
struct Noise {
    state: u64,
    level: f64,
    phase: f64,
}

impl Noise {
    fn new(base: f64, number: usize) -> Self {
        let state = base.to_bits() ^ ((number as u64) << 32) ^ 0x9e37_79b9_7f4a_7c15;
        let mut noise = Self { state, level: 0.0, phase: 0.0 };
        // The first values of near states are near each other.
        (0..8).for_each(|_| noise.phase = noise.uniform());
        noise
    }

    /// Between -1 and 1.
    fn next(&mut self) -> f64 {
        self.level = 0.7 * self.level + 0.3 * (2.0 * self.uniform() - 1.0);
        1.8 * self.level
    }

    /// Between 0 and 1: `xorshift64`.
    fn uniform(&mut self) -> f64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        let upper = (self.state >> 32) as u32;
        f64::from(upper) / f64::from(u32::MAX)
    }
}
