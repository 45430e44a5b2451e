//! Vocabulary of links and mirror topics: states, errors, modes, configs and filters.
//!
//! Names that users and scripts know (`ACTIVE`, `PENDING_STOPPED`, `consumer.offset.sync.ms`) are
//! spelt exactly as the public REST v3 API and its tools spell them.
//! Nothing here talks to a cluster: what a state means for the data is `drawbridge-engine`'s.

pub mod catalogue;
pub mod config;
pub mod filter;
pub mod name;
pub mod start;
pub mod state;
pub mod topic_config;

mod documentation;
mod nearest;
mod rules;

pub use catalogue::{Change, ConfigKey, ConfigKind, Side};
pub use config::{ConfigChange, ConfigFault, ConfigRow, LinkConfigs};
pub use filter::{Filter, FilterFault, FilterType, Filters, PatternType};
pub use name::{LinkName, LinkNameError, LinkPrefix};
pub use start::StartOffset;
pub use state::{
    ConnectionMode, LinkError, LinkMode, LinkState, MirrorState, MirrorTopicError, TaskErrorCode,
    TaskName, TaskState, UnknownWord,
};
pub use topic_config::{TopicConfigClass, class_of};
