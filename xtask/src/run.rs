//! Starting programs, and the few things asked of the machine.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::error::{Error, Result};

/// A program about to be started at the workspace's root, with no standard input.
#[derive(Debug)]
pub(crate) struct Run {
    command: Command,
}

impl Run {
    /// `program` is looked up on `PATH` unless it is a path.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.current_dir(root()).stdin(Stdio::null());
        Self { command }
    }

    /// The cargo that started us.
    pub(crate) fn cargo<'a>(args: impl IntoIterator<Item = &'a str>) -> Self {
        let mut run = Self::new(variable("CARGO").unwrap_or_else(|| "cargo".into())).args(args);
        // What cargo told us about our own package must not reach the inner cargo: build scripts
        // that watch these variables would run anew on every switch between the two.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                run.command.env_remove(&name);
            }
        }
        run
    }

    /// Adds arguments.
    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets a variable of the program's environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Starts the program in `dir` rather than at the workspace's root.
    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Runs the program before the person's eyes; anything but success is an error.
    pub(crate) fn show(mut self, remedy: &str) -> Result<()> {
        let line = self.line();
        println!("$ {line}");
        match self.command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Error::new(format!("`{line}`"), status.to_string(), remedy)),
            Err(error) => Err(Error::new(format!("`{line}`"), error.to_string(), remedy)),
        }
    }

    /// Runs the program quietly and returns its standard output.
    ///
    /// The error is what went wrong, with all that the program printed, for the caller to place.
    pub(crate) fn capture(mut self) -> Result<String, String> {
        let output = self.command.output().map_err(|error| error.to_string())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            return Ok(text(&output.stdout));
        }
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        Err(format!("{}\n{said}", output.status).trim_end().to_owned())
    }

    /// The command as a person would type it.
    fn line(&self) -> String {
        let settings = self.command.get_envs().filter_map(|(name, value)| {
            Some(format!("{}={}", name.to_string_lossy(), quoted(&value?.to_string_lossy())))
        });
        let program = Path::new(self.command.get_program());
        let program = if self.command.get_program().to_str().is_some_and(|p| p.ends_with("/cargo"))
        {
            "cargo".to_owned()
        } else {
            shown(program)
        };
        let args = self.command.get_args().map(|arg| quoted(&arg.to_string_lossy()));
        settings.chain([program]).chain(args).collect::<Vec<_>>().join(" ")
    }
}

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let mut here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.pop();
    here
}

/// A path as a person at the workspace's root would type it.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// A variable of our environment; an empty one counts as not set.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The absolute folders of `PATH`, in order.
pub(crate) fn path_folders() -> Vec<PathBuf> {
    let path = variable("PATH").unwrap_or_default();
    std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect()
}

/// Where `PATH` has `program`.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    path_folders().into_iter().map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Whether we may install packages.
pub(crate) fn is_root() -> bool {
    Run::new("id").args(["-u"]).capture().is_ok_and(|uid| uid.trim() == "0")
}

/// Now, for saying how long something took.
pub(crate) fn stopwatch() -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "measures a command for a person; nothing decides by it"
    )]
    Instant::now()
}

fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@{}".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Run, quoted};

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let run = Run::cargo(["doc", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings")
            .env("KUBEBUILDER_ASSETS", "/a/b");
        assert_eq!(
            run.line(),
            "KUBEBUILDER_ASSETS=/a/b RUSTDOCFLAGS='-D warnings' cargo doc --no-deps"
        );
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }

    #[test]
    fn a_failing_program_is_an_error_that_carries_what_it_said() {
        let said = Run::new("sh").args(["-c", "echo out; echo err >&2; exit 3"]).capture();
        let said = said.expect_err("exit 3 is a failure");
        assert!(said.contains("exit status: 3") && said.contains("out\nerr"), "{said}");
        assert!(Run::new("/nonexistent/program").capture().is_err());
    }
}
