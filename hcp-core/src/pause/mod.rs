//! Pausing reconciliation, and the proof that it is paused.
