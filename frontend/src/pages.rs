//! One module per page. Pages know the routes and the domain, and hold no logic.

pub mod access;
pub mod activity;
pub mod cluster;
pub mod cluster_new;
pub mod clusters;
pub mod compare;
pub mod cut_over;
mod delete;
pub mod group;
pub mod group_reset;
pub mod groups;
mod leads;
pub mod link;
pub mod link_new;
pub mod links;
pub mod mirror;
pub mod mirrors;
pub mod mirrors_add;
pub mod not_found;
mod past;
mod probe;
pub mod topic;
pub mod topic_new;
pub mod topics;
pub mod topics_all;
pub mod topology;
mod verify;
