//! The pure link domain: no IO, no clock, no async, no randomness.

pub mod batch;
pub mod rebuild;
pub mod time;

pub use time::Millis;
