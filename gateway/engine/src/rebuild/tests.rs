use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::records::Compression;
use proptest::prelude::*;

use super::*;
use crate::batch::tests::{CODECS, Seen, as_stored, doctor, encode, judge, records};
use crate::batch::{Batches, Codec, Entry, LegacyEntry};

const LIMIT: usize = 1 << 20;

fn seen_in(pieces: &[Piece]) -> Vec<Seen> {
    let data = pieces.iter().filter_map(|piece| match piece {
        Piece::Data(batch) => Some(as_stored(batch)),
        Piece::Hole { .. } => None,
    });
    data.flat_map(judge).map(|(seen, ..)| seen).collect()
}

/// The pieces follow each other from `from` to `last`, and every data piece is whole.
fn assert_contiguous(pieces: &[Piece], from: i64, last: i64) {
    let mut next = from;
    for piece in pieces {
        match piece {
            Piece::Data(batch) => {
                assert_eq!(batch.base_offset(), next);
                assert_eq!(i64::from(batch.header().count), batch.header().span());
                next = batch.last_offset() + 1;
            }
            Piece::Hole { from, count } => {
                assert_eq!(*from, next);
                assert!(*count > 0);
                next += count;
            }
        }
    }
    assert_eq!(next, last + 1);
}

/// Takes records out of a batch the way compaction does.
pub(crate) fn thin(all: &[Seen], keep: &[bool], codec: Codec) -> Batch {
    let base = all[0].offset;
    let whole = Batch::parse(&encode(all, Compression::None, false)).unwrap();
    let opened = Records::open(&whole, LIMIT).unwrap();
    let mut bytes = Vec::new();
    let mut count = 0;
    for (record, keep) in opened.iter().map(Result::unwrap).zip(keep) {
        if *keep {
            let times = record.timestamp - whole.header().base_timestamp;
            let delta = record.offset - base;
            let length = 1 + varint::len(times) + varint::len(delta) + record.body.len();
            varint::put(&mut bytes, i64::try_from(length).unwrap());
            bytes.push(0);
            varint::put(&mut bytes, times);
            varint::put(&mut bytes, delta);
            bytes.extend_from_slice(record.body);
            count += 1;
        }
    }
    let mut header = *whole.header();
    header.count = count;
    header.attributes.0 = codec.bits();
    Batch::assemble(header, codec::compress(codec, bytes).unwrap().into())
}

proptest! {
    #[test]
    fn a_thinned_batch_becomes_its_records_and_the_holes_between(
        all in records(1..12), keep in proptest::collection::vec(any::<bool>(), 12),
        codec in 0..5_u8, skip in 0..4_i64,
    ) {
        let codec = Codec::from_bits(codec).unwrap();
        let batch = thin(&all, &keep, codec);
        let from = (all[0].offset + skip).min(batch.last_offset());
        let pieces = rebuild(&batch, from, LIMIT).unwrap();
        assert_contiguous(&pieces, from, batch.last_offset());
        let kept = all.iter().zip(&keep).filter(|(seen, keep)| **keep && seen.offset >= from);
        prop_assert_eq!(seen_in(&pieces), kept.map(|(seen, _)| seen.clone()).collect::<Vec<_>>());
    }

    #[test]
    fn append_time_becomes_each_records_own_time(all in records(1..6), codec in 0..5_usize) {
        let stamped = doctor(&encode(&all, CODECS[codec], false), |header| {
            header.attributes.0 |= 1 << 3;
            header.max_timestamp = 777;
        });
        let batch = Batch::parse(&stamped).unwrap();
        let pieces = rebuild(&batch, batch.base_offset(), LIMIT).unwrap();
        let expected: Vec<Seen> =
            all.iter().map(|seen| Seen { timestamp: 777, ..seen.clone() }).collect();
        prop_assert_eq!(seen_in(&pieces), expected);
    }

    #[test]
    fn merged_batches_and_halved_ones_hold_the_same_records(
        all in records(2..14), codec in 0..5_usize, cuts in proptest::collection::vec(1..5_usize, 1..8),
    ) {
        let mut rest = &all[..];
        let mut batches = Vec::new();
        for cut in cuts {
            let (part, after) = rest.split_at(cut.min(rest.len()));
            if !part.is_empty() {
                batches.push(Batch::parse(&encode(part, CODECS[codec], false)).unwrap());
            }
            rest = after;
        }
        let merged = merge(&batches.iter().collect::<Vec<_>>(), LIMIT).unwrap().unwrap();
        let whole = &all[..all.len() - rest.len()];
        prop_assert_eq!(seen_in(&[Piece::Data(merged.clone())]), whole.to_vec());
        match halve(&merged, LIMIT).unwrap() {
            None => prop_assert_eq!(whole.len(), 1),
            Some((low, high)) => {
                prop_assert_eq!(seen_in(&[Piece::Data(low), Piece::Data(high)]), whole.to_vec());
            }
        }
    }

    #[test]
    fn damaged_records_sections_are_refused_without_panic(
        all in records(1..5), codec in 0..5_usize, at in any::<prop::sample::Index>(), byte: u8,
    ) {
        let batch = Batch::parse(&encode(&all, CODECS[codec], false)).unwrap();
        let mut bytes = BytesMut::from(&batch.records()[..]);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let damaged = Batch::assemble(*batch.header(), bytes.freeze());
        let _result = rebuild(&damaged, damaged.base_offset(), LIMIT);
    }

    #[test]
    fn varints_read_back_and_take_the_room_they_say(value: i64) {
        let mut out = Vec::new();
        varint::put(&mut out, value);
        prop_assert_eq!(out.len(), varint::len(value));
        prop_assert_eq!(varint::take(&mut &out[..]), Some(value));
    }

    #[test]
    fn old_messages_become_records_with_their_keys_values_and_times(
        all in records(1..6), codec in 0..3_usize, version in 0..2_i8, skip in 0..3_usize,
    ) {
        // The judge writes wrappers for compressed v0/v1 sets, single messages otherwise.
        let all: Vec<Seen> = all.into_iter().map(|seen| Seen { headers: Vec::new(), ..seen }).collect();
        let wire = legacy(&all, version, CODECS[codec]);
        let skip = skip.min(all.len() - 1);
        let mut next = all[skip].offset;
        let mut found = Vec::new();
        for entry in Batches::new(wire) {
            let Entry::Legacy(entry) = entry.unwrap() else { panic!("an old message is not a batch") };
            if entry.offset < next { continue }
            let pieces = rebuild_legacy(&entry, next, LIMIT).unwrap();
            assert_contiguous(&pieces, next, entry.offset);
            next = entry.offset + 1;
            found.extend(seen_in(&pieces));
        }
        let expected: Vec<Seen> = all[skip..].iter().map(|seen| {
            Seen { timestamp: if version == 0 { -1 } else { seen.timestamp }, ..seen.clone() }
        }).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn arbitrary_old_messages_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        let entry = LegacyEntry { offset: 9, magic: 1, message: Bytes::from(bytes) };
        let _result = rebuild_legacy(&entry, 0, LIMIT);
    }
}

fn message(offset: i64, magic: i8, attributes: u8, seen: &Seen) -> BytesMut {
    let mut body = BytesMut::new();
    body.put_i8(magic);
    body.put_u8(attributes);
    if magic == 1 {
        body.put_i64(seen.timestamp);
    }
    for field in [&seen.key, &seen.value] {
        match field {
            None => body.put_i32(-1),
            Some(bytes) => {
                body.put_i32(i32::try_from(bytes.len()).unwrap());
                body.put_slice(bytes);
            }
        }
    }
    let mut crc = flate2::Crc::new();
    crc.update(&body);
    let mut out = BytesMut::new();
    out.put_i64(offset);
    out.put_i32(i32::try_from(body.len() + 4).unwrap());
    out.put_u32(crc.sum());
    out.extend_from_slice(&body);
    out
}

fn legacy(all: &[Seen], magic: i8, compression: Compression) -> Bytes {
    let codec = match compression {
        Compression::None => {
            let messages = all.iter().map(|seen| message(seen.offset, magic, 0, seen));
            return messages.collect::<Vec<_>>().concat().into();
        }
        Compression::Gzip => Codec::Gzip,
        _ => Codec::Snappy,
    };
    let inner: Vec<_> = all
        .iter()
        .zip(0..)
        .map(|(seen, index)| message(if magic == 0 { seen.offset } else { index }, magic, 0, seen))
        .collect();
    let last = all.last().unwrap();
    let wrapper = Seen {
        key: None,
        value: Some(codec::compress(codec, inner.concat()).unwrap().into()),
        ..last.clone()
    };
    message(last.offset, magic, codec.bits().to_le_bytes()[0], &wrapper).freeze()
}

#[test]
fn padding_is_null_records_and_tombstones_have_the_next_real_key() {
    let found = judge(as_stored(&padding(40, 1_000, 9).unwrap()));
    assert_eq!(found.len(), 1_000);
    assert!(found.iter().zip(40..).all(|((seen, ..), offset)| seen.offset == offset
        && seen.key.is_none()
        && seen.value.is_none()
        && seen.timestamp == 9));
    let found = judge(as_stored(&tombstones(7, 2, 9, b"key").unwrap()));
    assert!(
        found.iter().all(
            |(seen, ..)| seen.key.as_deref() == Some(b"key".as_slice()) && seen.value.is_none()
        )
    );
}

#[test]
fn a_million_offsets_of_padding_take_less_than_a_megabyte() {
    assert!(padding(0, 1_000_000, 0).unwrap().len() < 1 << 20);
}

#[test]
fn a_small_batch_that_expands_to_more_than_allowed_is_refused() {
    let batch = padding(0, 100_000, 0).unwrap();
    let error = rebuild(&batch, 0, 1_000).unwrap_err();
    assert!(error.to_string().contains("more than the 1000 bytes allowed"), "{error}");
}

#[test]
fn keys_and_values_that_were_added_are_read_back() {
    let given = [(Some("k"), Some("v")), (Some(""), None), (None, Some("")), (None, None)]
        .map(|(key, value)| (key.map(str::as_bytes), value.map(str::as_bytes)));
    let mut builder = Builder::new(7, Codec::None, -1);
    for (key, value) in given {
        builder.add(1_000, key, value);
    }
    let batch = builder.finish().unwrap();
    let records = Records::open(&batch, LIMIT).unwrap();
    let read = records.iter().map(Result::unwrap);
    let read: Vec<_> = read.map(|r| (r.key().unwrap(), r.value().unwrap())).collect();
    assert_eq!(read, given);
}
