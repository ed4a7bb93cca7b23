//! One probe of every member.
//!
//! Each member is asked three things at once: a linearizable read followed by its member list, its status twice, and
//! its alarms, which a status tells. Two round trips, so a probe takes little more than its slowest read.

use etcd_client::{AlarmAction, AlarmType, Client as EtcdClient};
use futures_util::future::join_all;
use tokio::time::{Instant, sleep_until};

use crate::health::{
    Alarm, AlarmKind, HashKv, LinearizableRead, ListedMember, MemberObservation, Observation,
    ProbeError, ProbeErrorKind as Kind, Reply, Status,
};
use crate::recovery::Depth;
use crate::topology::{ClusterId, MemberId};

use super::link::{Deadline, Link, Session};
use super::{Inner, alarms, classify};

/// The key `etcdctl endpoint health` reads; it need not exist.
const HEALTH_KEY: &str = "health";

pub(super) async fn observe(inner: &Inner, depth: Depth) -> Observation {
    let at = inner.clock.now();
    inner.renew_tls().await;
    let mut members = join_all(inner.links.iter().map(|link| member(inner, link))).await;
    if depth == Depth::Hashes {
        let revisions = common_revisions(&members);
        let asked = inner.links.iter().zip(&members).map(|(link, observed)| {
            let revision = revision_for(observed, &revisions);
            async move {
                match revision {
                    Some(revision) => Some(hash(inner, link, revision).await),
                    None => None,
                }
            }
        });
        let hashes = join_all(asked).await;
        for (member, hash) in members.iter_mut().zip(hashes) {
            member.hash = hash;
        }
    }
    Observation::new(at, inner.topology.clone(), members)
}

async fn member(inner: &Inner, link: &Link) -> MemberObservation {
    let name = link.member.name.clone();
    let deadline = Deadline::after(inner.options.timeout);
    let session = match inner.session(link).await {
        Ok(session) => session,
        Err(error) => return MemberObservation::unanswered(name, &error),
    };
    let ((read, member_list), (status, alarms)) =
        tokio::join!(read_and_list(&session, deadline), status_and_alarms(&session, deadline),);
    let mut observed = MemberObservation::unanswered(name, &ProbeError::new(Kind::NotProbed, ""));
    observed.read = read;
    observed.member_list = member_list;
    observed.status = status;
    observed.alarms = alarms;
    explain(&mut observed, &session, deadline).await;
    reset_if_useless(&observed, link).await;
    observed
}

/// Puts the exact reason in the place of "connection lost", where it is known.
async fn explain(observed: &mut MemberObservation, session: &Session, deadline: Deadline) {
    let first = [
        observed.read.as_ref().err(),
        observed.status.as_ref().err(),
        observed.member_list.as_ref().err(),
    ];
    let lost = |error: &&ProbeError| error.kind == Kind::ConnectionLost;
    let Some(error) = first.into_iter().flatten().find(lost) else {
        return;
    };
    let Some(exact) = session.explain(error, deadline).await else {
        return;
    };
    let errors = [
        observed.read.as_mut().err(),
        observed.status.as_mut().err(),
        observed.member_list.as_mut().err(),
        observed.alarms.as_mut().err(),
    ];
    for error in errors.into_iter().flatten() {
        if error.kind == Kind::ConnectionLost {
            *error = exact.clone();
        }
    }
}

/// A connection on which nothing is answered may be dead without knowing it; a login may be outdated.
async fn reset_if_useless(observed: &MemberObservation, link: &Link) {
    let kind = |error: Option<&ProbeError>| error.map(|error| error.kind);
    let read = kind(observed.read.as_ref().err());
    let status = kind(observed.status.as_ref().err());
    let dead = read == Some(Kind::Timeout) && status == Some(Kind::Timeout);
    if dead || read == Some(Kind::Unauthorized) {
        link.reset().await;
    }
}

/// The read, then the list. If the read fails, or half of the time is gone, the list is asked for all the same: the
/// member answers it by itself.
async fn read_and_list(
    session: &Session,
    deadline: Deadline,
) -> (Reply<LinearizableRead>, Reply<Vec<ListedMember>>) {
    let read = read(session, deadline);
    tokio::pin!(read);
    let early = tokio::select! {
        biased;
        read = &mut read => Some(read),
        () = sleep_until(deadline.half()) => None,
    };
    match early {
        Some(Ok(read)) => (Ok(read), list(session, deadline).await),
        Some(Err(error)) => (Err(error), list(session, deadline).await),
        None => {
            let (read, stale) = tokio::join!(read, list(session, deadline));
            match read {
                Ok(read) => (Ok(read), list(session, deadline).await),
                Err(error) => (Err(error), stale),
            }
        }
    }
}

pub(super) async fn read(session: &Session, deadline: Deadline) -> Reply<LinearizableRead> {
    let quorum = deadline.bound("Authenticate", session.quorum()).await?;
    let sent = Instant::now();
    let read = deadline.bound("Range", quorum.kv_client().get(HEALTH_KEY, None)).await;
    match read {
        Ok(_) => Ok(LinearizableRead::new(sent.elapsed())),
        Err(error) if is_permission_denied(&error) => Ok(LinearizableRead::denied(sent.elapsed())),
        Err(error) => Err(error),
    }
}

fn is_permission_denied(error: &ProbeError) -> bool {
    error.kind == Kind::Unauthorized && error.message.contains(classify::PERMISSION_DENIED)
}

pub(super) async fn list(session: &Session, deadline: Deadline) -> Reply<Vec<ListedMember>> {
    let call = async |client: &EtcdClient| client.cluster_client().member_list().await;
    let answer = session.ask("MemberList", deadline, call).await?;
    Ok(answer.members().iter().map(listed).collect())
}

fn listed(member: &etcd_client::Member) -> ListedMember {
    ListedMember {
        id: MemberId::new(member.id()),
        name: member.name().to_owned(),
        peer_urls: member.peer_urls().to_vec(),
        client_urls: member.client_urls().to_vec(),
        is_learner: member.is_learner(),
    }
}

/// The status twice, the second asked for after the first has answered; then what it says of alarms.
async fn status_and_alarms(
    session: &Session,
    deadline: Deadline,
) -> (Reply<Status>, Reply<Vec<Alarm>>) {
    let twice = async {
        let floor = status(session, deadline).await?.applied_index;
        let mut status = status(session, deadline).await?;
        status.applied_floor = floor;
        Ok::<_, ProbeError>(status)
    };
    match twice.await {
        Ok(status) => {
            let alarms = match alarms::from_status(&status.version, &status.errors) {
                Some(alarms) => Ok(alarms),
                None => alarm_list(session, deadline).await,
            };
            (Ok(status), alarms)
        }
        Err(error) => (Err(error.clone()), Err(error)),
    }
}

pub(super) async fn status(session: &Session, deadline: Deadline) -> Reply<Status> {
    let call = async |client: &EtcdClient| client.maintenance_client().status().await;
    let answer = session.ask("Status", deadline, call).await?;
    let header = answer
        .header()
        .ok_or_else(|| ProbeError::new(Kind::BadAnswer, "Status was answered without a header"))?;
    let size = |what: &str, bytes: i64| {
        u64::try_from(bytes)
            .map_err(|_| ProbeError::new(Kind::BadAnswer, format!("{what} is {bytes}")))
    };
    let mut status = Status::new(
        ClusterId::new(header.cluster_id()),
        MemberId::new(header.member_id()),
        answer.raft_applied_index(),
        size("the revision", header.revision())?,
    );
    status.leader = Some(answer.leader()).filter(|id| *id != 0).map(MemberId::new);
    status.raft_term = answer.raft_term();
    status.raft_index = answer.raft_index();
    status.is_learner = answer.is_learner();
    status.db_size = size("the database's size", answer.db_size())?;
    status.db_size_in_use = size("the size in use", answer.raft_used_db_size())?;
    status.db_size_quota = Some(size("the quota", answer.db_size_quota())?).filter(|q| *q > 0);
    answer.version().clone_into(&mut status.version);
    status.errors = answer.errors().to_vec();
    Ok(status)
}

async fn alarm_list(session: &Session, deadline: Deadline) -> Reply<Vec<Alarm>> {
    let quorum = deadline.bound("Authenticate", session.quorum()).await?;
    let mut maintenance = quorum.maintenance_client();
    let call = maintenance.alarm(AlarmAction::Get, AlarmType::None, None);
    let answer = deadline.bound("AlarmList", call).await?;
    let alarm = |alarm: &etcd_client::AlarmMember| {
        let kind = match alarm.alarm() {
            AlarmType::Nospace => AlarmKind::NoSpace,
            AlarmType::Corrupt => AlarmKind::Corrupt,
            other @ AlarmType::None => AlarmKind::Other(other as i32),
        };
        Alarm::new(MemberId::new(alarm.member_id()), kind)
    };
    Ok(answer.alarms().iter().map(alarm).collect())
}

/// For each cluster that answered, the newest revision all its voters have. Learners that still catch up do not
/// hold it back: it may be compacted everywhere else.
fn common_revisions(members: &[MemberObservation]) -> Vec<(ClusterId, u64)> {
    let mut revisions: Vec<(ClusterId, u64)> = Vec::new();
    for status in members.iter().filter_map(|member| member.status.as_ref().ok()) {
        if status.is_learner {
            continue;
        }
        match revisions.iter_mut().find(|(cluster, _)| *cluster == status.cluster_id) {
            Some((_, revision)) => *revision = status.revision.min(*revision),
            None => revisions.push((status.cluster_id, status.revision)),
        }
    }
    revisions
}

fn revision_for(member: &MemberObservation, revisions: &[(ClusterId, u64)]) -> Option<u64> {
    let cluster = member.status.as_ref().ok()?.cluster_id;
    let (_, revision) = revisions.iter().find(|(of, _)| *of == cluster)?;
    // Zero would ask for "the latest", which differs between members.
    Some((*revision).max(1))
}

async fn hash(inner: &Inner, link: &Link, revision: u64) -> Reply<HashKv> {
    let deadline = Deadline::after(inner.options.hash_timeout);
    let session = inner.session(link).await?;
    let asked = i64::try_from(revision)
        .map_err(|_| ProbeError::new(Kind::BadAnswer, format!("the revision is {revision}")))?;
    let call = async move |client: &EtcdClient| client.maintenance_client().hash_kv(asked).await;
    let answer = match session.ask("HashKV", deadline, call).await {
        Err(error) => return Err(session.explain(&error, deadline).await.unwrap_or(error)),
        Ok(answer) => answer,
    };
    Ok(HashKv::new(answer.hash(), revision, answer.compact_version()))
}
