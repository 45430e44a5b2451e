//! Test beds and suites that need real parts: Apache Kafka, Chromium, several processes.
//!
//! [`bed`] runs real Apache Kafka clusters; [`wire`] speaks the Kafka protocol to them with nothing
//! of Drawbridge in between, so that what a test learns about a broker does not depend on the
//! client that is under test; [`checker`] compares a mirror with its source through it; [`bench`]
//! measures mirrors against MirrorMaker's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "code of tests: a failure here is the failure of the test that called it"
)]
#![allow(
    clippy::needless_pass_by_value,
    reason = "tests hand over literals and clients as they stand"
)]

pub mod bed;
pub mod bench;
pub mod checker;
pub mod wire;
