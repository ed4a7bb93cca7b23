//! etcd members that are processes on this machine (Linux): start, stop, inspect, wipe.
//!
//! [`LocalMembers`] is a [`MemberControl`](crate::recovery::MemberControl). Everything it knows lies in a runtime
//! directory, one record, log and lock file per member, so that another process can carry on where the one that
//! started etcd was killed: members outlive their supervisor, and a record says which processes they are.
//!
//! A process is named by its pid *and* the time it started, so a pid that was used again is never signalled; a
//! zombie counts as gone. Nothing is ever found or killed by its name.

mod config;
mod control;
mod data;
mod last_words;
mod pid;
mod record;
mod session;
#[cfg(test)]
mod tests;

pub use config::{LocalMember, LocalMembersError};
pub use control::LocalMembers;
pub use pid::ProcessId;
