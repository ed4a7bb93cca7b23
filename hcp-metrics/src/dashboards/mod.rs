//! Dashboards of hosted clusters.
