//! A Kubernetes API server inside a test, for faults that a real one does not have on demand.
//!
//! It keeps objects, versions and watches as a kube-apiserver does: `tests/api_conformance` runs the
//! same scenarios against both. It does what the garbage collector and the namespace controller do,
//! at once, inside the request that gives them a reason. It does not validate against schemas, default
//! or prune by them, admit, authorize, convert between versions other than by name, or run any
//! other controller.

mod apply;
mod clock;
mod crd;
mod defaults;
mod delete;
mod discovery;
mod error;
mod eviction;
mod faults;
mod fields;
mod gc;
mod kinds;
mod list;
mod log;
mod managed;
mod object;
mod patch;
mod present;
mod request;
mod scale;
mod selector;
mod server;
mod service;
mod shape;
mod shared;
mod status;
mod store;
mod validate;
mod watch;
mod world;
mod write;

pub use clock::FakeClock;
pub use error::FakeApiError;
pub use faults::{Effect, FaultId, FaultRule, Faults, FiredFault};
pub use kinds::{ScalePaths, Scope, Subresources};
pub use log::{LoggedRequest, Outcome};
pub use request::Verb;
pub use server::FakeApiServer;
