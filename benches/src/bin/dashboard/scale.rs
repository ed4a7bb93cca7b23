//! Axes: where their ticks are, and how figures are written with their unit.

use crate::model::Unit;

/// So many ticks above 0 are enough.
const MOST: f64 = 5.0;

/// A vertical axis from 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    unit: Unit,
    /// Between two ticks.
    step: f64,
    /// How many of them.
    pub(crate) steps: u32,
}

impl Scale {
    /// The axis that holds `most`, with at most five ticks above 0.
    pub(crate) fn new(unit: Unit, most: f64) -> Self {
        let step = steps_of(unit).find(|step| most <= step * MOST).unwrap_or(f64::MAX);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "up to 5")]
        let steps = (most / step).ceil() as u32;
        Self { unit, step, steps: steps.max(1) }
    }

    /// What the highest tick stands for.
    pub(crate) fn top(&self) -> f64 {
        self.step * f64::from(self.steps)
    }

    /// The name of tick `number`.
    pub(crate) fn tick(&self, number: u32) -> String {
        let value = self.step * f64::from(number);
        match self.unit {
            Unit::Short => scaled(value, 1000.0, &["", " K", " Mil"]),
            Unit::Bytes => scaled(value, 1024.0, &[" B", " KiB", " MiB", " GiB"]),
            Unit::ReqPs => scaled(value, 1000.0, &[" req/s", "K req/s"]),
            Unit::Share => format!("{}%", round(value * 100.0)),
            Unit::Seconds if value == 0.0 || self.top() >= 1.0 => format!("{} s", round(value)),
            Unit::Seconds => format!("{} ms", round(value * 1000.0)),
        }
    }
}

/// The distances of ticks that a person reads easily, from small to large.
fn steps_of(unit: Unit) -> impl Iterator<Item = f64> {
    let (base, digits): (f64, &[f64]) = match unit {
        Unit::Bytes => (1024.0, &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0]),
        _ => (10.0, &[1.0, 2.0, 2.5, 5.0]),
    };
    (-6..12).flat_map(move |power| digits.iter().map(move |digit| digit * base.powi(power)))
}

fn scaled(value: f64, base: f64, units: &[&str]) -> String {
    let (mut value, mut units) = (value, units.iter());
    let mut unit = units.next();
    while value >= base && units.len() > 0 {
        value /= base;
        unit = units.next();
    }
    format!("{}{}", round(value), unit.unwrap_or(&""))
}

/// Without what comes of adding fractions.
fn round(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::{Scale, Unit};

    fn ticks(unit: Unit, most: f64) -> Vec<String> {
        let scale = Scale::new(unit, most);
        (0..=scale.steps).map(|number| scale.tick(number)).collect()
    }

    #[test]
    fn ticks_are_round_and_hold_the_highest_value() {
        assert_eq!(ticks(Unit::Short, 3.3), ["0", "1", "2", "3", "4"]);
        assert_eq!(ticks(Unit::Short, 3300.0), ["0", "1 K", "2 K", "3 K", "4 K"]);
        assert_eq!(ticks(Unit::Share, 0.017), ["0%", "0.5%", "1%", "1.5%", "2%"]);
        assert_eq!(ticks(Unit::Seconds, 0.13)[..2], ["0 s", "50 ms"]);
        assert_eq!(ticks(Unit::Bytes, 188.0 * 1024.0 * 1024.0)[1], "64 MiB");
        assert_eq!(ticks(Unit::ReqPs, 130.0)[1], "50 req/s");
        assert_eq!(ticks(Unit::Short, 0.0), ["0", "0.000001"]);
    }
}
