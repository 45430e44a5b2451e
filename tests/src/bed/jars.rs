//! Apache Kafka's jars, fetched once per version from Maven Central into a cache.

use std::{
    env, fmt, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

/// The releases every suite runs on: the newest 3.x line and the current 4.x.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// The last 3.x line, still what most people run.
    V3_9,
    /// The current 4.x.
    V4,
}

impl Version {
    /// Both, for tests that loop.
    pub const ALL: [Self; 2] = [Self::V3_9, Self::V4];

    /// The release as Maven names it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::V3_9 => "3.9.2",
            Self::V4 => "4.3.1",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Where everything fetched or prepared for test beds is kept: `$DRAWBRIDGE_CACHE`, else
/// `~/.cache/drawbridge`.
pub fn cache_root() -> PathBuf {
    env::var_os("DRAWBRIDGE_CACHE").map_or_else(
        || {
            PathBuf::from(env::var_os("HOME").unwrap_or_else(|| "/tmp".into()))
                .join(".cache/drawbridge")
        },
        PathBuf::from,
    )
}

/// The jars of one Kafka version on disk.
#[derive(Clone, Debug)]
pub struct Jars {
    home: PathBuf,
    recording: bool,
    network_of: Option<u32>,
    fast: bool,
}

impl Jars {
    /// The jars of `version`, fetched with `mvn` when they are not in the cache yet. Processes that
    /// ask at the same time wait for the first of them.
    ///
    /// # Errors
    /// `mvn` is missing or cannot fetch; the cache cannot be written.
    pub fn fetch(version: Version) -> Result<Self> {
        let home = cache_root().join("kafka").join(version.text());
        let jars = Self { home, recording: false, network_of: None, fast: false };
        if jars.complete() {
            return Ok(jars);
        }
        fs::create_dir_all(&jars.home)
            .with_context(|| format!("creating {}", jars.home.display()))?;
        let _lock = lock(&jars.home.join("lock"))?;
        if jars.complete() {
            return Ok(jars);
        }
        let pom = jars.home.join("pom.xml");
        fs::write(&pom, include_str!("../../kafka/pom.xml"))?;
        let incoming = jars.home.join("libs.incoming");
        let output = Command::new("mvn")
            .args(["-q", "-B", "-f"])
            .arg(&pom)
            .arg(format!("-Dkafka.version={version}"))
            .args(["dependency:copy-dependencies", "-DincludeScope=runtime"])
            .arg(format!("-DoutputDirectory={}", incoming.display()))
            .output()
            .context("running mvn (Debian package: maven)")?;
        ensure!(
            output.status.success(),
            "mvn could not fetch Apache Kafka {version}:\n{}",
            String::from_utf8_lossy(&output.stdout)
        );
        fs::rename(&incoming, jars.libs())?;
        Ok(jars)
    }

    /// The directory of this version in the cache; templates live beside the jars.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The classes a broker loads, ready to be mapped into the next one: halves the work of a start.
    /// Made by [`Jars::recording`]; without it brokers only start slower.
    pub(super) fn archive(&self) -> PathBuf {
        self.home.join("classes.jsa")
    }

    /// Where a recording broker leaves its classes when it ends in good order.
    pub(super) fn draft_archive(&self) -> PathBuf {
        self.home.join("classes.jsa.draft")
    }

    /// The same jars, for a broker that records its classes.
    pub(super) fn recording(&self) -> Self {
        Self { recording: true, ..self.clone() }
    }

    /// The same jars, run in the network namespace of a process.
    pub(super) fn in_network_of(&self, process: u32) -> Self {
        Self { network_of: Some(process), ..self.clone() }
    }

    /// The same jars, for processes whose speed is measured: the best compiler, the collector that Kafka's own
    /// scripts choose, and their heap of a gigabyte.
    #[must_use]
    pub fn fast(&self) -> Self {
        Self { fast: true, ..self.clone() }
    }

    /// Where the jars themselves are.
    pub fn libs(&self) -> PathBuf {
        self.home.join("libs")
    }

    fn complete(&self) -> bool {
        self.libs().is_dir()
    }

    /// A `java` command with the jars on its class path, tuned for a short life: quick to start and
    /// small, unless they are [`Jars::fast`]. The caller adds the main class and its arguments.
    pub fn java(&self) -> Command {
        let mut java = match self.network_of {
            Some(process) => in_network_of(process, "java"),
            None => Command::new("java"),
        };
        let manner: &[&str] = if self.fast {
            &["-Xms1g", "-Xmx1g", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"]
        } else {
            &["-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        };
        java.env("CLASSPATH", self.libs().join("*"))
            .args(manner)
            // Also keeps quiet about an archive that does not fit this Java: it is left unused then.
            .args(["-Xshare:auto", "-Xlog:disable", "-Djava.awt.headless=true"])
            .arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=info")
            .arg("-Dorg.slf4j.simpleLogger.showDateTime=true")
            .arg("-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS");
        if self.recording {
            java.arg(format!("-XX:ArchiveClassesAtExit={}", self.draft_archive().display()));
        } else if self.archive().is_file() {
            java.arg(format!("-XX:SharedArchiveFile={}", self.archive().display()));
        }
        java
    }
}

/// `program` in the network namespace of `process`.
pub fn in_network_of(process: u32, program: &str) -> Command {
    let mut command = Command::new("nsenter");
    command.args(["-t", &process.to_string(), "-n", "--", program]);
    command
}

/// Takes an exclusive lock on `path`, waiting for it; freed when the file is dropped.
pub(super) fn lock(path: &Path) -> Result<fs::File> {
    let file = fs::File::create(path).with_context(|| format!("opening {}", path.display()))?;
    file.lock().with_context(|| format!("locking {}", path.display()))?;
    Ok(file)
}
