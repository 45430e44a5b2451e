//! The pure link domain: no IO, no clock, no async, no randomness.
