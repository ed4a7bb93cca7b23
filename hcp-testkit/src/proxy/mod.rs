//! Proxies between members, to cut, delay and swallow what they say to each other.
//!
//! The peer URL a member advertises is that of its proxy, so everything its peers send it passes there. What it
//! sends itself passes at the proxies of the others, which find out whose connection they have accepted by looking
//! up the owner of the socket at the other end (`/proc/net/tcp` and the open files of the members' processes).

mod owner;
mod pump;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hcp_etcd::process::LocalMembers;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::TestkitError;

/// What happens on the way from one member to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Link {
    /// Everything passes.
    #[default]
    Open,
    /// Connections are closed and none are accepted.
    Cut,
    /// Connections stay, and nothing that is sent arrives.
    Swallowed,
    /// Everything arrives later.
    Delayed(Duration),
}

/// Links that are not open, by sender and receiver.
pub(crate) type Links = HashMap<(usize, usize), Link>;

/// Where a proxy listens and where the member behind it does.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) advertised: u16,
    pub(crate) member: u16,
}

/// The proxies of a cluster; they run on a thread of their own and stop when dropped.
#[derive(Debug)]
pub struct PeerProxies {
    members: usize,
    links: Option<watch::Sender<Links>>,
    thread: Option<JoinHandle<()>>,
}

impl PeerProxies {
    pub(crate) fn start(routes: &[Route], control: &LocalMembers) -> Result<Self, TestkitError> {
        let failed = || TestkitError::io("run the peer proxies", Path::new("127.0.0.1"));
        let mut listeners = Vec::new();
        for route in routes {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, route.advertised));
            let listener = listener.map_err(failed())?;
            listener.set_nonblocking(true).map_err(failed())?;
            listeners.push((listener, route.member));
        }
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed())?;
        let (links, changes) = watch::channel(Links::new());
        let control = control.clone();
        let (ready, is_ready) = mpsc::channel();
        let thread = thread::Builder::new().name("peer-proxies".to_owned());
        let thread = thread.spawn(move || {
            runtime.block_on(async {
                let _ = ready.send(());
                serve(listeners, changes, control).await;
            });
        });
        let thread = thread.map_err(failed())?;
        // The listeners queue connections already; this only makes sure that the thread came up.
        is_ready.recv().map_err(std::io::Error::other).map_err(failed())?;
        Ok(Self { members: routes.len(), links: Some(links), thread: Some(thread) })
    }

    /// Cuts member `i` off from all others, in both directions: its connections are closed, new ones refused.
    pub fn isolate(&self, i: usize) {
        self.set_all(i, Link::Cut);
    }

    /// Swallows what member `i` sends to the others and they to it: connections stay, as behind a dead switch.
    pub fn black_hole(&self, i: usize) {
        self.set_all(i, Link::Swallowed);
    }

    /// Delays what member `i` sends to the others and they to it.
    pub fn delay(&self, i: usize, delay: Duration) {
        self.set_all(i, Link::Delayed(delay));
    }

    /// Opens the links of member `i` again.
    pub fn heal(&self, i: usize) {
        self.set_all(i, Link::Open);
    }

    /// Opens all links again.
    pub fn heal_all(&self) {
        self.change(Links::clear);
    }

    /// Cuts the connections that `from` opens to `to`, and only these. A member sends most of its messages on
    /// connections it opened, but answers, and streams of entries, travel on those the receiver opened.
    pub fn cut_link(&self, from: usize, to: usize) {
        self.change(|links| {
            links.insert((from, to), Link::Cut);
        });
    }

    fn set_all(&self, i: usize, link: Link) {
        self.change(|links| {
            for other in (0..self.members).filter(|other| *other != i) {
                links.insert((i, other), link);
                links.insert((other, i), link);
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut Links)) {
        if let Some(links) = &self.links {
            links.send_modify(change);
        }
    }
}

impl Drop for PeerProxies {
    fn drop(&mut self) {
        // Without a sender the proxies end.
        self.links.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(
    listeners: Vec<(TcpListener, u16)>,
    mut changes: watch::Receiver<Links>,
    control: LocalMembers,
) {
    let mut proxies = JoinSet::new();
    for (to, (listener, member)) in listeners.into_iter().enumerate() {
        let target = SocketAddr::from((Ipv4Addr::LOCALHOST, member));
        let proxy = pump::Proxy { to, target, control: control.clone(), changes: changes.clone() };
        proxies.spawn(proxy.serve(listener));
    }
    while changes.changed().await.is_ok() {}
    proxies.shutdown().await;
}
