//! What can be done to a cluster, whoever asks: the WebSocket and REST call the same functions.
//!
//! A change is confirmed to go to the cluster that was looked at, is carried out whole or refused in
//! words, and pokes those who follow what it changed.

pub mod acls;
pub mod broker_configs;
pub mod configs;
pub mod disks;
pub mod elections;
pub mod groups;
pub mod offsets;
pub mod probe;
pub mod purge;
pub mod topics;
pub mod users;

use drawbridge_kafka::{Asked, Error, admin::PerTopic};

/// The answer for the one topic that was asked about.
fn only<T>(mut answers: PerTopic<T>, topic: &str, api: &'static str) -> Result<T, Error> {
    answers.remove(topic).unwrap_or_else(|| {
        Err(Error::Protocol {
            asked: Asked::new(api).about(topic),
            what: "the answer does not mention what was asked about".to_owned(),
            remedy: "Try again; if it stays, look into the brokers' logs.".to_owned(),
        })
    })
}
