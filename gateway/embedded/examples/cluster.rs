//! Starts an embedded cluster for programs outside, prints how to reach it, and stays until its
//! standard input closes.
//!
//! `cargo run -p drawbridge-embedded --example cluster -- [--brokers N] [--topics N] [--replicas N] [--sasl]
//! [--tls] [--demo]`
//!
//! The lines `stop N` and `start N` on its standard input stop and start a broker.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program whose output is its interface"
)]

use std::process::ExitCode;

use drawbridge_embedded::{
    ClusterSpec, EmbeddedCluster, ListenerSecurity, Mechanism, TopicSpec, demo,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

const USAGE: &str =
    "usage: cluster [--brokers N] [--topics N] [--replicas N] [--sasl] [--tls] [--demo]
  --brokers N  number of brokers, ids 1 to N (default 3)
  --topics N   topics of one partition, called topic-00000 and so on (default 0)
  --replicas N replicas of each of these topics (default 1)
  --sasl       PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 with an authorizer;
               users admin (super user) and alice, password user-secret
  --tls        encrypted listeners; prints the authority's certificate
  --demo       the two clusters of the demo instead";

struct Options {
    brokers: i32,
    topics: u32,
    replicas: i16,
    sasl: bool,
    tls: bool,
    demo: bool,
}

fn options() -> Result<Options, String> {
    let mut out =
        Options { brokers: 3, topics: 0, replicas: 1, sasl: false, tls: false, demo: false };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--brokers" => {
                let value =
                    args.next().and_then(|v| v.parse().ok()).filter(|n| (1..=9).contains(n));
                out.brokers = value.ok_or("--brokers needs a number from 1 to 9")?;
            }
            "--topics" => {
                let value = args.next().and_then(|v| v.parse().ok()).filter(|n| *n <= 100_000);
                out.topics = value.ok_or("--topics needs a number up to 100000")?;
            }
            "--replicas" => {
                let value =
                    args.next().and_then(|v| v.parse().ok()).filter(|n| (1..=9).contains(n));
                out.replicas = value.ok_or("--replicas needs a number from 1 to 9")?;
            }
            "--sasl" => out.sasl = true,
            "--tls" => out.tls = true,
            "--demo" => out.demo = true,
            other => return Err(format!("unknown argument {other}")),
        }
    }
    Ok(out)
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match run(&options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    if options.demo {
        let demo = demo::OnPremAndCloud::start().await?;
        println!("on-prem={}", demo.on_prem().bootstrap_servers());
        println!("cloud={}", demo.cloud().bootstrap_servers());
        until_input_closes().await;
        demo.shutdown().await;
        return Ok(());
    }
    let ids: Vec<i32> = (1..=options.brokers).collect();
    let racks: Vec<String> = ids.iter().map(|id| format!("rack-{id}")).collect();
    let racked: Vec<(i32, &str)> =
        ids.iter().copied().zip(racks.iter().map(String::as_str)).collect();
    let mut security = ListenerSecurity::plaintext();
    let mut spec = ClusterSpec::new("embedded-cluster-0000001").racked_brokers(&racked);
    for n in 0..options.topics {
        spec = spec.topic(TopicSpec::new(&format!("topic-{n:05}"), 1, options.replicas));
    }
    if options.sasl {
        security = ListenerSecurity::sasl(&[
            Mechanism::Plain,
            Mechanism::ScramSha256,
            Mechanism::ScramSha512,
        ]);
        spec =
            spec.user("admin", "user-secret").user("alice", "user-secret").super_user("User:admin");
    }
    if options.tls {
        security = security.with_tls();
    }
    let cluster = EmbeddedCluster::start(spec.security(security)).await?;
    println!("bootstrap={}", cluster.bootstrap_servers());
    if let Some(pem) = cluster.authority_pem() {
        println!("{pem}");
    }
    follow_orders(&cluster).await?;
    cluster.shutdown().await;
    Ok(())
}

/// Stops and starts brokers as the lines of the standard input say, until it closes. Each order that was carried
/// out is told.
async fn follow_orders(cluster: &EmbeddedCluster) -> Result<(), Box<dyn std::error::Error>> {
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    while let Some(order) = orders.next_line().await? {
        let broker = order.split_once(' ').and_then(|(_, id)| id.trim().parse().ok());
        match (order.split(' ').next(), broker) {
            (Some("stop"), Some(broker)) => cluster.faults().stop_broker(broker).await,
            (Some("start"), Some(broker)) => cluster.faults().start_broker(broker).await?,
            _ => {
                eprintln!("no order: {order}; there are: stop N, start N");
                continue;
            }
        }
        println!("done: {order}");
    }
    Ok(())
}

async fn until_input_closes() {
    let mut sink = [0; 256];
    let mut input = tokio::io::stdin();
    while matches!(input.read(&mut sink).await, Ok(1..)) {}
}
