//! The table (to come).
