//! Whose connection it is.

use std::fs;
use std::net::SocketAddr;

use hcp_etcd::process::LocalMembers;

/// Which member's process holds the local end `socket` of a connection to `proxy`; `None` if no member does.
pub(super) fn member_of(
    socket: SocketAddr,
    proxy: SocketAddr,
    control: &LocalMembers,
) -> Option<usize> {
    let table = fs::read_to_string("/proc/net/tcp").ok()?;
    let inode = inode(&table, socket, proxy)?;
    let wanted = format!("socket:[{inode}]");
    control.members().iter().position(|member| {
        let process = control.process(&member.name).ok().flatten();
        process.is_some_and(|process| holds(process.pid(), &wanted))
    })
}

fn holds(pid: u32, socket: &str) -> bool {
    let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    files
        .flatten()
        .any(|file| fs::read_link(file.path()).is_ok_and(|target| target.as_os_str() == socket))
}

/// The socket with these ends in the form of `/proc/net/tcp`: addresses are hexadecimal in the machine's byte order.
fn inode(table: &str, local: SocketAddr, remote: SocketAddr) -> Option<&str> {
    let (local, remote) = (written(local)?, written(remote)?);
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let ends = fields.next()? == local && fields.next()? == remote;
        // State, queues, timer, retransmissions, user, timeout come before the inode.
        ends.then(|| fields.nth(6)).flatten()
    })
}

fn written(address: SocketAddr) -> Option<String> {
    match address {
        SocketAddr::V4(address) => {
            let host = u32::from_ne_bytes(address.ip().octets());
            Some(format!("{host:08X}:{:04X}", address.port()))
        }
        SocketAddr::V6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_connection_is_found_from_its_other_end() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = listener.local_addr().unwrap();
        let connected = TcpStream::connect(proxy).unwrap();
        let (_accepted, peer) = listener.accept().unwrap();
        assert_eq!(peer, connected.local_addr().unwrap());
        let table = fs::read_to_string("/proc/net/tcp").unwrap();
        let inode = inode(&table, peer, proxy).unwrap();
        assert!(holds(std::process::id(), &format!("socket:[{inode}]")));
        assert!(!holds(std::process::id(), "socket:[0]"));
    }
}
