//! `bench-browse GATEWAY [--quick] [--records N] [--tail-seconds S]`: how fast the message browser is on real Kafka.
//!
//! A topic of JSON records (12 partitions, lz4) is searched through the gateway's WebSocket with a text and with a CEL
//! filter, and read by Kafka's own consumer-perf-test in the same run; then a live search follows 50,000 records a
//! second while the gateway's memory is watched.
#![allow(clippy::print_stdout, reason = "a command that prints its result")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are rounded anyway"
)]

mod console;

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use console::Console;
use drawbridge_shared::view::{
    Decoding, MAX_LIMIT, PartitionPosition, RecordFilter, RecordQuery, SearchEnd, Seek,
};
use drawbridge_tests::{
    bed::{Cluster, Jars, Kafka, Version},
    bench::sessions::Sessions,
    wire::Wire,
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

const PARTITIONS: i32 = 12;
/// Different values; the text and the expression each find one of them.
const VALUES: usize = 20_000;
const TOPIC: &str = "bench-browse";
const TAILED: &str = "bench-browse-live";
const RATE: u64 = 50_000;
/// What is wanted.
const FIRST_ROWS: Duration = Duration::from_millis(150);
const SHARE_OF_PERF: f64 = 0.5;
const GROWTH_KIB: u64 = 48 * 1024;
/// Of a tab, in bytes: what it keeps is bounded, and the garbage of JavaScript comes and goes.
const TAB_GROWTH: u64 = 64 << 20;

struct Asked {
    gateway: PathBuf,
    records: u64,
    tail: Duration,
}

fn asked() -> Result<Asked> {
    let mut words = env::args().skip(1);
    let gateway = words.next().context("give the gateway's binary first")?.into();
    let mut asked = Asked { gateway, records: 10_000_000, tail: Duration::from_secs(60) };
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|n| n.parse().ok()).context("give a number");
        match &*word {
            "--quick" => (asked.records, asked.tail) = (500_000, Duration::from_secs(15)),
            "--records" => asked.records = number()?,
            "--tail-seconds" => asked.tail = Duration::from_secs(number()?),
            other => {
                anyhow::bail!("there is no {other}; there are --quick, --records, --tail-seconds")
            }
        }
    }
    Ok(asked)
}

#[tokio::main]
async fn main() -> Result<()> {
    let asked = asked()?;
    let version = Version::V4;
    println!(
        "Apache Kafka {version}: {} JSON records, {PARTITIONS} partitions, lz4",
        asked.records
    );
    let kafka = Kafka::plain(version).unlimited().start().await?;
    let scratch = tempfile::tempdir()?;
    let libs = Jars::fetch(version)?.libs();
    let bench = Bench { libs, kafka, scratch: scratch.path() };
    bench.create(TOPIC).await?;
    bench.create(TAILED).await?;
    bench.payloads()?;
    let took = Instant::now();
    bench.produce(TOPIC, asked.records, None)?.wait().await?;
    println!(
        "{:>12}  records/s written by producer-perf-test",
        rate(asked.records, took.elapsed())
    );

    let mut gateway = bench.serve(&asked.gateway).await?;
    let mut console = Console::open(&gateway.address).await?;
    let mut is_met = true;
    let mut verdict = |is_good: bool| {
        is_met &= is_good;
        if is_good { "" } else { "  (not what is wanted)" }
    };
    for (name, seek) in [("newest", Seek::Newest), ("oldest", Seek::Oldest)] {
        for warmth in ["cold", "warm"] {
            let took = first_rows(&mut console, &seek).await?;
            // The first connection of a gateway is made once.
            let good = warmth == "cold" || took <= FIRST_ROWS;
            println!(
                "{:>12}  ms to the first rows, {name} first, {warmth}{}",
                took.as_millis(),
                verdict(good)
            );
        }
    }
    let before = bench.perf(asked.records).await?;
    let text = RecordFilter::Text { text: "city-017331".to_owned(), case_sensitive: false };
    let text = scan(&mut console, text, asked.records).await?;
    let expression = "value.n == 17331".to_owned();
    let cel = scan(&mut console, RecordFilter::Cel { expression }, asked.records).await?;
    let after = bench.perf(asked.records).await?;
    let perf = before.max(after);
    println!(
        "{perf:>12.0}  records/s by consumer-perf-test ({before:.0} before, {after:.0} after)"
    );
    let share = text / perf;
    println!(
        "{text:>12.0}  records/s with a text filter, {share:.2} of it{}",
        verdict(share >= SHARE_OF_PERF)
    );
    println!("{cel:>12.0}  records/s with a CEL filter, {:.2} of it", cel / perf);

    let tail = tail(&bench, &mut console, &gateway, asked.tail).await?;
    let Tail { produced, shown, skipped, early, late, tab } = tail;
    println!("{produced:>12}  records written at {RATE}/s while a live search followed");
    println!("{shown:>12}  shown, {skipped} skipped{}", verdict(shown + skipped == produced));
    println!(
        "{:>12}  MiB resident after ten seconds, {} MiB at most later{}",
        early / 1024,
        late / 1024,
        verdict(late <= early + GROWTH_KIB)
    );
    println!(
        "{:>12}  MiB held by a tab that follows, after ten seconds, {} MiB at most later{}",
        tab.0 >> 20,
        tab.1 >> 20,
        verdict(tab.0 > 0 && tab.1 <= tab.0 + TAB_GROWTH)
    );
    gateway.child.kill().await?;
    ensure!(is_met, "not everything is as wanted");
    Ok(())
}

fn rate(n: u64, took: Duration) -> u64 {
    (n as f64 / took.as_secs_f64()) as u64
}

fn query(topic: &str, seek: Seek) -> Result<RecordQuery> {
    Ok(RecordQuery {
        cluster: "bench".parse()?,
        topic: topic.parse()?,
        partitions: vec![],
        seek,
        filter: RecordFilter::None,
        limit: 50,
        live: false,
        key_decoding: Decoding::Auto,
        value_decoding: Decoding::Auto,
        paths: vec![],
        resume: vec![],
    })
}

async fn first_rows(console: &mut Console, seek: &Seek) -> Result<Duration> {
    console.search(query(TOPIC, seek.clone())?).await?;
    let mut first = None;
    while let Some(part) = console.part().await? {
        if !part.records.is_empty() && first.is_none() {
            first = Some(console.since.elapsed());
        }
    }
    first.context("no rows")
}

/// Scans the whole topic and gives the records a second.
async fn scan(console: &mut Console, filter: RecordFilter, records: u64) -> Result<f64> {
    let whole = RecordQuery { limit: MAX_LIMIT, filter, ..query(TOPIC, Seek::Oldest)? };
    let (mut scanned, mut matched, mut took) = (0, 0, Duration::ZERO);
    let mut resume: Vec<PartitionPosition> = Vec::new();
    loop {
        console.search(RecordQuery { resume: resume.clone(), ..whole.clone() }).await?;
        let mut last = None;
        while let Some(part) = console.part().await? {
            last = Some(part);
        }
        took += console.since.elapsed();
        let last = last.context("a search without parts")?;
        scanned += last.progress.scanned;
        matched += last.progress.matched;
        resume = last.positions;
        match last.end {
            Some(SearchEnd::Complete) => break,
            Some(SearchEnd::Limit | SearchEnd::Budget) => {}
            other => anyhow::bail!("the search ended with {other:?}"),
        }
    }
    ensure!(scanned == records, "{scanned} of {records} records were scanned");
    let expected = records / VALUES as u64;
    ensure!(
        matched > expected / 2 && matched < expected * 2 + 10,
        "{matched} found, not about {expected}"
    );
    Ok(scanned as f64 / took.as_secs_f64())
}

struct Tail {
    produced: u64,
    shown: u64,
    skipped: u64,
    /// Kilobytes resident after ten seconds, and at most from then on.
    early: u64,
    late: u64,
    /// Bytes of a browser's tab that follows too, likewise.
    tab: (u64, u64),
}

async fn tail(
    bench: &Bench<'_>,
    console: &mut Console,
    gateway: &Served,
    time: Duration,
) -> Result<Tail> {
    console.search(RecordQuery { live: true, limit: 500, ..query(TAILED, Seek::Newest)? }).await?;
    // The first part says that it has begun.
    console.part().await?.context("a live search without parts")?;
    let script = env::var_os("DRAWBRIDGE_SESSIONS").context("DRAWBRIDGE_SESSIONS")?;
    let page = format!("/clusters/bench/topics/{TAILED}/messages?live=true");
    let sessions = Sessions::open(script, &gateway.address, &[page]).await?;
    let produced = RATE * time.as_secs();
    let mut producer = bench.produce(TAILED, produced, Some(RATE))?;
    let began = Instant::now();
    let (mut shown, mut skipped, mut early, mut late, mut tab) = (0, 0, 0, 0, (0, 0));
    let mut idle_since = Instant::now();
    let mut is_written = false;
    while shown + skipped < produced && (!is_written || idle_since.elapsed().as_secs() < 20) {
        is_written |= producer.try_wait()?.is_some();
        if let Some(part) = console.part_within(Duration::from_secs(1)).await? {
            let n = part.records.len() as u64;
            if n + part.skipped > 0 {
                idle_since = Instant::now();
            }
            (shown, skipped) = (shown + n, skipped + part.skipped);
        }
        let now = gateway.resident()?;
        let seen = sessions.seen();
        ensure!(seen.live == 1 && seen.errors == 0, "the tab that follows is not well: {seen:?}");
        let held = seen.memory.first().copied().unwrap_or_default();
        if began.elapsed() < Duration::from_secs(10) {
            (early, tab.0) = (early.max(now), tab.0.max(held));
        } else {
            (late, tab.1) = (late.max(now), tab.1.max(held));
        }
    }
    producer.wait().await?;
    console.stop().await?;
    Ok(Tail { produced, shown, skipped, early, late, tab })
}

struct Bench<'a> {
    libs: PathBuf,
    kafka: Cluster,
    scratch: &'a Path,
}

impl Bench<'_> {
    async fn create(&self, topic: &str) -> Result<()> {
        let keep = [("retention.ms", "-1")];
        Wire::connect(&self.kafka.back_door())
            .await?
            .create_topic(topic, PARTITIONS, 1, &keep)
            .await
    }

    fn file(&self) -> PathBuf {
        self.scratch.join("values")
    }

    /// About 200 bytes each.
    fn payloads(&self) -> Result<()> {
        let mut text = String::new();
        for n in 0..VALUES {
            writeln!(
                text,
                r#"{{"n":{n},"order":"{:016x}","city":"city-{n:06}","amount":{}.{:02},"lines":[{{"sku":"{:08x}","quantity":{}}}],"customer":{{"name":"customer {}","vip":{}}}}}"#,
                n * 2_654_435_761,
                n % 5_000,
                n % 100,
                n * 40_503,
                n % 9,
                n % 3_000,
                n % 7 == 0
            )?;
        }
        Ok(fs::write(self.file(), text)?)
    }

    fn java(&self, class: &str) -> Command {
        let mut java = Command::new("java");
        java.env("CLASSPATH", self.libs.join("*")).args(["-Xmx512m", class]);
        java.kill_on_drop(true).stdin(Stdio::null()).stderr(Stdio::null());
        java
    }

    fn produce(&self, topic: &str, records: u64, rate: Option<u64>) -> Result<Child> {
        let rate = rate.map_or_else(|| "-1".to_owned(), |rate| rate.to_string());
        let servers = format!("bootstrap.servers={}", self.kafka.back_door());
        let mut java = self.java("org.apache.kafka.tools.ProducerPerformance");
        java.args(["--topic", topic, "--num-records", &records.to_string(), "--throughput", &rate])
            .arg("--payload-file")
            .arg(self.file())
            .args(["--producer-props", &servers, "compression.type=lz4", "batch.size=65536"])
            .args(["linger.ms=10", "acks=1"])
            .stdout(Stdio::null());
        Ok(java.spawn()?)
    }

    /// Records a second of Kafka's own tool.
    async fn perf(&self, records: u64) -> Result<f64> {
        let mut java = self.java("org.apache.kafka.tools.ConsumerPerformance");
        java.args(["--bootstrap-server", &self.kafka.back_door(), "--topic", TOPIC]);
        java.args(["--messages", &records.to_string(), "--timeout", "60000"]);
        let output = java.stdout(Stdio::piped()).output().await?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().rfind(|line| line.contains(", ")).unwrap_or_default();
        let numbers: Vec<&str> = line.split(", ").collect();
        // The last one leaves out what the group's first meeting takes.
        let found = numbers.last().and_then(|number| number.trim().parse().ok());
        found.with_context(|| format!("no numbers of consumer-perf-test: {text}"))
    }

    async fn serve(&self, binary: &Path) -> Result<Served> {
        let properties = self.scratch.join("bench.properties");
        fs::write(&properties, format!("bootstrap.servers={}\n", self.kafka.back_door()))?;
        let mut command = Command::new(binary);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--clusters-dir"])
            .arg(self.scratch.join("clusters"))
            .arg("--cluster")
            .arg(format!("bench={}", properties.display()))
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("{}", binary.display()))?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let mut address = None;
        while address.is_none() {
            let line = lines.next_line().await?.context("the gateway ended")?;
            address = line
                .split_once("console at http://")
                .map(|(_, rest)| rest.trim_end_matches('/').to_owned());
        }
        let served = Served { child, address: address.context("no address")? };
        served.answering().await?;
        Ok(served)
    }
}

struct Served {
    child: Child,
    address: String,
}

impl Served {
    /// Waits until the cluster can be searched.
    async fn answering(&self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let mut console = Console::open(&self.address).await?;
            console.search(query(TAILED, Seek::Oldest)?).await?;
            match console.part().await {
                Ok(_) => return Ok(()),
                Err(error) => ensure!(Instant::now() < deadline, "{error:?}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Kilobytes resident.
    fn resident(&self) -> Result<u64> {
        let id = self.child.id().context("the gateway ended")?;
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.trim().split(' ').next()?.parse().ok());
        number.context("no VmRSS")
    }
}
