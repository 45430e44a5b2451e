//! One module per page. Pages know the routes and the domain, and hold no logic.

pub mod cluster;
pub mod cluster_new;
pub mod clusters;
pub mod not_found;
mod probe;
pub mod topic;
pub mod topic_new;
pub mod topics;
pub mod topics_all;
