//! The Kafka client against real brokers: every call through every kind of door, everything that can
//! be wrong between the two, and brokers that go and come back.

mod admin;
mod connecting;
mod data;
mod hostile;
mod membership;
mod permissions;
mod restarts;

use anyhow::{Result, anyhow};
use drawbridge_kafka::{Client, ConnectionSettings, Properties};
use drawbridge_tests::bed::{Cluster, Door};

/// Settings as a user would have them: from the text of a `.properties` file.
fn settings(text: &str) -> Result<ConnectionSettings> {
    let properties = Properties::parse(text, "test.properties")?;
    ConnectionSettings::from_properties(&properties).map_err(|faults| anyhow!("{faults:?}"))
}

/// A client of `user` through `door`.
fn client(cluster: &Cluster, door: Door, user: &str) -> Result<Client> {
    Ok(Client::new(settings(&cluster.properties_of(door, user))?)?)
}

/// The answer about the only item that was asked about.
fn only<K: Ord, T, E>(answers: std::collections::BTreeMap<K, T>) -> Result<T, E> {
    assert_eq!(answers.len(), 1, "one question, one answer");
    Ok(answers.into_values().next().unwrap())
}
