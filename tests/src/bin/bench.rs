//! `bench mirror [OPTION…]` and `bench partitions`: see [`drawbridge_tests::bench`].
//!
//! `DRAWBRIDGE_BIN` names the gateway's release binary.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command that prints its result")]

use std::{
    env,
    path::{Path, PathBuf},
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
        round, tools,
    },
    wire::Wire,
};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<()> {
    if env::args().any(|word| word == "--help") {
        println!("{USAGE}\n./dev bench partitions");
        return Ok(());
    }
    let mut words = env::args().skip(1);
    match words.next().as_deref() {
        Some("mirror") => mirror(Options::parse(words)?).await,
        Some("partitions") => many_partitions().await,
        _ => bail!("{USAGE}\n./dev bench partitions"),
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

/// Processor and number of cores.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores of {}", model.unwrap_or("an unknown processor").trim())
}
