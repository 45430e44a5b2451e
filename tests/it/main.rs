//! Suites against real Apache Kafka, in one binary so that they share its clusters.
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

/// Makes a test per Kafka release of each function that takes a [`drawbridge_tests::bed::Version`].
macro_rules! on_each_version {
    ($($name:ident),* $(,)?) => {
        mod on_3_9 {
            $(#[tokio::test]
            async fn $name() {
                super::$name(drawbridge_tests::bed::Version::V3_9).await.unwrap();
            })*
        }
        mod on_4 {
            $(#[tokio::test]
            async fn $name() {
                super::$name(drawbridge_tests::bed::Version::V4).await.unwrap();
            })*
        }
    };
}

mod bed;
mod client;
mod data;
mod experiments;
mod gateway;
mod links;
mod store;
mod support;
