//! Record batches as bytes: fetched without decoding, produced without copying.

pub mod fetch;
pub mod produce;

pub use fetch::{
    AbortedTransaction, FetchPartition, FetchRequest, FetchResponse, FetchSession, FetchedPartition,
};
pub use produce::{Acks, BatchParts, ProducePartition, ProduceRequest, ProducedPartition};
