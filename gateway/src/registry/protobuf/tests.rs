//! What is read of Protobuf.

use proptest::prelude::*;
use prost_reflect::{DynamicMessage, ReflectMessage, prost::Message};

use super::*;

const ORDER: &str = r#"
    syntax = "proto3";
    package shop;
    import "google/protobuf/timestamp.proto";
    import "google/protobuf/duration.proto";
    import "google/protobuf/any.proto";
    import "google/protobuf/wrappers.proto";
    import "google/protobuf/struct.proto";
    import "confluent/meta.proto";
    import "money.proto";
    message First { string name = 1; message Inner { int32 n = 1; } message Other { bool b = 1; } }
    message Order {
        option (confluent.message_meta).doc = "An order";
        int64 id = 1;
        uint64 large = 2;
        string who = 3;
        optional string note = 4;
        repeated int32 counts = 5;
        map<string, Money> sums = 6;
        State state = 7;
        bytes hash = 8;
        double ratio = 9;
        google.protobuf.Timestamp placed = 10;
        google.protobuf.Any extra = 11;
        google.protobuf.Int64Value boxed = 12;
        google.protobuf.Struct free = 13;
        Order inner = 14;
        google.protobuf.Duration took = 15;
    }
    enum State { OPEN = 0; PAID = 1; }
"#;
const MONEY: &str = "syntax = \"proto3\"; package shop; message Money { int64 units = 1; }";

fn schema() -> Schema {
    Schema::compile(ORDER, &[("money.proto".to_owned(), MONEY.to_owned())]).unwrap()
}

fn read(path: &[i64], bytes: &[u8]) -> Result<String, Halt> {
    let mut out = Out::new(1 << 20);
    schema().read(path, bytes, &mut out)?;
    Ok(out.into_text())
}

/// Bytes of a message from the library's own JSON.
fn bytes(message: &str, json: &str) -> Vec<u8> {
    use serde::de::DeserializeSeed;
    let schema = schema();
    let of = schema.pool.get_message_by_name(message).unwrap();
    let mut reader = serde_json::Deserializer::from_str(json);
    of.deserialize(&mut reader).unwrap().encode_to_vec()
}

#[test]
fn a_message_is_read_with_every_digit() {
    let written = bytes(
        "shop.Order",
        r#"{"id":"9007199254740993","large":"18446744073709551615","who":"Zoë","counts":[1,-2],
            "sums":{"b":{"units":"2"},"a":{"units":"1"}},"state":"PAID","hash":"3q2+7w==","ratio":0.1,
            "placed":"2026-09-21T14:13:20.000123Z","boxed":"7","free":{"x":[1,null,{"y":"z"}]},"took":"-1.500s"}"#,
    );
    assert_eq!(
        read(&[1], &written).unwrap(),
        "{\"id\":9007199254740993,\"large\":18446744073709551615,\"who\":\"Zoë\",\"counts\":[1,-2],\
         \"sums\":{\"a\":{\"units\":1},\"b\":{\"units\":2}},\"state\":\"PAID\",\"hash\":\"3q2+7w==\",\"ratio\":0.1,\
         \"placed\":\"2026-09-21T14:13:20.000123Z\",\"boxed\":7,\"free\":{\"x\":[1.0,null,{\"y\":\"z\"}]},\
         \"took\":\"-1.500s\"}"
    );
    assert_eq!(read(&[0, 0], &[8, 5]).unwrap(), r#"{"n":5}"#);
    assert_eq!(read(&[0, 1], &[]).unwrap(), r#"{"b":false}"#, "a default is what Protobuf means");
    assert_eq!(schema().name(&[0, 1]).as_deref(), Some("shop.First.Other"));
}

#[test]
fn the_index_of_a_message_is_read() {
    assert_eq!(indexes(&[0, 9]).unwrap(), (vec![0], &[9][..]));
    assert_eq!(indexes(&[2, 2, 9]).unwrap(), (vec![1], &[9][..]));
    assert_eq!(indexes(&[4, 0, 2]).unwrap(), (vec![0, 1], &[][..]));
    for wrong in [&[][..], &[2], &[1], &[0xff; 20], &[0xfe, 0xff, 0x7f]] {
        assert!(indexes(wrong).is_err(), "{wrong:?}");
    }
    assert!(matches!(read(&[7], &[]), Err(Halt::Wrong(why)) if why.contains("[7]")));
    assert!(read(&[-1], &[]).is_err());
}

#[test]
fn what_the_schema_does_not_know_is_named_and_what_is_packed_is_unpacked() {
    assert_eq!(read(&[0], &[0x78, 1]).unwrap(), r#"{"name":"","@unknown_fields":[15]}"#);
    let any = |url: &str, value: &[u8]| {
        let schema = schema();
        let of = schema.pool.get_message_by_name("google.protobuf.Any").unwrap();
        let mut any = DynamicMessage::new(of);
        any.set_field_by_number(1, prost_reflect::Value::String(url.to_owned()));
        any.set_field_by_number(2, prost_reflect::Value::Bytes(value.to_vec().into()));
        any
    };
    let order = |any: &DynamicMessage| {
        let of = schema().pool.get_message_by_name("shop.Order").unwrap();
        let mut bytes = vec![0x5a];
        let inner = any.encode_to_vec();
        prost_reflect::prost::encoding::encode_varint(inner.len() as u64, &mut bytes);
        bytes.extend(inner);
        DynamicMessage::decode(of, &*bytes).unwrap().encode_to_vec()
    };
    let known = read(&[1], &order(&any("type.googleapis.com/shop.Money", &[8, 84]))).unwrap();
    assert!(known.contains(r#""value":{"units":84}"#), "{known}");
    let unknown = read(&[1], &order(&any("type.googleapis.com/other.T", &[1, 2]))).unwrap();
    assert!(unknown.contains(r#""value":"AQI=""#), "{unknown}");
    let mut deep = any("", &[]);
    for _ in 0..1000 {
        deep = any("x/google.protobuf.Any", &deep.encode_to_vec());
    }
    assert_eq!(deep.descriptor().full_name(), "google.protobuf.Any");
    assert!(matches!(read(&[1], &order(&deep)), Err(Halt::Wrong(why)) if why.contains("deeper")));
}

#[test]
fn a_schema_that_cannot_be_compiled_says_why() {
    let wrong = |text: &str| Schema::compile(text, &[]).unwrap_err();
    assert!(wrong("import \"none.proto\";").contains("none.proto"));
    assert!(wrong("message {").len() > 5);
    assert!(wrong(&"message A {".repeat(1000)).contains("nest"));
    assert!(wrong("syntax = \"proto3\"; message A { B b = 1; }").contains('B'));
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..300), most in 0_usize..200) {
        let schema = schema();
        let mut out = Out::new(most);
        let read = schema.read(&[1], &bytes, &mut out);
        let text = out.into_text();
        prop_assert!(text.len() <= most);
        if read.is_ok() {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
        }
        let _indexes = indexes(&bytes);
    }
}
