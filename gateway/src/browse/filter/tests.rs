//! What filters let through.

use proptest::prelude::*;

use super::*;

fn query(filter: RecordFilter) -> RecordQuery {
    RecordQuery {
        cluster: "c".parse().unwrap(),
        topic: "t".parse().unwrap(),
        partitions: vec![],
        seek: drawbridge_shared::view::Seek::Oldest,
        filter,
        limit: 1,
        live: false,
        key_decoding: Decoding::Auto,
        value_decoding: Decoding::Auto,
        paths: vec![],
        resume: vec![],
    }
}

fn cel(expression: &str) -> Result<Filter, String> {
    let filter = RecordFilter::Cel { expression: expression.to_owned() };
    Filter::of(&query(filter)).map_err(|refusal| refusal.message)
}

fn text(text: &str, case_sensitive: bool) -> Filter {
    Filter::of(&query(RecordFilter::Text { text: text.to_owned(), case_sensitive })).ok().unwrap()
}

const HEADERS: &[(&str, Option<&[u8]>)] = &[("source", Some(b"Shop")), ("empty", None)];

fn record<'a>(key: &'a [u8], value: &'a [u8]) -> Raw<'a> {
    Raw {
        partition: 3,
        offset: 9_007_199_254_740_993,
        timestamp_ms: Some(1_790_000_000_000),
        key: Some(key),
        value: Some(value),
        headers: HEADERS,
        decoder: None,
        frames: Frames::default(),
    }
}

#[test]
fn a_text_is_looked_for_in_key_value_and_headers() {
    let record = record(b"order-1", b"{\"city\":\"Z\xc3\x9cRICH\"}");
    for wanted in ["ORDER", "zürich", "SOURCE", "shop", "rich"] {
        assert_eq!(text(wanted, false).wants(&record), Ok(true), "{wanted}");
    }
    assert_eq!(text("zürich", true).wants(&record), Ok(false));
    assert_eq!(text("Shop", true).wants(&record), Ok(true));
    assert_eq!(text("nowhere", false).wants(&record), Ok(false));
}

#[test]
fn an_expression_sees_every_part_of_a_record() {
    let record =
        record(b"order-1", br#"{"id":9007199254740993,"tags":["a","b"],"nested":{"x":1.5}}"#);
    for wanted in [
        "partition == 3 && offset == 9007199254740993",
        "timestamp >= 1790000000000",
        "key.startsWith('order')",
        "value.id == 9007199254740993",
        "value.nested.x > 1.0 && 'b' in value.tags",
        "headers.source == 'Shop' && headers['empty'] == null",
        "value.tags.exists(tag, tag == 'a')",
        "has(value.id) && !has(value.other)",
    ] {
        assert_eq!(
            cel(wanted).unwrap_or_else(|e| panic!("{wanted}: {e}")).wants(&record),
            Ok(true),
            "{wanted}"
        );
    }
    assert_eq!(cel("value.id == 9007199254740992").unwrap().wants(&record), Ok(false));
}

#[test]
fn a_wrong_expression_is_refused_with_its_place() {
    let refused = |text: &str| cel(text).err().unwrap_or_else(|| panic!("{text} is taken"));
    assert!(
        refused("value.amount >").starts_with("line 1, column"),
        "{}",
        refused("value.amount >")
    );
    assert_eq!(refused("key == 'a' && valu.amount > 1"), "line 1, column 15: there is no 'valu'");
    assert!(refused("offset + 1").contains("true or false"));
    assert!(refused(" ").contains("empty"));
    assert!(refused("shout(key)").contains("shout"), "{}", refused("shout(key)"));
}

#[test]
fn a_record_the_expression_fails_on_is_told_from_one_that_is_not_wanted() {
    let filter = cel("value.amount > 100").unwrap();
    assert!(filter.wants(&record(b"k", b"{}")).unwrap_err().contains("amount"));
    assert!(filter.wants(&record(b"k", b"\xff\x00")).is_err());
    assert_eq!(filter.wants(&record(b"k", br#"{"amount":5}"#)), Ok(false));
}

/// The worst expressions with so many brackets and so many steps.
fn worst(nested: usize, steps: usize) -> Vec<String> {
    let around = |open: &str, close: &str| {
        let n = nested - 1;
        format!("{}{}{} == 1", open.repeat(n), vec!["1"; steps / 2].join("-"), close.repeat(n))
    };
    let chain = |step: &str| format!("value{}", step.repeat(steps));
    vec![
        vec!["1"; steps].join("-"),
        vec!["offset"; steps].join(" + "),
        vec!["1"; steps].join("=="),
        vec!["1"; steps].join(" in "),
        vec!["'a'"; steps].join("+"),
        vec!["true"; 500].join("&&"),
        vec!["true"; 500].join("||"),
        chain(".a"),
        chain("[0]"),
        chain(".a()"),
        format!("[1]{}", ".map(x,x)".repeat(steps - 1)),
        format!("{}true", "!".repeat(steps)),
        format!("{}1", "-".repeat(steps)),
        format!("{}true", "true?true:".repeat(nested)),
        format!("{}true{}", "true?".repeat(nested), ":true".repeat(nested)),
        around("(", ")"),
        around("[", "]"),
        around("{1:", "}"),
        around("size(", ")"),
        around("has(", ")"),
        around("a{b:", "}"),
        format!("{}true{}", "[1].all(x,".repeat(nested - 1), ")".repeat(nested - 1)),
        "(".repeat(nested),
        "[".repeat(nested),
        "{".repeat(nested),
        "\"".repeat(steps),
        "?".repeat(nested),
    ]
}

#[test]
fn the_deepest_expressions_take_less_than_a_quarter_of_the_stack_they_get() {
    let small = || std::thread::Builder::new().stack_size(bounds::STACK / 4);
    let work = || {
        let mut n_ready = 0;
        for text in worst(bounds::MOST_NESTED, bounds::MOST_STEPS) {
            assert_eq!(bounds::check(&text), Ok(()), "{text}");
            let decodings = (Decoding::Auto, Decoding::Auto);
            if let Ok(ready) = cel::Expression::compiled(&text, decodings) {
                let _result = ready.holds(&record(b"k", br#"{"a":1}"#));
                n_ready += 1;
                // Where a search cannot begin, it ends on a thread of the runtime.
                let end = std::thread::Builder::new().stack_size(512 << 10);
                end.spawn(move || drop(ready)).unwrap().join().unwrap();
            }
        }
        n_ready
    };
    let n_ready = small().spawn(work).unwrap().join().unwrap();
    assert!(n_ready > 10, "{n_ready}");
}

#[test]
fn deeper_expressions_are_refused_before_they_are_read() {
    for n in [1_000, 20_000] {
        for text in worst(n, n) {
            let Err(words) = cel(&text) else { continue };
            assert!(words.contains("are the most") || text.len() < 4096, "{words}");
        }
    }
    for text in [vec!["1"; 2000].join("-"), "(".repeat(4000), "[".repeat(4000), "a?b:".repeat(1000)]
    {
        assert!(cel(&text).err().unwrap().contains("are the most"), "{text}");
    }
}

proptest! {
    #[test]
    fn no_expression_full_of_syntax_ends_the_gateway(
        pieces in proptest::collection::vec(
            (
                proptest::sample::select(vec![
                    "1-", "a.", "!", "-", "(", ")", "[", "]", "{1:", "}", "a?b:", "true&&", "x||", "'a'+", "\"", "'",
                    "[1].all(x,", "[1,2,3].map(x,", ".map(x,x+x)", ".map(x,x)", ".filter(x,", "x+x", ".size()", "[0]", "//", "\n", "\\", "r'", "\"\"\"", " in ", "a{b:", "1", ",",
                ]),
                1_usize..300,
            ),
            1..10,
        ),
    ) {
        let text: String = pieces.iter().map(|(piece, n)| piece.repeat(*n)).collect();
        if let Ok(filter) = cel(&text) {
            let work = move || {
                let _result = filter.wants(&record(b"k", br#"{"a":1}"#));
            };
            bounds::thread("test").spawn(work).unwrap().join().unwrap();
        }
    }

    #[test]
    fn no_bytes_make_a_filter_panic(
        key in proptest::collection::vec(any::<u8>(), 0..50),
        value in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let record = record(&key, &value);
        let _found = text("a", false).wants(&record);
        let _result = cel("value.a == 1 || key == 'x'").unwrap().wants(&record);
    }

    #[test]
    fn a_text_that_is_there_is_found(before in "[a-zäß]{0,20}", needle in "[a-zA-Zäöü]{1,8}", after in "[a-z]{0,20}") {
        let value = format!("{before}{needle}{after}");
        prop_assert_eq!(text(&needle.to_lowercase(), false).wants(&record(b"", value.as_bytes())), Ok(true));
        prop_assert_eq!(text(&needle, true).wants(&record(b"", value.as_bytes())), Ok(true));
    }

    #[test]
    fn no_expression_makes_the_compiler_panic(expression in "[a-z.()\\[\\]&|<>=!+'\"0-9 ]{0,40}") {
        let _filter = cel(&expression);
    }
}
