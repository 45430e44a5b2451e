//! The quorum of controllers that keeps a cluster's metadata (KIP-595, KIP-836).

use kafka_protocol::messages::{
    DescribeQuorumRequest,
    describe_quorum_request::{PartitionData, TopicData},
    describe_quorum_response::ReplicaState,
};

use super::{topic_name, words};
use crate::{
    client::{Call, Client, Route},
    error::{Asked, Error, ErrorCode, Result},
};

/// The topic of the cluster's metadata, which the quorum replicates.
const METADATA: &str = "__cluster_metadata";

/// The quorum as the active controller describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuorumDescription {
    /// Node id of the active controller; `None` while one is being elected.
    pub leader: Option<i32>,
    /// Controllers that vote.
    pub voters: Vec<QuorumNode>,
    /// Brokers, and controllers that do not vote.
    pub observers: Vec<QuorumNode>,
}

/// A node that follows the metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuorumNode {
    /// Node id.
    pub id: i32,
    /// End of its metadata log; `None` if the controller does not know it.
    pub log_end: Option<i64>,
}

impl Client {
    /// Describes the quorum of controllers.
    ///
    /// # Errors
    /// `UnsupportedVersion` in ZooKeeper mode and before Kafka 3.3; the broker's refusal without DESCRIBE on the
    /// cluster.
    pub async fn describe_quorum(&self) -> Result<QuorumDescription> {
        let asked = Asked::new("DescribeQuorum");
        let response = self
            .call::<DescribeQuorumRequest>(
                &Call::ask(Route::Any, asked.clone()),
                |_| {
                    let partition = PartitionData::default().with_partition_index(0);
                    let topic = TopicData::default()
                        .with_topic_name(topic_name(METADATA))
                        .with_partitions(vec![partition]);
                    DescribeQuorumRequest::default().with_topics(vec![topic])
                },
                |response| {
                    let message = words(response.error_message.as_ref());
                    ErrorCode::from_wire(response.error_code).map(|code| (code.0, message))
                },
            )
            .await?;
        let partition = response.topics.iter().flat_map(|topic| &topic.partitions).next();
        let Some(partition) = partition else {
            return Err(Error::Protocol {
                asked,
                what: "the answer does not mention the metadata".to_owned(),
                remedy: "Try again; if it stays, look into the controllers' logs.".to_owned(),
            });
        };
        if let Some(code) = ErrorCode::from_wire(partition.error_code) {
            return Err(Error::broker(code.0, words(partition.error_message.as_ref()), asked));
        }
        Ok(QuorumDescription {
            leader: Some(partition.leader_id.0).filter(|id| *id >= 0),
            voters: partition.current_voters.iter().map(node).collect(),
            observers: partition.observers.iter().map(node).collect(),
        })
    }
}

fn node(state: &ReplicaState) -> QuorumNode {
    QuorumNode {
        id: state.replica_id.0,
        log_end: Some(state.log_end_offset).filter(|offset| *offset >= 0),
    }
}
