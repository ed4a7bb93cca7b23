//! Upgrades: whether one is allowed, in which order, and whether it is truly finished.
