//! Brokers, their configurations and elections, over real Kafka and over the embedded cluster alike.

use anyhow::{Context, Result, bail, ensure};
use drawbridge::app::App;
use drawbridge_embedded::{ClusterSpec as EmbeddedSpec, EmbeddedCluster};
use drawbridge_kafka::admin::topics::NewTopic;
use drawbridge_shared::{
    draft::ConfigChange,
    view::{
        BrokerRole, BrokerRow, BrokerState, BrokersView, ConfigEntryView, ConfigSource,
        ConfigUpdate, ElectionKind, ElectionOutcome, ElectionRow, PartitionTrouble,
        TroubledPartition,
    },
    wire::{ErrorCode, Feed, FeedData, Request, Response, WireError},
};
use drawbridge_tests::bed::{Lease, three_brokers, unique};
use serde_json::json;

use super::{
    bed,
    console::Console,
    gateway, over_gallery,
    web::{ask, ask_until},
};
use crate::support::{Version, eventually};

/// What a suite runs on.
#[derive(Clone, Copy)]
enum On {
    Kafka(Version),
    Embedded,
}

/// Makes a test per Kafka release, and one over the embedded cluster, of each function that takes [`On`].
macro_rules! on_each_bed {
    ($($name:ident),* $(,)?) => {
        on_each_bed!(@ on_3_9, super::On::Kafka(super::Version::V3_9), $($name)*);
        on_each_bed!(@ on_4, super::On::Kafka(super::Version::V4), $($name)*);
        on_each_bed!(@ on_embedded, super::On::Embedded, $($name)*);
    };
    (@ $module:ident, $on:expr, $($name:ident)*) => {
        mod $module {
            $(#[tokio::test]
            async fn $name() {
                super::$name($on).await.unwrap();
            })*
        }
    };
}

on_each_bed!(
    leaders_go_back_to_their_places_when_they_are_elected,
    a_partition_without_leader_gets_one_only_by_giving_up_records,
    a_configuration_is_set_for_one_broker_and_for_all_and_taken_away,
);

mod on_kafka {
    on_each_version!(
        brokers_say_themselves_which_configurations_belong_to_one_of_them,
        somebody_without_rights_is_told_which_are_missing,
        configurations_of_brokers_are_changed_over_rest,
    );
    use super::{
        brokers_say_themselves_which_configurations_belong_to_one_of_them,
        configurations_of_brokers_are_changed_over_rest,
        somebody_without_rights_is_told_which_are_missing,
    };
}

/// Three brokers, 1 to 3, in the racks `a`, `b`, `c`.
enum Bed {
    Kafka(Lease),
    Embedded(EmbeddedCluster),
}

impl Bed {
    async fn new(on: On) -> Result<Self> {
        Ok(match on {
            On::Kafka(version) => Self::Kafka(three_brokers(version).await?),
            On::Embedded => {
                let spec = EmbeddedSpec::new("cluster-1");
                let spec = spec.racked_brokers(&[(1, "a"), (2, "b"), (3, "c")]);
                Self::Embedded(EmbeddedCluster::start(spec).await?)
            }
        })
    }

    fn properties(&self) -> String {
        match self {
            Self::Kafka(cluster) => cluster.properties("admin"),
            Self::Embedded(cluster) => cluster.properties(None),
        }
    }

    async fn stop(&self, broker: i32) -> Result<()> {
        match self {
            Self::Kafka(cluster) => cluster.broker(broker).kill().await,
            Self::Embedded(cluster) => {
                cluster.faults().stop_broker(broker).await;
                Ok(())
            }
        }
    }

    async fn start(&self, broker: i32) -> Result<()> {
        match self {
            Self::Kafka(cluster) => cluster.broker(broker).start().await,
            Self::Embedded(cluster) => Ok(cluster.faults().start_broker(broker).await?),
        }
    }
}

/// A gateway that has reached the bed.
async fn over(bed: &Bed) -> Result<(App, Console)> {
    let app = gateway(&bed.properties()).await?;
    eventually("the cluster answers", async || {
        Ok((ask(&app, "GET", "/kafka/v3/clusters", "").await?.each("cluster_id").len() == 1)
            .then_some(()))
    })
    .await?;
    let console = Console::open(&app).await?;
    Ok((app, console))
}

/// A topic with these replicas of each partition, once all of them are in sync.
async fn placed(app: &App, console: &mut Console, replicas: &[&[i32]]) -> Result<String> {
    let name = unique("placed");
    let topic = NewTopic {
        name: name.clone(),
        assignments: replicas.iter().map(|replicas| replicas.to_vec()).collect(),
        ..NewTopic::default()
    };
    let cluster = app.clusters().get(&bed()).context("the cluster")?;
    let client = cluster.client()?;
    client.create_topics(&[topic], false).await?.remove(&name).context("an answer")??;
    let n = replicas.len();
    eventually("the topic is there", async || {
        let seen = client.describe_topics(&[&name]).await?.remove(&name);
        let is_whole = |topic: &drawbridge_kafka::admin::topics::TopicDescription| {
            topic.partitions.len() == n && topic.partitions.iter().all(|p| p.leader.is_some())
        };
        Ok(seen.and_then(Result::ok).filter(is_whole).map(|_| ()))
    })
    .await?;
    troubled(console, &name, |rows| rows.is_empty()).await?;
    Ok(name)
}

/// What partitions of `topic` lack, once it is as `wanted`.
async fn troubled(
    console: &mut Console,
    topic: &str,
    wanted: impl Fn(&[TroubledPartition]) -> bool,
) -> Result<Vec<TroubledPartition>> {
    let feed = Feed::TroubledPartitions { cluster: bed() };
    console
        .until(feed, |state| {
            let FeedData::TroubledPartitions(view) = state else { return None };
            let own = view.rows.iter().filter(|row| row.topic == topic).cloned();
            let own: Vec<TroubledPartition> = own.collect();
            let at_least = |n: u32, trouble| {
                usize::try_from(n).unwrap() >= own.iter().filter(|row| row.has(trouble)).count()
            };
            assert!(at_least(view.counts.offline, PartitionTrouble::Offline));
            assert!(at_least(view.counts.under_replicated, PartitionTrouble::UnderReplicated));
            wanted(&own).then_some(own)
        })
        .await
}

async fn brokers(
    console: &mut Console,
    wanted: impl Fn(&BrokersView) -> bool,
) -> Result<BrokersView> {
    let feed = Feed::Brokers { cluster: bed() };
    console
        .until(feed, |state| match state {
            FeedData::Brokers(view) => wanted(view).then(|| view.clone()),
            _ => None,
        })
        .await
}

fn broker(view: &BrokersView, id: i32) -> &BrokerRow {
    view.rows.iter().find(|row| row.id == id).unwrap()
}

async fn elect(
    console: &mut Console,
    election: ElectionKind,
    topic: &str,
    partitions: &[i32],
) -> Result<Vec<ElectionRow>> {
    let partitions = partitions.iter().map(|number| (topic.to_owned(), *number)).collect();
    match console.ask(Request::ElectLeaders { cluster: bed(), election, partitions }).await? {
        Ok(Response::Elected(rows)) => Ok(rows),
        other => bail!("unexpected {other:?}"),
    }
}

fn has(row: &TroubledPartition, troubles: &[PartitionTrouble]) -> bool {
    PartitionTrouble::ALL.iter().all(|trouble| row.has(*trouble) == troubles.contains(trouble))
}

async fn leaders_go_back_to_their_places_when_they_are_elected(on: On) -> Result<()> {
    use ElectionOutcome::{Elected, NotNeeded, Refused};
    use PartitionTrouble::{NotPreferred, UnderReplicated};
    let bed = Bed::new(on).await?;
    let (app, mut console) = over(&bed).await?;
    let topic = placed(&app, &mut console, &[&[1, 2, 3], &[2, 3, 1], &[3, 1, 2]]).await?;
    let whole = brokers(&mut console, |view| {
        view.rows.len() == 3 && view.rows.iter().all(|row| row.log_dirs.is_some())
    })
    .await?;
    let racks: Vec<_> = whole.rows.iter().map(|row| row.rack.as_deref()).collect();
    assert_eq!(racks, [Some("a"), Some("b"), Some("c")]);
    let active = |row: &&BrokerRow| row.role == Some(BrokerRole::ActiveController);
    assert_eq!(whole.rows.iter().filter(active).count(), 1, "{whole:?}");
    assert_eq!(whole.quorum.as_ref().map(|quorum| quorum.voters.len()), Some(3));
    assert_eq!(whole.fault, None);
    for row in &whole.rows {
        let dir = &row.log_dirs.as_ref().unwrap()[0];
        ensure!(dir.total_bytes >= dir.usable_bytes && dir.usable_bytes > Some(0), "{dir:?}");
        ensure!(dir.used_bytes.is_some() && dir.error.is_none(), "{dir:?}");
        if let On::Kafka(_) = on {
            ensure!(row.version.is_some(), "{row:?}");
            let metadata = row.features.iter().find(|f| f.name == "metadata.version");
            ensure!(metadata.is_some_and(|feature| feature.finalized.is_some()), "{row:?}");
        }
    }

    bed.stop(2).await?;
    let rows = troubled(&mut console, &topic, |rows| {
        rows.len() == 3 && rows.iter().all(|row| row.has(UnderReplicated) && row.leader.is_some())
    })
    .await?;
    assert!(rows.iter().all(|row| !row.isr.contains(&2)), "{rows:?}");
    assert!(has(&rows[0], &[UnderReplicated]) && has(&rows[2], &[UnderReplicated]), "{rows:?}");
    assert!(has(&rows[1], &[UnderReplicated, NotPreferred]), "{rows:?}");
    assert!(rows[1].why_not_preferred().unwrap().contains("broker 2, is down"), "{rows:?}");
    let without = brokers(&mut console, |view| {
        broker(view, 2).state != BrokerState::Up && broker(view, 2).n_leaders == 0
    })
    .await?;
    ensure!(broker(&without, 2).n_out_of_sync >= 3, "{without:?}");
    let rows = elect(&mut console, ElectionKind::Preferred, &topic, &[1]).await?;
    assert_eq!(rows[0].outcome, Refused, "{rows:?}");
    ensure!(rows[0].error.as_deref().unwrap().contains("down or not in sync"), "{rows:?}");

    bed.start(2).await?;
    let back = |rows: &[TroubledPartition]| rows.len() == 1 && has(&rows[0], &[NotPreferred]);
    let rows = troubled(&mut console, &topic, back).await?;
    assert_eq!((rows[0].partition, rows[0].why_not_preferred()), (1, None), "{rows:?}");
    let rows = elect(&mut console, ElectionKind::Preferred, &topic, &[0, 1]).await?;
    let outcomes: Vec<_> = rows.iter().map(|row| (row.partition, row.outcome)).collect();
    assert_eq!(outcomes, [(0, NotNeeded), (1, Elected)], "{rows:?}");
    troubled(&mut console, &topic, |rows| rows.is_empty()).await?;
    let gone = elect(&mut console, ElectionKind::Preferred, "no-such-topic", &[0]).await?;
    assert_eq!(gone[0].outcome, Refused, "{gone:?}");
    Ok(())
}

async fn a_partition_without_leader_gets_one_only_by_giving_up_records(on: On) -> Result<()> {
    use ElectionOutcome::{Elected, Refused};
    use PartitionTrouble::Offline;
    let bed = Bed::new(on).await?;
    let (app, mut console) = over(&bed).await?;
    let topic = placed(&app, &mut console, &[&[1, 2]]).await?;
    let has_leader = elect(&mut console, ElectionKind::Unclean, &topic, &[0]).await?;
    assert_eq!(has_leader[0].outcome, Refused, "{has_leader:?}");
    ensure!(has_leader[0].error.as_deref().unwrap().contains("has a leader"), "{has_leader:?}");

    bed.stop(2).await?;
    troubled(&mut console, &topic, |rows| rows.len() == 1 && rows[0].isr == [1]).await?;
    bed.stop(1).await?;
    bed.start(2).await?;
    let lost = |rows: &[TroubledPartition]| {
        rows.len() == 1 && rows[0].has(Offline) && rows[0].unclean_leader() == Some(2)
    };
    let rows = troubled(&mut console, &topic, lost).await?;
    ensure!(rows[0].has(PartitionTrouble::UnderMinIsr), "{rows:?}");
    let refused = elect(&mut console, ElectionKind::Preferred, &topic, &[0]).await?;
    assert_eq!(refused[0].outcome, Refused, "{refused:?}");
    // The controller may still be on its way to the other brokers.
    eventually("a leader is elected", async || {
        let rows = elect(&mut console, ElectionKind::Unclean, &topic, &[0]).await?;
        Ok((rows[0].outcome == Elected).then_some(()))
    })
    .await?;
    troubled(&mut console, &topic, |rows| rows.len() == 1 && rows[0].leader == Some(2)).await?;
    bed.start(1).await
}

fn set(name: &str, value: &str) -> ConfigChange {
    ConfigChange { name: name.to_owned(), value: Some(value.to_owned()) }
}

async fn alter(
    console: &mut Console,
    broker: Option<i32>,
    change: ConfigChange,
    validate_only: bool,
) -> Result<Result<(), WireError>> {
    let changes = vec![change];
    let request = Request::AlterBrokerConfigs { cluster: bed(), broker, changes, validate_only };
    Ok(console.ask(request).await?.map(|_| ()))
}

async fn configs(console: &mut Console, broker: Option<i32>) -> Result<Vec<ConfigEntryView>> {
    let request = match broker {
        Some(broker) => Request::BrokerConfigs { cluster: bed(), broker },
        None => Request::BrokerDefaults { cluster: bed() },
    };
    match console.ask(request).await? {
        Ok(Response::Configs(entries)) => Ok(entries),
        other => bail!("unexpected {other:?}"),
    }
}

async fn config(console: &mut Console, broker: Option<i32>, name: &str) -> Result<ConfigEntryView> {
    let entries = configs(console, broker).await?;
    entries.into_iter().find(|entry| entry.name == name).context("it is listed")
}

async fn a_configuration_is_set_for_one_broker_and_for_all_and_taken_away(on: On) -> Result<()> {
    const NAME: &str = "max.connections";
    const DEFAULT: &str = "2147483647";
    let bed = Bed::new(on).await?;
    let (_app, mut console) = over(&bed).await?;
    let before = config(&mut console, Some(2), NAME).await?;
    assert_eq!(
        (before.value.as_deref(), before.source),
        (Some(DEFAULT), ConfigSource::DefaultConfig)
    );
    assert_eq!(before.update, Some(ConfigUpdate::ClusterWide));
    ensure!(before.documentation.is_some_and(|text| text.len() > 20));

    assert_eq!(alter(&mut console, None, set(NAME, "100000"), true).await?, Ok(()));
    let same = config(&mut console, None, NAME).await?;
    assert_eq!(same.source, ConfigSource::DefaultConfig, "it was only checked");
    assert_eq!(alter(&mut console, None, set(NAME, "100000"), false).await?, Ok(()));
    assert_eq!(alter(&mut console, Some(2), set(NAME, "90000"), false).await?, Ok(()));
    // What was changed is shown at once to whoever looks at what was changed.
    let own = config(&mut console, Some(2), NAME).await?;
    assert_eq!(
        (own.value.as_deref(), own.source),
        (Some("90000"), ConfigSource::DynamicBrokerConfig)
    );
    let all = eventually("every broker knows", async || {
        let all = config(&mut console, None, NAME).await?;
        Ok(all.note.is_some().then_some(all))
    })
    .await?;
    assert_eq!((all.value.as_deref(), all.default.as_deref()), (Some("100000"), Some(DEFAULT)));
    assert_eq!(all.source, ConfigSource::DynamicDefaultBrokerConfig);
    assert_eq!(all.note.as_deref(), Some("broker 2 sets its own"));
    eventually("the broker knows what counts without its own", async || {
        let own = config(&mut console, Some(2), NAME).await?;
        Ok((own.default.as_deref() == Some("100000")).then_some(()))
    })
    .await?;

    let wrong = alter(&mut console, Some(2), set(NAME, "many"), true).await?.unwrap_err();
    assert_eq!(wrong.code, ErrorCode::Invalid, "{wrong:?}");
    ensure!(wrong.message.contains(NAME), "{wrong:?}");
    let fixed = alter(&mut console, Some(2), set("node.id", "7"), false).await?.unwrap_err();
    assert_eq!(fixed.code, ErrorCode::Invalid, "{fixed:?}");
    let gone = alter(&mut console, Some(77), set(NAME, "7"), false).await?.unwrap_err();
    ensure!(matches!(gone.code, ErrorCode::NotFound | ErrorCode::Unavailable), "{gone:?}");

    for broker in [Some(2), None] {
        let reset = ConfigChange { name: NAME.to_owned(), value: None };
        assert_eq!(alter(&mut console, broker, reset, false).await?, Ok(()));
    }
    eventually("the default is back", async || {
        let all = config(&mut console, None, NAME).await?;
        let one = config(&mut console, Some(2), NAME).await?;
        let is_back = all.source == ConfigSource::DefaultConfig && one.value == all.value;
        Ok((is_back && all.note.is_none()).then_some(()))
    })
    .await
}

async fn brokers_say_themselves_which_configurations_belong_to_one_of_them(
    version: Version,
) -> Result<()> {
    let (_app, _) = over_gallery(version, "admin").await?;
    let mut console = Console::open(&_app).await?;
    let (mut n_of_one, mut n_of_all, mut n_of_listeners) = (0, 0, 0);
    for entry in configs(&mut console, Some(1)).await? {
        if entry.update == Some(ConfigUpdate::ReadOnly) && entry.note.is_some() {
            let refused = alter(&mut console, Some(1), set(&entry.name, "x"), true).await?;
            let refused = refused.unwrap_err();
            ensure!(refused.message.contains("using the listener prefix"), "{refused:?}");
            n_of_listeners += 1;
            continue;
        }
        let is_of_one = match entry.update.context("how it can be changed is told")? {
            ConfigUpdate::ReadOnly => continue,
            ConfigUpdate::PerBroker => true,
            ConfigUpdate::ClusterWide => false,
        };
        let value = entry.value.clone().unwrap_or_default();
        let checked = alter(&mut console, None, set(&entry.name, &value), true).await?;
        let is_refused = checked
            .as_ref()
            .is_err_and(|refused| refused.message.contains("default cluster level"));
        if entry.name.starts_with("listener.name.") && entry.value.is_some() {
            let own = alter(&mut console, Some(1), set(&entry.name, &value), true).await?;
            let said = own.as_ref().err().map(|refused| refused.message.as_str());
            ensure!(!said.is_some_and(|said| said.contains("dynamically")), "{said:?}");
        }
        if entry.value.is_none() && !is_refused && checked.is_err() {
            // It is refused for the value, which is not known; nobody can tell what else.
            continue;
        }
        assert_eq!(is_refused, is_of_one, "{}: {checked:?}", entry.name);
        n_of_one += u32::from(is_of_one);
        n_of_all += u32::from(!is_of_one);
    }
    ensure!(
        n_of_one > 10 && n_of_all > 30 && n_of_listeners > 5,
        "{n_of_one} of one, {n_of_all} of all, {n_of_listeners} of listeners"
    );
    Ok(())
}

async fn somebody_without_rights_is_told_which_are_missing(version: Version) -> Result<()> {
    let (app, _) = over_gallery(version, "alice").await?;
    let mut console = Console::open(&app).await?;
    let alter = |broker| Request::AlterBrokerConfigs {
        cluster: bed(),
        broker,
        changes: vec![set("max.connections", "7")],
        validate_only: true,
    };
    let elect = |election| Request::ElectLeaders {
        cluster: bed(),
        election,
        partitions: vec![("orders".to_owned(), 0)],
    };
    let all = [
        (Request::BrokerConfigs { cluster: bed(), broker: 1 }, "DESCRIBE_CONFIGS"),
        (Request::BrokerDefaults { cluster: bed() }, "DESCRIBE_CONFIGS"),
        (alter(Some(1)), "ALTER_CONFIGS"),
        (alter(None), "ALTER_CONFIGS"),
        (Request::BrokerReplicas { cluster: bed(), broker: 1 }, "DESCRIBE"),
        (elect(ElectionKind::Preferred), "ALTER"),
        (elect(ElectionKind::Unclean), "ALTER"),
    ];
    for (request, operation) in all {
        let refused = console.ask(request.clone()).await?.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Denied, "{request:?}: {refused:?}");
        let remedy = refused.remedy.unwrap_or_default();
        let wanted = format!("Grant the principal {operation} on the cluster");
        ensure!(remedy.contains(&wanted), "{request:?}: {remedy}");
    }
    let view = brokers(&mut console, |view| view.measured_at_ms.is_some()).await?;
    let fault = view.fault.unwrap_or_default();
    ensure!(fault.contains("Grant the principal DESCRIBE on the cluster"), "{fault}");
    assert_eq!((view.quorum, view.rows[0].role), (None, None), "nothing is made up");
    assert_eq!((view.rows[0].state, &view.rows[0].log_dirs), (BrokerState::Up, &None));
    Ok(())
}

async fn configurations_of_brokers_are_changed_over_rest(version: Version) -> Result<()> {
    let bed = Bed::new(On::Kafka(version)).await?;
    let (app, _console) = over(&bed).await?;
    let clusters = ask(&app, "GET", "/kafka/v3/clusters", "").await?;
    let id = clusters.each("cluster_id")[0].as_str().context("an id")?.to_owned();
    let all = format!("/kafka/v3/clusters/{id}/broker-configs/log.cleaner.threads");
    let own = format!("/kafka/v3/clusters/{id}/brokers/2/configs/log.cleaner.threads");
    assert_eq!(ask(&app, "PUT", &all, r#"{"value": 2}"#).await?.status, 204);
    let set = ask(&app, "GET", &all, "").await?.body;
    assert_eq!((&set["kind"], &set["value"]), (&json!("KafkaClusterConfig"), &json!("2")));
    assert_eq!(set["source"], "DYNAMIC_DEFAULT_BROKER_CONFIG");
    ask_until(&app, &own, |answer| answer.body["value"] == "2").await?;
    let one = r#"{"data": [{"name": "log.cleaner.threads", "value": "1"}]}"#;
    let alter = format!("/kafka/v3/clusters/{id}/brokers/2/configs:alter");
    let altered = ask(&app, "POST", &alter, one).await?;
    assert_eq!(altered.status, 204, "{altered:?}");
    let seen = ask(&app, "GET", &own, "").await?.body;
    assert_eq!((&seen["value"], &seen["source"]), (&json!("1"), &json!("DYNAMIC_BROKER_CONFIG")));
    assert_eq!(ask(&app, "DELETE", &own, "").await?.status, 204);
    assert_eq!(ask(&app, "DELETE", &all, "").await?.status, 204);
    assert_eq!(ask(&app, "GET", &all, "").await?.status, 404);
    ask_until(&app, &own, |answer| answer.body["is_default"] == true).await?;
    let refused = ask(&app, "PUT", &own, r#"{"value": "none"}"#).await?;
    let (status, code, message) = refused.error()?;
    assert_eq!((status, code), (400, 40002), "{message}");
    ensure!(message.contains("log.cleaner.threads"), "{message}");
    Ok(())
}
