//! The gRPC client against real etcd members with TLS: what it says, compared with `etcdctl`, and what it says when
//! something is wrong with the members, the network or what we present.
//!
//! Needs `etcd`, `etcdctl` and `etcdutl` in `$KUBEBUILDER_ASSETS`, `PATH` or `target/assets`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod auth;
mod bad_input;
mod probe;
mod rotation;
mod support;
