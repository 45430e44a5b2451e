//! Vocabulary of links and mirror topics: states, errors, modes, configs and filters.
//!
//! Names that users and scripts know (`ACTIVE`, `PENDING_STOPPED`, `consumer.offset.sync.ms`) are
//! spelt exactly as the public REST v3 API and its tools spell them.
//! Nothing here talks to a cluster: what a state means for the data is `drawbridge-engine`'s.

pub mod state;

pub use state::{
    ConnectionMode, LinkError, LinkMode, LinkState, MirrorState, MirrorTopicError, TaskErrorCode,
    TaskName, TaskState,
};
