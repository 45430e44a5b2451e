//! The pure link domain: no IO, no clock, no async, no randomness.

pub mod batch;
pub mod create;
pub mod lag;
pub mod link;
pub mod mirror;
pub mod partition;
pub mod rate;
pub mod rebuild;
pub mod task;
pub mod time;
#[cfg(test)]
mod world;

pub use time::Millis;
