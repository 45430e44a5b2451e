//! Turns as a table for people and as JSON for machines.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use serde_json::{Value, json};

use super::{cells::Cell, contender::Contender, round::Turn, tools::Rate};

/// Everything about one cell.
#[derive(Debug, Clone)]
pub struct CellReport {
    /// Which.
    pub cell: Cell,
    /// What Kafka's own producer and consumer did, with no replicator in between.
    pub produced: Rate,
    /// The same for the consumer.
    pub consumed: Rate,
    /// All turns.
    pub turns: Vec<Turn>,
}

/// The medians of a contender's turns.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Figures {
    records: f64,
    megabytes: f64,
    cpu: f64,
    broker_cpu: f64,
    memory: f64,
    startup: f64,
    p50: Option<f64>,
    p99: Option<f64>,
}

impl Figures {
    fn of(cell: &Cell, turns: &[&Turn]) -> Self {
        let gigabytes = |turn: &Turn| cell.megabytes(turn.catch_up.records) / 1e3;
        let per_second = |turn: &Turn, amount: f64| amount / seconds(turn.catch_up.took);
        let each = |figure: &dyn Fn(&Turn) -> f64| median(turns.iter().map(|turn| figure(turn)));
        let latency = |figure: &dyn Fn(&super::steady::Latency) -> Duration| {
            let known = turns.iter().filter_map(|turn| turn.latency.as_ref());
            let known: Vec<f64> = known.map(|latency| seconds(figure(latency)) * 1e3).collect();
            (!known.is_empty()).then(|| median(known))
        };
        Self {
            records: each(&|turn| per_second(turn, gigabytes(turn) * 1e9 / f64::from(cell.size))),
            megabytes: each(&|turn| per_second(turn, gigabytes(turn) * 1e3)),
            cpu: each(&|turn| seconds(turn.catch_up.replicator_cpu) / gigabytes(turn)),
            broker_cpu: each(&|turn| seconds(turn.catch_up.broker_cpu) / gigabytes(turn)),
            memory: each(&|turn| mebibytes(turn.catch_up.peak_memory)),
            startup: each(&|turn| seconds(turn.catch_up.startup)),
            p50: latency(&|latency| latency.p50),
            p99: latency(&|latency| latency.p99),
        }
    }

    fn json(&self) -> Value {
        json!({
            "records_per_second": self.records.round(),
            "megabytes_per_second": self.megabytes,
            "replicator_cpu_seconds_per_gigabyte": self.cpu,
            "destination_broker_cpu_seconds_per_gigabyte": self.broker_cpu,
            "peak_resident_mebibytes": self.memory,
            "startup_seconds": self.startup,
            "added_latency_p50_ms": self.p50,
            "added_latency_p99_ms": self.p99,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn seconds(time: Duration) -> f64 {
    time.as_secs_f64().max(1e-6)
}

fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = figures.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle), sorted.len() % 2) {
        (Some(high), 0) => f64::midpoint(sorted[middle - 1], *high),
        (Some(one), _) => *one,
        (None, _) => f64::NAN,
    }
}

impl CellReport {
    fn figures(&self) -> BTreeMap<Contender, Figures> {
        let mut by_contender: BTreeMap<Contender, Vec<&Turn>> = BTreeMap::new();
        for turn in &self.turns {
            by_contender.entry(turn.contender).or_default().push(turn);
        }
        by_contender.into_iter().map(|(who, t)| (who, Figures::of(&self.cell, &t))).collect()
    }

    /// The rows of this cell.
    pub fn table(&self) -> String {
        let figures = self.figures();
        let mut text = format!(
            "\n{}\n{:<24}{:>8} MB/s{:>11} records/s   (and consumes {:.0} MB/s)\n",
            self.cell,
            "kafka's own producer",
            format!("{:.1}", self.produced.megabytes),
            format!("{:.0}", self.produced.records),
            self.consumed.megabytes,
        );
        for (who, f) in &figures {
            let latency =
                |ms: Option<f64>| ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}"));
            writeln!(
                text,
                "{who:<24}{:>8.1} MB/s{:>11.0} records/s{:>7.2} CPU s/GB{:>7.2} broker CPU s/GB{:>7.0} MiB{:>8} / {:>6} ms p50/p99 added",
                f.megabytes, f.records, f.cpu, f.broker_cpu, f.memory, latency(f.p50), latency(f.p99),
            )
            .ok();
        }
        if let (Some(ours), Some(theirs)) =
            (figures.get(&Contender::Drawbridge), figures.get(&Contender::Tuned))
        {
            let latency = match (ours.p99, theirs.p99) {
                (Some(ours), Some(theirs)) => format!(", {:.2} of the p99", ours / theirs),
                _ => String::new(),
            };
            writeln!(
                text,
                "{:<24}{:>8.1} times the throughput, {:.3} of the CPU, {:.2} of the broker's CPU, {:.2} of the memory{latency}",
                "  to tuned MirrorMaker 2",
                ours.megabytes / theirs.megabytes,
                ours.cpu / theirs.cpu,
                ours.broker_cpu / theirs.broker_cpu,
                ours.memory / theirs.memory,
            )
            .ok();
        }
        text
    }

    /// The same, with every turn.
    pub fn json(&self) -> Value {
        let figures = self.figures();
        let medians: serde_json::Map<String, Value> =
            figures.iter().map(|(who, figures)| (who.key().to_owned(), figures.json())).collect();
        let turns: Vec<Value> = self.turns.iter().map(|turn| self.turn(turn)).collect();
        json!({
            "record_bytes": self.cell.size,
            "codec": self.cell.codec,
            "partitions": self.cell.partitions,
            "producer_megabytes_per_second": self.produced.megabytes,
            "consumer_megabytes_per_second": self.consumed.megabytes,
            "medians": medians,
            "turns": turns,
        })
    }

    fn turn(&self, turn: &Turn) -> Value {
        let mut value = Figures::of(&self.cell, &[turn]).json();
        value["contender"] = turn.contender.key().into();
        value["seconds"] = seconds(turn.catch_up.took).into();
        value["records"] = turn.catch_up.records.into();
        let per_gigabyte = self.cell.megabytes(turn.catch_up.records) / 1e3;
        value["source_broker_cpu_seconds_per_gigabyte"] =
            (seconds(turn.catch_up.source_cpu) / per_gigabyte).into();
        if let Some(latency) = &turn.latency {
            value["steady_records_per_second"] = latency.rate.into();
            value["added_latency_max_ms"] = (seconds(latency.max) * 1e3).into();
        }
        value
    }
}
