use std::collections::{BTreeMap, BTreeSet};

use drawbridge_shared::link::{Filter, FilterType, Filters, LinkPrefix, PatternType};
use proptest::prelude::*;

use super::*;
use auto_create::{AutoCreatePlan, CreateMirror, ObservedTopic};
use consumer_offsets::{Committed, DestinationGroup, MirrorEnds, OffsetRules, OffsetsObserved};
use topic_configs::{ConfigStage, Configs};

fn all() -> Filters {
    let name = "*".to_owned();
    let filter =
        Filter { name, pattern_type: PatternType::Literal, filter_type: FilterType::Include };
    Filters::new(vec![filter])
}

fn configs(pairs: &[(&str, &str)]) -> Configs {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_mirror_keeps_what_passing_through_needs_until_it_is_promoted() {
    let source = configs(&[
        ("cleanup.policy", "compact"),
        ("compression.type", "zstd"),
        ("max.message.bytes", "1000"),
        ("message.timestamp.type", "LogAppendTime"),
        ("retention.ms", "77"),
        ("remote.storage.enable", "true"),
    ]);
    let mirror = configs(&[
        ("cleanup.policy", "delete"),
        ("compression.type", "lz4"),
        ("max.message.bytes", "5000"),
        ("message.timestamp.type", "CreateTime"),
        ("retention.ms", "1"),
        ("remote.storage.enable", "false"),
    ]);
    let include = ["retention.ms".to_owned(), "compression.type".to_owned()];
    let set = |stage| -> Vec<(String, String)> {
        let plan = topic_configs::plan(&source, &mirror, &include, stage);
        plan.into_iter().map(|set| (set.name, set.value)).collect()
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        set(ConfigStage::Mirroring),
        [
            pair("cleanup.policy", "compact"),
            pair("compression.type", "producer"),
            pair("retention.ms", "77")
        ]
    );
    assert_eq!(
        set(ConfigStage::Padding),
        [pair("compression.type", "producer"), pair("retention.ms", "-1")]
    );
    assert_eq!(
        set(ConfigStage::Final),
        [
            pair("cleanup.policy", "compact"),
            pair("compression.type", "zstd"),
            pair("max.message.bytes", "1000"),
            pair("message.timestamp.type", "LogAppendTime"),
            pair("retention.ms", "77"),
        ]
    );
}

struct Groups {
    source: BTreeMap<String, BTreeMap<(String, i32), i64>>,
    destination: BTreeMap<String, DestinationGroup>,
    mirrors: BTreeMap<String, MirrorEnds>,
    committed: Committed,
}

impl Groups {
    fn one(source: i64, there: Option<i64>) -> Self {
        let place = ("orders".to_owned(), 0);
        let offsets = there.map(|offset| (place.clone(), offset)).into_iter().collect();
        let mirror = MirrorEnds { name: "orders".to_owned(), ends: vec![100] };
        Self {
            source: BTreeMap::from([("g".to_owned(), BTreeMap::from([(place, source)]))]),
            destination: BTreeMap::from([(
                "g".to_owned(),
                DestinationGroup { active: false, offsets },
            )]),
            mirrors: BTreeMap::from([("orders".to_owned(), mirror)]),
            committed: Committed::new(),
        }
    }

    fn plan(&self, now: i64) -> consumer_offsets::OffsetPlan {
        let filters = all();
        let rules = OffsetRules { filters: &filters, group_prefix: None, recommit_ms: 1_000 };
        let observed = OffsetsObserved {
            source: &self.source,
            destination: &self.destination,
            mirrors: &self.mirrors,
            committed: &self.committed,
        };
        consumer_offsets::plan(Millis(now), observed, rules)
    }

    fn execute(&mut self, now: i64, plan: &consumer_offsets::OffsetPlan) {
        for (group, offsets) in &plan.commits {
            for (place, offset) in offsets {
                let there = self.destination.entry(group.clone()).or_default();
                there.offsets.insert(place.clone(), *offset);
                self.committed.insert((group.clone(), place.clone()), (*offset, Millis(now)));
            }
        }
    }
}

#[test]
fn offsets_are_copied_clamped_to_what_the_mirror_has() {
    for (source, committed) in [(40, 40), (100, 100), (130, 100)] {
        let plan = Groups::one(source, None).plan(0);
        assert_eq!(plan.commits["g"][&("orders".to_owned(), 0)], committed);
    }
}

#[test]
fn a_group_with_members_on_the_destination_is_left_alone_and_named() {
    let mut groups = Groups::one(40, Some(10));
    groups.destination.get_mut("g").unwrap().active = true;
    let plan = groups.plan(0);
    assert!(plan.commits.is_empty());
    assert_eq!(plan.errors[0].code, TaskErrorCode::ConsumerGroupInUse);
    assert!(plan.errors[0].message.contains("'g'"));
}

#[test]
fn what_somebody_else_committed_further_on_stays_and_the_sources_own_rewind_is_followed() {
    let mut groups = Groups::one(40, Some(60));
    assert!(groups.plan(0).commits.is_empty());
    groups.committed.insert(("g".to_owned(), ("orders".to_owned(), 0)), (60, Millis(0)));
    assert_eq!(groups.plan(0).commits["g"].len(), 1);
}

#[test]
fn unchanged_offsets_are_committed_again_before_they_expire() {
    let mut groups = Groups::one(40, None);
    let plan = groups.plan(0);
    groups.execute(0, &plan);
    assert!(groups.plan(999).commits.is_empty());
    assert_eq!(groups.plan(1_000).commits.len(), 1);
}

fn topic(name: &str) -> ObservedTopic {
    ObservedTopic { name: name.to_owned(), partitions: 3, internal: false }
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn every_wanted_source_topic_gets_a_mirror_and_internal_ones_never_do() {
    let source =
        [topic("b"), topic("a"), topic("__consumer_offsets"), topic("_confluent-x"), topic("old")];
    let prefix: LinkPrefix = "dr-".parse().unwrap();
    let plan =
        auto_create::plan(&source, &names(&["old"]), &names(&["old"]), &all(), Some(&prefix));
    let made: Vec<&str> = plan.create.iter().map(|create| create.mirror_topic.as_str()).collect();
    assert_eq!((made, plan.errors), (vec!["dr-a", "dr-b"], vec![]));
}

#[test]
fn a_plain_topic_in_the_way_is_an_error_with_the_remedies() {
    let plan = auto_create::plan(&[topic("a")], &names(&[]), &names(&["a"]), &all(), None);
    assert!(plan.create.is_empty());
    assert_eq!(plan.errors[0].code, TaskErrorCode::TopicExists);
    assert!(plan.errors[0].message.starts_with("Topic 'a' already exists."));
}

#[test]
fn switched_on_without_filters_is_said_and_not_silently_nothing() {
    let plan =
        auto_create::plan(&[topic("a")], &names(&[]), &names(&[]), &Filters::default(), None);
    assert_eq!(plan.errors[0].code, TaskErrorCode::Misconfiguration);
}

#[test]
fn a_task_runs_when_it_is_due_on_an_active_link_and_shows_how_it_went() {
    let mut task = Task::new(TaskName::ConsumerOffsetSync);
    assert!(!task.start(Millis(0), false, LinkState::Active));
    assert_eq!(task.state(false, LinkState::Active), TaskState::NotConfigured);
    assert!(!task.start(Millis(0), true, LinkState::Paused));
    assert_eq!(task.state(true, LinkState::Paused), TaskState::LinkPaused);
    assert!(task.start(Millis(0), true, LinkState::Active));
    assert!(!task.start(Millis(0), true, LinkState::Active), "once");
    let error = TaskError { code: TaskErrorCode::Authorization, message: "READ on g".to_owned() };
    task.finish(Millis(5), 100, vec![error; 30]);
    assert_eq!(
        (task.errors().len(), task.state(true, LinkState::Active)),
        (21, TaskState::InError)
    );
    assert!(!task.start(Millis(104), true, LinkState::Active));
    assert!(task.start(Millis(105), true, LinkState::Active));
    task.finish(Millis(106), 100, Vec::new());
    assert_eq!(task.state(true, LinkState::Active), TaskState::Active);
}

fn some_configs() -> impl Strategy<Value = Configs> {
    const NAMES: [&str; 8] = [
        "cleanup.policy",
        "compression.type",
        "max.message.bytes",
        "message.timestamp.type",
        "message.timestamp.difference.max.ms",
        "message.timestamp.before.max.ms",
        "retention.ms",
        "segment.bytes",
    ];
    proptest::collection::vec((0..NAMES.len(), 1..6_i64), 0..8).prop_map(|picks| {
        picks.into_iter().map(|(at, value)| (NAMES[at].to_owned(), value.to_string())).collect()
    })
}

proptest! {
    #[test]
    fn setting_what_the_plan_says_leaves_nothing_to_set(
        source in some_configs(), mirror in some_configs(), stage in 0..3_usize, include: bool,
    ) {
        let stage = [ConfigStage::Padding, ConfigStage::Mirroring, ConfigStage::Final][stage];
        let include = if include { vec!["retention.ms".to_owned()] } else { vec![] };
        let mut after = mirror.clone();
        for set in topic_configs::plan(&source, &mirror, &include, stage) {
            prop_assert!(after.insert(set.name, set.value).is_some(), "nothing unknown is set");
        }
        prop_assert_eq!(topic_configs::plan(&source, &after, &include, stage), []);
    }

    #[test]
    fn committing_what_the_plan_says_leaves_nothing_to_commit_and_never_passes_the_mirror(
        source in 0..200_i64, there in proptest::option::of(0..200_i64), own in proptest::option::of(0..200_i64),
    ) {
        let mut groups = Groups::one(source, there);
        if let Some(own) = own {
            groups.committed.insert(("g".to_owned(), ("orders".to_owned(), 0)), (own, Millis(0)));
        }
        let plan = groups.plan(10);
        prop_assert!(plan.commits.values().flatten().all(|(_, offset)| *offset <= 100));
        groups.execute(10, &plan);
        prop_assert!(groups.plan(11).commits.is_empty());
    }

    #[test]
    fn creating_what_the_plan_says_leaves_nothing_to_create(
        source in proptest::collection::btree_set("[a-d_]{1,3}", 0..6),
        mirrored in proptest::collection::btree_set("[a-d]{1,3}", 0..3),
        taken in proptest::collection::btree_set("[a-d]{1,3}", 0..3),
    ) {
        let source: Vec<ObservedTopic> = source.iter().map(|name| topic(name)).collect();
        let AutoCreatePlan { create, .. } = auto_create::plan(&source, &mirrored, &taken, &all(), None);
        let mut reversed = source.clone();
        reversed.reverse();
        prop_assert_eq!(&auto_create::plan(&reversed, &mirrored, &taken, &all(), None).create, &create);
        let (mut mirrored, mut taken) = (mirrored, taken);
        for CreateMirror { source_topic, mirror_topic, .. } in create {
            mirrored.insert(source_topic);
            prop_assert!(taken.insert(mirror_topic));
        }
        prop_assert_eq!(auto_create::plan(&source, &mirrored, &taken, &all(), None).create, []);
    }
}
