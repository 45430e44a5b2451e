//! What was done through Drawbridge, and what became of links and mirrors.

use serde::{Deserialize, Serialize};

use super::Severity;
use crate::link::LinkName;
use crate::names::{ClusterName, TopicName};

/// Something that was done, tried or happened, newest last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityEntry {
    /// Grows by one with every entry of this subscription.
    pub seq: u64,
    /// When it happened.
    pub at_ms: i64,
    /// Who did it: `console`, `rest`, or `drawbridge` for what happened by itself.
    pub who: String,
    /// What was done, in words.
    pub action: String,
    /// The cluster it is about.
    pub cluster: ClusterName,
    /// The link it is about, if one.
    pub link: Option<LinkName>,
    /// The topic it is about, if one.
    pub topic: Option<TopicName>,
    /// What was there before, where that is known. Never a secret.
    pub before: Option<String>,
    /// What was wanted instead. Never a secret.
    pub after: Option<String>,
    /// What came of it.
    pub result: ActivityResult,
    /// How much it matters.
    pub severity: Severity,
}

/// What came of something that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityResult {
    /// It was done.
    Done,
    /// It was not, or not wholly, for this reason.
    Refused(String),
}
