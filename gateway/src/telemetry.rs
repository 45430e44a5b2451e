//! Logs: to standard error, filtered, with a trace id per request.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging with a filter in the syntax of `tracing_subscriber::EnvFilter`.
///
/// # Errors
/// What is wrong with the filter.
pub fn start(filter: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
    let installed = fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .try_init();
    if installed.is_err() {
        tracing::debug!("logging was started already");
    }
    Ok(())
}

/// A new trace id.
#[must_use]
pub fn new_trace() -> String {
    format!("{:016x}", rand::random::<u64>())
}
