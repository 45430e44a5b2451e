//! What mirrors hold, compared with their sources by the independent checker
//! ([`drawbridge_tests::checker`]) on Apache Kafka. The links are made as a client of REST makes them.

mod bed;
mod bulk;
mod chaos;
pub(crate) mod compaction;
mod edges;
mod faults;
mod groups;
mod process;
mod shapes;
mod starts;
pub(crate) mod traffic;
mod transactions;
pub(crate) mod write;
