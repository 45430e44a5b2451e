//! The judge of everything encoded here is the independent codec `kafka-protocol`.

use std::ops::Range;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{
    Compression, Record, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};
use proptest::prelude::*;

use super::*;

pub(crate) const CODECS: [Compression; 5] = [
    Compression::None,
    Compression::Gzip,
    Compression::Snappy,
    Compression::Lz4,
    Compression::Zstd,
];

/// What a reader sees of a record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) offset: i64,
    pub(crate) timestamp: i64,
    pub(crate) key: Option<Bytes>,
    pub(crate) value: Option<Bytes>,
    pub(crate) headers: Vec<(String, Option<Bytes>)>,
}

pub(crate) fn field() -> impl Strategy<Value = Option<Bytes>> {
    proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from))
}

/// Records at consecutive offsets from `base`, with times, null fields and headers.
pub(crate) fn records(count: Range<usize>) -> impl Strategy<Value = Vec<Seen>> {
    let headers = proptest::collection::vec(("[a-z]{1,5}", field()), 0..3);
    let record = (field(), field(), headers, 0..100_000_i64);
    (proptest::collection::vec(record, count), 0..1_i64 << 40).prop_map(|(records, base)| {
        records
            .into_iter()
            .zip(base..)
            .map(|((key, value, headers, time), offset)| {
                let headers: IndexMap<_, _> = headers.into_iter().collect();
                Seen {
                    offset,
                    timestamp: 1_700_000_000_000 + time,
                    key,
                    value,
                    headers: headers.into_iter().collect(),
                }
            })
            .collect()
    })
}

pub(crate) fn encode(records: &[Seen], compression: Compression, transactional: bool) -> Bytes {
    let records: Vec<Record> = records
        .iter()
        .map(|seen| Record {
            transactional,
            control: false,
            delete_horizon: false,
            partition_leader_epoch: 7,
            producer_id: 4_000,
            producer_epoch: 3,
            timestamp_type: TimestampType::Creation,
            offset: seen.offset,
            sequence: i32::try_from(seen.offset - records[0].offset).unwrap(),
            timestamp: seen.timestamp,
            key: seen.key.clone(),
            value: seen.value.clone(),
            headers: seen
                .headers
                .iter()
                .map(|(name, value)| (StrBytes::from_string(name.clone()), value.clone()))
                .collect(),
        })
        .collect();
    let mut out = BytesMut::new();
    let options = RecordEncodeOptions { version: 2, compression };
    RecordBatchEncoder::encode(&mut out, records.iter(), &options).unwrap();
    out.freeze()
}

/// Records as the judge reads them, and the producer ids it saw.
pub(crate) fn judge(mut bytes: Bytes) -> Vec<(Seen, i64, i16, i32, bool)> {
    let mut seen = Vec::new();
    for set in RecordBatchDecoder::decode_all(&mut bytes).unwrap() {
        for record in set.records {
            let headers = record.headers.into_iter();
            seen.push((
                Seen {
                    offset: record.offset,
                    timestamp: record.timestamp,
                    key: record.key,
                    value: record.value,
                    headers: headers.map(|(name, value)| (name.to_string(), value)).collect(),
                },
                record.producer_id,
                record.producer_epoch,
                record.sequence,
                record.transactional,
            ));
        }
    }
    seen
}

pub(crate) fn bytes_of(stamped: &Stamped) -> Bytes {
    let mut out = BytesMut::from(&stamped.header[..]);
    out.put_slice(&stamped.records);
    out.freeze()
}

/// The batch as it would stand in a log: its own offsets, no producer.
pub(crate) fn as_stored(batch: &Batch) -> Bytes {
    let header = batch.header.encode(batch.records_crc, batch.shift, batch.records.len());
    bytes_of(&Stamped { header, records: batch.records.clone() })
}

/// Changes attributes or counts of encoded batch bytes and makes the checksum right again.
pub(crate) fn doctor(bytes: &Bytes, change: impl FnOnce(&mut Header)) -> Bytes {
    let batch = Batch::parse(bytes).unwrap();
    let mut header = *batch.header();
    change(&mut header);
    as_stored(&Batch { header, ..batch })
}

proptest! {
    #[test]
    fn a_stamped_batch_holds_the_same_records_under_the_links_producer(
        records in records(1..12), codec in 0..5_usize, transactional: bool, horizon: bool,
        producer_id in 0..i64::MAX, producer_epoch in 0..i16::MAX, base_sequence in 0..1_000_000_i32,
    ) {
        let wire = encode(&records, CODECS[codec], transactional);
        let wire = doctor(&wire, |header| if horizon { header.attributes.0 |= 1 << 6 });
        let batch = Batch::parse(&wire).unwrap();
        let stamped = batch.stamp(Stamp { producer_id, producer_epoch, base_sequence });
        prop_assert_eq!(stamped.records.as_ptr(), batch.records().as_ptr(), "records are not copied");
        let base = records[0].offset;
        let out = bytes_of(&stamped);
        prop_assert_eq!(out.len(), stamped.len());
        Batch::parse(&out).unwrap();
        for (index, (seen, pid, epoch, sequence, still_transactional)) in judge(out).into_iter().enumerate() {
            let expected = Seen { offset: records[index].offset - base, ..records[index].clone() };
            prop_assert_eq!(seen, expected);
            prop_assert_eq!((pid, epoch), (producer_id, producer_epoch));
            prop_assert_eq!(sequence, base_sequence + i32::try_from(index).unwrap());
            prop_assert!(!still_transactional);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_are_never_taken_for_more_than_they_are(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        for entry in Batches::new(Bytes::from(bytes)).flatten() {
            if let Entry::Batch(batch) = entry {
                let _kind = batch.kind();
            }
        }
    }

    #[test]
    fn damage_anywhere_in_the_checksummed_part_is_found(
        records in records(1..6), codec in 0..5_usize, at in 21..2_000_usize, bit in 0..8_u8,
    ) {
        let mut wire = BytesMut::from(&encode(&records, CODECS[codec], false)[..]);
        let at = 21 + at % (wire.len() - 21);
        wire[at] ^= 1 << bit;
        prop_assert!(Batch::parse(&wire.freeze()).is_err());
    }

    #[test]
    fn a_response_is_split_at_its_batch_borders_and_a_cut_end_is_left_out(
        sets in proptest::collection::vec(records(1..5), 1..5), cut in 0..200_usize,
    ) {
        let wires: Vec<Bytes> = sets.iter().map(|set| encode(set, Compression::None, false)).collect();
        let whole: Bytes = wires.concat().into();
        let kept = whole.len().saturating_sub(cut);
        let mut batches = Batches::new(whole.slice(..kept));
        let found: Vec<_> = batches.by_ref().map(Result::unwrap).collect();
        let mut expected = Vec::new();
        let mut end = 0;
        for wire in &wires {
            end += wire.len();
            if end <= kept {
                expected.push(Entry::Batch(Batch::parse(wire).unwrap()));
            } else {
                let readable = kept + wire.len() >= end + 12;
                prop_assert_eq!(batches.wanted(), readable.then_some(wire.len()));
                break;
            }
        }
        prop_assert_eq!(found, expected);
    }
}

fn sample() -> Bytes {
    let seen = |offset| Seen {
        offset,
        timestamp: 5,
        key: None,
        value: Some("v".into()),
        headers: Vec::new(),
    };
    encode(&[seen(10), seen(11), seen(12)], Compression::None, false)
}

fn kind_after(change: impl FnOnce(&mut Header)) -> Kind {
    Batch::parse(&doctor(&sample(), change)).unwrap().kind().unwrap()
}

#[test]
fn a_batch_is_classified_by_what_has_to_happen_to_it() {
    assert_eq!(kind_after(|_| ()), Kind::Plain);
    assert_eq!(kind_after(|header| header.attributes.0 |= 1 << 4), Kind::Transactional);
    assert_eq!(
        kind_after(|header| header.attributes.0 |= 1 << 3),
        Kind::LogAppendTime { transactional: false }
    );
    assert_eq!(
        kind_after(|header| header.last_offset_delta = 9),
        Kind::Thinned { transactional: false }
    );
    assert_eq!(
        kind_after(|header| {
            header.attributes.0 |= 1 << 5;
            header.count = 0;
        }),
        Kind::Thinned { transactional: false },
        "what compaction leaves of a marker"
    );
}

#[test]
fn a_marker_says_how_the_transaction_ended() {
    for (kind, control) in [(0_u8, Control::Abort), (1, Control::Commit)] {
        let seen = Seen {
            offset: 3,
            timestamp: 5,
            key: Some(Bytes::copy_from_slice(&[0, 0, 0, kind])),
            value: Some(Bytes::from_static(&[0, 0, 0, 0, 0, 0])),
            headers: Vec::new(),
        };
        let wire = encode(&[seen], Compression::None, true);
        let wire = doctor(&wire, |header| header.attributes.0 |= 1 << 5);
        assert_eq!(Batch::parse(&wire).unwrap().kind().unwrap(), Kind::Control(control));
    }
}

#[test]
fn impossible_headers_are_refused_by_name() {
    let counts = |change: fn(&mut Header)| Batch::parse(&doctor(&sample(), change)).unwrap_err();
    assert!(matches!(counts(|header| header.count = 4), BatchFault::Counts { .. }));
    assert!(matches!(counts(|header| header.count = -1), BatchFault::Counts { .. }));
    assert!(matches!(counts(|header| header.last_offset_delta = -1), BatchFault::Counts { .. }));
    assert!(matches!(counts(|header| header.base_offset = i64::MAX), BatchFault::Counts { .. }));
    assert!(matches!(counts(|header| header.attributes.0 |= 7), BatchFault::Codec { .. }));
    assert!(matches!(Batch::parse(&Bytes::new()).unwrap_err(), BatchFault::Short { found: 0 }));
    let mut magic = BytesMut::from(&sample()[..]);
    magic[16] = 3;
    assert!(matches!(Batch::parse(&magic.freeze()).unwrap_err(), BatchFault::Magic { .. }));
    let mut longer = BytesMut::from(&sample()[..]);
    longer.put_u8(0);
    assert!(matches!(Batch::parse(&longer.freeze()).unwrap_err(), BatchFault::Length { .. }));
}

#[test]
fn base_offset_and_leader_epoch_are_outside_the_checksum() {
    let wire = sample();
    let mut moved = BytesMut::from(&wire[..]);
    moved[..8].copy_from_slice(&99_i64.to_be_bytes());
    moved[12..16].copy_from_slice(&42_i32.to_be_bytes());
    let batch = Batch::parse(&moved.freeze()).unwrap();
    assert_eq!(batch.base_offset(), 99);
    assert_eq!(batch.header().crc, (&wire[17..21]).get_u32());
}
