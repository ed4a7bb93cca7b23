//! Identity providers of a hosted cluster, and what is wrong with them.
