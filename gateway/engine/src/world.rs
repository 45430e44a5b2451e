//! Two simulated clusters with the brokers' rules, and a network between them and the engine that
//! loses, delays, repeats and reorders. A case is a list of numbers: each decides one event, so a
//! failing case shrinks. When the numbers are used up, faults stop.
//!
//! The rules are those of Apache Kafka as written down for this project: sequence checks with a
//! window of five batches, forgetting of producers, LSO and aborted lists, holes by compaction,
//! log start, markers, DeleteRecords.

mod destination;
mod ending;
mod forgetting;
mod network;
mod properties;
mod scenarios;
mod sizes;
mod source;

pub(crate) use destination::{Cell, Destination};
pub(crate) use network::{Fate, World};
pub(crate) use source::Source;
