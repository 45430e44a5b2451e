//! A process that is measured: it ends with whoever started it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child as Process, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::bed::{guard_process, release_process};

/// How long one may take to end in good order before it is killed.
const PATIENCE: Duration = Duration::from_secs(15);

/// The process and where it writes.
#[derive(Debug)]
pub(super) struct Child {
    process: Process,
    log: PathBuf,
}

impl Child {
    /// Starts it with both outputs in `log`.
    pub(super) fn start(mut command: Command, log: &Path) -> Result<Self> {
        let file = File::create(log)?;
        let what = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stderr(file.try_clone()?).stdout(file);
        let process = command.spawn().with_context(|| format!("starting {what}"))?;
        guard_process(process.id())?;
        Ok(Self { process, log: log.to_owned() })
    }

    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it wrote.
    pub(super) fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Fails when it has ended, with the end of what it wrote.
    pub(super) fn must_run(&mut self) -> Result<()> {
        if let Some(status) = self.process.try_wait()? {
            let said = self.said();
            let lines: Vec<&str> = said.lines().collect();
            let last = lines[lines.len().saturating_sub(30)..].join("\n");
            bail!("{} ended with {status}:\n{last}", self.log.display());
        }
        Ok(())
    }

    /// Ends it: asked first, then killed.
    pub(super) async fn stop(mut self) -> Result<()> {
        let pid = Pid::from_raw(i32::try_from(self.process.id())?).context("a process id")?;
        kill_process(pid, Signal::TERM).ok();
        let deadline = Instant::now() + PATIENCE;
        while self.process.try_wait()?.is_none() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let id = self.process.id();
        self.process.kill().ok();
        if self.process.wait().is_ok() {
            release_process(id).ok();
        }
    }
}
