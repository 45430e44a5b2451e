//! Errors of the Kafka client in the engine's words.

use drawbridge_engine::partition::{Certainty, Fault, FaultKind, SourceFault};
use drawbridge_kafka::{Error, ErrorCode};

/// What an error of the destination means for a request that was made.
pub(super) fn fault(error: &Error) -> Fault {
    let (certainty, kind) = match error {
        Error::Broker(broker) => {
            (Certainty::of_code(broker.code.0), FaultKind::of_code(broker.code.0))
        }
        Error::Timeout { .. } | Error::Protocol { .. } => {
            (Certainty::Unknown, FaultKind::Transient)
        }
        Error::Disconnected { sent: true, .. } => (Certainty::Unknown, FaultKind::Transient),
        // Not sent, or cannot be.
        _ => (Certainty::Over, FaultKind::Transient),
    };
    Fault { certainty, kind, detail: words(error) }
}

/// A question that the destination did not answer; asking changes nothing.
pub(super) fn unanswered(error: &Error) -> Fault {
    Fault { certainty: Certainty::Over, ..fault(error) }
}

/// What an error of the source means.
pub(super) fn source_fault(error: &Error) -> SourceFault {
    match error.code() {
        Some(ErrorCode::OFFSET_OUT_OF_RANGE) => SourceFault::OutOfRange,
        // Whether the topic was recreated is found out where topics are looked up: asking by the id it
        // had, nothing of another topic is ever read.
        Some(
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
            | ErrorCode::UNKNOWN_TOPIC_ID
            | ErrorCode::INCONSISTENT_TOPIC_ID,
        ) => SourceFault::Missing(words(error)),
        _ => SourceFault::Unavailable(words(error)),
    }
}

/// What failed, and what to do about it where we know.
pub(in crate::links) fn words(error: &Error) -> String {
    match error.remedy() {
        Some(remedy) if !remedy.is_empty() => format!("{error}. {remedy}"),
        _ => error.to_string(),
    }
}
