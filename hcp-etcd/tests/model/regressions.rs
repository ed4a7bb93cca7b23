//! What the properties found, one test each.
