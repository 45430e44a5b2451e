//! Suites against real Apache Kafka, in one binary so that they share its clusters.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "code of tests: a failure here is the failure of the test that called it"
)]

mod bed;
