//! One broker process.

use std::{
    fmt, fs,
    fs::File,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::{
    jars::Jars,
    ports::Port,
    surroundings::{Clock, Disk},
    watchdog,
};
use crate::wire::Wire;

/// How long a broker may take to answer on this crowded machine before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(240);
const BEAT: Duration = Duration::from_millis(50);

/// A broker of a [`super::Cluster`], running or not.
pub struct Broker {
    id: i32,
    jars: Jars,
    dir: PathBuf,
    back_door: String,
    process: Mutex<Option<Child>>,
    clock: Option<Clock>,
    disk: Option<Disk>,
    _ports: Vec<Port>,
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker")
            .field("id", &self.id)
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

impl Broker {
    pub(super) const fn new(
        id: i32,
        jars: Jars,
        dir: PathBuf,
        back_door: String,
        ports: Vec<Port>,
    ) -> Self {
        let process = Mutex::new(None);
        Self { id, jars, dir, back_door, process, clock: None, disk: None, _ports: ports }
    }

    /// With a clock that can be stepped, and a disk that can be filled, of so many megabytes.
    pub(super) fn on_loose_ground(mut self, megabytes: u32) -> Result<Self> {
        self.clock = Some(Clock::right(&self.dir)?);
        fs::create_dir_all(self.data())?;
        self.disk = Some(Disk::mount(self.data(), megabytes)?);
        Ok(self)
    }

    /// The node id.
    pub const fn id(&self) -> i32 {
        self.id
    }

    /// `host:port` of this broker's plaintext listener.
    pub fn address(&self) -> &str {
        &self.back_door
    }

    /// Where its segments are.
    pub fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// The process id while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.lock().unwrap().as_ref().map(Child::id)
    }

    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// It ended by itself (the message carries the end of its log) or did not answer in time.
    pub async fn start(&self) -> Result<()> {
        self.launch()?;
        self.answering().await
    }

    pub(super) fn launch(&self) -> Result<()> {
        let mut process = self.process.lock().unwrap();
        if process.is_some() {
            return Ok(());
        }
        let log = File::options().create(true).append(true).open(self.log_path())?;
        let mut java = self.jars.java();
        java.arg("kafka.Kafka")
            .arg(self.dir.join("server.properties"))
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log)
            .current_dir(&self.dir)
            .process_group(0);
        java.envs(self.clock.iter().flat_map(Clock::environment));
        let child = java.spawn().context("starting java (version 17 or newer)")?;
        watchdog::guard_process(child.id())?;
        *process = Some(child);
        Ok(())
    }

    /// Waits until it serves the protocol.
    ///
    /// # Errors
    /// It ended by itself or did not answer in time.
    pub async fn answering(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if Wire::connect(&self.back_door).await.is_ok() {
                return Ok(());
            }
            if let Some(status) = self.ended()? {
                bail!("broker {} ended with {status}:\n{}", self.id, self.log_end());
            }
            if Instant::now() > deadline {
                bail!("broker {} does not answer after {PATIENCE:?}:\n{}", self.id, self.log_end());
            }
            tokio::time::sleep(BEAT).await;
        }
    }

    /// Asks it to shut down in good order (`SIGTERM`) and waits for its end.
    ///
    /// # Errors
    /// It does not end in time.
    pub async fn stop(&self) -> Result<()> {
        self.end(Signal::TERM).await
    }

    /// Ends it without warning (`SIGKILL`).
    ///
    /// # Errors
    /// The signal cannot be sent.
    pub async fn kill(&self) -> Result<()> {
        self.end(Signal::KILL).await
    }

    /// Freezes it (`SIGSTOP`): its connections stay open and nothing is answered.
    ///
    /// # Errors
    /// It is not running.
    pub fn freeze(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets a frozen broker go on.
    ///
    /// # Errors
    /// It is not running.
    pub fn thaw(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    /// Sets its clock so many seconds off.
    ///
    /// # Errors
    /// Its cluster is not on loose ground.
    pub fn step_clock(&self, seconds: i64) -> Result<()> {
        self.clock.as_ref().context("its clock is everybody's")?.step(seconds)
    }

    /// Lets its disk be full until the broker has given up and there is room again.
    ///
    /// # Errors
    /// Its cluster is not on loose ground, or the broker goes on without a disk.
    pub async fn run_out_of_disk(&self) -> Result<()> {
        let disk = self.disk.as_ref().context("its disk is everybody's")?;
        disk.fill()?;
        let ended = self.has_ended().await;
        disk.free()?;
        ended
    }

    /// Everything it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let pid = self.pid().with_context(|| format!("broker {} is not running", self.id))?;
        let pid = Pid::from_raw(i32::try_from(pid)?).context("no such process")?;
        kill_process(pid, signal).with_context(|| format!("signalling broker {}", self.id))
    }

    async fn end(&self, signal: Signal) -> Result<()> {
        if self.pid().is_none() {
            return Ok(());
        }
        self.signal(signal)?;
        self.has_ended().await
    }

    async fn has_ended(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.ended()?.is_none() {
            if Instant::now() > deadline {
                bail!("broker {} does not end after {PATIENCE:?}:\n{}", self.id, self.log_end());
            }
            tokio::time::sleep(BEAT).await;
        }
        Ok(())
    }

    /// Its exit status once it has ended; from then on it counts as not running.
    fn ended(&self) -> Result<Option<String>> {
        let mut process = self.process.lock().unwrap();
        let Some(child) = process.as_mut() else { return Ok(Some("no process".to_owned())) };
        let Some(status) = child.try_wait()? else { return Ok(None) };
        watchdog::release_process(child.id())?;
        *process = None;
        Ok(Some(status.to_string()))
    }

    fn log_path(&self) -> PathBuf {
        self.dir.join("broker.log")
    }

    fn log_end(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    pub(super) fn write_properties(dir: &Path, text: &str) -> Result<()> {
        fs::create_dir_all(dir)?;
        fs::write(dir.join("server.properties"), text)?;
        Ok(())
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(mut child) = self.process.lock().unwrap().take() {
            let id = child.id();
            if child.kill().is_ok() && child.wait().is_ok() {
                watchdog::release_process(id).ok();
            }
        }
    }
}
