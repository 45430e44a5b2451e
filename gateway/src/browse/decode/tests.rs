//! What is made of bytes.

use proptest::prelude::*;

use super::*;

fn shown(bytes: &[u8]) -> PayloadView {
    with(bytes, Decoding::Auto)
}

fn with(bytes: &[u8], decoding: Decoding) -> PayloadView {
    let part = Part::Value(None);
    let decoder = Decoder::without_registry("orders");
    show(bytes, &wish(&decoder, decoding, part, 2048))
}

fn wish<'a>(decoder: &'a Decoder, decoding: Decoding, part: Part<'a>, most: usize) -> Wish<'a> {
    Wish { decoding, part, frame: None, decoder, most, explain: true }
}

fn is_shown(bytes: &[u8], decoding: Decoding, text: &str) {
    let shown = shown(bytes);
    assert_eq!((shown.decoding, shown.text.as_str()), (decoding, text), "{:?}", shown.why);
}

#[test]
fn the_bytes_decide() {
    is_shown(br#" {"id": 9007199254740993}"#, Decoding::Json, r#" {"id": 9007199254740993}"#);
    is_shown(b"order-1", Decoding::Text, "order-1");
    is_shown("größer".as_bytes(), Decoding::Text, "größer");
    is_shown(b"{ not json", Decoding::Text, "{ not json");
    is_shown(&7_i32.to_be_bytes(), Decoding::Int32, "7");
    is_shown(&i64::MIN.to_be_bytes(), Decoding::Int64, "-9223372036854775808");
    is_shown(&[0x81, 0xa1, b'a', 0x01], Decoding::Int32, "-2120130303");
    is_shown(
        &[0x82, 0xa1, b'a', 1, 0xa1, b'b', 0xc3],
        Decoding::MessagePack,
        r#"{"a":1,"b":true}"#,
    );
    is_shown(&[0xff, 0x00, 0x10], Decoding::Hex, "ff 00 10");
    is_shown(b"", Decoding::Text, "");
    let id = uuid::Uuid::new_v4();
    is_shown(id.as_bytes(), Decoding::Uuid, &id.to_string());
}

#[test]
fn what_a_registry_serializer_wrote_says_its_schema() {
    let mut bytes = vec![0, 0, 0, 0, 42];
    bytes.extend_from_slice(br#"{"a":1}"#);
    let shown = shown(&bytes);
    assert_eq!((shown.decoding, shown.schema_id), (Decoding::Registry, Some(42)));
    assert_eq!(shown.text, r#"{"a":1}"#);
    assert!(shown.why.unwrap().contains("42"));
}

#[test]
fn what_is_not_what_was_asked_for_is_shown_anyway_with_the_reason() {
    let shown = with(b"abc\xff", Decoding::Json);
    assert_eq!((shown.decoding, shown.text.as_str()), (Decoding::Hex, "61 62 63 ff"));
    assert_eq!(shown.why.unwrap(), "not JSON: byte 0xff at 3 is not UTF-8");
}

#[test]
fn a_commit_of_a_group_is_readable() {
    let key = [0, 1, 0, 1, b'g', 0, 1, b't', 0, 0, 0, 3];
    let mut value = vec![0, 3];
    value.extend_from_slice(&77_i64.to_be_bytes());
    value.extend_from_slice(&[0xff; 4]);
    value.extend_from_slice(&[0, 0]);
    value.extend_from_slice(&5_i64.to_be_bytes());
    let decoder = Decoder::without_registry("__consumer_offsets");
    let wish = |part| wish(&decoder, Decoding::Auto, part, 2048);
    let shown = show(&key, &wish(Part::Key));
    assert_eq!(shown.text, r#"{"group":"g","partition":3,"topic":"t"}"#);
    let shown = show(&value, &wish(Part::Value(Some(&key))));
    assert_eq!(shown.text, r#"{"commit_timestamp":5,"leader_epoch":-1,"metadata":"","offset":77}"#);
}

#[test]
fn an_assignment_is_readable_with_what_newer_versions_add() {
    // A member's of Kafka 4.3, with the epochs of its partitions as a tagged field.
    let key = [0, 8, 0, 1, b'g', 0, 1, b'm'];
    let mut value = vec![0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 2];
    value.extend_from_slice(&[7; 16]);
    value.extend_from_slice(&[2, 0, 0, 0, 0, 1, 0, 5, 2, 0, 0, 0, 2, 1, 0]);
    let decoder = Decoder::without_registry("__consumer_offsets");
    let shown = show(&value, &wish(&decoder, Decoding::Auto, Part::Value(Some(&key)), 2048));
    assert_eq!(shown.decoding, Decoding::ConsumerOffsets);
    assert!(shown.text.contains(r#""member_epoch":2"#), "{}", shown.text);
    assert!(shown.text.contains(r#""partitions":[0]"#), "{}", shown.text);
}

#[test]
fn a_large_value_is_cut_between_characters() {
    let shown = shown("ä".repeat(5000).as_bytes());
    assert!(shown.truncated && shown.text.len() <= 2048 && shown.size == 10_000);
    assert!(!with(b"short", Decoding::Auto).truncated);
}

fn decodings() -> impl Strategy<Value = Decoding> {
    use Decoding::{
        Auto, Base64, ConsumerOffsets, Hex, Int32, Int64, Json, MessagePack, Registry, Text,
        TransactionState, Uuid,
    };
    proptest::sample::select(vec![
        Auto,
        Json,
        Text,
        Int32,
        Int64,
        Uuid,
        MessagePack,
        Base64,
        Hex,
        Registry,
        ConsumerOffsets,
        TransactionState,
    ])
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        key in proptest::collection::vec(any::<u8>(), 0..30),
        decoding in decodings(),
        most in 0_usize..100,
        topic in proptest::sample::select(vec!["t", "__consumer_offsets", "__transaction_state"]),
    ) {
        let part = Part::Value(Some(&key));
        let decoder = Decoder::without_registry(topic);
        let shown = show(&bytes, &wish(&decoder, decoding, part, most));
        prop_assert!(shown.text.len() <= most);
        prop_assert_ne!(shown.decoding, Decoding::Auto);
    }
}
