//! What is known of a member's runs, on disk, so that any process can carry on.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::health::LastExit;
use crate::topology::MemberName;

use super::pid::{ProcessId, is_gone};

/// Carries a run's token in the environment of the process it belongs to.
pub(super) const TOKEN_VARIABLE: &str = "HCP_ETCD_RUN";

const EMPTY_ENVIRON_LOOKS: u32 = 20;
const EMPTY_ENVIRON_PAUSE: Duration = Duration::from_millis(1);

/// A member's runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// The present or the last run.
    #[serde(default)]
    pub(super) run: Option<Run>,
    /// Runs that ended by themselves in a row.
    #[serde(default)]
    pub(super) exits: u32,
    /// The end of the last run that ended.
    #[serde(default)]
    pub(super) last_end: Option<End>,
    /// Whether the data, if there are any, were made by joining a running cluster or by its very first start.
    #[serde(default)]
    pub(super) made_by: Option<Origin>,
}

/// How a data directory came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Origin {
    /// By joining a cluster that runs.
    Join,
    /// By the first start of a new cluster.
    Bootstrap,
}

/// One run of a member. It is recorded *before* the process is made, and completed after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    /// Finds the process if whoever made it died before recording its pid.
    pub(super) token: String,
    /// The process; `None` between the intention and the deed.
    pub(super) process: Option<ProcessId>,
    /// Pids and start times begin anew when the machine does.
    pub(super) boot_id: String,
    /// When it began.
    pub(super) started_at: Timestamp,
    /// How long the log was then.
    pub(super) log_offset: u64,
    /// Whether we meant to stop it.
    #[serde(default)]
    pub(super) stop_requested: bool,
    /// Whether its end has been counted.
    #[serde(default)]
    pub(super) ended: bool,
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    /// How and when.
    pub(super) exit: LastExit,
    /// The data it left ([`super::data::identity`]): what it says holds for these only.
    pub(super) data: Option<String>,
}

/// Where a member's record, log and lock are.
#[derive(Debug, Clone)]
pub(super) struct Files {
    runtime_dir: PathBuf,
    name: MemberName,
}

impl Files {
    pub(super) fn new(runtime_dir: &Path, name: &MemberName) -> Self {
        Self { runtime_dir: runtime_dir.to_owned(), name: name.clone() }
    }

    pub(super) fn log(&self) -> PathBuf {
        self.file("log")
    }

    fn file(&self, suffix: &str) -> PathBuf {
        self.runtime_dir.join(format!("{}.{suffix}", self.name))
    }

    /// The open lock file, not locked yet; makes the runtime directory.
    pub(super) fn lock_file(&self) -> io::Result<File> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.runtime_dir)?;
        private(OpenOptions::new().create(true).append(true)).open(self.file("lock"))
    }

    /// The log, for appending.
    pub(super) fn open_log(&self) -> io::Result<File> {
        private(OpenOptions::new().create(true).append(true)).open(self.log())
    }

    /// Reads the record; a member nothing was recorded of has an empty one.
    pub(super) fn load(&self) -> io::Result<Record> {
        let path = self.file("json");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Record::default()),
            Err(error) => return Err(at(&path, &error)),
        };
        serde_json::from_str(&text).map_err(|error| {
            io::Error::other(format!(
                "{} is not a record of this program ({error}); stop the member by hand and remove the file",
                path.display()
            ))
        })
    }

    /// Writes the record so that a reader, or a crash, sees the old one or the new one.
    pub(super) fn save(&self, record: &Record) -> io::Result<()> {
        let (path, temporary) = (self.file("json"), self.file("json.new"));
        let write = || {
            let mut file = private(OpenOptions::new().write(true).create(true).truncate(true))
                .open(&temporary)?;
            file.write_all(&serde_json::to_vec_pretty(record)?)?;
            file.sync_all()?;
            fs::rename(&temporary, &path)?;
            File::open(&self.runtime_dir)?.sync_all()
        };
        write().map_err(|error| at(&path, &error))
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// The present run of the machine.
pub(super) fn boot_id() -> io::Result<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned())
}

/// A token no other run has.
pub(super) fn new_token() -> io::Result<String> {
    fs::read_to_string("/proc/sys/kernel/random/uuid").map(|id| id.trim().to_owned())
}

/// The process that carries a token: looks through those of this user.
pub(super) fn find_process(token: &str) -> io::Result<Option<ProcessId>> {
    let wanted = format!("{TOKEN_VARIABLE}={token}");
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let environ = environ(pid)?;
        if environ.split(|b| *b == 0).any(|v| v == wanted.as_bytes()) {
            return ProcessId::of(pid);
        }
    }
    Ok(None)
}

/// A process's environment; empty for one that is gone, or not ours to look into.
fn environ(pid: u32) -> io::Result<Vec<u8>> {
    // A process that has only just been made shows an empty one for a moment. A zombie, and a thread of the kernel,
    // has no program, and always shows an empty one.
    for _ in 0..EMPTY_ENVIRON_LOOKS {
        match fs::read(format!("/proc/{pid}/environ")) {
            Ok(environ) if !environ.is_empty() => return Ok(environ),
            Ok(_) if fs::read_link(format!("/proc/{pid}/exe")).is_err() => break,
            Ok(_) => thread::sleep(EMPTY_ENVIRON_PAUSE),
            Err(error) if is_gone(&error) || error.kind() == io::ErrorKind::PermissionDenied => {
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use super::*;
    use crate::health::ExitCause;

    fn name() -> MemberName {
        MemberName::new("etcd-0").unwrap()
    }

    #[test]
    fn a_record_survives_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::new(&dir.path().join("run"), &name());
        drop(files.lock_file().unwrap());
        assert_eq!(files.load().unwrap(), Record::default());
        let at = Timestamp::UNIX_EPOCH;
        let record = Record {
            run: Some(Run {
                token: new_token().unwrap(),
                process: ProcessId::of(std::process::id()).unwrap(),
                boot_id: boot_id().unwrap(),
                started_at: at,
                log_offset: 7,
                stop_requested: true,
                ended: false,
            }),
            exits: 2,
            last_end: Some(End {
                exit: LastExit { cause: ExitCause::LogLost, at },
                data: Some("1:2:3".to_owned()),
            }),
            made_by: Some(Origin::Join),
        };
        files.save(&record).unwrap();
        assert_eq!(files.load().unwrap(), record);
        for file in ["etcd-0.json", "etcd-0.lock"] {
            let mode = fs::metadata(dir.path().join("run").join(file)).unwrap();
            assert_eq!(mode.permissions().mode() & 0o777, 0o600, "{file}");
        }
    }

    #[test]
    fn a_record_of_something_else_is_an_error_with_the_place() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::new(dir.path(), &name());
        fs::write(dir.path().join("etcd-0.json"), "{\"pid\": 1}").unwrap();
        let error = files.load().unwrap_err().to_string();
        assert!(error.contains("etcd-0.json") && error.contains("remove"), "{error}");
    }

    #[test]
    fn a_process_is_found_by_its_token() {
        let token = new_token().unwrap();
        assert_eq!(find_process(&token).unwrap(), None);
        let mut child =
            Command::new("sleep").arg("600").env(TOKEN_VARIABLE, &token).spawn().unwrap();
        let found = find_process(&token).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(found.map(ProcessId::pid), Some(child.id()));
    }
}
