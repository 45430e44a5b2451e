//! Committing offsets for groups one is no member of.

use anyhow::Result;
use drawbridge_tests::{
    bed::{gallery, unique},
    wire::batch::Batch,
};

use super::code;
use crate::support::{Version, fresh_topic};

on_each_version!(
    offsets_can_be_committed_for_unknown_and_empty_groups_but_not_for_active_classic_ones,
    a_java_consumer_resumes_at_the_exact_offset_committed_for_it,
    an_offset_beyond_the_log_is_taken_as_it_is,
);

async fn offsets_can_be_committed_for_unknown_and_empty_groups_but_not_for_active_classic_ones(
    version: Version,
) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    wire.write(&topic, &Batch::of_values(0..10)).await?;
    let group = unique("group");
    assert_eq!(wire.commit(&group, &topic, 4).await?, 0, "an unknown group is made");
    assert_eq!(wire.committed(&group, &topic).await?, (4, -1));
    assert_eq!(wire.commit(&group, &topic, 6).await?, 0, "an empty group is changed");
    wire.join_classic(&group).await?;
    assert_eq!(wire.commit(&group, &topic, 8).await?, code::UNKNOWN_MEMBER_ID);
    assert_eq!(wire.committed(&group, &topic).await?, (6, -1), "an active one is left alone");
    Ok(())
}

#[tokio::test]
async fn a_group_of_the_consumer_protocol_is_seeded_and_left_alone_once_active() {
    let (mut wire, topic) = fresh_topic(Version::V4, &[]).await.unwrap();
    wire.write(&topic, &Batch::of_values(0..10)).await.unwrap();
    let group = unique("group");
    assert_eq!(wire.commit(&group, &topic, 4).await.unwrap(), 0);
    let member = "0123456789abcdefghij-_";
    let epoch = wire.consumer_heartbeat(&group, member, 0, &topic).await.unwrap();
    assert!(epoch > 0, "the group made by a commit became one of the consumer protocol");
    assert_eq!(wire.committed(&group, &topic).await.unwrap(), (4, -1), "and kept its offset");
    let active = wire.commit(&group, &topic, 8).await.unwrap();
    assert_eq!(active, code::UNKNOWN_MEMBER_ID);
    wire.consumer_heartbeat(&group, member, -1, &topic).await.unwrap();
    assert_eq!(wire.commit(&group, &topic, 9).await.unwrap(), 0, "empty again");
    assert_eq!(wire.committed(&group, &topic).await.unwrap(), (9, -1));
}

async fn a_java_consumer_resumes_at_the_exact_offset_committed_for_it(
    version: Version,
) -> Result<()> {
    let cluster = gallery(version).await?;
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    wire.write(&topic, &Batch::of_values(0..10)).await?;
    let protocols: &[&str] = match version {
        Version::V3_9 => &["classic"],
        Version::V4 => &["classic", "consumer"],
    };
    for protocol in protocols {
        let group = unique("group");
        assert_eq!(wire.commit(&group, &topic, 7).await?, 0);
        let printed = cluster
            .tool(
                "org.apache.kafka.tools.consumer.ConsoleConsumer",
                &[
                    "--bootstrap-server",
                    &cluster.back_door(),
                    "--topic",
                    &topic,
                    "--group",
                    &group,
                    "--consumer-property",
                    &format!("group.protocol={protocol}"),
                    "--max-messages",
                    "1",
                ],
            )
            .await?;
        // 4.x says on the same channel that it prefers another option.
        assert_eq!(printed.lines().last(), Some("7"), "{protocol}");
        assert_eq!(
            wire.committed(&group, &topic).await?.0,
            8,
            "{protocol}: it commits as it leaves"
        );
    }
    Ok(())
}

async fn an_offset_beyond_the_log_is_taken_as_it_is(version: Version) -> Result<()> {
    let (mut wire, topic) = fresh_topic(version, &[]).await?;
    let group = unique("group");
    assert_eq!(wire.commit(&group, &topic, 1_000).await?, 0, "the broker does not clamp");
    assert_eq!(wire.committed(&group, &topic).await?, (1_000, -1));
    Ok(())
}
