//! Streams groups (KIP-1071): their members have tasks, and a task reads one partition of each topic of its part of
//! the topology.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{GroupDescription, GroupKind, GroupMember};
use super::described;
use crate::{
    admin::{PerItem, TopicPartition, acls::operations, wire},
    client::{ANY_VERSION, Client, Use},
    error::{Asked, Result},
    wire::later::{StreamsGroup, StreamsGroupDescribeRequest, Subtopology, Tasks},
};

impl Client {
    pub(super) async fn describe_streams(
        &self,
        broker: i32,
        ids: &[String],
    ) -> Result<PerItem<String, GroupDescription>> {
        let connection = self.broker(broker, Use::Control).await?;
        let asked = Asked::new("StreamsGroupDescribe").about(format!("{} groups", ids.len()));
        let answer = self
            .send::<StreamsGroupDescribeRequest>(&connection, ANY_VERSION, &asked, |_| {
                StreamsGroupDescribeRequest { groups: ids.iter().map(|id| wire(id)).collect() }
            })
            .await?;
        let parts = answer.groups.iter().flat_map(|group| &group.subtopologies);
        let sizes = self.sizes(parts).await;
        let groups = answer.groups.iter().map(|group| {
            let message = Some(wire(&group.error_message)).filter(|words| !words.is_empty());
            let told = (group.error_code, message.as_ref());
            let result = described("StreamsGroupDescribe", &group.id, told, &connection);
            (group.id.clone(), result.map(|()| streams_group(group, broker, &sizes)))
        });
        Ok(groups.collect())
    }

    /// Partitions of the topics that a part reads together with others: not every task has one of each. What
    /// cannot be read now is left out.
    async fn sizes<'a>(
        &self,
        parts: impl Iterator<Item = &'a Subtopology>,
    ) -> BTreeMap<String, usize> {
        let shared = parts.filter(|part| part.topics.len() > 1);
        let topics: BTreeSet<&str> =
            shared.flat_map(|part| &part.topics).map(String::as_str).collect();
        let topics: Vec<&str> = topics.into_iter().collect();
        if topics.is_empty() || self.ensure_topics(&topics).await.is_err() {
            return BTreeMap::new();
        }
        let known = self.metadata();
        let size =
            |topic: &&str| Some(((*topic).to_owned(), known.topics.get(*topic)?.partitions.len()));
        topics.iter().filter_map(size).collect()
    }
}

fn streams_group(
    group: &StreamsGroup,
    broker: i32,
    sizes: &BTreeMap<String, usize>,
) -> GroupDescription {
    let subscribed: BTreeSet<&String> =
        group.subtopologies.iter().flat_map(|part| &part.topics).collect();
    let members = group.members.iter().map(|member| GroupMember {
        id: member.id.clone(),
        instance_id: Some(member.instance_id.clone()).filter(|id| !id.is_empty()),
        client_id: member.client_id.clone(),
        host: member.host.clone(),
        epoch: Some(member.epoch),
        subscribed: subscribed.iter().map(|topic| (*topic).clone()).collect(),
        assignment: partitions(&member.active, &group.subtopologies, sizes),
        target: partitions(&member.target, &group.subtopologies, sizes),
    });
    GroupDescription {
        id: group.id.clone(),
        kind: GroupKind::Streams,
        state: group.state.clone(),
        protocol_type: "streams".to_owned(),
        assignor: String::new(),
        coordinator: broker,
        members: members.collect(),
        epoch: Some(group.epoch),
        assignment_epoch: Some(group.assignment_epoch),
        operations: operations(group.operations),
    }
}

fn partitions(
    tasks: &[Tasks],
    parts: &[Subtopology],
    sizes: &BTreeMap<String, usize>,
) -> Vec<TopicPartition> {
    let mut read = Vec::new();
    for tasks in tasks {
        let topics = parts.iter().filter(|part| part.id == tasks.subtopology);
        for topic in topics.flat_map(|part| &part.topics) {
            let has = |number: &i32| {
                let size = sizes.get(topic).copied().unwrap_or(usize::MAX);
                usize::try_from(*number).is_ok_and(|number| number < size)
            };
            let own = tasks.numbers.iter().copied().filter(has);
            read.extend(own.map(|number| TopicPartition::new(topic.as_str(), number)));
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_reads_a_partition_of_each_topic_that_has_so_many() {
        let part = |id: &str, topics: &[&str]| Subtopology {
            id: id.into(),
            topics: topics.iter().map(|topic| (*topic).into()).collect(),
        };
        let parts = [part("0", &["orders", "customers"]), part("1", &["totals"])];
        let tasks = [
            Tasks { subtopology: "0".into(), numbers: vec![1, 3] },
            Tasks { subtopology: "1".into(), numbers: vec![9] },
            Tasks { subtopology: "gone".into(), numbers: vec![0] },
        ];
        let sizes = [("orders".to_owned(), 4), ("customers".to_owned(), 2)].into();
        let read = partitions(&tasks, &parts, &sizes);
        let at = TopicPartition::new;
        assert_eq!(read, [at("orders", 1), at("orders", 3), at("customers", 1), at("totals", 9)]);
    }
}
