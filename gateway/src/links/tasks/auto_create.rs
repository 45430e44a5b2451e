//! AutoCreateMirror: which topics of the source get a mirror now.

use std::collections::BTreeSet;

use drawbridge_engine::task::{
    TaskError,
    auto_create::{AutoCreatePlan, ObservedTopic, plan},
};
use drawbridge_kafka::Client;
use drawbridge_shared::link::{Filters, LinkPrefix};

use super::task_error;
use crate::links::ends::Ends;

/// The topics of a cluster.
///
/// # Errors
/// They cannot be listed.
pub(in crate::links) async fn topics(
    client: &Client,
) -> Result<Vec<ObservedTopic>, drawbridge_kafka::Error> {
    let topics = client.list_topics().await?;
    let observed = topics.into_iter().map(|topic| ObservedTopic {
        partitions: i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX),
        name: topic.name,
        internal: topic.internal,
    });
    Ok(observed.collect())
}

/// Plans a run.
pub(in crate::links) async fn run(
    ends: Ends,
    mirrored: BTreeSet<String>,
    filters: Filters,
    prefix: Option<LinkPrefix>,
) -> AutoCreatePlan {
    let (source, destination) = tokio::join!(topics(&ends.source), topics(&ends.sink));
    let failed = |doing: &str, error: &drawbridge_kafka::Error| AutoCreatePlan {
        errors: vec![task_error(doing, error)],
        ..AutoCreatePlan::default()
    };
    let source = match source {
        Ok(source) => source,
        Err(error) => return failed("the source's topics cannot be listed", &error),
    };
    let taken: BTreeSet<String> = match destination {
        Ok(topics) => topics.into_iter().map(|topic| topic.name).collect(),
        Err(error) => return failed("the destination's topics cannot be listed", &error),
    };
    plan(&source, &mirrored, &taken, &filters, prefix.as_ref())
}

/// What creating a mirror failed with, as the task shows it.
pub(in crate::links) fn refused(topic: &str, refusal: &crate::refusal::Refusal) -> TaskError {
    let code = match refusal.kafka {
        Some(code) if code.means_unauthorized() => {
            drawbridge_shared::link::TaskErrorCode::Authorization
        }
        Some(drawbridge_kafka::ErrorCode::POLICY_VIOLATION) => {
            drawbridge_shared::link::TaskErrorCode::PolicyViolation
        }
        _ => drawbridge_shared::link::TaskErrorCode::InvalidRequest,
    };
    TaskError {
        code,
        message: format!("the mirror of '{topic}' cannot be created: {}", refusal.in_full()),
    }
}
