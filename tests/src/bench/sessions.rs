//! Browser sessions that look at a gateway, and what they hold.

use std::{ffi::OsStr, process::Stdio};

use anyhow::{Context, Result};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    sync::watch,
};

/// What the script that opens them says.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Seen {
    /// Bytes that each session holds: of JavaScript and of the program.
    pub memory: Vec<u64>,
    /// Sessions that show something.
    pub live: usize,
    /// Errors that they logged since the beginning.
    pub errors: u64,
}

/// Sessions that are open; they end with this.
#[derive(Debug)]
pub struct Sessions {
    told: watch::Receiver<Seen>,
    _node: Child,
}

impl Sessions {
    /// Opens one for each page.
    ///
    /// # Errors
    /// There is no node, or the browser does not start.
    pub async fn open(script: impl AsRef<OsStr>, address: &str, pages: &[String]) -> Result<Self> {
        let mut node = Command::new("node")
            .arg(script)
            .args([address, &pages.len().to_string()])
            .args(pages)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting node")?;
        let mut lines = BufReader::new(node.stdout.take().context("its output")?).lines();
        let first = lines.next_line().await?.context("the browsers do not start")?;
        let (sender, told) = watch::channel(serde_json::from_str(&first)?);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                sender.send_replace(serde_json::from_str(&line).unwrap_or_default());
            }
            // Whoever looks finds no live session.
            sender.send_replace(Seen::default());
        });
        Ok(Self { told, _node: node })
    }

    /// The last that was said.
    pub fn seen(&self) -> Seen {
        self.told.borrow().clone()
    }
}
