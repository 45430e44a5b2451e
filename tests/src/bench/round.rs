//! One contender's turn at one cell.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::{
    catch_up::{self, CatchUp},
    contender::{Contender, Running, Setting},
    delete_topics,
    options::Pace,
    steady::{self, Latency},
};
use crate::wire::Wire;

/// What a turn came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// Whose.
    pub contender: Contender,
    /// What was there already.
    pub catch_up: CatchUp,
    /// What came afterwards, unless that was not wanted.
    pub latency: Option<Latency>,
}

/// Beginnings of the names of all that a turn leaves behind: on the source, and on the destination too. MirrorMaker's
/// own topics are among them.
const LEFT: [&str; 3] = ["steady-", "mm2-", "heartbeats"];
const MIRRORED: [&str; 2] = ["bench-", "a"];

/// Has a contender mirror `topic`, which holds `records`, and then a new topic that is filled at `pace`.
///
/// # Errors
/// It does not start, does not finish, or what it made has not as many records as the source.
pub async fn take(
    contender: Contender,
    setting: Setting<'_>,
    (topic, records): (&str, u64),
    pace: Option<&Pace>,
) -> Result<Turn> {
    let steadily = format!("steady-{}", setting.turn);
    let mut source = Wire::connect(&setting.source.back_door()).await?;
    let mut destination = Wire::connect(&setting.destination.back_door()).await?;
    let mut topics = vec![topic];
    if pace.is_some() {
        source.create_topic(&steadily, setting.cell.partitions, 1, &[]).await?;
        topics.push(&steadily);
    }
    let setting = Setting { topics: &topics, ..setting };
    let begun = Instant::now();
    let mut running = Running::start(contender, &setting).await?;
    let mut catch_up = catch_up::follow(&mut running, &setting, (topic, records), begun).await?;
    let mut latency = None;
    if let Some(pace) = pace {
        latency = Some(steady::measure(&setting, &steadily, pace).await?);
        catch_up.peak_memory = super::process::peak_memory(running.process().id())?;
    }
    running.stop().await?;
    delete_topics(&mut source, &LEFT).await?;
    delete_topics(&mut destination, &[LEFT.as_slice(), &MIRRORED].concat()).await?;
    // Files go some moments after their topics.
    tokio::time::sleep(Duration::from_secs(2)).await;
    Ok(Turn { contender, catch_up, latency })
}
