//! One proxy: accepting, and passing bytes on as the links allow.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hcp_etcd::process::LocalMembers;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::owner::member_of;
use super::{Link, Links};

const CHUNK: usize = 64 * 1024;
/// Before the next attempt when accepting fails, as it does without file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// The proxy in front of one member.
pub(super) struct Proxy {
    pub(super) to: usize,
    pub(super) target: SocketAddr,
    pub(super) control: LocalMembers,
    pub(super) changes: watch::Receiver<Links>,
}

/// What a connection may do now, and when that changes.
#[derive(Clone)]
struct Valve {
    from: Option<usize>,
    to: usize,
    changes: watch::Receiver<Links>,
}

impl Proxy {
    pub(super) async fn serve(self, listener: std::net::TcpListener) {
        let Ok(listener) = TcpListener::from_std(listener) else {
            return;
        };
        let Ok(address) = listener.local_addr() else {
            return;
        };
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((inbound, peer)) => {
                        let valve = Valve {
                            from: member_of(peer, address, &self.control),
                            to: self.to,
                            changes: self.changes.clone(),
                        };
                        connections.spawn(relay(inbound, self.target, valve));
                    }
                    Err(_) => sleep(ACCEPT_PAUSE).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

impl Valve {
    fn link(&mut self) -> Link {
        let links = self.changes.borrow_and_update();
        match self.from {
            Some(from) => links.get(&(from, self.to)).copied().unwrap_or_default(),
            // Nobody we know: open, as long as anyone may reach the member.
            None => Link::Open,
        }
    }

    async fn cut(mut self) {
        while self.link() != Link::Cut {
            if self.changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Waits until something may pass, and says how late.
    async fn passes(&mut self) -> io::Result<Duration> {
        loop {
            match self.link() {
                Link::Open => return Ok(Duration::ZERO),
                Link::Delayed(delay) => return Ok(delay),
                Link::Cut => return Err(io::ErrorKind::ConnectionAborted.into()),
                Link::Swallowed => {}
            }
            let changed = self.changes.changed().await;
            changed.map_err(|_| io::Error::from(io::ErrorKind::ConnectionAborted))?;
        }
    }
}

/// Passes bytes both ways until an end closes, or the link is cut.
async fn relay(inbound: TcpStream, target: SocketAddr, mut valve: Valve) {
    if valve.link() == Link::Cut {
        return;
    }
    let Ok(outbound) = TcpStream::connect(target).await else {
        return;
    };
    let _ = (inbound.set_nodelay(true), outbound.set_nodelay(true));
    let (from_dialer, to_dialer) = inbound.into_split();
    let (from_member, to_member) = outbound.into_split();
    let cut = valve.clone().cut();
    tokio::select! {
        () = cut => {}
        _ = pump(from_dialer, to_member, valve.clone()) => {}
        _ = pump(from_member, to_dialer, valve) => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut valve: Valve) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = from.read(&mut chunk).await?;
        if length == 0 {
            return Ok(());
        }
        let delay = valve.passes().await?;
        if !delay.is_zero() {
            sleep(delay).await;
        }
        to.write_all(&chunk[..length]).await?;
    }
}
