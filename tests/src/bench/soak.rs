//! An hour of steady traffic over very many mirror partitions while browsers look on: what grows?

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use tokio::{task::JoinSet, time::sleep_until};

use super::{
    cells::Cell,
    drawbridge::Gateway,
    process,
    sessions::Sessions,
    tools::{self, Batching},
};
use crate::{bed::Cluster, wire::Wire};

/// Topics, all of the same number of partitions.
const TOPICS: usize = 4;
const PARTITIONS: i32 = 250;
/// Records per second and topic.
const RATE: u32 = 250;
/// Browser sessions.
const SESSIONS: usize = 10;
/// Until then things are allowed to grow.
const WARM: Duration = Duration::from_secs(120);
/// Between two samples.
const BEAT: Duration = Duration::from_secs(20);

/// How long, and with what.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Where records are written, and where they are mirrored.
    pub clusters: (&'a Cluster, &'a Cluster),
    /// For files.
    pub dir: &'a Path,
    /// The gateway's binary.
    pub program: &'a Path,
    /// The script that opens browsers.
    pub sessions: PathBuf,
    /// Without the time it takes to warm up.
    pub lasts: Duration,
}

/// What was seen at one time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample {
    /// Bytes of the gateway.
    pub resident: u64,
    /// Open files of the gateway.
    pub descriptors: usize,
    /// Records that the mirrors are behind, all partitions together.
    pub lag: i64,
    /// Bytes that all sessions hold together: of JavaScript and of the program.
    pub heap: u64,
    /// Sessions that show something.
    pub sessions: usize,
    /// Errors that the sessions logged since the beginning.
    pub errors: u64,
}

/// What it came to.
#[derive(Debug)]
pub struct Soaked {
    /// Mirror partitions.
    pub partitions: i32,
    /// Records per second, all topics together.
    pub rate: u32,
    /// In order.
    pub samples: Vec<Sample>,
    /// Processor time of the gateway per second.
    pub cpu_share: f64,
}

impl Soaked {
    /// Medians of a figure in the first and the last quarter.
    ///
    /// # Panics
    /// There are no samples.
    pub fn drift(&self, figure: impl Fn(&Sample) -> u64) -> (u64, u64) {
        let median = |samples: &[Sample]| {
            let mut figures: Vec<u64> = samples.iter().map(&figure).collect();
            figures.sort_unstable();
            figures[figures.len() / 2]
        };
        let quarter = self.samples.len().div_ceil(4);
        (median(&self.samples[..quarter]), median(&self.samples[self.samples.len() - quarter..]))
    }
}

/// Lets it run and looks on.
///
/// # Errors
/// A process does not do its part, or lags cannot be read.
pub async fn soak(plan: &Plan<'_>) -> Result<Soaked> {
    let source = plan.clusters.0;
    let bootstrap = source.back_door();
    let names: Vec<String> = (0..TOPICS).map(|n| format!("soak-{n}")).collect();
    let mut wire = Wire::connect(&bootstrap).await?;
    for name in &names {
        wire.create_topic(name, PARTITIONS, 1, &[]).await?;
    }
    let gateway = Gateway::start(plan.program, plan.clusters, plan.dir, 0).await?;
    for name in &names {
        gateway.mirror(name).await?;
    }
    let pid = gateway.process.id();
    let seconds = (WARM + plan.lasts).as_secs();
    let mut producers = JoinSet::new();
    for name in names {
        let (jars, bootstrap) = (source.jars().clone(), bootstrap.clone());
        producers.spawn(async move {
            let cell = Cell::new(1024, "lz4", PARTITIONS);
            let batching = Batching { bytes: 16_384, linger_ms: 5 };
            // More than are needed: they end with this program's interest in them.
            let records = u64::from(RATE) * (seconds + 3_600);
            tools::produce(&jars, &bootstrap, (&name, &cell, records), batching, Some(RATE)).await
        });
    }
    let sessions =
        Sessions::open(&plan.sessions, gateway.address(), &pages(gateway.link_name())).await?;
    let began = Instant::now() + WARM;
    let mut next = began;
    let mut spent = Duration::ZERO;
    let mut samples = Vec::new();
    while next <= began + plan.lasts {
        sleep_until(next.into()).await;
        next += BEAT;
        if samples.is_empty() {
            spent = process::cpu(pid)?;
        }
        if let Some(ended) = producers.try_join_next() {
            ended??;
        }
        let seen = sessions.seen();
        samples.push(Sample {
            resident: process::resident(pid)?,
            descriptors: fs::read_dir(format!("/proc/{pid}/fd"))?.count(),
            lag: gateway.lag().await?,
            heap: seen.memory.iter().sum(),
            sessions: seen.live,
            errors: seen.errors,
        });
    }
    let spent = process::cpu(pid)?.saturating_sub(spent);
    producers.shutdown().await;
    gateway.stop().await?;
    ensure!(!samples.is_empty(), "nothing was seen");
    let cpu_share = spent.as_secs_f64() / plan.lasts.as_secs_f64();
    let partitions = i32::try_from(TOPICS)? * PARTITIONS;
    Ok(Soaked { partitions, rate: RATE * u32::try_from(TOPICS)?, samples, cpu_share })
}

/// What the sessions look at.
fn pages(link: &str) -> [String; SESSIONS] {
    let link = format!("/clusters/destination/links/{link}");
    [
        "/".to_owned(),
        link.clone(),
        "/mirrors".to_owned(),
        "/clusters/destination/topics/soak-0".to_owned(),
        "/clusters/destination/topics".to_owned(),
        format!("{link}/mirrors/soak-1"),
        "/activity".to_owned(),
        "/clusters".to_owned(),
        "/groups".to_owned(),
        "/links".to_owned(),
    ]
}
