//! Feature sets, and what they forbid.
