use bytes::{BufMut, BytesMut};
use kafka_protocol::{
    messages::{
        FetchResponse as WireResponse, ResponseHeader, TopicName,
        fetch_response::{
            AbortedTransaction as WireAborted, EpochEndOffset, FetchableTopicResponse,
            LeaderIdAndEpoch, PartitionData,
        },
    },
    protocol::{Encodable, HeaderVersion, StrBytes},
};
use proptest::prelude::*;

use super::*;

fn encoded(response: &WireResponse, version: i16) -> Bytes {
    let mut buf = BytesMut::new();
    let header = ResponseHeader::default().with_correlation_id(7);
    header.encode(&mut buf, WireResponse::header_version(version)).unwrap();
    response.encode(&mut buf, version).unwrap();
    buf.freeze()
}

fn read(bytes: Bytes, version: i16) -> Option<FetchResponse> {
    decode(bytes, version, &|_| Some("by-id".to_owned()), &Asked::new("Fetch"))
}

prop_compose! {
    fn any_partition()(
        number in any::<i32>(),
        code in prop::sample::select(vec![0_i16, 1, 6]),
        offsets in any::<[i64; 3]>(),
        aborted in prop::option::of(prop::collection::vec(any::<(i64, i64)>(), 0..3)),
        preferred in -1_i32..5,
        records in prop::option::of(prop::collection::vec(any::<u8>(), 0..300)),
        diverging in prop::option::of((0_i32..9, 0_i64..99)),
        leader in prop::option::of((0_i32..9, 0_i32..99)),
    ) -> PartitionData {
        let aborted = aborted.map(|all| all.into_iter().map(|(id, first)| {
            WireAborted::default().with_producer_id(id.into()).with_first_offset(first)
        }).collect());
        let mut data = PartitionData::default()
            .with_partition_index(number)
            .with_error_code(code)
            .with_high_watermark(offsets[0])
            .with_last_stable_offset(offsets[1])
            .with_log_start_offset(offsets[2])
            .with_aborted_transactions(aborted)
            .with_preferred_read_replica(preferred.into())
            .with_records(records.map(Bytes::from));
        if let Some((epoch, end)) = diverging {
            data = data.with_diverging_epoch(
                EpochEndOffset::default().with_epoch(epoch).with_end_offset(end),
            );
        }
        if let Some((id, epoch)) = leader {
            data = data.with_current_leader(
                LeaderIdAndEpoch::default().with_leader_id(id.into()).with_leader_epoch(epoch),
            );
        }
        data
    }
}

fn any_response() -> impl Strategy<Value = (WireResponse, i16)> {
    let topics = prop::collection::vec(prop::collection::vec(any_partition(), 0..4), 0..3);
    (topics, any::<i32>(), 0..1000, 12_i16..=17).prop_map(|(topics, session, throttle, version)| {
        let topics = topics.into_iter().map(|partitions| {
            let topic = FetchableTopicResponse::default().with_partitions(partitions);
            if version >= 13 {
                topic.with_topic_id(Uuid::from_u128(9))
            } else {
                topic.with_topic(TopicName(StrBytes::from_static_str("by-name")))
            }
        });
        let response = WireResponse::default()
            .with_session_id(session)
            .with_throttle_time_ms(throttle)
            .with_responses(topics.collect());
        (response, version)
    })
}

proptest! {
    #[test]
    fn what_the_codec_writes_is_read_back((response, version) in any_response()) {
        let read = read(encoded(&response, version), version).unwrap();
        prop_assert_eq!(read.session_id, response.session_id);
        let expected: Vec<_> = response.responses.iter().flat_map(|topic| &topic.partitions).collect();
        prop_assert_eq!(read.partitions.len(), expected.len());
        for (read, expected) in read.partitions.iter().zip(expected) {
            prop_assert_eq!(&read.topic, if version >= 13 { "by-id" } else { "by-name" });
            prop_assert_eq!(read.partition, expected.partition_index);
            prop_assert_eq!(read.high_watermark, expected.high_watermark);
            prop_assert_eq!(read.last_stable_offset, expected.last_stable_offset);
            prop_assert_eq!(read.log_start_offset, expected.log_start_offset);
            let code = read.error.as_ref().and_then(Error::code).map_or(0, |code| code.0);
            prop_assert_eq!(code, expected.error_code);
            prop_assert_eq!(&read.records, &expected.records.clone().unwrap_or_default());
            prop_assert_eq!(read.preferred_replica.unwrap_or(-1), expected.preferred_read_replica.0);
            let aborted = expected.aborted_transactions.iter().flatten();
            let aborted: Vec<_> = aborted.map(|a| (a.producer_id.0, a.first_offset)).collect();
            let seen: Vec<_> =
                read.aborted.iter().map(|a| (a.producer_id, a.first_offset)).collect();
            prop_assert_eq!(seen, aborted);
            let epoch = &expected.diverging_epoch;
            let end = read.diverging.map_or((-1, -1), |end| (end.epoch, end.end_offset));
            prop_assert_eq!(end, (epoch.epoch, epoch.end_offset));
            prop_assert_eq!(
                read.current_leader.map_or(-1, |leader| leader.broker),
                expected.current_leader.leader_id.0
            );
        }
    }

    #[test]
    fn records_are_slices_of_the_answer((response, version) in any_response()) {
        let bytes = encoded(&response, version);
        let range = bytes.as_ptr_range();
        for partition in read(bytes.clone(), version).unwrap().partitions {
            if !partition.records.is_empty() {
                prop_assert!(range.contains(&partition.records.as_ptr()));
            }
        }
    }

    #[test]
    fn mutated_answers_never_panic(
        (response, version) in any_response(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encoded(&response, version).to_vec();
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        read(Bytes::from(bytes), version);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), version in 12_i16..=18) {
        read(Bytes::from(bytes), version);
    }
}

#[test]
fn an_announced_size_larger_than_the_answer_is_refused() {
    let mut buf = BytesMut::new();
    // Correlation id, no tags, throttle, error, session, then an array of four billion topics.
    buf.put_slice(&[0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    assert!(read(buf.freeze(), 13).is_none());
}
