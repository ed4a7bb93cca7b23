//! Why a plan is what it is: rules with their numbers.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::diagnosis::MemberState;
use crate::health::ExitCause;
use crate::time::whole_seconds;
use crate::topology::{MemberId, MemberName};

/// One reason. `Display` says it in words with the remedy, [`rule`](Self::rule) names it for machines.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "rule")]
pub enum Reason {
    /// Every declared member is a healthy voter.
    AllHealthy {
        /// How many more may fail.
        tolerance: i64,
    },
    /// A member is in that state.
    MemberFailed {
        /// Which.
        member: MemberName,
        /// What is wrong.
        state: MemberState,
    },
    /// A member is given time until then.
    Grace {
        /// Which.
        member: MemberName,
        /// What is wrong.
        state: MemberState,
        /// When the time is up.
        until: Timestamp,
    },
    /// Without that member the rest is a quorum.
    QuorumWithout {
        /// Which.
        member: MemberName,
        /// Healthy voters among the rest.
        healthy: usize,
        /// Voters after the removal.
        voters: usize,
        /// How many must answer.
        quorum: usize,
    },
    /// Without that member the rest would not be a quorum.
    NoQuorumWithout {
        /// Which.
        member: MemberName,
        /// Healthy voters among the rest.
        healthy: usize,
        /// Voters after the removal.
        voters: usize,
        /// How many must answer.
        quorum: usize,
    },
    /// A read proves a quorum, but the voters shown to be healthy are none: others vote unseen, perhaps the very
    /// one to be removed, and nothing vouches for the data that would stay.
    UnseenVoters {
        /// Voters shown to be healthy.
        healthy: usize,
        /// How many make a quorum.
        quorum: usize,
    },
    /// The removal would leave less tolerance than the policy demands.
    ToleranceBelowPolicy {
        /// Which member would be removed.
        member: MemberName,
        /// How many more could fail afterwards.
        after: i64,
        /// How many must be able to.
        minimum: u32,
    },
    /// No linearizable read succeeds.
    QuorumLost {
        /// Since when.
        since: Timestamp,
    },
    /// The cluster would not survive losing the member that is to be restarted.
    RestartCostsQuorum {
        /// Which.
        member: MemberName,
    },
    /// Enough members may be running, and none that answers is without a leader: it may be we who are cut off.
    MayBeUs,
    /// Too few members have their data.
    DataLostBeyondQuorum {
        /// Voters whose data are not known to be bad.
        intact: usize,
        /// Voters in all.
        voters: usize,
        /// How many are needed.
        quorum: usize,
    },
    /// Members run, with their data, and elect no leader.
    NoElection {
        /// Since when no read succeeds.
        since: Timestamp,
    },
    /// Members hold different data and no majority is to be believed.
    StoresDiffer,
    /// A member of another cluster, or of one of its own.
    ForeignMember {
        /// Which.
        member: MemberName,
    },
    /// A member nobody declared, or a URL at which another member answers.
    UndeclaredMember {
        /// Which.
        member: MemberName,
        /// Its id.
        id: Option<MemberId>,
    },
    /// What we present or trust is at fault, so that nothing is known of the member.
    FaultIsOurs {
        /// Which.
        member: MemberName,
    },
    /// New data would not help: the fault is around the member.
    EnvironmentFault {
        /// Which.
        member: MemberName,
        /// What its last words say.
        cause: ExitCause,
    },
    /// The member was replaced before, and that did not help.
    ReplacedTooOften {
        /// Which.
        member: MemberName,
        /// How often, lately.
        times: u32,
    },
    /// Another member is being joined; one at a time.
    AnotherJoins {
        /// Which.
        member: MemberName,
    },
    /// The member list lacks most declared members: it may be that of another cluster.
    MostAreUnlisted {
        /// Declared members in the list.
        listed: usize,
        /// Declared members.
        declared: usize,
    },
    /// A voter that serves has a bad store; what joins may get a copy of it.
    WouldCopyBadStore {
        /// Whose store is bad.
        member: MemberName,
    },
    /// A voter is not connected to its peers, and etcd adds nobody until it is.
    VoterDisconnected {
        /// Which.
        member: MemberName,
    },
    /// The policy forbids adding removed members back.
    RemovedByIntent {
        /// Which.
        member: MemberName,
    },
    /// The NOSPACE alarm is raised.
    SpaceExhausted {
        /// The member it accuses.
        member: Option<MemberName>,
    },
    /// The CORRUPT alarm is raised, and no member is shown to differ.
    CorruptAlarmUnexplained,
    /// A member is cut off from its peers; its data are good.
    CutOff {
        /// Which.
        member: MemberName,
    },
    /// The observation is too old to act on.
    ObservationTooOld {
        /// When it was made.
        at: Timestamp,
    },
    /// The members' stores were not compared by content.
    StoresNotCompared,
    /// The member is still in the member list.
    StillListed {
        /// Which.
        member: MemberName,
    },
    /// The member's process still runs, or its supervisor cannot tell.
    StillRunning {
        /// Which.
        member: MemberName,
    },
    /// There is no verified snapshot young enough.
    NoFreshSnapshot,
    /// There is no such member.
    NoSuchMember {
        /// Which.
        member: MemberName,
    },
    /// The member is the leader.
    IsLeader {
        /// Which.
        member: MemberName,
    },
}

impl Reason {
    /// The stable name of the rule.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::AllHealthy { .. } => "all-healthy",
            Self::MemberFailed { .. } => "member-failed",
            Self::Grace { .. } => "grace",
            Self::QuorumWithout { .. } => "quorum-without",
            Self::NoQuorumWithout { .. } => "no-quorum-without",
            Self::UnseenVoters { .. } => "unseen-voters",
            Self::ToleranceBelowPolicy { .. } => "tolerance-below-policy",
            Self::QuorumLost { .. } => "quorum-lost",
            Self::RestartCostsQuorum { .. } => "restart-costs-quorum",
            Self::MayBeUs => "may-be-us",
            Self::DataLostBeyondQuorum { .. } => "data-lost-beyond-quorum",
            Self::NoElection { .. } => "no-election",
            Self::StoresDiffer => "stores-differ",
            Self::ForeignMember { .. } => "foreign-member",
            Self::UndeclaredMember { .. } => "undeclared-member",
            Self::FaultIsOurs { .. } => "fault-is-ours",
            Self::EnvironmentFault { .. } => "environment-fault",
            Self::ReplacedTooOften { .. } => "replaced-too-often",
            Self::AnotherJoins { .. } => "another-joins",
            Self::MostAreUnlisted { .. } => "most-are-unlisted",
            Self::WouldCopyBadStore { .. } => "would-copy-bad-store",
            Self::VoterDisconnected { .. } => "voter-disconnected",
            Self::RemovedByIntent { .. } => "removed-by-intent",
            Self::SpaceExhausted { .. } => "space-exhausted",
            Self::CorruptAlarmUnexplained => "corrupt-alarm-unexplained",
            Self::CutOff { .. } => "cut-off",
            Self::ObservationTooOld { .. } => "observation-too-old",
            Self::StoresNotCompared => "stores-not-compared",
            Self::StillListed { .. } => "still-listed",
            Self::StillRunning { .. } => "still-running",
            Self::NoFreshSnapshot => "no-fresh-snapshot",
            Self::NoSuchMember { .. } => "no-such-member",
            Self::IsLeader { .. } => "is-leader",
        }
    }
}

impl fmt::Display for Reason {
    #[expect(clippy::too_many_lines, reason = "a table: one sentence for each rule")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllHealthy { tolerance } => {
                write!(f, "all members are healthy, {tolerance} may fail")
            }
            Self::MemberFailed { member, state } => write!(f, "{member} is {state}"),
            Self::Grace { member, state, until } => {
                write!(f, "{member} is {state}; it is given time until {}", whole_seconds(*until))
            }
            Self::QuorumWithout { member, healthy, voters, quorum } => {
                write!(
                    f,
                    "without {member} {healthy} of {voters} voters are healthy, quorum {quorum}"
                )
            }
            Self::NoQuorumWithout { member, healthy, voters, quorum } => write!(
                f,
                "without {member} only {healthy} of {voters} voters are healthy, quorum {quorum}: \
                 repair the others first"
            ),
            Self::UnseenVoters { healthy, quorum } => write!(
                f,
                "there is a quorum of {quorum}, but only {healthy} of it are seen: \
                 check the network from here to the others"
            ),
            Self::ToleranceBelowPolicy { member, after, minimum } => write!(
                f,
                "without {member} {after} more may fail, the policy demands {minimum}: \
                 add a member first, or lower min_fault_tolerance"
            ),
            Self::QuorumLost { since } => {
                write!(f, "no linearizable read succeeds since {}", whole_seconds(*since))
            }
            Self::RestartCostsQuorum { member } => write!(
                f,
                "{member} may still vote although we cannot see it: restarting it could cost the quorum"
            ),
            Self::MayBeUs => f.write_str(
                "enough members may be running, and none that answers is without a leader: \
                 check the network from here to them before restarting any",
            ),
            Self::DataLostBeyondQuorum { intact, voters, quorum } => write!(
                f,
                "only {intact} of {voters} voters have their data, quorum {quorum}: \
                 restore all members from one snapshot"
            ),
            Self::NoElection { since } => write!(
                f,
                "members run with their data and elect no leader since {}: \
                 check the network between their peer URLs",
                whole_seconds(*since)
            ),
            Self::StoresDiffer => f.write_str(
                "members hold different data and no majority is to be believed: stop writers, \
                 keep every data directory, find out which store is the good one",
            ),
            Self::ForeignMember { member } => write!(
                f,
                "{member} belongs to another cluster: check its client URL; its data are not touched"
            ),
            Self::UndeclaredMember { member, id: Some(id) } => write!(
                f,
                "member {member} is not in the topology: declare it, or `etcdctl member remove {id}`"
            ),
            Self::UndeclaredMember { member, id: None } => {
                write!(f, "another member answers at {member}'s client URL: correct the topology")
            }
            Self::FaultIsOurs { member } => write!(
                f,
                "{member} cannot be seen for a fault of our URL, certificates or permissions: \
                 correct them; nothing is known of the member"
            ),
            Self::EnvironmentFault { member, cause } => {
                write!(f, "{member}: {cause}: a new data directory would not help, mend that first")
            }
            Self::ReplacedTooOften { member, times } => {
                write!(
                    f,
                    "{member} was replaced {times} times lately and failed again: find the cause"
                )
            }
            Self::AnotherJoins { member } => write!(f, "{member} is being joined; one at a time"),
            Self::MostAreUnlisted { listed, declared } => write!(
                f,
                "the member list has {listed} of {declared} declared members: if it is the right cluster, \
                 put its id into the topology"
            ),
            Self::WouldCopyBadStore { member } => write!(
                f,
                "the store of {member} is bad, and what joins may get a copy of it: replace {member} first"
            ),
            Self::VoterDisconnected { member } => {
                write!(
                    f,
                    "{member} is not connected to its peers, and etcd adds nobody until it is"
                )
            }
            Self::RemovedByIntent { member } => write!(
                f,
                "{member} was removed, and the policy does not add it back: take it out of the topology"
            ),
            Self::SpaceExhausted { member } => {
                f.write_str("alarm NOSPACE")?;
                if let Some(member) = member {
                    write!(f, " by {member}")?;
                }
                f.write_str(
                    ": compact, defragment each member, then `etcdctl alarm disarm`; or raise the quota",
                )
            }
            Self::CorruptAlarmUnexplained => f.write_str(
                "alarm CORRUPT, and no member is shown to differ: compare hashes again; \
                 where they agree, `etcdctl alarm disarm`",
            ),
            Self::CutOff { member } => write!(
                f,
                "{member} runs with its data but follows no leader: \
                 check the network between its peer URL and the others"
            ),
            Self::ObservationTooOld { at } => {
                write!(f, "the observation of {} is too old: observe again", whole_seconds(*at))
            }
            Self::StoresNotCompared => {
                f.write_str("the members' stores were not compared: probe with hashes")
            }
            Self::StillListed { member } => write!(f, "{member} is still in the member list"),
            Self::StillRunning { member } => write!(f, "{member} is not known to be stopped"),
            Self::NoFreshSnapshot => {
                f.write_str("there is no verified snapshot that is young enough: take one")
            }
            Self::NoSuchMember { member } => write!(f, "there is no member {member}"),
            Self::IsLeader { member } => write!(f, "{member} leads: move leadership away first"),
        }
    }
}
