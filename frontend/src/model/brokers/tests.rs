use super::*;
use drawbridge_shared::view::LogDirView;

fn dir(used: Option<u64>, usable: Option<u64>) -> LogDirView {
    LogDirView {
        path: "/d".into(),
        error: used.is_none().then(|| "offline".to_owned()),
        total_bytes: Some(100),
        usable_bytes: usable,
        used_bytes: used,
        n_replicas: 1,
        n_moving: 0,
    }
}

fn broker(id: i32, state: BrokerState, dirs: Option<Vec<LogDirView>>) -> BrokerRow {
    BrokerRow {
        id,
        state,
        fault: None,
        host: None,
        port: None,
        rack: None,
        role: None,
        version: None,
        features: vec![],
        n_leaders: 0,
        n_preferred: 0,
        n_replicas: 0,
        n_out_of_sync: 0,
        log_dirs: dirs,
    }
}

fn partition(topic: &str, partition: i32, leader: Option<i32>, isr: &[i32]) -> TroubledPartition {
    TroubledPartition {
        topic: topic.into(),
        partition,
        leader,
        replicas: vec![1, 2],
        isr: isr.to_vec(),
        down: vec![],
        min_isr: Some(1),
    }
}

#[test]
fn data_is_a_sum_only_when_every_directory_tells_and_free_space_never_is_one() {
    let both =
        broker(1, BrokerState::Up, Some(vec![dir(Some(3), Some(40)), dir(Some(4), Some(30))]));
    let disk = Disk::of(&both);
    assert_eq!((disk.used, disk.free, disk.n_offline), (Some(7), Some(30), 0));
    let broken = broker(1, BrokerState::Up, Some(vec![dir(Some(3), Some(40)), dir(None, None)]));
    let disk = Disk::of(&broken);
    assert_eq!((disk.used, disk.free, disk.n_offline), (None, Some(40), 1));
    assert_eq!(Disk::of(&broker(1, BrokerState::Up, None)), Disk::default());
}

#[test]
fn brokers_in_trouble_come_first_when_sorted_by_state() {
    let rows = [
        broker(1, BrokerState::Up, None),
        broker(2, BrokerState::Missing, None),
        broker(3, BrokerState::NoAnswer, None),
    ];
    assert_eq!(ordered(&rows, BrokerColumn::State, Direction::Descending), [2, 3, 1]);
    assert_eq!(ordered(&rows, BrokerColumn::Data, Direction::Descending), [1, 2, 3]);
    for column in BrokerColumn::ALL {
        assert_eq!(BrokerColumn::of_key(column.key()), Some(column));
    }
}

#[test]
fn a_list_holds_exactly_the_partitions_that_lack_it_the_worst_first() {
    let rows = [
        partition("a-b", 0, Some(2), &[1, 2]),
        partition("a-b", 10, None, &[1]),
        partition("orders", 2, Some(1), &[1]),
    ];
    assert_eq!(shown(&rows, "", None), ["a-b-10", "orders-2", "a-b-0"]);
    assert_eq!(shown(&rows, "", Some(PartitionTrouble::NotPreferred)), ["a-b-0"]);
    assert_eq!(shown(&rows, "ORD", None), ["orders-2"]);
    for row in &rows {
        assert_eq!(of_key(&rows, &key(row)), Some(row));
    }
    assert_eq!(of_key(&rows, "orders-3"), None);
}

#[test]
fn what_is_not_known_is_neither_fine_nor_bad() {
    assert_eq!(trouble_role(PartitionTrouble::UnderMinIsr, None), StateRole::Unknown);
    assert_eq!(trouble_role(PartitionTrouble::Offline, Some(0)), StateRole::Ok);
    assert_eq!(trouble_role(PartitionTrouble::Offline, Some(1)), StateRole::Failed);
    assert_eq!(trouble_role(PartitionTrouble::NotPreferred, Some(1)), StateRole::Attention);
}
