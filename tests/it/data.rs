//! What mirrors hold, compared with their sources by the independent checker
//! ([`drawbridge_tests::checker`]) on Apache Kafka. The links are made as a client of REST makes them.

mod bed;
mod compaction;
mod shapes;
mod starts;
mod transactions;
mod write;
