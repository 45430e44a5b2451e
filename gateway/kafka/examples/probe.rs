//! Tries to connect with a Kafka client's properties file and prints every step:
//! `cargo run -p drawbridge-kafka --example probe -- client.properties`.
#![allow(clippy::print_stdout, reason = "a program that prints its result")]

use std::{error::Error, fs};

use drawbridge_kafka::{
    ConnectionSettings, Properties,
    probe::{Outcome, probe},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: probe FILE.properties")?;
    let properties = Properties::parse(&fs::read_to_string(&path)?, &path)?;
    let settings = match ConnectionSettings::from_properties(&properties) {
        Ok(settings) => settings,
        Err(faults) => {
            for fault in faults {
                println!("FAILED {fault}");
            }
            return Ok(());
        }
    };
    let report = probe(&settings).await;
    for step in &report.steps {
        let name = format!("{:?} {}", step.step, step.target);
        match &step.outcome {
            Outcome::Ok { detail, micros } => println!("ok     {name}: {detail} ({micros} µs)"),
            Outcome::Failed { summary, cause, remedy } => {
                println!(
                    "FAILED {name}: {summary}\n       cause: {cause}\n       remedy: {remedy}"
                );
            }
            Outcome::Skipped => println!("-      {name}"),
        }
    }
    if let Some(cluster) = &report.cluster {
        let id = &cluster.description.cluster_id;
        let brokers = cluster.description.brokers.len();
        println!("cluster {id}, Kafka {}, {brokers} broker(s)", cluster.version);
    }
    Ok(())
}
