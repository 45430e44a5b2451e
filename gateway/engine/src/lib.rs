//! The pure link domain: no IO, no clock, no async, no randomness.
//!
//! ```text
//!   gateway worker (one per owner):  loop { input = select().await;  machine.handle(now, input, &mut effects);  perform(effects) }
//!                                             │                                │
//!        answers, ticks, commands, leases ────┘                                └──── fetch, produce, markers, log end, store …
//!
//!   link        is the remote there, may the link work             Link::handle
//!   mirror      a topic: pause, promote, failover, source changes  Mirror::handle, Mirror::command
//!   partition   one partition: compare and append, fills           Partition::handle
//!   task        reconcilers: plan(observed, wanted) -> steps       topic_configs, consumer_offsets, auto_create
//!   create      refusals before anything exists
//!   batch       v2 batches: split, check, classify, stamp          no record is touched
//!   rebuild     records: what cannot pass as it is
//!   lag  rate   how far behind, how fast
//! ```
//!
//! # How an adapter performs effects
//!
//! One owner per machine: it selects an input, lets the machine take it, and starts what the effects
//! ask for, in their order. Every effect with an [`partition::Ask`] is answered exactly once, by the
//! time its request has timed out; a timeout is the answer "unknown", never silence. Answers may come
//! in any order and after the machine has lost interest. A machine that is thrown away takes its
//! questions along: its answers are not given to its successor.
//! `Wake` asks for a tick, the latest one counts; a tick too many does no harm.
//!
//! # What never happens here
//!
//! No call waits, reads a clock, draws a random number or allocates per record on the plain path. No
//! input panics. Nothing is stored per batch: the position of a mirror is its log end offset.
//!
//! `docs/engine.md` has the life cycles, the invariants and the list of what is not obvious.

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
