use super::*;
use crate::view::{BrokerState, ClusterKind, ClusterOrigin, ClusterStatus, ReplicationCounts};
use proptest::collection::btree_map;
use proptest::prelude::*;

fn rows() -> impl Strategy<Value = Vec<TopicRow>> {
    btree_map("[a-e]{1,2}", (0u32..3, proptest::option::of(0u64..3)), 0..8).prop_map(|rows| {
        rows.into_iter()
            .map(|(name, (n_partitions, size_bytes))| TopicRow {
                name,
                is_internal: false,
                n_partitions,
                replication_factor: 1,
                under_replicated: 0,
                offline: 0,
                size_bytes,
                n_offsets: None,
            })
            .collect()
    })
}

fn topics() -> impl Strategy<Value = FeedData> {
    (rows(), 0i64..3, proptest::option::of(0i64..3)).prop_map(
        |(rows, observed_at_ms, measured_at_ms)| {
            FeedData::Topics(TopicsView {
                observed_at_ms,
                measured_at_ms,
                measure_fault: None,
                rows,
            })
        },
    )
}

proptest! {
    #[test]
    fn a_delta_put_on_the_old_state_gives_the_new_one(old in topics(), new in topics()) {
        let mut state = old.clone();
        if let Some(delta) = diff(&old, &new) {
            prop_assert!(apply(&mut state, delta));
        }
        prop_assert_eq!(state, new);
    }

    #[test]
    fn unchanged_topics_are_not_sent_again(old in topics(), observed_at_ms in 5i64..9) {
        let mut new = old.clone();
        if let FeedData::Topics(view) = &mut new {
            view.observed_at_ms = observed_at_ms;
        }
        match diff(&old, &new) {
            Some(FeedDelta::Topics { upsert, remove, .. }) => {
                prop_assert!(upsert.is_empty() && remove.is_empty());
            }
            other => prop_assert!(false, "unexpected {other:?}"),
        }
    }
}

#[test]
fn a_change_of_another_feed_is_refused() {
    let mut state = FeedData::Clusters(vec![]);
    assert!(!apply(&mut state, FeedDelta::Notices(vec![])));
    let mut state = Arc::new(state);
    assert!(!apply_first(&mut state, FeedDelta::Notices(vec![])));
}

fn clusters() -> impl Strategy<Value = FeedData> {
    btree_map("[a-e]{1,2}", proptest::option::of(0u32..3), 0..8).prop_map(|clusters| {
        let view = |(name, n_topics): (String, Option<u32>)| ClusterView {
            name: name.parse().unwrap(),
            kind: ClusterKind::Kafka,
            origin: ClusterOrigin::Configured,
            status: ClusterStatus::Up,
            observed_at_ms: None,
            cluster_id: None,
            version: None,
            bootstrap: String::new(),
            security: String::new(),
            controller: None,
            n_brokers: None,
            n_topics,
            n_partitions: None,
            under_replicated: None,
            offline: None,
            latency_micros: None,
            guards: Box::default(),
            gateways: Vec::new(),
        };
        FeedData::Clusters(clusters.into_iter().map(view).collect())
    })
}

proptest! {
    #[test]
    fn the_first_pages_changes_do_the_same(old in clusters(), new in clusters()) {
        let mut state = Arc::new(old.clone());
        let before = Arc::clone(&state);
        if let Some(delta) = diff(&old, &new) {
            prop_assert!(apply_first(&mut state, delta));
        }
        prop_assert_eq!(&*state, &new);
        prop_assert_eq!(&*before, &old);
    }
}

fn brokers() -> impl Strategy<Value = FeedData> {
    let rows = btree_map(0i32..6, 0u32..3, 0..6).prop_map(|rows| {
        let row = |(id, n_leaders): (i32, u32)| BrokerRow {
            id,
            state: BrokerState::Up,
            fault: None,
            host: None,
            port: None,
            rack: None,
            role: None,
            version: None,
            features: vec![],
            n_leaders,
            n_preferred: 0,
            n_replicas: 0,
            n_out_of_sync: 0,
            log_dirs: None,
        };
        rows.into_iter().map(row).collect()
    });
    (rows, 0i64..3).prop_map(|(rows, observed_at_ms)| {
        FeedData::Brokers(BrokersView {
            observed_at_ms,
            measured_at_ms: None,
            fault: None,
            counts: ReplicationCounts::default(),
            quorum: None,
            rows,
        })
    })
}

fn troubled() -> impl Strategy<Value = FeedData> {
    btree_map(("[a-c]", 0i32..3), proptest::option::of(0i32..2), 0..8).prop_map(|rows| {
        let row = |((topic, partition), leader): ((String, i32), Option<i32>)| TroubledPartition {
            topic,
            partition,
            leader,
            replicas: vec![],
            isr: vec![],
            down: vec![],
            min_isr: None,
        };
        FeedData::TroubledPartitions(TroubledView {
            observed_at_ms: 0,
            fault: None,
            counts: ReplicationCounts::default(),
            rows: rows.into_iter().map(row).collect(),
        })
    })
}

proptest! {
    #[test]
    fn brokers_and_partitions_that_lack_something_come_and_go(
        brokers in (brokers(), brokers()), partitions in (troubled(), troubled())
    ) {
        for (old, new) in [brokers, partitions] {
            let mut state = old.clone();
            if let Some(delta) = diff(&old, &new) {
                prop_assert!(apply(&mut state, delta));
            }
            prop_assert_eq!(state, new);
        }
    }
}
