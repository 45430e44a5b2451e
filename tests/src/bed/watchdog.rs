//! What ends the brokers when the process that started them ends, however it ends.
//!
//! One shell per process reads process ids and directories from a pipe. When the pipe closes (the
//! process returned, panicked or was killed) it kills what is left and removes the directories.

use std::{
    fs::File,
    io::Write as _,
    os::{fd::OwnedFd, unix::process::CommandExt as _},
    path::Path,
    process::{Command, Stdio},
    sync::{Mutex, OnceLock},
};

use anyhow::{Context, Result};

/// `$live` holds ids as ` 12 34 `, `$dirs` the directories; kept to POSIX sh.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
live=' '
while read -r word rest; do
  case $word in
    pid) live="$live$rest " ;;
    gone) live="${live%% $rest *} ${live#* $rest }" ;;
    dir) set -- "$@" "$rest" ;;
  esac
done
for pid in $live; do kill -9 "$pid" 2>/dev/null; done
for dir in "$@"; do rm -rf -- "$dir"; done
"#;

fn pipe() -> Result<&'static Mutex<File>> {
    static PIPE: OnceLock<Mutex<File>> = OnceLock::new();
    static STARTING: Mutex<()> = Mutex::new(());
    let _one = STARTING.lock().unwrap();
    if let Some(pipe) = PIPE.get() {
        return Ok(pipe);
    }
    let mut shell = Command::new("sh")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("starting the watchdog shell")?;
    let stdin = shell.stdin.take().context("the watchdog shell has no standard input")?;
    Ok(PIPE.get_or_init(|| Mutex::new(File::from(OwnedFd::from(stdin)))))
}

fn tell(line: &str) -> Result<()> {
    writeln!(pipe()?.lock().unwrap(), "{line}").context("writing to the watchdog shell")
}

/// From now on `pid` is killed when this process ends.
///
/// # Errors
/// The shell that does it cannot be started or reached.
pub fn guard_process(pid: u32) -> Result<()> {
    tell(&format!("pid {pid}"))
}

/// `pid` ended and was waited for: the number may belong to somebody else now.
///
/// # Errors
/// As [`guard_process`].
pub fn release_process(pid: u32) -> Result<()> {
    tell(&format!("gone {pid}"))
}

/// From now on `dir` is removed when this process ends.
pub(super) fn guard_directory(dir: &Path) -> Result<()> {
    tell(&format!("dir {}", dir.display()))
}
