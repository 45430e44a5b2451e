//! What the reconcilers of a link do to the clusters: observe, plan (in the engine), carry out.

pub(super) mod auto_create;
pub(super) mod consumer_offsets;
pub(super) mod protection;
pub(super) mod topic_configs;

use drawbridge_engine::task::TaskError;
use drawbridge_kafka::{Error, ErrorCode};
use drawbridge_shared::link::TaskErrorCode;

use super::mover::words;

/// What went wrong, with its public code; `doing` says at what.
fn task_error(doing: &str, error: &Error) -> TaskError {
    TaskError { code: code_of(error), message: format!("{doing}: {}", words(error)) }
}

/// The public code of an error.
pub(super) fn code_of(error: &Error) -> TaskErrorCode {
    match error.code() {
        Some(code) if code.means_unauthorized() => TaskErrorCode::Authorization,
        Some(ErrorCode::POLICY_VIOLATION) => TaskErrorCode::PolicyViolation,
        Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::UNKNOWN_TOPIC_ID) => {
            TaskErrorCode::UnknownTopicOrPartition
        }
        Some(ErrorCode::TOPIC_ALREADY_EXISTS) => TaskErrorCode::TopicExists,
        Some(ErrorCode::SECURITY_DISABLED) => TaskErrorCode::SecurityDisabled,
        Some(ErrorCode::SASL_AUTHENTICATION_FAILED) => TaskErrorCode::Authentication,
        _ => super::ends::task_code(error),
    }
}
