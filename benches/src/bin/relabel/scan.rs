//! The least that any filter has to do: finding the ends of the lines.

use std::hint::black_box;

use crate::Failure;
use crate::ours::{Pass, Tally};
use crate::race::{ROUNDS, Side};

/// Visits the position of every newline, as a filter must that cuts the text into lines.
fn positions(text: &[u8]) -> Pass<'_> {
    Box::new(move || {
        for position in memchr::memchr_iter(b'\n', text) {
            black_box(position);
        }
        Ok(Tally::default())
    })
}

/// Only counts them, which needs no position.
fn count(text: &[u8]) -> Pass<'_> {
    Box::new(move || {
        black_box(memchr::memchr_iter(b'\n', text).count());
        Ok(Tally::default())
    })
}

/// Ours and both scans by turns.
pub(crate) fn beside(mut ours: Pass<'_>, text: &[u8]) -> Result<[Side; 3], Failure> {
    let mut sides = [Side::default(), Side::default(), Side::default()];
    let mut scans = [positions(text), count(text)];
    for _ in 0..ROUNDS {
        sides[0].run(&mut ours)?;
        sides[1].run(&mut scans[0])?;
        sides[2].run(&mut scans[1])?;
    }
    Ok(sides)
}
