use bytes::BufMut;
use kafka_protocol::{messages::*, protocol::buf::ByteBuf};
use proptest::prelude::*;

use super::*;

/// Runs `check::<Request>(version)` for every call whose answer goes through the codec, in every version we speak.
macro_rules! for_every_answer {
    ($check:ident, $($argument:expr),*) => {
        for_every_answer!(@ $check, ($($argument),*),
            AddPartitionsToTxnRequest, AlterUserScramCredentialsRequest, ApiVersionsRequest,
            ConsumerGroupDescribeRequest, CreateAclsRequest, CreatePartitionsRequest,
            CreateTopicsRequest, DeleteAclsRequest, DeleteGroupsRequest, DeleteRecordsRequest,
            DeleteTopicsRequest, DescribeAclsRequest, DescribeClusterRequest,
            DescribeConfigsRequest, DescribeGroupsRequest, DescribeLogDirsRequest,
            DescribeProducersRequest, DescribeUserScramCredentialsRequest, ElectLeadersRequest,
            EndTxnRequest, FindCoordinatorRequest, HeartbeatRequest, IncrementalAlterConfigsRequest,
            InitProducerIdRequest, JoinGroupRequest, LeaveGroupRequest, ListGroupsRequest,
            ListOffsetsRequest, MetadataRequest, OffsetCommitRequest, OffsetFetchRequest,
            OffsetForLeaderEpochRequest, ProduceRequest, SaslAuthenticateRequest,
            ShareGroupDescribeRequest, SyncGroupRequest,
            WriteTxnMarkersRequest)
    };
    (@ $check:ident, $arguments:tt, $($request:ident),*) => {
        $({
            let (min, max) = client_versions::<$request>();
            for version in min..=max {
                for_every_answer!(# $check, $request, version, $arguments);
            }
        })*
    };
    (# $check:ident, $request:ident, $version:ident, ($($argument:expr),*)) => {
        $check::<$request>($version, $($argument),*)
    };
}

fn survive<R: Request>(version: i16, bytes: &[u8]) {
    decode::<R>(Bytes::copy_from_slice(bytes), version).ok();
}

/// An empty answer as a broker would send it.
fn empty_answer<R: Request>(version: i16) -> Vec<u8>
where
    R::Response: Default,
{
    let mut buf = BytesMut::new();
    let header_version = <R::Response as HeaderVersion>::header_version(version);
    ResponseHeader::default().encode(&mut buf, header_version).unwrap();
    R::Response::default().encode(&mut buf, version).unwrap();
    buf.to_vec()
}

fn read_back<R: Request>(version: i16)
where
    R::Response: Default + PartialEq + std::fmt::Debug,
{
    let read = decode::<R>(Bytes::from(empty_answer::<R>(version)), version).unwrap();
    assert_eq!(read, R::Response::default(), "version {version} of API {}", R::KEY);
}

#[test]
fn every_answer_is_read_in_every_version_we_speak() {
    for_every_answer!(read_back,);
}

/// Puts an announcement of four billion items at every place of an answer.
fn announce_everywhere<R: Request>(version: i16)
where
    R::Response: Default,
{
    let answer = empty_answer::<R>(version);
    for at in 4..=answer.len() {
        let mut hostile = answer[..at].to_vec();
        hostile.extend([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0]);
        // Were the announcement believed, the process would end here for want of memory.
        survive::<R>(version, &hostile);
    }
}

#[test]
fn announced_sizes_are_not_believed_wherever_they_stand() {
    for_every_answer!(announce_everywhere,);
}

#[test]
fn bytes_left_over_make_an_answer_unreadable() {
    let mut answer = empty_answer::<ListGroupsRequest>(5);
    answer.push(0);
    assert!(decode::<ListGroupsRequest>(Bytes::from(answer), 5).is_err());
}

#[test]
fn only_flexible_versions_are_spoken() {
    assert_eq!(client_versions::<MetadataRequest>(), (9, 13));
    assert_eq!(client_versions::<FetchRequest>().0, 12);
    let (min, max) = client_versions::<OffsetDeleteRequest>();
    assert!(min > max, "OffsetDelete has none");
}

/// Bytes that look like answers now and then: small counts, few large numbers.
fn plausible() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![6 => 0_u8..4, 1 => 4_u8..0x80, 1 => any::<u8>()];
    prop::collection::vec(byte, 0..160)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in plausible()) {
        for_every_answer!(survive, &bytes);
    }

    #[test]
    fn no_bytes_make_a_flat_decoder_panic(bytes in plausible()) {
        let bytes = Bytes::from(bytes);
        SaslHandshakeResponse::decode_flat(bytes.clone()).ok();
        ApiVersionsResponse::decode_flat(bytes.clone()).ok();
        OffsetDeleteResponse::decode_flat(bytes.clone()).ok();
        consumer_assignment(bytes.clone());
        consumer_subscription(bytes.clone());
        survive::<later::StreamsGroupDescribeRequest>(0, &bytes);
        survive::<later::ShareGroupOffsetsRequest>(1, &bytes);
    }

    #[test]
    fn a_size_beyond_what_is_left_never_reaches_the_codec(
        size in 1_u32..,
        rest in 0_usize..64,
        lead in prop::collection::vec(0x80_u8.., 0..2),
    ) {
        let mut bytes = BytesMut::new();
        // A boolean that is neither 0 nor 1 looks like the start of a number.
        bytes.put_slice(&lead);
        let mut left = size;
        while left >= 0x80 {
            bytes.put_u8(u8::try_from(left & 0x7f).unwrap() | 0x80);
            left >>= 7;
        }
        bytes.put_u8(u8::try_from(left).unwrap());
        bytes.put_bytes(0, rest);
        let mut guarded = GuardedBuf::new(bytes.freeze());
        let announced = std::iter::from_fn(|| (guarded.remaining() > rest).then(|| guarded.try_get_u8()));
        let refused = announced.take(16).any(|byte| byte.is_err());
        if usize::try_from(size).unwrap() > rest + 1 {
            prop_assert!(refused);
        } else if lead.is_empty() {
            prop_assert!(!refused);
        }
    }

    #[test]
    fn honest_content_passes_the_guard_unchanged(content in prop::collection::vec(any::<u8>(), 0..100)) {
        let mut guarded = GuardedBuf::new(Bytes::from(content.clone()));
        prop_assert_eq!(guarded.try_get_bytes(content.len()).unwrap(), content);
    }
}

#[test]
fn the_flat_answers_of_a_broker_are_read() {
    let bytes = [0, 0, 0, 1, 0, 33, 0, 0, 0, 2, 0, 1, b'A', 0, 2, b'B', b'C'];
    let answer = SaslHandshakeResponse::decode_flat(Bytes::copy_from_slice(&bytes)).unwrap();
    assert_eq!(answer.error_code, 33);
    let offered: Vec<&str> = answer.mechanisms.iter().map(StrBytes::as_str).collect();
    assert_eq!(offered, ["A", "BC"]);

    let assignment = [0, 1, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 5];
    assert_eq!(
        consumer_assignment(Bytes::copy_from_slice(&assignment)),
        Some(vec![("t".to_owned(), vec![0, 5])])
    );
}

/// An answer with its header, of pieces.
fn answer(pieces: &[&[u8]]) -> Bytes {
    let header: &[u8] = &[0, 0, 0, 7, 0];
    Bytes::from([&[header], pieces].concat().concat())
}

fn text(words: &str) -> Vec<u8> {
    let length = u8::try_from(words.len() + 1).unwrap();
    [&[length], words.as_bytes()].concat()
}

#[test]
fn a_streams_group_is_read_with_its_tasks_and_what_they_read() {
    let tasks = [&[2][..], &text("0"), &[3, 0, 0, 0, 1, 0, 0, 0, 2, 0]].concat();
    let bytes = answer(&[
        &[0, 0, 0, 5, 2], // throttle, one group
        &[0, 0, 0],       // no error, no message
        &text("app"),
        &text("Stable"),
        &[0, 0, 0, 3, 0, 0, 0, 2],
        &[1, 0, 0, 0, 9, 2], // a topology of one part
        &text("0"),
        &[2],
        &text("orders"),
        &[1, 2],
        &text("log"),
        &[0, 0, 0, 0, 0, 1, 2],
        &text("retention.ms"),
        &text("1"),
        &[0, 0, 2],
        &text("by-user"),
        &[0, 0, 0, 4, 0, 1, 1, 0, 0, 0],
        &[2], // one member
        &text("m"),
        &[0, 0, 0, 3, 0, 0],
        &text("client"),
        &text("/10.0.0.1"),
        &[0, 0, 0, 9],
        &text("process"),
        &[1],
        &text("host"),
        &[0, 80, 0, 1, 2],
        &text("0"),
        &[0; 12],
        &[0, 1],
        &tasks,
        &[1, 1, 0],
        &[1, 1, 1, 0],
        &[0, 0],
        &[0x80, 0, 0, 0, 0, 0],
    ]);
    let read = decode::<later::StreamsGroupDescribeRequest>(bytes, 0).unwrap();
    let group = &read.groups[0];
    assert_eq!((read.throttle_time_ms, &*group.id, &*group.state), (5, "app", "Stable"));
    assert_eq!((group.epoch, group.assignment_epoch, group.operations), (3, 2, i32::MIN));
    assert_eq!(group.subtopologies[0].topics, ["orders", "by-user"]);
    let member = &group.members[0];
    assert_eq!((&*member.id, member.epoch, &*member.host), ("m", 3, "/10.0.0.1"));
    assert_eq!(member.active[0].numbers, [1, 2]);
    assert!(member.target.is_empty());
}

#[test]
fn a_share_group_is_read_with_the_lag_only_where_the_version_has_it() {
    let of = |lag: &[u8]| {
        answer(&[
            &[0, 0, 0, 0, 2],
            &text("group"),
            &[2],
            &text("orders"),
            &[0; 16],
            &[2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0, 6],
            lag,
            &[0, 0, 0, 0], // no error, no message, no tags
            &[0, 0, 0, 0, 0, 0],
        ])
    };
    let read = |version, bytes| {
        let read = decode::<later::ShareGroupOffsetsRequest>(bytes, version).unwrap();
        let at = &read.groups[0].partitions[0];
        (at.topic.clone(), at.partition, at.start_offset, at.lag)
    };
    assert_eq!(read(0, of(&[])), ("orders".to_owned(), 1, 40, -1));
    assert_eq!(read(1, of(&[0, 0, 0, 0, 0, 0, 0, 9])), ("orders".to_owned(), 1, 40, 9));
}
