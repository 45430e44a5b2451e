//! What a process stands on and a test can take away: its clock and its disk.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

/// The time of day that processes are told, which a test can step; how fast it goes and the monotonic clock stay.
///
/// It is libfaketime's (Debian package: faketime), loaded before the program.
#[derive(Clone, Debug)]
pub struct Clock {
    file: PathBuf,
    library: PathBuf,
}

impl Clock {
    /// A clock that is right; its file is kept in `directory`.
    ///
    /// # Errors
    /// libfaketime is not installed, or the file cannot be written.
    pub fn right(directory: &Path) -> Result<Self> {
        let library = fs::read_dir("/usr/lib")?
            .filter_map(|entry| Some(entry.ok()?.path().join("faketime/libfaketimeMT.so.1")))
            .find(|path| path.is_file())
            .context("libfaketime is missing (Debian package: faketime)")?;
        let clock = Self { file: directory.join("clock"), library };
        clock.step(0)?;
        Ok(clock)
    }

    /// From within a second on, the clock is so many seconds from the right time.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn step(&self, seconds: i64) -> Result<()> {
        let draft = self.file.with_extension("draft");
        fs::write(&draft, format!("{seconds:+}\n"))?;
        // Whoever reads it never sees half of it.
        fs::rename(draft, &self.file)?;
        Ok(())
    }

    /// What a command needs in its environment to have this clock.
    pub fn environment(&self) -> [(&'static str, &Path); 6] {
        [
            ("LD_PRELOAD", &self.library),
            ("FAKETIME_TIMESTAMP_FILE", &self.file),
            ("FAKETIME_CACHE_DURATION", Path::new("1")),
            ("FAKETIME_DONT_FAKE_MONOTONIC", Path::new("1")),
            // With its fix for another C library every timed wait of a JVM is over at once.
            ("FAKETIME_FORCE_MONOTONIC_FIX", Path::new("0")),
            ("NO_FAKE_STAT", Path::new("1")),
        ]
    }
}

/// A disk of a few megabytes, which a test can fill up; needs the rights to mount.
#[derive(Debug)]
pub(super) struct Disk {
    at: PathBuf,
}

impl Disk {
    /// An empty one at a directory that is there.
    ///
    /// # Errors
    /// It cannot be mounted.
    pub(super) fn mount(at: PathBuf, megabytes: u32) -> Result<Self> {
        run(Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(&at))?;
        Ok(Self { at })
    }

    /// Takes all the room that is left.
    ///
    /// # Errors
    /// Something else than the lack of room stops it.
    pub(super) fn fill(&self) -> Result<()> {
        let mut file = fs::File::create(self.filler())?;
        match std::io::copy(&mut std::io::repeat(b'x'), &mut file) {
            Err(error) if error.kind() == std::io::ErrorKind::StorageFull => Ok(()),
            Err(error) => Err(error.into()),
            Ok(_) => unreachable!("what is repeated has no end"),
        }
    }

    /// Gives back what [`Self::fill`] took.
    ///
    /// # Errors
    /// It was not filled.
    pub(super) fn free(&self) -> Result<()> {
        Ok(fs::remove_file(self.filler())?)
    }

    fn filler(&self) -> PathBuf {
        self.at.join(".filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A process that still ends keeps it busy; detached, it goes with the last file that is open.
        run(Command::new("umount").arg("--lazy").arg(&self.at)).ok();
    }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("running {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
