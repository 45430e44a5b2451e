//! The few administrative requests every test needs.

use anyhow::{Result, ensure};
use kafka_protocol::{
    messages::{
        CreateTopicsRequest, MetadataRequest, MetadataResponse, TopicName,
        create_topics_request::{CreatableTopic, CreatableTopicConfig},
        metadata_request::MetadataRequestTopic,
        metadata_response::MetadataResponseTopic,
    },
    protocol::StrBytes,
};

use super::Wire;

/// Kafka's strings own their bytes.
pub fn text(value: &str) -> StrBytes {
    StrBytes::from_string(value.to_owned())
}

/// A topic name as the codec wants it.
pub fn topic_name(topic: &str) -> TopicName {
    TopicName(text(topic))
}

impl Wire {
    /// What the broker knows of its cluster: brokers and controller, no topics.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn cluster(&mut self) -> Result<MetadataResponse> {
        self.call(&MetadataRequest::default().with_topics(Some(Vec::new()))).await
    }

    /// Creates a topic and waits until each partition has a leader and, as far as the broker asked
    /// leads any, until it takes part: metadata tells of a leader before that broker knows.
    ///
    /// # Errors
    /// The broker refuses.
    pub async fn create_topic(
        &mut self,
        topic: &str,
        partitions: i32,
        replicas: i16,
        configs: &[(&str, &str)],
    ) -> Result<()> {
        let configs = configs
            .iter()
            .map(|(key, value)| {
                CreatableTopicConfig::default().with_name(text(key)).with_value(Some(text(value)))
            })
            .collect();
        let wanted = CreatableTopic::default()
            .with_name(topic_name(topic))
            .with_num_partitions(partitions)
            .with_replication_factor(replicas)
            .with_configs(configs);
        let request =
            CreateTopicsRequest::default().with_topics(vec![wanted]).with_timeout_ms(30_000);
        let answer = self.call(&request).await?;
        let created = &answer.topics[0];
        ensure!(created.error_code == 0, "{}: {:?}", created.error_code, created.error_message);
        loop {
            let seen = self.topic(topic).await?;
            if seen.error_code == 0
                && seen.partitions.len() == usize::try_from(partitions)?
                && seen.partitions.iter().all(|p| p.error_code == 0 && p.leader_id.0 >= 0)
                && (replicas > 1 || self.offset(topic, -1, -1).await?.error_code == 0)
            {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// Metadata of one topic.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn topic(&mut self, topic: &str) -> Result<MetadataResponseTopic> {
        let wanted = MetadataRequestTopic::default().with_name(Some(topic_name(topic)));
        let mut answer =
            self.call(&MetadataRequest::default().with_topics(Some(vec![wanted]))).await?;
        Ok(answer.topics.remove(0))
    }
}
