//! The state of links in real Kafka: what shuts out an earlier writer, and what compaction leaves.

use anyhow::Result;
use drawbridge::{
    links::store::{Contents, StateStore, StoreError, Stored, StoredLink},
    shutdown::Tasks,
};
use drawbridge_kafka::{Client, ConnectionSettings, Properties};
use drawbridge_shared::link::LinkConfigs;
use drawbridge_tests::bed::{Cluster, Kafka, Version};
use futures_util::future::join_all;
use uuid::Uuid;

on_each_version!(
    a_later_opening_shuts_out_an_earlier_one_whatever_its_producer_id,
    what_was_put_survives_the_death_of_the_leader,
);

fn client(cluster: &Cluster) -> Client {
    let text = format!("bootstrap.servers={}", cluster.bootstrap());
    let properties = Properties::parse(&text, "test.properties").unwrap();
    Client::new(ConnectionSettings::from_properties(&properties).unwrap()).unwrap()
}

fn link(created_ms: i64) -> Stored {
    let configs = LinkConfigs::parse([("bootstrap.servers", "far:9092")]).unwrap();
    let name = format!("link-{}", created_ms % 5).parse().unwrap();
    Stored::Link(StoredLink::new(name, Uuid::from_u128(1), None, configs, created_ms))
}

fn created(contents: &Contents) -> Vec<i64> {
    assert_eq!(contents.unreadable, [""; 0]);
    contents.links.iter().map(|link| link.created_ms).collect()
}

async fn a_later_opening_shuts_out_an_earlier_one_whatever_its_producer_id(
    version: Version,
) -> Result<()> {
    let cluster = Kafka::plain(version).start().await?;
    let client = client(&cluster);
    let tasks = Tasks::default();
    let open = |id| StateStore::open(client.clone(), None, id, &tasks);
    assert_eq!(StateStore::peek(&client, None).await?, Contents::default());
    let (first, _) = open("one").await?;
    first.put(link(0)).await?;
    let (second, contents) = open("one").await?;
    assert_eq!(created(&contents), [0]);
    let refused = first.put(link(5)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Fenced(_)), "{refused:?}");
    second.put(link(10)).await?;

    // Another transactional id has another producer id, as one that was forgotten and given anew.
    let (third, contents) = open("two").await?;
    assert_eq!(created(&contents), [10]);
    let refused = second.put(link(15)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Fenced(_)), "{refused:?}");
    third.put(link(20)).await?;

    let (fourth, contents) = open("one").await?;
    assert_eq!(created(&contents), [20]);
    fourth.put(link(25)).await?;
    let refused = third.put(link(30)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Fenced(_)), "{refused:?}");
    assert_eq!(created(&StateStore::peek(&client, None).await?), [25]);
    Ok(())
}

async fn what_was_put_survives_the_death_of_the_leader(version: Version) -> Result<()> {
    let cluster = Kafka::plain(version).brokers(3).start().await?;
    let client = client(&cluster);
    let tasks = Tasks::default();
    let (store, _) = StateStore::open(client.clone(), None, "one", &tasks).await?;
    store.put(link(0)).await?;
    let leader = client.leader("_drawbridge.state", 0).await?;
    let puts: Vec<_> = (1..200).map(|at| store.put(link(at))).collect();
    let (done, killed) = tokio::join!(join_all(puts), cluster.broker(leader.broker).kill());
    killed?;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    store.put(link(200)).await?;
    assert_eq!(created(&StateStore::peek(&client, None).await?), [200, 196, 197, 198, 199]);
    Ok(())
}
