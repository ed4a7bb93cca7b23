//! Release images out of a real registry, and out of servers that fail in every way.

mod auth;
mod fault;
mod faults;
mod image;
mod real;

use std::error::Error;

/// An error with all its causes, as a log would have it, and its `Debug`.
fn told(error: &(dyn Error + 'static)) -> String {
    let mut text = format!("{error:?}");
    let mut cause = Some(error);
    while let Some(error) = cause {
        text.push_str(&format!(" / {error}"));
        cause = error.source();
    }
    text
}
