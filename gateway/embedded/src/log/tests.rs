use super::*;
use crate::batch::{Record, build, build_with};
use crate::incoming;
use bytes::Bytes;
use proptest::prelude::*;
use std::collections::BTreeMap;

const NOW: i64 = 1_000_000_000;

fn plain(records: &[Record]) -> Incoming {
    incoming::read(build(records, Codec::None, NOW).as_ref()).unwrap()
}

fn by_producer(
    (pid, epoch, sequence): (i64, i16, i32),
    count: usize,
    transactional: bool,
) -> Incoming {
    let records = vec![Record::new("k", "v"); count];
    let bytes = build_with(&records, Codec::None, NOW, |h| {
        h.producer_id = pid;
        h.producer_epoch = epoch;
        h.base_sequence = sequence;
        h.set_transactional(transactional);
    });
    incoming::read(bytes.as_ref()).unwrap()
}

fn log() -> Log {
    let mut log = Log::default();
    log.begin_epoch(0);
    log
}

fn append(log: &mut Log, batch: &Incoming) -> Result<Appended, Code> {
    log.append(batch, &TopicRules::default(), NOW).map_err(|r| r.code)
}

fn rules(configs: &[(&str, &str)]) -> TopicRules {
    let set = configs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    TopicRules::new(&set, &BTreeMap::new())
}

#[test]
fn a_passed_through_batch_is_stored_with_only_offset_and_epoch_changed() {
    let mut log = log();
    append(&mut log, &plain(&[Record::new("a", "1")])).unwrap();
    let sent = plain(&[Record::new("b", "2"), Record::new("c", "3")]);
    append(&mut log, &sent).unwrap();
    let stored = &log.read(1, log.end(), usize::MAX, true)[0].bytes;
    assert_eq!(&stored[..8], 1_i64.to_be_bytes());
    assert_eq!(stored[8..12], sent.bytes[8..12]);
    assert_eq!(stored[16..], sent.bytes[16..]);
}

#[test]
fn an_unknown_producer_may_start_at_any_sequence_and_then_must_go_on() {
    let mut log = log();
    assert!(append(&mut log, &by_producer((9, 0, 500), 10, false)).is_ok());
    assert!(append(&mut log, &by_producer((9, 0, 510), 1, false)).is_ok());
    let gap = append(&mut log, &by_producer((9, 0, 512), 1, false));
    assert_eq!(gap.unwrap_err(), Code::OutOfOrderSequenceNumber);
}

#[test]
fn a_repeated_batch_is_acknowledged_with_its_old_offset_and_not_appended() {
    let mut log = log();
    for i in 0..5 {
        append(&mut log, &by_producer((9, 0, i * 2), 2, false)).unwrap();
    }
    assert_eq!(append(&mut log, &by_producer((9, 0, 0), 2, false)).unwrap().base_offset, 0);
    assert_eq!(append(&mut log, &by_producer((9, 0, 8), 2, false)).unwrap().base_offset, 8);
    assert_eq!(log.end(), 10);
    append(&mut log, &by_producer((9, 0, 10), 2, false)).unwrap();
    let forgotten = append(&mut log, &by_producer((9, 0, 0), 2, false));
    assert_eq!(forgotten.unwrap_err(), Code::OutOfOrderSequenceNumber);
}

#[test]
fn a_newer_epoch_starts_at_zero_and_fences_the_older() {
    let mut log = log();
    append(&mut log, &by_producer((9, 0, 3), 1, false)).unwrap();
    let late = append(&mut log, &by_producer((9, 1, 4), 1, false));
    assert_eq!(late.unwrap_err(), Code::OutOfOrderSequenceNumber);
    append(&mut log, &by_producer((9, 1, 0), 1, false)).unwrap();
    let old = append(&mut log, &by_producer((9, 0, 4), 1, false));
    assert_eq!(old.unwrap_err(), Code::InvalidProducerEpoch);
}

#[test]
fn a_producer_whose_first_act_was_a_marker_starts_at_zero() {
    let mut log = log();
    log.append_marker((9, 0), 0, true, NOW).unwrap();
    let other = append(&mut log, &by_producer((9, 0, 7), 1, false));
    assert_eq!(other.unwrap_err(), Code::OutOfOrderSequenceNumber);
    append(&mut log, &by_producer((9, 0, 0), 1, false)).unwrap();
}

#[test]
fn a_marker_without_a_transaction_takes_an_offset_and_changes_nothing_else() {
    let mut log = log();
    assert_eq!(log.append_marker((77, 0), 0, false, NOW), Ok(0));
    assert_eq!((log.end(), log.last_stable()), (1, 1));
    assert_eq!(log.aborted_between(0, 1), []);
}

#[test]
fn an_open_transaction_holds_the_stable_offset_and_an_abort_is_listed() {
    let mut log = log();
    append(&mut log, &plain(&[Record::new("a", "1")])).unwrap();
    append(&mut log, &by_producer((1, 0, 0), 2, true)).unwrap();
    append(&mut log, &by_producer((2, 0, 0), 1, true)).unwrap();
    assert_eq!((log.last_stable(), log.high_watermark()), (1, 4));
    log.append_marker((1, 0), 0, false, NOW).unwrap();
    assert_eq!(log.last_stable(), 3);
    log.append_marker((2, 0), 0, true, NOW).unwrap();
    assert_eq!(log.last_stable(), 6);
    let aborted = Aborted { producer_id: 1, first: 1, last: 4 };
    assert_eq!(log.aborted_between(0, 6), [aborted]);
    assert_eq!(log.aborted_between(5, 6), []);
    assert_eq!(log.aborted_between(0, 1), []);
}

#[test]
fn truncation_forgets_what_it_cut_and_epochs_tell_where() {
    let mut log = log();
    append(&mut log, &by_producer((9, 0, 0), 4, false)).unwrap();
    log.begin_epoch(1);
    append(&mut log, &by_producer((9, 0, 4), 4, false)).unwrap();
    assert_eq!(log.epoch_end(0), (0, 4));
    assert_eq!(log.truncate(6), 4);
    log.begin_epoch(2);
    append(&mut log, &by_producer((9, 0, 4), 1, false)).unwrap();
    // A reader that saw offset 8 in epoch 1 learns that epoch 0 ended at 4.
    assert_eq!(log.epoch_end(1), (0, 4));
    assert_eq!(log.epoch_end(2), (2, 5));
    assert_eq!(log.epoch_end(3), (-1, -1));
}

#[test]
fn a_held_high_watermark_hides_what_comes_after() {
    let mut log = log();
    append(&mut log, &plain(&[Record::new("a", "1")])).unwrap();
    log.hold_high_watermark(true);
    append(&mut log, &plain(&[Record::new("a", "2")])).unwrap();
    assert_eq!((log.high_watermark(), log.end()), (1, 2));
    log.hold_high_watermark(false);
    assert_eq!(log.high_watermark(), 2);
}

#[test]
fn the_topic_decides_on_size_key_and_time() {
    let batch = plain(&[Record { key: None, ..Record::new("", "value") }]);
    let refused = |rules: &TopicRules| log().append(&batch, rules, NOW).unwrap_err().code;
    assert_eq!(refused(&rules(&[("max.message.bytes", "10")])), Code::MessageTooLarge);
    assert_eq!(refused(&rules(&[("segment.bytes", "14")])), Code::RecordListTooLarge);
    assert_eq!(refused(&rules(&[("cleanup.policy", "compact")])), Code::InvalidRecord);
    let old = plain(&[Record::new("k", "v").at(NOW - 10_000)]);
    let strict = rules(&[("message.timestamp.before.max.ms", "5000")]);
    assert_eq!(log().append(&old, &strict, NOW).unwrap_err().code, Code::InvalidTimestamp);
    let future = plain(&[Record::new("k", "v").at(NOW + 4_000_000)]);
    assert_eq!(append(&mut log(), &future).unwrap_err(), Code::InvalidTimestamp);
}

#[test]
fn log_append_time_and_codec_are_the_brokers_to_set() {
    let mut log = log();
    let rules = rules(&[("message.timestamp.type", "LogAppendTime"), ("compression.type", "lz4")]);
    let done = log.append(&plain(&[Record::new("k", "v").at(5)]), &rules, NOW).unwrap();
    assert_eq!(done.log_append_time, NOW);
    let stored = log.read(0, 1, usize::MAX, true)[0].clone();
    let header = Header::read(&stored.bytes).unwrap();
    assert!(header.is_log_append_time() && batch::checksum_holds(&stored.bytes, &header));
    assert_eq!((header.max_timestamp, header.codec()), (NOW, Some(Codec::Lz4)));
    assert_eq!(log.find_timestamp(NOW - 1, 1).map(|f| f.timestamp), Some(NOW));
    let stamped =
        build_with(&[Record::new("k", "v")], Codec::None, NOW, |h| h.set_log_append_time(true));
    let stamped = incoming::read(stamped.as_ref()).unwrap();
    assert_eq!(log.append(&stamped, &rules, NOW).unwrap_err().code, Code::InvalidTimestamp);
}

#[test]
fn retention_goes_by_age_and_size_and_only_where_the_policy_says_delete() {
    let fill = |log: &mut Log| {
        for i in 0..10 {
            append(log, &plain(&[Record::new("k", "v").at(NOW - 10_000 + i * 1_000)])).unwrap();
        }
    };
    let mut by_age = log();
    fill(&mut by_age);
    by_age.retain(&rules(&[("retention.ms", "5500")]), NOW, u64::MAX);
    assert_eq!(by_age.start(), 5);
    let mut by_size = log();
    fill(&mut by_size);
    let one = by_size.size() / 10;
    by_size.retain(&rules(&[("retention.bytes", &(one * 3).to_string())]), NOW, u64::MAX);
    assert_eq!(by_size.start(), 7);
    let mut compacted = log();
    fill(&mut compacted);
    compacted.retain(
        &rules(&[("retention.ms", "1"), ("cleanup.policy", "compact")]),
        NOW,
        u64::MAX,
    );
    assert_eq!(compacted.start(), 0);
    compacted.retain(&rules(&[("cleanup.policy", "compact")]), NOW, one * 2);
    assert_eq!(compacted.start(), 8);
}

#[test]
fn compaction_drops_aborted_data_and_tombstones_after_their_time() {
    let compact = rules(&[("cleanup.policy", "compact"), ("delete.retention.ms", "1000")]);
    let mut log = log();
    append(
        &mut log,
        &plain(&[Record::new("a", "1"), Record { value: None, ..Record::new("b", "") }]),
    )
    .unwrap();
    append(&mut log, &by_producer((1, 0, 0), 2, true)).unwrap();
    log.append_marker((1, 0), 0, false, NOW).unwrap();
    append(&mut log, &plain(&[Record::new("last", "x")])).unwrap();
    let left = |log: &Log| log.batches().map(|b| (b.base(), b.header.count)).collect::<Vec<_>>();
    log.compact(&compact, NOW);
    // The producer's last batch stays as a bare header, the marker stays.
    assert_eq!(left(&log), [(0, 2), (2, 0), (4, 1), (5, 1)]);
    log.compact(&compact, NOW + 5_000);
    assert_eq!(left(&log), [(0, 1), (2, 0), (4, 1), (5, 1)]);
    assert_eq!(log.end(), 6);
}

#[derive(Clone, Debug)]
enum Op {
    Plain(u8),
    Produce(i64, u8),
    Transactional(i64),
    Marker(i64, bool),
    DeleteBefore(i64),
    Truncate(i64),
    Compact,
    Retain(u64),
    Hold(bool),
    Evict,
    Epoch,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (1_u8..5).prop_map(Op::Plain),
        4 => (1_i64..4, 1_u8..4).prop_map(|(p, n)| Op::Produce(p, n)),
        3 => (4_i64..6).prop_map(Op::Transactional),
        3 => (1_i64..7, any::<bool>()).prop_map(|(p, c)| Op::Marker(p, c)),
        1 => (0_i64..40).prop_map(Op::DeleteBefore),
        1 => (0_i64..60).prop_map(Op::Truncate),
        1 => Just(Op::Compact),
        1 => (0_u64..2_000).prop_map(Op::Retain),
        1 => any::<bool>().prop_map(Op::Hold),
        1 => Just(Op::Evict),
        1 => Just(Op::Epoch),
    ]
}

fn next_sequence(log: &Log, pid: i64) -> (i16, i32) {
    log.producers.get(pid).map_or((0, 0), |p| (p.epoch, p.last_sequence() + 1))
}

fn apply(log: &mut Log, op: &Op, epoch: &mut i32) {
    let rules = TopicRules::default();
    match op {
        Op::Plain(n) => {
            append(log, &plain(&vec![Record::new(vec![*n], "v"); usize::from(*n)])).unwrap();
        }
        Op::Produce(pid, n) => {
            let (epoch, sequence) = next_sequence(log, *pid);
            append(log, &by_producer((*pid, epoch, sequence), usize::from(*n), false)).unwrap();
        }
        Op::Transactional(pid) => {
            let (epoch, sequence) = next_sequence(log, *pid);
            append(log, &by_producer((*pid, epoch, sequence), 2, true)).unwrap();
        }
        Op::Marker(pid, commit) => drop(log.append_marker((*pid, 0), 0, *commit, NOW)),
        Op::DeleteBefore(to) => log.delete_before((*to).min(log.high_watermark())),
        Op::Truncate(to) => drop(log.truncate(*to)),
        Op::Compact => drop(log.compact(&rules, NOW)),
        Op::Retain(cap) => log.retain(&rules, NOW, *cap),
        Op::Hold(on) => log.hold_high_watermark(*on),
        Op::Evict => drop(log.evict_oldest()),
        Op::Epoch => {
            *epoch += 1;
            log.begin_epoch(*epoch);
        }
    }
}

fn check(log: &Log) {
    let (start, lso, hw, end) = (log.start(), log.last_stable(), log.high_watermark(), log.end());
    assert!(start <= lso && lso <= hw && hw <= end, "{start} {lso} {hw} {end}");
    let mut next = i64::MIN;
    let mut size = 0;
    for batch in log.batches() {
        assert!(batch.base() >= next && batch.last() >= batch.base() && batch.last() >= start);
        let header = Header::read(&batch.bytes).unwrap();
        assert_eq!(header.base_offset, batch.base());
        assert!(batch::checksum_holds(&batch.bytes, &header));
        assert_eq!(header.total_len(), Some(batch.bytes.len()));
        next = batch.last() + 1;
        size += batch.bytes.len() as u64;
    }
    assert!(next <= end);
    assert_eq!(log.size(), size);
    assert!(log.epochs.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 <= w[1].1));
}

proptest! {
    #[test]
    fn the_invariants_hold_whatever_happens(ops in proptest::collection::vec(op(), 1..60)) {
        let mut log = log();
        let mut epoch = 0;
        for op in &ops {
            apply(&mut log, op, &mut epoch);
            check(&log);
        }
    }

    #[test]
    fn reading_on_from_each_batch_gives_every_batch_once(
        ops in proptest::collection::vec(op(), 1..40), portion in 1_usize..400,
    ) {
        let mut log = log();
        let mut epoch = 0;
        ops.iter().for_each(|op| apply(&mut log, op, &mut epoch));
        let (mut at, mut seen) = (log.start(), Vec::new());
        loop {
            let found = log.read(at, log.end(), portion, true);
            let Some(last) = found.last() else { break };
            seen.extend(found.iter().map(|b| b.base()));
            at = last.last() + 1;
        }
        prop_assert_eq!(seen, log.batches().map(Batch::base).collect::<Vec<_>>());
    }

    #[test]
    fn compaction_keeps_the_last_value_of_every_key_at_its_offset(
        records in proptest::collection::vec((0_u8..6, proptest::option::weighted(0.8, any::<u8>())), 1..80),
        size in 1_usize..9,
    ) {
        let compact = rules(&[("cleanup.policy", "compact")]);
        let mut log = log();
        let mut model = BTreeMap::new();
        for (chunk, list) in records.chunks(size).enumerate() {
            let batch: Vec<Record> = list.iter().map(|(k, v)| Record {
                key: Some(Bytes::from(vec![*k])), value: v.map(|v| Bytes::from(vec![v])), ..Record::default()
            }).collect();
            append(&mut log, &plain(&batch)).unwrap();
            for (i, (k, v)) in list.iter().enumerate() {
                model.insert(*k, (i64::try_from(chunk * size + i).unwrap(), *v));
            }
        }
        let end = log.end();
        log.compact(&compact, NOW + 1);
        log.compact(&compact, NOW + 2);
        let mut found = BTreeMap::new();
        for b in log.batches() {
            let section = batch::records_section(&b.bytes, &b.header).unwrap();
            for r in batch::records(&section).map(Option::unwrap) {
                let at = b.base() + i64::from(r.offset_delta);
                found.insert(r.key.unwrap()[0], (at, r.value.map(|v| v[0])));
            }
        }
        prop_assert_eq!(found, model);
        prop_assert_eq!(log.end(), end);
        check(&log);
    }
}
