//! Kafka's error codes: <https://kafka.apache.org/protocol#protocol_error_codes>.

use kafka_protocol::error::ResponseError;

/// A numeric error code of the Kafka protocol. Never 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ErrorCode(pub i16);

macro_rules! codes {
    ($($name:ident = $code:literal: $doc:literal,)*) => {
        impl ErrorCode {
            $(#[doc = $doc] pub const $name: Self = Self($code);)*
        }
    };
}

codes! {
    UNKNOWN_SERVER_ERROR = -1: "Something unexpected happened in the broker.",
    OFFSET_OUT_OF_RANGE = 1: "The offset is not in the log.",
    CORRUPT_MESSAGE = 2: "A batch failed its checksum or is malformed.",
    UNKNOWN_TOPIC_OR_PARTITION = 3: "The broker does not know the topic or partition (or may not say so).",
    LEADER_NOT_AVAILABLE = 5: "The partition has no leader now.",
    NOT_LEADER_OR_FOLLOWER = 6: "The broker is not the leader or a replica.",
    REQUEST_TIMED_OUT = 7: "The broker gave up waiting; the outcome is unknown.",
    COORDINATOR_LOAD_IN_PROGRESS = 14: "The coordinator is starting.",
    COORDINATOR_NOT_AVAILABLE = 15: "There is no coordinator now.",
    NOT_COORDINATOR = 16: "The coordinator moved.",
    ILLEGAL_GENERATION = 22: "The group went on to another generation.",
    INCONSISTENT_GROUP_PROTOCOL = 23: "The group's members speak another protocol.",
    UNKNOWN_MEMBER_ID = 25: "The group has members that this commit does not come from.",
    INVALID_SESSION_TIMEOUT = 26: "The session timeout lies outside of what the broker allows.",
    REBALANCE_IN_PROGRESS = 27: "The group waits for its members to join again.",
    TOPIC_AUTHORIZATION_FAILED = 29: "The principal lacks a right on the topic.",
    GROUP_AUTHORIZATION_FAILED = 30: "The principal lacks a right on the group.",
    CLUSTER_AUTHORIZATION_FAILED = 31: "The principal lacks a right on the cluster.",
    UNSUPPORTED_SASL_MECHANISM = 33: "The listener does not offer the SASL mechanism.",
    ILLEGAL_SASL_STATE = 34: "SASL is not expected here.",
    UNSUPPORTED_VERSION = 35: "The broker does not know this version of the API.",
    TOPIC_ALREADY_EXISTS = 36: "A topic of this name exists.",
    NOT_CONTROLLER = 41: "The broker is not the controller.",
    CONCURRENT_TRANSACTIONS = 51: "The producer's last transaction is still being completed.",
    POLICY_VIOLATION = 44: "A policy of the cluster forbids it.",
    OUT_OF_ORDER_SEQUENCE_NUMBER = 45: "A producer sequence is missing.",
    DUPLICATE_SEQUENCE_NUMBER = 46: "A producer sequence was written before.",
    INVALID_PRODUCER_EPOCH = 47: "The producer was replaced by a newer one.",
    SECURITY_DISABLED = 54: "The cluster has no authorizer.",
    KAFKA_STORAGE_ERROR = 56: "The broker's disk failed.",
    SASL_AUTHENTICATION_FAILED = 58: "The credentials were refused.",
    UNKNOWN_PRODUCER_ID = 59: "The broker has no state of the producer.",
    NON_EMPTY_GROUP = 68: "The group has members.",
    GROUP_ID_NOT_FOUND = 69: "There is no such group.",
    FETCH_SESSION_ID_NOT_FOUND = 70: "The fetch session is gone.",
    INVALID_FETCH_SESSION_EPOCH = 71: "The fetch session is out of step.",
    FENCED_LEADER_EPOCH = 74: "The client's leader epoch is older than the broker's.",
    UNKNOWN_LEADER_EPOCH = 75: "The client's leader epoch is newer than the broker's.",
    MISMATCHED_ENDPOINT_TYPE = 114: "The listener is a controller's, and a broker's was expected.",
    UNSTABLE_OFFSET_COMMIT = 88: "A transaction with offsets is still being completed.",
    BROKER_NOT_AVAILABLE = 8: "The broker is not among the live ones.",
    PREFERRED_LEADER_NOT_AVAILABLE = 80: "The preferred replica is down or not in sync.",
    ELIGIBLE_LEADERS_NOT_AVAILABLE = 83: "No replica that may lead is alive.",
    ELECTION_NOT_NEEDED = 84: "The preferred replica leads already.",
    MEMBER_ID_REQUIRED = 79: "The member has to come back with the id it was given.",
    FENCED_INSTANCE_ID = 82: "Another member took over the static member's place.",
    RESOURCE_NOT_FOUND = 91: "There is no such resource.",
    UNKNOWN_TOPIC_ID = 100: "The broker does not know the topic id: deleted, recreated, or not known yet.",
    INCONSISTENT_TOPIC_ID = 103: "The topic id does not match the log's: the topic was recreated.",
    REBOOTSTRAP_REQUIRED = 129: "The client must start over from its bootstrap servers.",
}

impl ErrorCode {
    /// `None` for 0, which means success.
    #[must_use]
    pub fn from_wire(code: i16) -> Option<Self> {
        (code != 0).then_some(Self(code))
    }

    /// Kafka's name, for example `TOPIC_AUTHORIZATION_FAILED`; `ERROR_<n>` for codes newer than this client.
    #[must_use]
    pub fn name(self) -> String {
        match ResponseError::try_from_code(self.0) {
            None => "NONE".to_owned(),
            Some(ResponseError::Unknown(code)) => format!("ERROR_{code}"),
            Some(known) => screaming_snake(&known.to_string()),
        }
    }

    /// One sentence of what the code means, for when the broker sent no words.
    #[must_use]
    pub fn summary(self) -> &'static str {
        match self {
            Self::UNKNOWN_SERVER_ERROR => "the broker failed unexpectedly; its own log says why",
            Self::OFFSET_OUT_OF_RANGE => "the offset lies outside the partition's log",
            Self::CORRUPT_MESSAGE => "a record batch is malformed or fails its checksum",
            Self::UNKNOWN_TOPIC_OR_PARTITION => {
                "the broker does not host it, or the principal may not know of it"
            }
            Self::LEADER_NOT_AVAILABLE => "the partition has no leader at the moment",
            Self::NOT_LEADER_OR_FOLLOWER => "leadership moved to another broker",
            Self::REQUEST_TIMED_OUT => "the broker gave up waiting; it may still happen",
            Self::COORDINATOR_LOAD_IN_PROGRESS => "the coordinator is still loading",
            Self::COORDINATOR_NOT_AVAILABLE => "no coordinator is available at the moment",
            Self::NOT_COORDINATOR => "the coordinator moved to another broker",
            Self::UNKNOWN_MEMBER_ID => "the group has active members, which own its offsets",
            Self::INCONSISTENT_GROUP_PROTOCOL => "the group is used by something else",
            Self::INVALID_SESSION_TIMEOUT => "the broker does not allow this session timeout",
            Self::TOPIC_AUTHORIZATION_FAILED => "the principal lacks a permission on the topic",
            Self::GROUP_AUTHORIZATION_FAILED => "the principal lacks a permission on the group",
            Self::CLUSTER_AUTHORIZATION_FAILED => "the principal lacks a permission on the cluster",
            Self::TOPIC_ALREADY_EXISTS => "a topic of this name exists already",
            Self::POLICY_VIOLATION => "a policy of the cluster forbids it",
            Self::OUT_OF_ORDER_SEQUENCE_NUMBER => "a batch before this one is missing",
            Self::SECURITY_DISABLED => "the cluster has no authorizer configured",
            Self::SASL_AUTHENTICATION_FAILED => "the credentials were refused",
            Self::NON_EMPTY_GROUP => "the group still has members",
            Self::GROUP_ID_NOT_FOUND => "there is no such group",
            Self::UNKNOWN_TOPIC_ID => "the broker does not know this topic id",
            Self::INCONSISTENT_TOPIC_ID => "the topic was deleted and created again",
            Self::PREFERRED_LEADER_NOT_AVAILABLE => "the preferred leader is down or not in sync",
            Self::ELIGIBLE_LEADERS_NOT_AVAILABLE => "no replica that may lead is alive",
            Self::ELECTION_NOT_NEEDED => "it has the leader that was asked for",
            _ => "no further words from the broker",
        }
    }

    /// What to do about it, where that does not depend on the call.
    #[must_use]
    pub fn remedy(self) -> Option<&'static str> {
        Some(match self {
            Self::TOPIC_AUTHORIZATION_FAILED => {
                "Grant the principal the missing operation on the topic (kafka-acls --add)."
            }
            Self::GROUP_AUTHORIZATION_FAILED => {
                "Grant the principal READ and DESCRIBE on the group (kafka-acls --add --group)."
            }
            Self::CLUSTER_AUTHORIZATION_FAILED => {
                "Grant the principal the missing operation on the cluster (kafka-acls --add --cluster)."
            }
            Self::SECURITY_DISABLED => {
                "Set authorizer.class.name on every broker and controller to use ACLs."
            }
            Self::MISMATCHED_ENDPOINT_TYPE => {
                "Use a listener of a broker in bootstrap.servers; this one belongs to a KRaft controller."
            }
            Self::NON_EMPTY_GROUP => "Stop the group's consumers first.",
            Self::UNKNOWN_MEMBER_ID => "Stop the group's consumers before changing its offsets.",
            Self::INCONSISTENT_GROUP_PROTOCOL => "Choose a group id that nothing else uses.",
            Self::INVALID_SESSION_TIMEOUT => {
                "Keep it between the broker's group.min.session.timeout.ms and group.max.session.timeout.ms."
            }
            _ => return None,
        })
    }

    /// Kafka's own verdict whether repeating the call can help.
    #[must_use]
    pub fn is_retriable(self) -> bool {
        // The codec's table calls these final; to Kafka's own clients they are not.
        matches!(
            self,
            Self::CONCURRENT_TRANSACTIONS | Self::REBOOTSTRAP_REQUIRED | Self::BROKER_NOT_AVAILABLE
        ) || ResponseError::try_from_code(self.0).is_some_and(|known| known.is_retriable())
    }

    /// Whether the client's idea of partition leaders is out of date.
    #[must_use]
    pub fn means_stale_leader(self) -> bool {
        matches!(
            self,
            Self::UNKNOWN_TOPIC_OR_PARTITION
                | Self::BROKER_NOT_AVAILABLE
                | Self::KAFKA_STORAGE_ERROR
                | Self::LEADER_NOT_AVAILABLE
                | Self::NOT_LEADER_OR_FOLLOWER
                | Self::FENCED_LEADER_EPOCH
                | Self::UNKNOWN_LEADER_EPOCH
                | Self::UNKNOWN_TOPIC_ID
                | Self::INCONSISTENT_TOPIC_ID
        )
    }

    /// Whether the group or transaction coordinator must be looked up again or waited for.
    #[must_use]
    pub fn means_stale_coordinator(self) -> bool {
        matches!(
            self,
            Self::COORDINATOR_LOAD_IN_PROGRESS
                | Self::COORDINATOR_NOT_AVAILABLE
                | Self::NOT_COORDINATOR
        )
    }

    /// Whether a permission is missing.
    #[must_use]
    pub fn means_unauthorized(self) -> bool {
        matches!(self.0, 29 | 30 | 31 | 53 | 65)
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name())
    }
}

fn screaming_snake(camel: &str) -> String {
    let mut snake = String::with_capacity(camel.len() + 8);
    for (idx, c) in camel.chars().enumerate() {
        if c.is_ascii_uppercase() && idx > 0 {
            snake.push('_');
        }
        snake.push(c.to_ascii_uppercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_carry_the_names_of_the_kafka_documentation() {
        assert_eq!(ErrorCode::TOPIC_AUTHORIZATION_FAILED.name(), "TOPIC_AUTHORIZATION_FAILED");
        assert_eq!(ErrorCode(-1).name(), "UNKNOWN_SERVER_ERROR");
        assert_eq!(ErrorCode(74).name(), "FENCED_LEADER_EPOCH");
        assert_eq!(ErrorCode(84).name(), "ELECTION_NOT_NEEDED");
        assert_eq!(ErrorCode(9999).name(), "ERROR_9999");
    }

    #[test]
    fn only_codes_that_kafka_calls_retriable_are_retried() {
        assert!(ErrorCode::NOT_LEADER_OR_FOLLOWER.is_retriable());
        assert!(!ErrorCode::TOPIC_AUTHORIZATION_FAILED.is_retriable());
        assert!(!ErrorCode(9999).is_retriable());
    }
}
