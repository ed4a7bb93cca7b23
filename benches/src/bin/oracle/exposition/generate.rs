//! Random expositions, small and mostly nearly right: an error hides all that comes behind it.

use hcp_metrics::exposition::Format;

use super::case::Case;
use super::words::{
    DAMAGE, GAPS, GOOD_LINES, LABEL_VALUES, NAMES, NUMBERS, ODD_LINES, QUOTED, TIMES,
};
use crate::rng::Rng;

/// Makes a request; `real` are lines of real expositions.
pub(crate) fn case(rng: &mut Rng, real: &[Vec<u8>]) -> Case {
    let format = if rng.chance(50) { Format::Text } else { Format::OpenMetrics };
    let mut body = Vec::new();
    match rng.below(10) {
        0 | 1 => {
            let lines = 1 + rng.below(24);
            let start = rng.below(real.len() - lines);
            body = real[start..start + lines].concat();
        }
        kind => {
            let odd = [0, 5, 30, 60][kind % 4];
            for _ in 0..=rng.below(8) {
                line(rng, odd, &mut body);
            }
        }
    }
    if format == Format::OpenMetrics && rng.chance(93) {
        body.extend_from_slice(if rng.chance(90) { b"# EOF\n" } else { b"# EOF" });
    }
    if rng.chance(25) {
        for _ in 0..=rng.below(3) {
            damage(rng, &mut body);
        }
    }
    let cut = rng.below(body.len() + 1);
    Case { format, body, cut }
}

fn line(rng: &mut Rng, odd: usize, body: &mut Vec<u8>) {
    let line = if rng.chance(odd) {
        rng.pick(ODD_LINES).to_owned()
    } else if rng.chance(60) {
        rng.pick(GOOD_LINES).to_owned()
    } else {
        composed(rng, odd)
    };
    body.extend_from_slice(line.as_bytes());
}

/// A sample put together as the grammar has it; `odd` of a hundred choices are free.
fn composed(rng: &mut Rng, odd: usize) -> String {
    let mut line = String::new();
    let odd = odd / 6;
    let free = |rng: &mut Rng| rng.chance(odd);
    line += gap(rng, odd, "");
    let quoted = rng.chance(25);
    if !quoted {
        line += if free(rng) { rng.pick(NAMES) } else { rng.pick(&NAMES[..6]) };
    }
    line += gap(rng, odd, "");
    if quoted || rng.chance(70) {
        line += "{";
        if quoted {
            line += rng.pick(QUOTED);
            line += if free(rng) { rng.pick(GAPS) } else { "," };
        }
        for _ in 0..rng.below(4) {
            label(rng, odd, &mut line);
        }
        line += "}";
    }
    line += gap(rng, odd, " ");
    line += if free(rng) { rng.pick(NUMBERS) } else { rng.pick(&NUMBERS[..20]) };
    if rng.chance(25) {
        line += gap(rng, odd, " ");
        line += if free(rng) { rng.pick(TIMES) } else { rng.pick(&TIMES[..3]) };
    }
    if rng.chance(10) {
        line += " # {";
        for _ in 0..rng.below(3) {
            label(rng, odd, &mut line);
        }
        line += "} ";
        line += rng.pick(&NUMBERS[..20]);
        if rng.chance(50) {
            line += gap(rng, odd, " ");
            line += rng.pick(TIMES);
        }
    }
    line += gap(rng, odd, "");
    line += "\n";
    line
}

fn label(rng: &mut Rng, odd: usize, line: &mut String) {
    let free = |rng: &mut Rng| rng.chance(odd);
    *line += gap(rng, odd, "");
    *line += match rng.below(6) {
        0 => rng.pick(QUOTED),
        1 => rng.pick(&["le", "quantile"]),
        _ if free(rng) => rng.pick(NAMES),
        _ => rng.pick(&NAMES[..5]),
    };
    *line += gap(rng, odd, "");
    *line += "=";
    *line += gap(rng, odd, "");
    *line += "\"";
    *line += rng.pick(LABEL_VALUES);
    *line += "\"";
    *line += gap(rng, odd, "");
    *line += if free(rng) { rng.pick(GAPS) } else { "," };
}

/// What is usual, or anything.
fn gap(rng: &mut Rng, odd: usize, usual: &'static str) -> &'static str {
    if rng.chance(odd) { rng.pick(GAPS) } else { usual }
}

/// Adds, removes, doubles or exchanges some bytes, or cuts the body off.
fn damage(rng: &mut Rng, body: &mut Vec<u8>) {
    if body.is_empty() {
        return;
    }
    let at = rng.below(body.len());
    match rng.below(12) {
        0 => body.truncate(at),
        1 | 2 => drop(body.remove(at)),
        3 => {
            let other = rng.below(body.len());
            body.swap(at, other);
        }
        4 => {
            let end = (at + 1 + rng.below(20)).min(body.len());
            let copy = body[at..end].to_vec();
            body.splice(at..at, copy);
        }
        _ => {
            let bytes = rng.pick(DAMAGE);
            let end = at + usize::from(rng.chance(50));
            body.splice(at..end, bytes.iter().copied());
        }
    }
}
