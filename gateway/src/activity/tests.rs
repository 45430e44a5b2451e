use drawbridge_shared::{draft::ConfigChange, link::LinkConfigs, wire::FeedData};
use futures_util::StreamExt;

use super::{change::shortened, feed::NEWEST, *};
use crate::feeds::FeedState;

fn cluster(name: &str) -> ClusterName {
    name.parse().unwrap()
}

fn set(name: &str, value: &str) -> ConfigChange {
    ConfigChange { name: name.into(), value: Some(value.into()) }
}

fn entry(action: &str, at_ms: i64) -> ActivityEntry {
    let change = Change::on(&cluster("a"), action);
    let mut entry = change.entry(ITSELF, ActivityResult::Done, Severity::Info);
    entry.at_ms = at_ms;
    entry
}

async fn next(
    feed: &mut (impl futures_util::Stream<Item = FeedState> + Unpin),
) -> Vec<ActivityEntry> {
    match feed.next().await {
        Some(FeedState::Data(data)) => match &*data {
            FeedData::Activity(entries) => entries.clone(),
            other => panic!("unexpected {other:?}"),
        },
        other => panic!("unexpected {other:?}"),
    }
}

#[tokio::test]
async fn a_feed_begins_with_the_newest_and_goes_on_with_what_is_wanted() {
    let activity = Activity::default();
    for n in 0..NEWEST + 50 {
        activity.told_in_words(Change::on(&cluster("a"), n.to_string()), None);
        activity.told_in_words(Change::on(&cluster("b"), "other"), None);
    }
    let wanted = Wanted { cluster: Some(cluster("a")), ..Wanted::default() };
    let mut feed = activity.follow(wanted);
    let first = next(&mut feed).await;
    assert_eq!((first.len(), first[0].seq, first[0].action.as_str()), (NEWEST, 1, "50"));
    activity.told_in_words(Change::on(&cluster("b"), "other"), None);
    let who = as_whom("rest", async {
        activity.told_in_words(Change::on(&cluster("a"), "tried"), Some("no".into()));
    });
    who.await;
    let more = next(&mut feed).await;
    assert_eq!((more.len(), more[0].seq), (1, 201));
    assert_eq!((more[0].who.as_str(), more[0].severity), ("rest", Severity::Attention));
    assert_eq!(more[0].result, ActivityResult::Refused("no".into()));
}

#[test]
fn what_is_read_stands_in_order_of_time_and_only_once() {
    let journal = Journal::default();
    journal.add(entry("second", 20), true);
    let (written, lost) = journal.take(10);
    assert_eq!((written.len(), lost), (1, 0));
    let again = journal::Kept::clone(&written[0]);
    let first = journal::Kept { id: 1, entry: entry("first", 10) };
    assert!(journal.merge(vec![first, again.clone()]));
    assert!(!journal.merge(vec![again]));
    let mut words = Vec::new();
    journal.each(|kept| words.push(kept.entry.action.clone()));
    assert_eq!(words, ["first", "second"]);
}

#[test]
fn more_than_can_wait_is_counted_as_lost() {
    let journal = Journal::default();
    for n in 0..510 {
        journal.add(entry(&n.to_string(), n), true);
    }
    let (written, lost) = journal.take(1);
    assert_eq!((written[0].entry.action.as_str(), lost), ("10", 10));
    assert_eq!(journal.take(1).1, 0);
}

#[test]
fn a_record_reads_back_as_itself_on_whatever_the_cluster_is_called() {
    let mut told = entry("do", 7);
    told.topic = Some("orders".parse().unwrap());
    told.result = ActivityResult::Refused("no".into());
    let kept = journal::Kept { id: 0xfeed, entry: told };
    let value = record::encode(&kept).unwrap();
    assert!(String::from_utf8_lossy(&value).starts_with(r#"{"v":1,"#));
    let read = record::decode(&cluster("b"), &value).unwrap();
    assert_eq!(read.entry.cluster, cluster("b"));
    let same = ActivityEntry { cluster: cluster("a"), ..read.entry };
    assert_eq!(journal::Kept { entry: same, ..read }, kept);
    assert_eq!(record::decode(&cluster("b"), b"{\"v\":2}"), None);
}

#[test]
fn secrets_are_named_without_value() {
    let known = LinkConfigs::parse([
        ("bootstrap.servers", "h:1"),
        ("sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"hidden\";"),
        ("security.protocol", "SASL_PLAINTEXT"),
        ("sasl.mechanism", "PLAIN"),
    ])
    .unwrap();
    let changes =
        [set("bootstrap.servers", "h:2"), set("sasl.jaas.config", "hidden"), set("typo", "hidden")];
    let (before, after) = of_link_configs(&known.rows(), &changes);
    assert_eq!(before.as_deref(), Some("bootstrap.servers=h:1"));
    assert_eq!(after.as_deref(), Some("bootstrap.servers=h:2, sasl.jaas.config, typo"));
    let (_, after) = of_kafka_configs(&[], &[set("retention.ms", "1")]);
    assert_eq!(after.as_deref(), Some("retention.ms"), "not known to be no secret");
}

#[test]
fn a_long_text_is_cut_between_letters() {
    let cut = shortened("ä".repeat(600));
    assert!(cut.len() < 1010 && cut.ends_with("ä…"));
}
