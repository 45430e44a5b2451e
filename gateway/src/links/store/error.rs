//! Why the store does not do what it is asked to.

use drawbridge_kafka::{Error, ErrorCode};
use drawbridge_shared::link::LinkName;

use super::topic::TOPIC;

/// Why the store cannot be opened, read or written. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The principal lacks a permission.
    #[error("the state of the links in topic {TOPIC} cannot be used: {cause}. {remedy}")]
    Denied {
        /// The broker's words.
        cause: Box<Error>,
        /// The ACLs it takes.
        remedy: String,
    },
    /// The cluster cannot be asked, or refuses for another reason. Nothing was written.
    #[error("the state of the links in topic {TOPIC} cannot be used: {0}")]
    Kafka(Box<Error>),
    /// The topic is not one the state is safe in.
    #[error("topic {TOPIC} cannot hold the state of the links: {problem}. {remedy}")]
    Topic {
        /// What is wrong with it.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// A secret has to be stored and there is nothing to encrypt it with.
    #[error(
        "link {link}: {config} is a secret, and there is nothing to encrypt it with: set \
         password_encoder_secret (DRAWBRIDGE_PASSWORD_ENCODER_SECRET) and start the gateway again"
    )]
    NoEncoder {
        /// The link.
        link: LinkName,
        /// The config.
        config: String,
    },
    /// What is to be stored cannot be.
    #[error("it cannot be stored: {0}")]
    Unwritable(String),
    /// Another gateway has taken over; nothing of this one is written any more.
    #[error("another gateway has taken over the links of this cluster: {0}")]
    Fenced(String),
    /// The gateway stops. Whether what was on its way has been written is known to nobody here.
    #[error("the gateway is stopping")]
    Closed,
}

impl StoreError {
    /// What `error` means for the store whose transactional id is `id`.
    pub(super) fn of(error: Error, id: Option<&str>) -> Self {
        let remedy = match error.code() {
            Some(
                ErrorCode::TOPIC_AUTHORIZATION_FAILED | ErrorCode::CLUSTER_AUTHORIZATION_FAILED,
            ) => {
                format!(
                    "Grant the gateway's principal CREATE, DESCRIBE, DESCRIBE_CONFIGS, READ and WRITE on \
                     topic {TOPIC}: kafka-acls --add --allow-principal User:… --operation Create \
                     --operation Describe --operation DescribeConfigs --operation Read --operation \
                     Write --topic {TOPIC}"
                )
            }
            Some(TRANSACTIONAL_ID_AUTHORIZATION_FAILED) => {
                let id = id.unwrap_or(TOPIC);
                format!(
                    "Grant the gateway's principal WRITE and DESCRIBE on transactional id {id}: \
                     kafka-acls --add --allow-principal User:… --operation Write --operation Describe \
                     --transactional-id {id}"
                )
            }
            _ => return Self::Kafka(Box::new(error)),
        };
        Self::Denied { cause: Box::new(error), remedy }
    }
}

const TRANSACTIONAL_ID_AUTHORIZATION_FAILED: ErrorCode = ErrorCode(53);
