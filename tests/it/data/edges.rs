//! Data that is hard to mirror, with a gateway that is killed meanwhile.

use anyhow::{Result, ensure};
use drawbridge_tests::{
    bed::unique,
    checker,
    wire::{
        Routed,
        batch::{Batch, Compression, Entry, now},
    },
};
use serde_json::{Value, json};

use super::{
    bed::{Bed, Gateway, Link},
    write::{CODECS, Transactional, append, mixed},
};
use crate::support::{Version, eventually};

on_each_version!(
    records_that_are_years_old_arrive_through_killed_gateways,
    a_trimmed_start_is_padded_through_killed_gateways,
    records_trimmed_before_they_were_mirrored_leave_an_invisible_gap,
    records_of_the_future_arrive,
    a_frozen_destination_gets_everything_once_it_thaws,
    an_open_transaction_outlives_gateways,
    many_topics_arrive_together,
    what_somebody_else_writes_is_told_and_ends_the_mirror,
);

/// Kills the gateway each time the mirror has grown by `step` offsets, `times` times.
async fn kill_as_it_grows(
    gateway: Gateway,
    bootstrap: &str,
    mirror: &str,
    step: i64,
    times: usize,
) -> Result<Gateway> {
    let mut gateway = gateway;
    let mut here = Routed::open(bootstrap, mirror).await?;
    for _ in 0..times {
        let before = total(&mut here).await?;
        eventually("the mirror grows", async || {
            Ok((total(&mut here).await? >= before + step).then_some(()))
        })
        .await?;
        gateway.kill().await?;
        gateway = Gateway::start(bootstrap).await?;
    }
    Ok(gateway)
}

async fn total(topic: &mut Routed) -> Result<i64> {
    Ok(checker::ends(topic).await?.iter().map(|(end, _)| end).sum())
}

async fn records_that_are_years_old_arrive_through_killed_gateways(version: Version) -> Result<()> {
    let Bed { source, destination, gateway } = Bed::alone(version).await?;
    // Brokers forget a producer by the time of its records: here at once.
    let bed_topic = unique("old");
    let mut wire = drawbridge_tests::wire::Wire::connect(&source.back_door()).await?;
    let forever = [("retention.ms", "-1")];
    wire.create_topic(&bed_topic, 3, 1, &forever).await?;
    let mut topic = Routed::open(&source.back_door(), &bed_topic).await?;
    let mut producer = Transactional::new(&source.back_door(), &unique("old"), 3).await?;
    let time = now() - 3 * 365 * 86_400_000;
    for round in 0..150_usize {
        let old: Vec<Entry> = mixed(round, 20).into_iter().map(|entry| entry.at(time)).collect();
        for partition in 0..3 {
            append(&mut topic, partition, &Batch::build(&old, CODECS[round % 5])).await?;
        }
        producer.write(&mut topic, 1, &old, CODECS[round % 5]).await?;
        producer.end(round % 3 != 0).await?;
    }
    let link = Link::create(&gateway, source, &destination, &[]).await?;
    link.mirror(topic.name()).await?;
    let path = link.path;
    let gateway = kill_as_it_grows(gateway, &destination.back_door(), topic.name(), 500, 3).await?;
    gateway.surely("GET", &path, &Value::Null).await?;
    let link = Link::known(&gateway, source, &destination, &path);
    link.holds(topic.name(), topic.name()).await?;
    Ok(())
}

async fn a_trimmed_start_is_padded_through_killed_gateways(version: Version) -> Result<()> {
    let Bed { source, destination, gateway } = Bed::alone(version).await?;
    let name = unique("padded");
    let mut wire = drawbridge_tests::wire::Wire::connect(&source.back_door()).await?;
    wire.create_topic(&name, 2, 1, &[]).await?;
    let mut topic = Routed::open(&source.back_door(), &name).await?;
    let batch = Batch::build(&mixed(1, 2_000), Compression::Zstd);
    for _ in 0..400 {
        append(&mut topic, 0, &batch).await?;
    }
    append(&mut topic, 1, &batch).await?;
    topic.delete_records(0, 799_500).await?;
    topic.delete_records(1, 450).await?;
    let link = Link::create(&gateway, source, &destination, &[]).await?;
    link.mirror(&name).await?;
    let path = link.path;
    let gateway = kill_as_it_grows(gateway, &destination.back_door(), &name, 10, 3).await?;
    gateway.surely("GET", &path, &Value::Null).await?;
    let link = Link::known(&gateway, source, &destination, &path);
    link.holds(&name, &name).await?;
    append(&mut topic, 0, &batch).await?;
    link.holds(&name, &name).await?;
    Ok(())
}

async fn records_trimmed_before_they_were_mirrored_leave_an_invisible_gap(
    version: Version,
) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let mut topic = bed.topic(2, &[]).await?;
    for partition in 0..2 {
        append(&mut topic, partition, &Batch::build(&mixed(1, 40), Compression::Lz4)).await?;
    }
    let link = bed.link(&[]).await?;
    link.mirror(topic.name()).await?;
    let before = link.holds(topic.name(), topic.name()).await?;
    let act = async |action: &str, state: &str| -> Result<()> {
        let body = json!({"mirror_topic_names": [topic.name()]});
        let path = format!("{}/mirrors:{action}", link.path);
        let told = bed.gateway.surely("POST", &path, &body).await?;
        ensure!(told["data"][0]["error_code"].is_null(), "{told}");
        let path = format!("{}/mirrors/{}", link.path, topic.name());
        eventually(state, async || {
            let told = bed.gateway.ask("GET", &path, &Value::Null).await?.1;
            Ok((told["mirror_status"] == state).then_some(()))
        })
        .await
    };
    let mut more = Routed::open(&bed.source.back_door(), topic.name()).await?;
    act("pause", "PAUSED").await?;
    for (partition, rounds) in [(0, 3), (1, 80)] {
        for round in 0..rounds {
            append(&mut more, partition, &Batch::build(&mixed(round, 100), Compression::Gzip))
                .await?;
        }
    }
    more.delete_records(0, 155).await?;
    more.delete_records(1, 7_777).await?;
    act("resume", "ACTIVE").await?;
    link.caught_up(topic.name(), topic.name()).await?;
    let (there, here) = link.read(topic.name(), topic.name()).await?;
    let from: Vec<i64> = here.iter().map(|log| log.start).collect();
    let there: Vec<_> = there.into_iter().zip(&before).map(|(l, b)| l.with_earlier(b)).collect();
    checker::compare(&there, &here, &from)?;
    link.delete().await
}

async fn records_of_the_future_arrive(version: Version) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let configs: &[(&str, &str)] = match version {
        Version::V3_9 => &[],
        Version::V4 => &[("message.timestamp.after.max.ms", "9223372036854775807")],
    };
    let mut topic = bed.topic(1, configs).await?;
    for time in [now() + 86_400_000 * 400, now(), 0] {
        let entries: Vec<Entry> = mixed(1, 20).into_iter().map(|entry| entry.at(time)).collect();
        append(&mut topic, 0, &Batch::build(&entries, Compression::Snappy)).await?;
    }
    let link = bed.link(&[]).await?;
    link.mirror(topic.name()).await?;
    link.holds(topic.name(), topic.name()).await?;
    link.delete().await
}

async fn a_frozen_destination_gets_everything_once_it_thaws(version: Version) -> Result<()> {
    let bed = Bed::alone(version).await?;
    let mut topic = bed.topic(3, &[]).await?;
    let link = bed.link(&[]).await?;
    link.mirror(topic.name()).await?;
    let broker = bed.destination.broker(1);
    for round in 0..3 {
        for n in 0..150 {
            let batch = Batch::build(&mixed(round * 1_000 + n, 50), CODECS[n % 5]);
            append(&mut topic, i32::try_from(n % 3)?, &batch).await?;
            if n == 75 {
                broker.freeze()?;
            }
        }
        // Longer than requests wait for their answers.
        tokio::time::sleep(std::time::Duration::from_secs(8)).await;
        broker.thaw()?;
        link.holds(topic.name(), topic.name()).await?;
    }
    Ok(())
}

async fn an_open_transaction_outlives_gateways(version: Version) -> Result<()> {
    let Bed { source, destination, gateway } = Bed::alone(version).await?;
    let name = unique("open");
    let mut wire = drawbridge_tests::wire::Wire::connect(&source.back_door()).await?;
    wire.create_topic(&name, 1, 1, &[]).await?;
    let mut topic = Routed::open(&source.back_door(), &name).await?;
    let mut one = Transactional::new(&source.back_door(), &unique("open"), 1).await?;
    let mut two = Transactional::new(&source.back_door(), &unique("open"), 1).await?;
    let link = Link::create(&gateway, source, &destination, &[]).await?;
    link.mirror(&name).await?;
    let path = link.path;
    let mut gateway = gateway;
    for (round, codec) in CODECS.into_iter().take(4).enumerate() {
        one.write(&mut topic, 0, &mixed(round, 30), codec).await?;
        two.write(&mut topic, 0, &mixed(round, 20), codec).await?;
        append(&mut topic, 0, &Batch::build(&mixed(round, 10), codec)).await?;
        gateway.kill().await?;
        gateway = Gateway::start(&destination.back_door()).await?;
        two.end(round % 2 == 0).await?;
        two.write(&mut topic, 0, &mixed(round, 20), codec).await?;
        one.end(round % 2 == 1).await?;
    }
    two.end(true).await?;
    gateway.surely("GET", &path, &Value::Null).await?;
    let link = Link::known(&gateway, source, &destination, &path);
    link.holds(&name, &name).await?;
    Ok(())
}

async fn many_topics_arrive_together(version: Version) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let mut topics = Vec::new();
    for n in 0..40 {
        let mut topic = bed.topic(3, &[]).await?;
        for partition in 0..3 {
            append(&mut topic, partition, &Batch::build(&mixed(n, 30), CODECS[n % 5])).await?;
        }
        topics.push(topic);
    }
    let link = bed.link(&[]).await?;
    for topic in &topics {
        link.mirror(topic.name()).await?;
    }
    for topic in &topics {
        link.holds(topic.name(), topic.name()).await?;
    }
    link.delete().await
}

async fn what_somebody_else_writes_is_told_and_ends_the_mirror(version: Version) -> Result<()> {
    let bed = Bed::shared(version).await?;
    let mut topic = bed.topic(1, &[]).await?;
    append(&mut topic, 0, &Batch::build(&mixed(1, 20), Compression::None)).await?;
    let link = bed.link(&[]).await?;
    link.mirror(topic.name()).await?;
    link.holds(topic.name(), topic.name()).await?;
    let mut here = Routed::open(&bed.destination.back_door(), topic.name()).await?;
    append(&mut here, 0, &Batch::build(&[Entry::value("foreign")], Compression::None)).await?;
    append(&mut topic, 0, &Batch::build(&mixed(2, 20), Compression::None)).await?;
    let path = format!("{}/mirrors/{}", link.path, topic.name());
    eventually("the mirror has failed", async || {
        let told = bed.gateway.ask("GET", &path, &Value::Null).await?.1;
        Ok((told["mirror_status"] == "FAILED").then_some(()))
    })
    .await?;
    let (there, here) = link.read(topic.name(), topic.name()).await?;
    let told = checker::compare(&there, &here, &[]).unwrap_err().to_string();
    ensure!(told.contains("offset 20 (read_committed)") && told.contains("foreign"), "{told}");
    link.delete().await
}
