//! `bench mirror [OPTION…]`, `bench partitions` and `bench soak [MINUTES]`: see [`drawbridge_tests::bench`].
//!
//! `DRAWBRIDGE_BIN` names the gateway's release binary, `DRAWBRIDGE_SESSIONS` the script that opens browsers.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command that prints its result")]

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use drawbridge_tests::{
    bed::{Cluster, Kafka, Version},
    bench::{
        cells::Cell,
        contender::{Contender, Setting},
        delete_topics,
        options::{Options, USAGE},
        partitions,
        report::CellReport,
        round,
        soak::{Plan, Sample, soak},
        tools,
    },
    wire::Wire,
};
use serde_json::json;

const OTHERS: &str = "\n./dev bench partitions\n./dev bench soak [MINUTES (60)]";

#[tokio::main]
async fn main() -> Result<()> {
    if env::args().any(|word| word == "--help") {
        println!("{USAGE}{OTHERS}");
        return Ok(());
    }
    let mut words = env::args().skip(1);
    match words.next().as_deref() {
        Some("mirror") => mirror(Options::parse(words)?).await,
        Some("partitions") => many_partitions().await,
        Some("soak") => soaking(words.next()).await,
        _ => bail!("{USAGE}{OTHERS}"),
    }
}

/// Everything a run needs; goes with it.
struct Bed {
    source: Cluster,
    destination: Cluster,
    dir: tempfile::TempDir,
    program: PathBuf,
}

impl Bed {
    async fn start() -> Result<Self> {
        let program = env::var_os("DRAWBRIDGE_BIN").context("DRAWBRIDGE_BIN names no binary")?;
        let wanted = || {
            Kafka::plain(Version::V4)
                .unlimited()
                .fast()
                .config("num.network.threads", "3")
                .config("num.io.threads", "8")
                // What a turn leaves behind is gone before the next one.
                .config("log.segment.delete.delay.ms", "500")
        };
        let (source, destination) = tokio::try_join!(wanted().start(), wanted().start())?;
        Ok(Self { source, destination, dir: tempfile::tempdir()?, program: program.into() })
    }

    fn clusters(&self) -> (&Cluster, &Cluster) {
        (&self.source, &self.destination)
    }
}

async fn mirror(options: Options) -> Result<()> {
    let bed = Bed::start().await?;
    let machine = machine();
    println!(
        "Apache Kafka {}, one broker each; {machine}; {} MB of values per cell; batch.size={} linger.ms={}; medians of {}",
        Version::V4,
        options.megabytes,
        options.batching.bytes,
        options.batching.linger_ms,
        options.rounds
    );
    let mut reports = Vec::new();
    let mut turn = 0;
    for (number, cell) in options.cells.iter().enumerate() {
        let report = measure(&bed, &options, cell, number == 0, &mut turn).await?;
        print!("{}", report.table());
        reports.push(report);
        let all: Vec<_> = reports.iter().map(CellReport::json).collect();
        let told = json!({
            "kafka": Version::V4.text(),
            "machine": machine,
            "megabytes": options.megabytes,
            "rounds": options.rounds,
            "producer": {"batch.size": options.batching.bytes, "linger.ms": options.batching.linger_ms},
            "cells": all,
        });
        if let Some(dir) = options.json.parent().filter(|dir| *dir != Path::new("")) {
            std::fs::create_dir_all(dir)?;
        }
        std::fs::write(&options.json, format!("{told:#}\n"))?;
    }
    println!("\nwith every turn in {}", options.json.display());
    Ok(())
}

async fn measure(
    bed: &Bed,
    options: &Options,
    cell: &Cell,
    is_first: bool,
    turn: &mut u32,
) -> Result<CellReport> {
    let (source, destination) = bed.clusters();
    let mut wire = Wire::connect(&source.back_door()).await?;
    let topic = format!("bench-{}-{}-{}", cell.size, cell.codec, cell.partitions);
    wire.create_topic(&topic, cell.partitions, 1, &[]).await?;
    let records = cell.records(options.megabytes);
    let (jars, bootstrap) = (source.jars(), source.back_door());
    let data = (topic.as_str(), cell, records);
    eprintln!("bench: {cell}: filling");
    let produced = tools::produce(jars, &bootstrap, data, options.batching, None).await?;
    let consumed = tools::consume(jars, &bootstrap, data).await?;
    let mut order: Vec<Contender> = Vec::new();
    for _ in 0..options.rounds {
        order.extend(&options.contenders);
    }
    if is_first && options.defaults_once {
        order.push(Contender::Defaults);
    }
    let mut turns = Vec::new();
    for contender in order {
        *turn += 1;
        eprintln!("bench: {cell}: {contender}");
        let setting = Setting {
            source,
            destination,
            dir: bed.dir.path(),
            program: &bed.program,
            cell,
            topics: &[],
            turn: *turn,
        };
        let taken = round::take(contender, setting, (&topic, records), options.pace.as_ref());
        turns.push(taken.await.with_context(|| format!("{cell}: {contender}"))?);
    }
    delete_topics(&mut wire, &["bench-"]).await?;
    Ok(CellReport { cell: cell.clone(), produced, consumed, turns })
}

async fn many_partitions() -> Result<()> {
    let bed = Bed::start().await?;
    let told = partitions::measure(bed.clusters(), (bed.dir.path(), &bed.program), 9).await?;
    let mebibytes = |bytes: u64| bytes >> 20;
    println!(
        "{} partitions: {} MiB resident when quiet, {} MiB after 30 s of {} records/s, {} MiB at most; \
         {:.0} % of a core; added latency {:.1} ms p50, {:.1} ms p99",
        told.partitions,
        mebibytes(told.quiet),
        mebibytes(told.busy),
        told.latency.rate,
        mebibytes(told.peak),
        told.cpu_share * 100.0,
        told.latency.p50.as_secs_f64() * 1e3,
        told.latency.p99.as_secs_f64() * 1e3,
    );
    if mebibytes(told.peak) > 100 {
        bail!("more than the 100 MiB that are wanted");
    }
    Ok(())
}

async fn soaking(minutes: Option<String>) -> Result<()> {
    let minutes = minutes.map_or(Ok(60), |text| text.parse()).context("minutes")?;
    let sessions = env::var_os("DRAWBRIDGE_SESSIONS").context("DRAWBRIDGE_SESSIONS")?.into();
    let bed = Bed::start().await?;
    let soaked = soak(&Plan {
        clusters: bed.clusters(),
        dir: bed.dir.path(),
        program: &bed.program,
        sessions,
        lasts: Duration::from_secs(minutes * 60),
    })
    .await?;
    println!(
        "{minutes} minutes, {} partitions, {} records/s; {}; {:.0} % of a core; {} samples",
        soaked.partitions,
        soaked.rate,
        machine(),
        soaked.cpu_share * 100.0,
        soaked.samples.len()
    );
    println!("median of           first quarter  last quarter");
    let row = |name: &str, figure: fn(&Sample) -> u64| {
        let (first, last) = soaked.drift(figure);
        println!("{name:<20}{first:>13} {last:>13}");
        (first, last)
    };
    let resident = row("gateway, KiB", |sample| sample.resident >> 10);
    let descriptors = row("open files", |sample| sample.descriptors as u64);
    let lag = row("lag, records", |sample| sample.lag.unsigned_abs());
    let heap = row("browsers, KiB", |sample| sample.heap >> 10);
    let sessions = row("sessions", |sample| sample.sessions as u64);
    let errors = soaked.samples.last().map_or(0, |sample| sample.errors);
    println!("{errors} errors in the browsers");
    let grew = |(first, last): (u64, u64), room: u64| last > first + first / 10 + room;
    // Lag differs with the moment it is looked at: what counts is that it does not pile up, and a second is allowed.
    if grew(resident, 4_096)
        || grew(descriptors, 8)
        || grew(heap, 8_192)
        || grew(lag, u64::from(soaked.rate))
    {
        bail!("something grew");
    }
    if errors > 0 || sessions.1 < sessions.0 {
        bail!("a session broke");
    }
    Ok(())
}

/// Processor and number of cores.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores of {}", model.unwrap_or("an unknown processor").trim())
}
