//! The pure link domain: no IO, no clock, no async, no randomness.

pub mod batch;
pub mod partition;
pub mod rebuild;
pub mod time;
#[cfg(test)]
mod world;

pub use time::Millis;
