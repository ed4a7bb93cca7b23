//! What a host says of the members it runs.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::topology::MemberName;

/// One member that runs on this machine.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq)]
pub struct LocalMember {
    /// Its name (`--name`).
    pub name: MemberName,
    /// Its data directory (`--data-dir`); wiping renames it to the same name with `.wiped` behind it.
    pub data_dir: PathBuf,
    /// Its other flags, the same at every start: URLs, TLS files, quota.
    pub args: Vec<OsString>,
    /// Additions to its environment. Variables of ours that begin with `ETCD_` are never passed on, because etcd
    /// would read them as flags.
    pub env: Vec<(OsString, OsString)>,
}

/// Why members cannot be run as configured. Every message ends with the remedy.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocalMembersError {
    /// No members.
    #[error("there are no members to run; give at least one")]
    Empty,
    /// Two members with one name.
    #[error("member {0} is given twice; give each member its own name")]
    DuplicateName(MemberName),
    /// A member that the topology does not know.
    #[error(
        "member {0} is not in the topology; add it there, it is what the first start is made from"
    )]
    NotInTopology(MemberName),
    /// A name that cannot be a file name.
    #[error(
        "member name {0} cannot name files in the runtime directory; use one without '/' and without a dot in front"
    )]
    Name(MemberName),
    /// Two members in one data directory.
    #[error("members {first} and {second} share the data directory {path}; give each its own")]
    SharedDataDir {
        /// A member.
        first: MemberName,
        /// The other.
        second: MemberName,
        /// The directory.
        path: PathBuf,
    },
    /// A data directory that could not be set aside.
    #[error(
        "member {member}: the data directory {path} is not an absolute path with a name of its own; give the full path"
    )]
    DataDir {
        /// The member.
        member: MemberName,
        /// The directory.
        path: PathBuf,
    },
    /// A flag that belongs to the supervisor, or hides the member's state from it.
    #[error("member {member}: the flag {flag} is not for the fixed flags: {why}")]
    Flag {
        /// The member.
        member: MemberName,
        /// The flag.
        flag: String,
        /// Why, and what to do instead.
        why: &'static str,
    },
}

const OURS: &str = "it is set from the member's configuration at every start; leave it out";

/// Flags that must not be among a member's fixed ones, and why.
const REFUSED_FLAGS: &[(&str, &str)] = &[
    ("name", OURS),
    ("data-dir", OURS),
    ("initial-cluster", OURS),
    ("initial-cluster-state", OURS),
    ("config-file", "etcd ignores all other flags when it is given; give flags instead"),
    ("wal-dir", "a log outside the data directory would survive a wipe; keep it inside"),
    ("log-outputs", "the cause of an exit is read from standard error; leave it out"),
    ("logger", "the cause of an exit is read from the standard log; leave it out"),
    ("force-new-cluster", "it discards acknowledged writes at every start; use it by hand only"),
];

impl LocalMember {
    /// A member with its fixed flags, without `--name`, `--data-dir` and the `--initial-cluster` flags.
    #[must_use]
    pub fn new(
        name: MemberName,
        data_dir: impl Into<PathBuf>,
        args: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Self {
        Self {
            name,
            data_dir: data_dir.into(),
            args: args.into_iter().map(Into::into).collect(),
            env: Vec::new(),
        }
    }

    /// Adds a variable to the member's environment.
    #[must_use]
    pub fn with_env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((key.into(), value.into()));
        self
    }

    /// Where wiped data go.
    #[must_use]
    pub fn wiped_dir(&self) -> PathBuf {
        let mut path = self.data_dir.clone().into_os_string();
        path.push(".wiped");
        path.into()
    }

    fn check(&self) -> Result<(), LocalMembersError> {
        let name = self.name.as_str();
        if name.contains('/') || name.starts_with('.') {
            return Err(LocalMembersError::Name(self.name.clone()));
        }
        if !self.data_dir.is_absolute() || self.data_dir.file_name().is_none() {
            return Err(LocalMembersError::DataDir {
                member: self.name.clone(),
                path: self.data_dir.clone(),
            });
        }
        for (flag, why) in REFUSED_FLAGS {
            if self.args.iter().any(|arg| is_flag(arg, flag)) {
                return Err(LocalMembersError::Flag {
                    member: self.name.clone(),
                    flag: format!("--{flag}"),
                    why,
                });
            }
        }
        Ok(())
    }
}

/// Whether `arg` is that flag, in any of the forms `-flag`, `--flag`, `--flag=value`.
fn is_flag(arg: &OsStr, flag: &str) -> bool {
    let arg = arg.as_encoded_bytes();
    let Some(arg) = arg.strip_prefix(b"-") else {
        return false;
    };
    let arg = arg.strip_prefix(b"-").unwrap_or(arg);
    arg.split(|b| *b == b'=').next() == Some(flag.as_bytes())
}

pub(super) fn check_members<'a>(
    members: &[LocalMember],
    declared: &(impl Iterator<Item = &'a MemberName> + Clone),
) -> Result<(), LocalMembersError> {
    if members.is_empty() {
        return Err(LocalMembersError::Empty);
    }
    for (index, member) in members.iter().enumerate() {
        member.check()?;
        if !declared.clone().any(|name| *name == member.name) {
            return Err(LocalMembersError::NotInTopology(member.name.clone()));
        }
        let before = members.get(..index).unwrap_or_default();
        if before.iter().any(|other| other.name == member.name) {
            return Err(LocalMembersError::DuplicateName(member.name.clone()));
        }
        if let Some(other) = before.iter().find(|other| overlap(other, member)) {
            return Err(LocalMembersError::SharedDataDir {
                first: other.name.clone(),
                second: member.name.clone(),
                path: member.data_dir.clone(),
            });
        }
    }
    Ok(())
}

fn overlap(one: &LocalMember, other: &LocalMember) -> bool {
    let inside = |path: &Path, dir: &Path| path.starts_with(dir);
    inside(&one.data_dir, &other.data_dir)
        || inside(&other.data_dir, &one.data_dir)
        || one.data_dir == other.wiped_dir()
        || other.data_dir == one.wiped_dir()
}

impl fmt::Debug for LocalMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values of variables may be secrets; their names say enough.
        let env: Vec<_> = self.env.iter().map(|(key, _)| key).collect();
        f.debug_struct("LocalMember")
            .field("name", &self.name)
            .field("data_dir", &self.data_dir)
            .field("args", &self.args)
            .field("env", &env)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> MemberName {
        MemberName::new(name).unwrap()
    }

    fn check(members: &[LocalMember]) -> Result<(), LocalMembersError> {
        check_members(members, &[name("a"), name("b")].iter())
    }

    fn member(of: &str, dir: &str) -> LocalMember {
        LocalMember::new(name(of), dir, [] as [&str; 0])
    }

    #[test]
    fn flags_of_the_supervisor_are_refused_in_every_form() {
        for flag in ["--initial-cluster", "-initial-cluster=a=b", "--wal-dir=/x"] {
            let bad = LocalMember::new(name("a"), "/d/a", ["--quota-backend-bytes=1", flag]);
            let error = check(&[bad]).unwrap_err();
            assert!(matches!(error, LocalMembersError::Flag { .. }), "{flag}");
        }
        let token = LocalMember::new(name("a"), "/d/a", ["--initial-cluster-token", "t"]);
        assert_eq!(check(&[token]), Ok(()));
    }

    #[test]
    fn every_member_has_its_own_name_and_directory() {
        assert_eq!(check(&[member("a", "/d/a"), member("b", "/d/b")]), Ok(()));
        for (dirs, what) in [
            (("/d/a", "/d/a"), "the same"),
            (("/d/a", "/d/a/b"), "one in the other"),
            (("/d/a", "/d/a.wiped"), "where the other's wiped data go"),
        ] {
            let error = check(&[member("a", dirs.0), member("b", dirs.1)]).unwrap_err();
            assert!(matches!(error, LocalMembersError::SharedDataDir { .. }), "{what}: {error}");
        }
        let twice = check(&[member("a", "/d/a"), member("a", "/d/b")]);
        assert_eq!(twice, Err(LocalMembersError::DuplicateName(name("a"))));
        let stranger = check(&[member("c", "/d/c")]);
        assert_eq!(stranger, Err(LocalMembersError::NotInTopology(name("c"))));
        let relative = check(&[member("a", "d/a")]).unwrap_err();
        assert!(matches!(relative, LocalMembersError::DataDir { .. }));
        assert_eq!(check(&[]), Err(LocalMembersError::Empty));
    }

    #[test]
    fn the_environment_is_not_shown() {
        let member = member("a", "/d/a").with_env("TOKEN", "hunter2");
        let shown = format!("{member:?}");
        assert!(shown.contains("TOKEN") && !shown.contains("hunter2"), "{shown}");
    }
}
