//! Release images out of a real registry, and out of servers that fail in every way.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod auth;
mod fault;
mod faults;
mod image;
mod real;

use std::error::Error;
use std::fmt::Write as _;

/// An error with all its causes, as a log would have it, and its `Debug`.
fn told(error: &(dyn Error + 'static)) -> String {
    let mut text = format!("{error:?}");
    let mut cause = Some(error);
    while let Some(error) = cause {
        let _ = write!(text, " / {error}");
        cause = error.source();
    }
    text
}
