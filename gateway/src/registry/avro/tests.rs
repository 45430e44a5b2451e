//! What is read of Avro, judged by the Avro project's own library.

use apache_avro::{Schema as Judge, to_avro_datum, types::Value};
use proptest::prelude::*;

use super::*;
use crate::registry::out::{Halt, Out};

fn read(schema: &str, bytes: &[u8]) -> Result<String, String> {
    read_up_to(schema, bytes, 1 << 20).map_err(|halt| format!("{halt:?}"))
}

fn read_up_to(schema: &str, bytes: &[u8], most: usize) -> Result<String, Halt> {
    let schema = Schema::parse(schema, &[]).unwrap();
    let mut out = Out::new(most);
    schema.read(bytes, &mut out).map(|()| out.into_text())
}

/// What the judge writes and is read here.
fn of(schema: &str, value: Value) -> String {
    let bytes = to_avro_datum(&Judge::parse_str(schema).unwrap(), value).unwrap();
    read(schema, &bytes).unwrap()
}

const ORDER: &str = r#"{"type":"record","name":"Order","namespace":"shop","fields":[
    {"name":"id","type":"long"},
    {"name":"customer","type":["null","string"]},
    {"name":"total","type":{"type":"bytes","logicalType":"decimal","precision":20,"scale":3}},
    {"name":"placed","type":{"type":"long","logicalType":"timestamp-micros"}},
    {"name":"state","type":{"type":"enum","name":"State","symbols":["OPEN","PAID"]}},
    {"name":"tags","type":{"type":"array","items":"string"}},
    {"name":"counts","type":{"type":"map","values":"int"}},
    {"name":"hash","type":{"type":"fixed","name":"Hash","size":4}},
    {"name":"ratio","type":"double"},
    {"name":"again","type":["null","shop.State"]},
    {"name":"last","type":["null","State"]}]}"#;

#[test]
fn a_record_is_read_with_every_digit() {
    let value = Value::Record(vec![
        ("id".into(), Value::Long(9_007_199_254_740_993)),
        ("customer".into(), Value::Union(1, Box::new(Value::String("Zoë \"Z\"".into())))),
        ("total".into(), Value::Decimal(apache_avro::Decimal::from((-12_340_i64).to_be_bytes()))),
        ("placed".into(), Value::TimestampMicros(1_790_000_000_123_456)),
        ("state".into(), Value::Enum(1, "PAID".into())),
        ("tags".into(), Value::Array(vec![Value::String("a".into()), Value::String("b".into())])),
        ("counts".into(), Value::Map([("x".to_owned(), Value::Int(-7))].into())),
        ("hash".into(), Value::Fixed(4, vec![0xde, 0xad, 0xbe, 0xef])),
        ("ratio".into(), Value::Double(0.1)),
        ("again".into(), Value::Union(1, Box::new(Value::Enum(0, "OPEN".into())))),
        ("last".into(), Value::Union(0, Box::new(Value::Null))),
    ]);
    assert_eq!(
        of(ORDER, value),
        "{\"id\":9007199254740993,\"customer\":\"Zoë \\\"Z\\\"\",\"total\":-12.340,\
         \"placed\":\"2026-09-21T14:13:20.123456Z\",\"state\":\"PAID\",\"tags\":[\"a\",\"b\"],\
         \"counts\":{\"x\":-7},\"hash\":\"3q2+7w==\",\"ratio\":0.1,\"again\":\"OPEN\",\"last\":null}"
    );
    assert_eq!(Schema::parse(ORDER, &[]).unwrap().name(), Some("shop.Order"));
}

#[test]
fn logical_types_are_exact_or_stay_numbers() {
    let long = |kind: &str, number: i64| {
        let schema = format!(r#"{{"type":"long","logicalType":"{kind}"}}"#);
        let bytes = to_avro_datum(&Judge::Long, Value::Long(number)).unwrap();
        read(&schema, &bytes).unwrap()
    };
    assert_eq!(long("timestamp-millis", -1), "\"1969-12-31T23:59:59.999Z\"");
    assert_eq!(long("timestamp-nanos", 1), "\"1970-01-01T00:00:00.000000001Z\"");
    assert_eq!(long("timestamp-millis", i64::MAX), "9223372036854775807");
    assert_eq!(long("local-timestamp-millis", 0), "\"1970-01-01T00:00:00.000\"");
    assert_eq!(long("time-micros", 86_399_999_999), "\"23:59:59.999999\"");
    assert_eq!(long("time-micros", 86_400_000_000), "86400000000");
    assert_eq!(long("time-micros", -1), "-1");
    assert_eq!(long("nobody-knows", 5), "5");
    let date = r#"{"type":"int","logicalType":"date"}"#;
    assert_eq!(of(date, Value::Date(-719_162)), "\"0001-01-01\"");
    assert_eq!(of(date, Value::Date(i32::MAX)), "2147483647");
    let id = r#"{"type":"string","logicalType":"uuid"}"#;
    assert_eq!(read(id, b"\x04ab").unwrap(), "\"ab\"", "what is written is shown");
    let duration = r#"{"type":"fixed","name":"d","size":12,"logicalType":"duration"}"#;
    assert_eq!(
        read(duration, &[1, 0, 0, 0, 2, 0, 0, 0, 255, 255, 255, 255]).unwrap(),
        r#"{"months":1,"days":2,"millis":4294967295}"#
    );
    let fixed =
        r#"{"type":"fixed","name":"f","size":2,"logicalType":"decimal","precision":4,"scale":4}"#;
    assert_eq!(read(fixed, &[0xff, 0xfe]).unwrap(), "-0.0002");
    let whole = r#"{"type":"bytes","logicalType":"decimal","precision":40}"#;
    assert_eq!(
        read(whole, &[&[32][..], &[0x7f; 16]].concat()).unwrap(),
        "169473963133173273960190490760135540607"
    );
    assert_eq!(of(r#""float""#, Value::Float(0.1)), "0.1");
    assert_eq!(of(r#""double""#, Value::Double(f64::NAN)), "\"NaN\"");
}

#[test]
fn a_schema_of_several_is_put_together() {
    let money =
        r#"{"type":"record","name":"shop.Money","fields":[{"name":"units","type":"long"}]}"#;
    let order = r#"{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"sum","type":"Money"}]}"#;
    let schema = Schema::parse(order, &[money]).unwrap();
    let mut out = Out::new(100);
    schema.read(&[84], &mut out).unwrap();
    assert_eq!(out.into_text(), r#"{"sum":{"units":42}}"#);
    assert!(Schema::parse(order, &[]).unwrap_err().contains("Money"));
    assert!(Schema::parse(money, &[money]).unwrap_err().contains("twice"));
}

#[test]
fn bytes_of_another_schema_are_told_with_their_place() {
    let wrong = |bytes: &[u8]| read(ORDER, bytes).unwrap_err();
    assert!(wrong(&[]).contains("missing"), "{}", wrong(&[]));
    assert!(wrong(&[2, 9]).contains("no branch"), "{}", wrong(&[2, 9]));
    assert!(read("\"string\"", &[2, 0xff]).unwrap_err().contains("UTF-8"));
    assert!(read("\"string\"", &[0xff, 0xff, 0xff, 0xff, 0x0f]).unwrap_err().contains("no length"));
    assert!(read("\"boolean\"", &[7]).unwrap_err().contains("boolean"));
    assert!(read("\"int\"", &[0xfe, 0xff, 0xff, 0xff, 0x7f]).unwrap_err().contains("32 bits"));
    assert!(read("\"long\"", &[0xff; 11]).unwrap_err().contains("too long"));
    assert!(read("\"long\"", &[2, 2]).unwrap_err().contains("follow"));
}

#[test]
fn a_few_bytes_do_not_become_much() {
    let list = r#"{"type":"record","name":"L","fields":[{"name":"n","type":["null","L"]}]}"#;
    assert!(read(list, &[2; 100_000]).unwrap_err().contains("deeper"));
    let nothings = r#"{"type":"array","items":"null"}"#;
    let many = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert_eq!(read_up_to(nothings, &many, 1000), Err(Halt::Full));
    let negative = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00];
    assert_eq!(read_up_to(nothings, &negative, 1000), Err(Halt::Full));
    // A length of four gigabytes with nothing behind it.
    assert!(read("\"bytes\"", &[0x80, 0x80, 0x80, 0x80, 0x20]).unwrap_err().contains("missing"));
    let wide = r#"{"type":"bytes","logicalType":"decimal","precision":5,"scale":2000000000}"#;
    assert_eq!(read(wide, &[2, 7]).unwrap(), "\"Bw==\"");
}

#[test]
fn a_preview_is_the_beginning() {
    let schema = Schema::parse("\"string\"", &[]).unwrap();
    let mut bytes = vec![0x80, 0x89, 0x7a];
    bytes.extend(std::iter::repeat_n(b'x', 1_000_000));
    let mut out = Out::new(20);
    assert_eq!(schema.read(&bytes, &mut out), Err(Halt::Full));
    assert_eq!(out.into_text(), format!("\"{}", "x".repeat(19)));
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..300), most in 0_usize..300) {
        let schema = Schema::parse(ORDER, &[]).unwrap();
        let mut out = Out::new(most);
        let read = schema.read(&bytes, &mut out);
        let text = out.into_text();
        prop_assert!(text.len() <= most);
        if read.is_ok() {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
        }
    }

    #[test]
    fn a_damaged_record_is_never_a_panic(at in 0_usize..60, with in any::<u8>()) {
        let mut bytes = vec![2, 2, 4, b'a', b'b', 4, 1, 2, 10, 0, 2, 2, b'x', 0, 2, 2, b'k', 6, 0, 1, 2, 3, 4];
        bytes.extend([0; 10]);
        let at = at % bytes.len();
        bytes[at] = with;
        let _read = read(ORDER, &bytes);
    }

    #[test]
    fn numbers_come_out_as_they_went_in(long in any::<i64>(), int in any::<i32>(), double in any::<f64>()) {
        prop_assert_eq!(of("\"long\"", Value::Long(long)), long.to_string());
        prop_assert_eq!(of("\"int\"", Value::Int(int)), int.to_string());
        if double.is_finite() {
            let text = of("\"double\"", Value::Double(double));
            prop_assert_eq!(text.parse::<f64>().unwrap(), double);
        }
    }

    #[test]
    fn decimals_are_exact(unscaled in any::<i128>(), scale in 0_u32..30) {
        let schema = format!(r#"{{"type":"bytes","logicalType":"decimal","precision":39,"scale":{scale}}}"#);
        let bytes = unscaled.to_be_bytes();
        let text = read(&schema, &[&[32][..], &bytes].concat()).unwrap();
        let digits: String = text.chars().filter(|c| *c != '.').collect();
        prop_assert_eq!(digits.parse::<i128>().unwrap(), unscaled);
        let behind = text.split_once('.').map_or(0, |(_, behind)| behind.len());
        prop_assert_eq!(u32::try_from(behind).unwrap(), scale);
    }

    #[test]
    fn no_schema_text_makes_the_parser_panic(text in "[{}\\[\\]\":,a-z0-9 ]{0,80}") {
        let _schema = Schema::parse(&text, &[]);
    }
}
