//! Ports that nobody else takes while a cluster lives, not even while its members are down.
//!
//! They lie below the range from which the kernel gives ports to outgoing connections, and each is claimed by a
//! lock on a file, so that test programs that run at once do not meet. The kernel drops the claim with the process.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::path::PathBuf;

use crate::TestkitError;

const RANGE: Range<u16> = 20_000..32_000;

/// Claimed ports; dropped with the cluster.
#[derive(Debug, Default)]
pub(crate) struct Ports {
    claims: Vec<File>,
    next: Option<u16>,
}

impl Ports {
    /// A port nobody listens on and nobody else has claimed.
    pub(crate) fn claim(&mut self) -> Result<u16, TestkitError> {
        let dir = claims_dir();
        fs::create_dir_all(&dir).map_err(TestkitError::io("make a directory", &dir))?;
        for _ in RANGE {
            let port = self.next.unwrap_or_else(first_to_try);
            self.next = Some(if port + 1 == RANGE.end { RANGE.start } else { port + 1 });
            let path = dir.join(port.to_string());
            let claim = OpenOptions::new().create(true).append(true).open(&path);
            let claim = claim.map_err(TestkitError::io("open a claim on a port", &path))?;
            if claim.try_lock().is_ok() && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
                self.claims.push(claim);
                return Ok(port);
            }
        }
        Err(TestkitError::NoPort(RANGE))
    }
}

fn claims_dir() -> PathBuf {
    let user = rustix::process::getuid().as_raw();
    env::temp_dir().join(format!("hcp-testkit-ports-{user}"))
}

/// Different processes begin at different places.
fn first_to_try() -> u16 {
    let length = u32::from(RANGE.end - RANGE.start);
    let offset = std::process::id().wrapping_mul(97) % length;
    RANGE.start + u16::try_from(offset).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claimed_port_is_not_given_twice() {
        let (mut one, mut other) = (Ports::default(), Ports::default());
        let first = one.claim().unwrap();
        assert_ne!(one.claim().unwrap(), first);
        assert_ne!(other.claim().unwrap(), first);
        assert!(RANGE.contains(&first));
    }
}
