//! What a run is asked for on the command line.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use super::{cells::Cell, contender::Contender, tools::Batching};

/// How long and how fast records come while latency is measured.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Records per second.
    pub rate: u32,
    /// Seconds that count.
    pub seconds: u32,
    /// Seconds before them.
    pub warm_seconds: u32,
    /// How the producer makes its batches.
    pub batching: Batching,
}

/// A run.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is measured.
    pub cells: Vec<Cell>,
    /// How often each contender has its turn.
    pub rounds: u32,
    /// Who, in turn.
    pub contenders: Vec<Contender>,
    /// MirrorMaker as it comes has one turn more in the first cell.
    pub defaults_once: bool,
    /// Megabytes of values to catch up with.
    pub megabytes: u64,
    /// Latency, unless it is not wanted.
    pub pace: Option<Pace>,
    /// How the producer makes its batches.
    pub batching: Batching,
    /// Where the figures go.
    pub json: PathBuf,
}

/// For people who ask.
pub const USAGE: &str = "\
./dev bench mirror [--quick] [OPTION…]
  --quick                one cell, one round: some two minutes
  --sizes 100,1024       bytes of a record's value  \\
  --codecs none,lz4,zstd compression.type            > all combinations, instead of six chosen ones
  --partitions 12,100    partitions of the topic    /
  --rounds N             turns of each contender (2)
  --only WHO,…           drawbridge, tuned, defaults
  --megabytes N          to catch up with (500)
  --rate N               records per second while latency is measured (2000)
  --seconds N            for so long (10; 0: no latency)
  --batch-bytes N        batch.size of the producer that fills the topics (16384, Kafka's default)
  --linger-ms N          and its linger.ms (5, Kafka's default)
  --json FILE            where the figures go (target/bench-mirror.json)";

impl Options {
    /// Reads the command line.
    ///
    /// # Errors
    /// An option that is unknown or has no usable value.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let batching = Batching { bytes: 16_384, linger_ms: 5 };
        let mut options = Self {
            cells: Vec::new(),
            rounds: 2,
            contenders: vec![Contender::Tuned, Contender::Drawbridge],
            defaults_once: true,
            megabytes: 500,
            pace: None,
            batching,
            json: "target/bench-mirror.json".into(),
        };
        let mut pace = Pace { rate: 2_000, seconds: 10, warm_seconds: 5, batching };
        let (mut sizes, mut codecs, mut partitions) = (Vec::new(), Vec::new(), Vec::new());
        let mut quick = false;
        while let Some(word) = words.next() {
            if word == "--quick" {
                quick = true;
                continue;
            }
            let value = words.next().with_context(|| format!("{word} needs a value\n{USAGE}"))?;
            let number = || value.parse::<u32>().with_context(|| format!("{word} {value}"));
            match word.as_str() {
                "--sizes" => sizes = list(&value)?,
                "--codecs" => codecs = list::<String>(&value)?,
                "--partitions" => partitions = list(&value)?,
                "--rounds" => options.rounds = number()?,
                "--only" => {
                    let names = list::<String>(&value)?;
                    options.contenders =
                        names.iter().map(|n| contender(n)).collect::<Result<_>>()?;
                    options.defaults_once = false;
                }
                "--megabytes" => options.megabytes = u64::from(number()?),
                "--rate" => pace.rate = number()?,
                "--seconds" => pace.seconds = number()?,
                "--batch-bytes" => options.batching.bytes = number()?,
                "--linger-ms" => options.batching.linger_ms = number()?,
                "--json" => options.json = value.into(),
                _ => bail!("no option is called {word}\n{USAGE}"),
            }
        }
        pace.batching = options.batching;
        options.pace = (pace.seconds > 0).then_some(pace);
        let chosen = sizes.is_empty() && codecs.is_empty() && partitions.is_empty();
        options.cells = match (chosen, quick) {
            (true, true) => Cell::chosen().into_iter().take(1).collect(),
            (true, false) => Cell::chosen(),
            (false, _) => combinations(&sizes, &codecs, &partitions),
        };
        if quick {
            options.rounds = 1;
            options.defaults_once = false;
        }
        ensure!(options.rounds > 0 && options.megabytes > 0, "nothing to do\n{USAGE}");
        Ok(options)
    }
}

fn list<T: std::str::FromStr>(value: &str) -> Result<Vec<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    value.split(',').map(|part| part.parse().with_context(|| part.to_owned())).collect()
}

fn contender(name: &str) -> Result<Contender> {
    Ok(match name {
        "drawbridge" => Contender::Drawbridge,
        "tuned" => Contender::Tuned,
        "defaults" => Contender::Defaults,
        _ => bail!("nobody is called {name}\n{USAGE}"),
    })
}

fn combinations(sizes: &[u32], codecs: &[String], partitions: &[i32]) -> Vec<Cell> {
    let sizes = if sizes.is_empty() { &[1024] } else { sizes };
    let lz4 = ["lz4".to_owned()];
    let codecs = if codecs.is_empty() { &lz4 } else { codecs };
    let partitions = if partitions.is_empty() { &[12] } else { partitions };
    let mut cells = Vec::new();
    for partitions in partitions {
        for size in sizes {
            cells.extend(codecs.iter().map(|codec| Cell::new(*size, codec, *partitions)));
        }
    }
    cells
}
