//! Ports for servers that must be told theirs beforehand and keep them over a restart.

use std::{fs, net::TcpListener, path::PathBuf};

use anyhow::{Context, Result, bail};
use rand::RngExt;

/// Below Linux's ephemeral range (32768 and up): no outgoing connection of anybody takes such a port
/// while its broker is down.
const RANGE: std::ops::Range<u16> = 12_000..32_000;

/// A loopback port that no other test bed takes as long as this lives.
#[derive(Debug)]
pub(super) struct Port {
    number: u16,
    _claim: fs::File,
}

impl Port {
    /// A port nobody listens on and nobody else has claimed.
    pub(super) fn claim() -> Result<Self> {
        let claims = std::env::temp_dir().join("drawbridge-ports");
        fs::create_dir_all(&claims).context("creating the directory of port claims")?;
        for _ in 0..500 {
            let number = rand::rng().random_range(RANGE);
            let path: PathBuf = claims.join(number.to_string());
            let claim = fs::File::create(&path)?;
            if claim.try_lock().is_ok() && TcpListener::bind(("127.0.0.1", number)).is_ok() {
                return Ok(Self { number, _claim: claim });
            }
        }
        bail!("no free loopback port found between {} and {}", RANGE.start, RANGE.end)
    }

    pub(super) const fn number(&self) -> u16 {
        self.number
    }
}
