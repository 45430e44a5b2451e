use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Properties {
    Properties::parse(text, "client.properties").unwrap()
}

#[test]
fn separators_blanks_and_comments_are_read_as_java_reads_them() {
    let properties =
        parse("# note\n ! note\na=1\nb:2\nc 3\n  d\t=\t4 \ne\nf==5\n\\=g\\ h = 6\nurl=http://x\n");
    let pairs: Vec<_> = properties.iter().collect();
    assert_eq!(
        pairs,
        [
            ("a", "1"),
            ("b", "2"),
            ("c", "3"),
            ("d", "4 "),
            ("e", ""),
            ("f", "=5"),
            ("=g h", "6"),
            ("url", "http://x"),
        ]
    );
}

#[test]
fn a_jaas_line_with_continuations_is_one_value() {
    let properties = parse(
        "sasl.mechanism=PLAIN\nsasl.jaas.config=org.apache.PlainLoginModule required \\\n  username=\"alice\" \\\r\n\tpassword=\"a\\\\b\";\n# end",
    );
    assert_eq!(
        properties.get("sasl.jaas.config"),
        Some("org.apache.PlainLoginModule required username=\"alice\" password=\"a\\b\";")
    );
    assert_eq!(properties.line("sasl.jaas.config"), Some(2));
}

#[test]
fn a_comment_is_not_continued_and_a_doubled_backslash_does_not_continue() {
    let properties = parse("# comment \\\na=1\\\\\nb=2");
    assert_eq!(properties.get("a"), Some("1\\"));
    assert_eq!(properties.get("b"), Some("2"));
}

#[test]
fn escapes_stand_for_their_characters() {
    let properties = parse("k\\u00e9y=\\t\\n\\q\\u263a\\ud83d\\ude00");
    assert_eq!(properties.get("kéy"), Some("\t\nq☺😀"));
}

#[test]
fn a_broken_unicode_escape_names_file_and_line() {
    let error = Properties::parse("a=1\npath=C:\\users", "x.config").unwrap_err();
    assert_eq!((error.source_name.as_str(), error.line), ("x.config", 2));
    assert!(Properties::parse("a=\\ud83d", "x").is_err());
}

#[test]
fn the_last_value_of_a_key_counts() {
    let properties = parse("a=1\nb=2\na=3");
    assert_eq!(properties.iter().collect::<Vec<_>>(), [("a", "3"), ("b", "2")]);
    assert_eq!(properties.line("a"), Some(3));
}

#[test]
fn prefixed_keys_are_told_apart() {
    let properties = parse("local.a=1\na=2\nlocal.=3");
    assert_eq!(properties.with_prefix_stripped("local.").iter().collect::<Vec<_>>(), [("a", "1")]);
    assert_eq!(properties.without_prefix("local.").iter().collect::<Vec<_>>(), [("a", "2")]);
}

#[test]
fn debug_output_never_shows_a_value() {
    let shown = format!("{:?}", parse("sasl.jaas.config=hunter2"));
    assert!(shown.contains("sasl.jaas.config") && !shown.contains("hunter2"));
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "(?s).{0,200}") {
        Properties::parse(&text, "f").ok();
    }

    #[test]
    fn text_full_of_syntax_never_panics(text in "[\\\\u0-9a-f=: #!\t\r\n]{0,120}") {
        Properties::parse(&text, "f").ok();
    }

    #[test]
    fn escaped_pairs_are_read_back(pairs in prop::collection::btree_map("(?s).{1,12}", "(?s).{0,24}", 0..6)) {
        let mut text = String::new();
        for (key, value) in &pairs {
            for (part, end) in [(key, '='), (value, '\n')] {
                for unit in part.encode_utf16() {
                    text.push_str(&format!("\\u{unit:04x}"));
                }
                text.push(end);
            }
        }
        let read = parse(&text);
        let expected: Vec<_> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        prop_assert_eq!(read.iter().collect::<Vec<_>>(), expected);
    }
}
