//! Where groups stand on the source arrives on the destination.

use anyhow::{Result, ensure};
use drawbridge_tests::{
    bed::unique,
    wire::{
        Wire,
        batch::{Batch, Compression},
    },
};
use serde_json::Value;

use super::{
    bed::{Bed, Link},
    write::{append, mixed},
};
use crate::support::{Version, eventually};

on_each_version!(
    offsets_of_classic_groups_arrive_and_follow,
    offsets_of_groups_of_the_consumer_protocol_arrive,
    an_active_group_of_the_destination_is_left_alone_and_named,
    an_active_group_of_the_consumer_protocol_is_left_alone_too,
    offsets_beyond_the_mirror_wait_at_its_end,
);

/// A mirrored topic of fifty records in one partition.
async fn mirrored<'a>(bed: &'a Bed, configs: &[(&str, &str)]) -> Result<(String, Link<'a>)> {
    let mut topic = bed.topic(1, &[]).await?;
    append(&mut topic, 0, &Batch::build(&mixed(1, 50), Compression::None)).await?;
    let mut all = vec![
        ("consumer.offset.sync.enable", "true"),
        ("consumer.offset.sync.ms", "1000"),
        (
            "consumer.offset.group.filters",
            r#"{"groupFilters": [{"name": "*", "patternType": "LITERAL", "filterType": "INCLUDE"}]}"#,
        ),
    ];
    all.extend(configs);
    let link = bed.link(&all).await?;
    link.mirror(topic.name()).await?;
    link.holds(topic.name(), topic.name()).await?;
    Ok((topic.name().to_owned(), link))
}

async fn arrives(bed: &Bed, group: &str, topic: &str, offset: i64) -> Result<()> {
    let mut here = Wire::connect(&bed.destination.back_door()).await?;
    here.find_coordinator(group, 0).await?;
    eventually(&format!("{group} stands at {offset}"), async || {
        Ok((here.committed(group, topic).await?.0 == offset).then_some(()))
    })
    .await
}

async fn offsets_of_classic_groups_arrive_and_follow(version: Version) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let (topic, link) = mirrored(&bed, &[]).await?;
    let group = unique("classic");
    let mut there = bed.source().await?;
    assert_eq!(there.commit(&group, &topic, 17).await?, 0);
    arrives(&bed, &group, &topic, 17).await?;
    for offset in [42, 3] {
        assert_eq!(there.commit(&group, &topic, offset).await?, 0);
        arrives(&bed, &group, &topic, offset).await?;
    }
    link.delete().await
}

async fn offsets_of_groups_of_the_consumer_protocol_arrive(version: Version) -> Result<()> {
    if version == Version::V3_9 {
        // It is off there by default.
        return Ok(());
    }
    let bed = Bed::shared(version).await?;
    let (topic, link) = mirrored(&bed, &[]).await?;
    let group = unique("modern");
    let member = uuid::Uuid::new_v4().to_string();
    let mut there = bed.source().await?;
    // A committed offset, and then a member: from that on it is a group of the consumer protocol.
    assert_eq!(there.commit(&group, &topic, 21).await?, 0);
    there.consumer_heartbeat(&group, &member, 0, &topic).await?;
    arrives(&bed, &group, &topic, 21).await?;
    link.delete().await
}

async fn an_active_group_of_the_destination_is_left_alone_and_named(
    version: Version,
) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let (topic, link) = mirrored(&bed, &[]).await?;
    let (used, unused) = (unique("used"), unique("unused"));
    let mut here = Wire::connect(&bed.destination.back_door()).await?;
    assert_eq!(here.commit(&used, &topic, 5).await?, 0);
    let member = here.join_classic(&used).await?;
    ensure!(!member.is_empty());
    let mut there = bed.source().await?;
    for group in [&used, &unused] {
        assert_eq!(there.commit(group, &topic, 30).await?, 0);
    }
    arrives(&bed, &unused, &topic, 30).await?;
    let error = eventually("the task names the group", async || {
        let told = link.told().await?;
        Ok(task_error(&told, &used).cloned())
    })
    .await?;
    assert_eq!(error["error_code"], "CONSUMER_GROUP_IN_USE_ERROR", "{error}");
    assert_eq!(here.committed(&used, &topic).await?.0, 5);
    link.delete().await
}

async fn an_active_group_of_the_consumer_protocol_is_left_alone_too(
    version: Version,
) -> Result<()> {
    if version == Version::V3_9 {
        return Ok(());
    }
    let bed = Bed::shared(version).await?;
    let (topic, link) = mirrored(&bed, &[]).await?;
    let group = unique("modern");
    let member = uuid::Uuid::new_v4().to_string();
    let mut here = Wire::connect(&bed.destination.back_door()).await?;
    assert_eq!(here.commit(&group, &topic, 5).await?, 0);
    here.consumer_heartbeat(&group, &member, 0, &topic).await?;
    assert_eq!(bed.source().await?.commit(&group, &topic, 30).await?, 0);
    let error = eventually("the task names the group", async || {
        let told = link.told().await?;
        Ok(task_error(&told, &group).cloned())
    })
    .await?;
    assert_eq!(error["error_code"], "CONSUMER_GROUP_IN_USE_ERROR", "{error}");
    assert_eq!(here.committed(&group, &topic).await?.0, 5);
    here.consumer_heartbeat(&group, &member, -1, &topic).await?;
    arrives(&bed, &group, &topic, 30).await?;
    link.delete().await
}

fn task_error<'a>(told: &'a Value, group: &str) -> Option<&'a Value> {
    let tasks = told["tasks"].as_array()?;
    let errors = tasks.iter().filter_map(|task| task["errors"].as_array()).flatten();
    errors.into_iter().find(|error| error.to_string().contains(group))
}

async fn offsets_beyond_the_mirror_wait_at_its_end(version: Version) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let mut topic = bed.topic(1, &[]).await?;
    append(&mut topic, 0, &Batch::build(&mixed(1, 50), Compression::None)).await?;
    let (_, link) = mirrored(&bed, &[]).await?;
    let name = topic.name().to_owned();
    link.mirror(&name).await?;
    link.holds(&name, &name).await?;
    let group = unique("ahead");
    let mut there = bed.source().await?;
    // Brokers take offsets beyond the log as they are.
    assert_eq!(there.commit(&group, &name, 60).await?, 0);
    arrives(&bed, &group, &name, 50).await?;
    append(&mut topic, 0, &Batch::build(&mixed(2, 30), Compression::None)).await?;
    arrives(&bed, &group, &name, 60).await?;
    link.delete().await
}
