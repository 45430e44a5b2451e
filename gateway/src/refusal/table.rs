//! Errors of the Kafka client as refusals: the one table of kinds and remedies.

use drawbridge_kafka::{Error, ErrorCode as Kafka};
use drawbridge_shared::{names::ClusterName, view::FaultView, wire::ErrorCode};

use super::Refusal;

const UNKNOWN_OUTCOME: &str = "It may or may not have been done: look before trying again.";

/// What was being done, for the message and for naming the permission that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doing {
    /// As it follows "could not", e.g. `create topic 'orders'`.
    pub what: String,
    /// The ACL operation it takes, e.g. `CREATE`.
    pub operation: &'static str,
    /// The resource it takes it on, e.g. `topic 'orders'`.
    pub resource: String,
}

impl Doing {
    /// Something that takes `operation` on a topic.
    pub fn on_topic(what: impl Into<String>, operation: &'static str, topic: &str) -> Self {
        Self { what: what.into(), operation, resource: format!("topic '{topic}'") }
    }

    /// Something that takes `operation` on the cluster.
    pub fn on_cluster(what: impl Into<String>, operation: &'static str) -> Self {
        Self { what: what.into(), operation, resource: "the cluster".to_owned() }
    }

    /// What only reads can simply be asked again.
    fn changes_something(&self) -> bool {
        !self.operation.starts_with("DESCRIBE")
    }

    /// What lets a principal do it.
    pub fn grant(&self) -> String {
        format!(
            "Grant the principal {} on {}: {}",
            self.operation,
            self.resource,
            self.acl_command()
        )
    }

    fn acl_command(&self) -> String {
        let resource = match self.resource.strip_prefix("topic ") {
            Some(topic) => format!("--topic {topic}"),
            None if self.resource.starts_with("group ") => {
                format!("--{}", self.resource)
            }
            None => "--cluster".to_owned(),
        };
        let operation = in_kafka_acls(self.operation);
        format!("kafka-acls --add --allow-principal User:… --operation {operation} {resource}")
    }
}

/// An operation as the command `kafka-acls` takes it: `DESCRIBE_CONFIGS` is `DescribeConfigs` there.
fn in_kafka_acls(operation: &str) -> String {
    let mut word_starts = true;
    let mut name = String::new();
    for letter in operation.chars() {
        match letter {
            '_' => word_starts = true,
            _ if word_starts => {
                word_starts = false;
                name.push(letter);
            }
            _ => name.push(letter.to_ascii_lowercase()),
        }
    }
    name
}

/// The refusal that `error` of `cluster` is.
#[must_use]
pub fn refuse(cluster: &ClusterName, doing: &Doing, error: &Error) -> Refusal {
    let mut refusal = match error {
        Error::Broker(broker) => {
            let (code, remedy) = row(broker.code, doing);
            let words = broker.message.clone().filter(|text| !text.is_empty());
            let why = words.clone().unwrap_or_else(|| broker.code.summary().to_owned());
            let cause = match words {
                Some(words) => format!("{}: {words}", broker.code.name()),
                None => broker.code.name(),
            };
            let mut refusal =
                Refusal::new(code, format!("{cluster} could not {}: {why}", doing.what))
                    .cause(cause);
            refusal.remedy = remedy;
            refusal.kafka = Some(broker.code);
            refusal
        }
        Error::Connect(connect) => Refusal::new(
            ErrorCode::Unavailable,
            format!("{cluster} cannot be reached at {}: {}", connect.target, connect.summary),
        )
        .cause(connect.detail.clone())
        .remedy(connect.remedy.clone()),
        Error::Timeout { after, .. } => Refusal::new(
            ErrorCode::TimedOut,
            format!(
                "{cluster} did not answer within {} s when asked to {}",
                after.as_secs(),
                doing.what
            ),
        )
        .cause(error.to_string()),
        Error::Disconnected { cause, .. } => Refusal::new(
            ErrorCode::Unavailable,
            format!("the connection to {cluster} was lost while it was asked to {}", doing.what),
        )
        .cause(cause.clone())
        .remedy("Try again; the connection comes back by itself."),
        Error::UnsupportedVersion { .. } => Refusal::new(
            ErrorCode::Unsupported,
            format!("{cluster} could not {}: its Kafka version cannot do it", doing.what),
        )
        .cause(error.to_string())
        .remedy("Upgrade the brokers."),
        Error::Protocol { remedy, .. } => Refusal::new(
            ErrorCode::Unavailable,
            format!("{cluster} gave an answer that cannot be read when asked to {}", doing.what),
        )
        .cause(error.to_string())
        .remedy(remedy.clone()),
        Error::Settings(_) | Error::InvalidRequest { .. } => Refusal::new(
            ErrorCode::Invalid,
            format!("{cluster} could not be asked to {}: {error}", doing.what),
        ),
        _ => Refusal::new(
            ErrorCode::Unavailable,
            format!("{cluster} could not {}: {error}", doing.what),
        ),
    };
    if error.outcome_unknown() && doing.changes_something() {
        refusal.code = ErrorCode::TimedOut;
        refusal.remedy = Some(UNKNOWN_OUTCOME.to_owned());
    }
    refusal
}

/// Kind and remedy of a broker's code.
fn row(code: Kafka, doing: &Doing) -> (ErrorCode, Option<String>) {
    let (kind, remedy): (ErrorCode, &str) = match code {
        Kafka::TOPIC_AUTHORIZATION_FAILED
        | Kafka::GROUP_AUTHORIZATION_FAILED
        | Kafka::CLUSTER_AUTHORIZATION_FAILED => {
            return (ErrorCode::Denied, Some(doing.grant()));
        }
        Kafka::UNKNOWN_TOPIC_OR_PARTITION | Kafka::UNKNOWN_TOPIC_ID => {
            (ErrorCode::NotFound, "It was deleted, or the principal lacks DESCRIBE on it.")
        }
        BROKER_NOT_AVAILABLE => {
            (ErrorCode::NotFound, "Look at the cluster's brokers; it may have been stopped.")
        }
        Kafka::TOPIC_ALREADY_EXISTS => (ErrorCode::Conflict, "Choose another name."),
        INVALID_TOPIC_EXCEPTION => (
            ErrorCode::Invalid,
            "Use 1 to 249 letters, digits, '.', '_' and '-'; names that differ only in '.' and '_' collide.",
        ),
        INVALID_PARTITIONS => {
            (ErrorCode::Invalid, "Partitions can only be added: ask for more than there are now.")
        }
        INVALID_REPLICATION_FACTOR => (
            ErrorCode::Invalid,
            "Choose at most as many replicas as there are brokers, or leave it empty for the default.",
        ),
        INVALID_REPLICA_ASSIGNMENT => (ErrorCode::Invalid, "Let the brokers place the replicas."),
        INVALID_CONFIG => {
            (ErrorCode::Invalid, "Correct the configuration named in the broker's words.")
        }
        INVALID_REQUEST => (ErrorCode::Invalid, "Correct what the broker's words name."),
        Kafka::POLICY_VIOLATION => (
            ErrorCode::Denied,
            "A policy of the cluster forbids it; adapt the request to it, or ask whoever keeps the policy.",
        ),
        Kafka::OFFSET_OUT_OF_RANGE => (
            ErrorCode::Conflict,
            "The offset is no longer in the log; look at the partitions again.",
        ),
        TOPIC_DELETION_DISABLED => {
            (ErrorCode::Denied, "Set delete.topic.enable=true on the brokers to delete topics.")
        }
        REASSIGNMENT_IN_PROGRESS => {
            (ErrorCode::Conflict, "Replicas are being moved; try again when that is over.")
        }
        THROTTLING_QUOTA_EXCEEDED => (
            ErrorCode::Unavailable,
            "The controller's mutation quota is used up; try again in a moment.",
        ),
        Kafka::INCONSISTENT_TOPIC_ID => {
            (ErrorCode::Conflict, "The topic was deleted and created again; look at it again.")
        }
        Kafka::SECURITY_DISABLED => (
            ErrorCode::Unsupported,
            "Set authorizer.class.name on every broker and controller to use ACLs.",
        ),
        Kafka::UNSUPPORTED_VERSION => (ErrorCode::Unsupported, "Upgrade the brokers."),
        Kafka::REQUEST_TIMED_OUT => (ErrorCode::TimedOut, UNKNOWN_OUTCOME),
        Kafka::UNKNOWN_SERVER_ERROR => {
            (ErrorCode::Unavailable, "The broker's own log has the reason.")
        }
        Kafka::SASL_AUTHENTICATION_FAILED => {
            (ErrorCode::Denied, "Correct user and password in the cluster's properties.")
        }
        other if other.is_retriable() => {
            (ErrorCode::Unavailable, "This passes by itself; try again in a moment.")
        }
        other => {
            return (ErrorCode::Invalid, other.remedy().map(str::to_owned));
        }
    };
    (kind, Some(remedy.to_owned()))
}

const BROKER_NOT_AVAILABLE: Kafka = Kafka(8);
const INVALID_TOPIC_EXCEPTION: Kafka = Kafka(17);
const INVALID_PARTITIONS: Kafka = Kafka(37);
const INVALID_REPLICATION_FACTOR: Kafka = Kafka(38);
const INVALID_REPLICA_ASSIGNMENT: Kafka = Kafka(39);
const INVALID_CONFIG: Kafka = Kafka(40);
const INVALID_REQUEST: Kafka = Kafka(42);
const REASSIGNMENT_IN_PROGRESS: Kafka = Kafka(60);
const TOPIC_DELETION_DISABLED: Kafka = Kafka(73);
const THROTTLING_QUOTA_EXCEEDED: Kafka = Kafka(89);

/// The fault that keeps a cluster down.
#[must_use]
pub fn fault_of(cluster: &ClusterName, error: &Error) -> FaultView {
    let doing = Doing::on_cluster("describe itself", "DESCRIBE");
    let refusal = refuse(cluster, &doing, error);
    FaultView {
        summary: refusal.message,
        cause: refusal.cause.unwrap_or_else(|| error.to_string()),
        remedy: refusal.remedy.unwrap_or_else(|| {
            "The gateway keeps trying; use Test connection to see which step fails.".to_owned()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_kafka::Asked;

    fn check(code: i16, message: Option<&str>, kind: ErrorCode, remedy_has: &str) {
        let error = Error::broker(code, message.map(str::to_owned), Asked::new("CreateTopics"));
        let doing = Doing::on_topic("create topic 'orders'", "CREATE", "orders");
        let refusal = refuse(&"cloud".parse().unwrap(), &doing, &error);
        assert_eq!(refusal.code, kind, "{refusal:?}");
        assert!(refusal.remedy.as_deref().unwrap().contains(remedy_has), "{refusal:?}");
        assert!(refusal.message.starts_with("cloud could not create topic 'orders': "));
    }

    #[test]
    fn a_missing_permission_names_operation_and_resource() {
        check(29, None, ErrorCode::Denied, "Grant the principal CREATE on topic 'orders'");
    }

    #[test]
    fn the_command_names_operations_as_kafka_acls_takes_them() {
        assert_eq!(in_kafka_acls("DESCRIBE_CONFIGS"), "DescribeConfigs");
        assert_eq!(in_kafka_acls("CREATE"), "Create");
    }

    #[test]
    fn each_kind_of_broker_refusal_has_its_remedy() {
        check(36, Some("Topic 'orders' already exists."), ErrorCode::Conflict, "another name");
        check(38, None, ErrorCode::Invalid, "as many replicas as there are brokers");
        check(44, Some("min 3 replicas"), ErrorCode::Denied, "policy");
        check(7, None, ErrorCode::TimedOut, "may or may not");
        check(5, None, ErrorCode::Unavailable, "try again");
    }

    #[test]
    fn the_brokers_words_are_the_cause() {
        let error = Error::broker(44, Some("min 3".to_owned()), Asked::new("CreateTopics"));
        let doing = Doing::on_topic("create topic 'a'", "CREATE", "a");
        let refusal = refuse(&"cloud".parse().unwrap(), &doing, &error);
        assert_eq!(refusal.cause.as_deref(), Some("POLICY_VIOLATION: min 3"));
    }

    #[test]
    fn an_unknown_outcome_is_never_called_a_failure() {
        let error = Error::Disconnected {
            asked: Asked::new("CreateTopics"),
            cause: "reset".to_owned(),
            sent: true,
        };
        let doing = Doing::on_topic("create topic 'a'", "CREATE", "a");
        let refusal = refuse(&"cloud".parse().unwrap(), &doing, &error);
        assert_eq!(refusal.code, ErrorCode::TimedOut);
        assert!(refusal.remedy.unwrap().contains("look before trying again"));
    }

    #[test]
    fn a_peer_that_talks_nonsense_is_down_with_what_to_check() {
        let error = Error::Protocol {
            asked: Asked::new("DescribeCluster"),
            what: "the answer is longer than it says".to_owned(),
            remedy: "Check that the port belongs to a Kafka broker.".to_owned(),
        };
        let fault = fault_of(&"cloud".parse().unwrap(), &error);
        assert_eq!(fault.remedy, "Check that the port belongs to a Kafka broker.");
        assert!(fault.cause.contains("longer than it says"), "{fault:?}");
    }

    #[test]
    fn a_reading_without_answer_is_not_said_to_have_perhaps_been_done() {
        let error = Error::Timeout {
            asked: Asked::new("Metadata"),
            after: std::time::Duration::from_secs(20),
        };
        let doing = Doing::on_topic("describe topic 'a'", "DESCRIBE", "a");
        let refusal = refuse(&"cloud".parse().unwrap(), &doing, &error);
        assert_eq!(refusal.code, ErrorCode::TimedOut);
        assert_ne!(refusal.remedy.as_deref(), Some(UNKNOWN_OUTCOME));
    }
}
