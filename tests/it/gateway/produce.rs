//! Writing records to real topics, through the console's request and through REST.

use anyhow::{Result, ensure};
use drawbridge::app::App;
use drawbridge_shared::{
    record::{BytesDraft, Encoding, ProduceCodec, RecordDraft},
    view::{Decoding, RecordFilter, RecordQuery, Seek},
    wire::{ErrorCode, Request, Response},
};
use drawbridge_tests::{
    bed::{gallery, unique},
    wire::Wire,
};

use super::{bed, console::Console, over_gallery, web};
use crate::support::{Version, eventually};

on_each_version!(
    records_of_every_codec_go_where_their_keys_say_and_are_found_again,
    a_topic_or_partition_that_is_not_there_is_refused,
);

/// A gateway that knows the cluster's links: before that it cannot tell which topics are mirrors.
async fn ready(version: Version) -> Result<App> {
    let (app, root) = over_gallery(version, "admin").await?;
    eventually("the links are known", async || {
        let answer = web::ask(&app, "GET", &format!("{root}/links"), "").await?;
        Ok((answer.status == 200).then_some(()))
    })
    .await?;
    Ok(app)
}

fn draft(key: &str, value: &str) -> RecordDraft {
    let bytes = |text: &str| Some(BytesDraft { text: text.to_owned(), encoding: Encoding::Text });
    RecordDraft { key: bytes(key), value: bytes(value), ..RecordDraft::default() }
}

fn produce(topic: &str, records: Vec<RecordDraft>, codec: ProduceCodec) -> Result<Request> {
    Ok(Request::Produce { cluster: bed(), topic: topic.parse()?, records, copies: 1, codec })
}

async fn records_of_every_codec_go_where_their_keys_say_and_are_found_again(
    version: Version,
) -> Result<()> {
    let address = gallery(version).await?.back_door();
    let topic = unique("produced");
    Wire::connect(&address).await?.create_topic(&topic, 3, 1, &[]).await?;
    let app = ready(version).await?;
    let mut console = Console::open(&app).await?;
    let mut places = Vec::new();
    for codec in ProduceCodec::ALL {
        let records = (0..20).map(|n| draft(&format!("key-{n}"), codec.as_str())).collect();
        let answer = console.ask(produce(&topic, records, codec)?).await?;
        let rows = match answer.map_err(|error| anyhow::anyhow!("{error:?}"))? {
            Response::Produced(rows) => rows,
            other => anyhow::bail!("{other:?}"),
        };
        ensure!(rows.iter().all(|row| row.error.is_none()), "{rows:?}");
        places.push(rows.iter().map(|row| row.partition).collect::<Vec<_>>());
    }
    ensure!(places.iter().all(|one| *one == places[0]), "a key has one partition: {places:?}");
    ensure!(places[0].iter().any(|at| *at != places[0][0]), "keys spread: {places:?}");
    let query = RecordQuery {
        cluster: bed(),
        topic: topic.parse()?,
        partitions: vec![],
        seek: Seek::Oldest,
        filter: RecordFilter::None,
        limit: 1000,
        live: false,
        key_decoding: Decoding::Auto,
        value_decoding: Decoding::Auto,
        paths: vec![],
        resume: vec![],
    };
    let found = console.search(query).await?.map_err(|error| anyhow::anyhow!("{error:?}"))?;
    ensure!(found.0.len() == 100, "{}", found.0.len());
    Ok(())
}

async fn a_topic_or_partition_that_is_not_there_is_refused(version: Version) -> Result<()> {
    let address = gallery(version).await?.back_door();
    let topic = unique("sealed");
    Wire::connect(&address).await?.create_topic(&topic, 1, 1, &[]).await?;
    let app = ready(version).await?;
    let mut console = Console::open(&app).await?;
    let missing = produce("no-such-topic", vec![draft("k", "v")], ProduceCodec::None)?;
    ensure!(console.ask(missing).await?.unwrap_err().code == ErrorCode::NotFound);
    let far = RecordDraft { partition: Some(5), ..draft("k", "v") };
    let refused = console.ask(produce(&topic, vec![far], ProduceCodec::None)?).await?.unwrap_err();
    ensure!(refused.fields[0].field == "records.0.partition", "{refused:?}");
    Ok(())
}
