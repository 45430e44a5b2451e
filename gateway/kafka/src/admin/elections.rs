//! Leader elections (KIP-183, KIP-460).

use kafka_protocol::messages::{ElectLeadersRequest, elect_leaders_request::TopicPartitions};

use super::{PerPartition, TopicPartition, by_topic, millis, offsets::about, outcome, topic_name};
use crate::{
    client::{Call, Client, Route},
    error::{Asked, ErrorCode, Result},
};

/// Which replica may become leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Election {
    /// The first of the replica list.
    Preferred,
    /// Any live replica, in sync or not: loses the records it lacks.
    Unclean,
}

impl Client {
    /// Elects leaders for `partitions`, or for all. Partitions that need no election answer
    /// `ELECTION_NOT_NEEDED`, or are left out when all were asked for.
    ///
    /// # Errors
    /// When the controller cannot be reached or refuses; per partition, the broker's error.
    pub async fn elect_leaders(
        &self,
        election: Election,
        partitions: Option<&[TopicPartition]>,
    ) -> Result<PerPartition<()>> {
        let response = self
            .call::<ElectLeadersRequest>(
                &Call::change(Route::Controller, Asked::new("ElectLeaders")),
                |_| {
                    let topics = partitions.map(|partitions| {
                        let all = partitions.iter().map(|p| (p.topic.clone(), p.partition));
                        let topics = by_topic(all).into_iter().map(|(topic, partitions)| {
                            TopicPartitions::default()
                                .with_topic(topic_name(&topic))
                                .with_partitions(partitions)
                        });
                        topics.collect()
                    });
                    ElectLeadersRequest::default()
                        .with_election_type(match election {
                            Election::Preferred => 0,
                            Election::Unclean => 1,
                        })
                        .with_topic_partitions(topics)
                        .with_timeout_ms(millis(self.settings().timeouts.request))
                },
                |response| ErrorCode::from_wire(response.error_code).map(|code| (code.0, None)),
            )
            .await?;
        let mut results = PerPartition::new();
        for topic in &response.replica_election_results {
            self.forget_topic(&topic.topic.0);
            for found in &topic.partition_result {
                let partition = TopicPartition::new(topic.topic.0.to_string(), found.partition_id);
                let asked = || about("ElectLeaders", &partition);
                let result = outcome(found.error_code, found.error_message.as_ref(), asked);
                results.insert(partition, result);
            }
        }
        Ok(results)
    }
}
