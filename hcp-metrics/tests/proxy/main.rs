//! The proxy over real loopback connections: targets that behave and targets that do not, scrapers, TLS on both sides.

mod damage;
mod formats;
mod harness;
mod limits;
mod many;
mod own_metrics;
mod requests;
mod secrets;
mod streaming;
mod tls;
