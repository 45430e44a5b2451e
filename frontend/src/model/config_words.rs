//! Configuration values in words: `604800000` is 7 days. The raw value stays beside it, always.
//!
//! Meanings of the special numbers are those of Kafka's topic configuration reference.

use drawbridge_shared::link::{Filter, FilterFault, FilterType, Filters, PatternType};

use super::bytes::whole_bytes;
use super::number::count;
use super::time::exact_duration;

/// What a value means, where the raw one does not say it; none when there is nothing to add.
#[must_use]
pub fn in_words(name: &str, value: &str) -> Option<String> {
    if let Some(filters) = filters(name, value) {
        return Some(match filters {
            Ok(filters) => filter_words(&filters),
            Err(fault) => format!("not valid: {fault}"),
        });
    }
    if let Some(words) = special(name, value) {
        return Some(words.to_owned());
    }
    if name.ends_with(".ratio") {
        return percent(value);
    }
    let number: u64 = value.parse().ok()?;
    if name.ends_with(".ms") {
        return (number >= 1_000).then(|| exact_duration(number));
    }
    if name.ends_with(".bytes") {
        return whole_bytes(number).or_else(|| grouped(number));
    }
    grouped(number)
}

/// Whether a value is a list of filters, whose words are read instead of it.
#[must_use]
pub fn is_filters(name: &str) -> bool {
    filters(name, "").is_some()
}

/// The filters that a configuration holds; none for one that holds something else.
fn filters(name: &str, value: &str) -> Option<Result<Filters, FilterFault>> {
    match name {
        "auto.create.mirror.topics.filters" => Some(Filters::topics(value)),
        "consumer.offset.group.filters" => Some(Filters::groups(value)),
        _ => None,
    }
}

fn filter_words(filters: &Filters) -> String {
    let words = |filter: &Filter| {
        let verb = match filter.filter_type {
            FilterType::Include => "include",
            FilterType::Exclude => "exclude",
        };
        match (filter.pattern_type, filter.name.as_str()) {
            (PatternType::Literal, "*") => format!("{verb} all"),
            (PatternType::Literal, name) => format!("{verb} literal {name}"),
            (PatternType::Prefixed, name) => format!("{verb} prefix {name}"),
        }
    };
    match filters.list() {
        [] => "nothing is included".to_owned(),
        list => list.iter().map(words).collect::<Vec<_>>().join(", "),
    }
}

/// Where a configuration's value comes from, in words.
#[must_use]
pub fn source(source: drawbridge_shared::view::ConfigSource) -> &'static str {
    use drawbridge_shared::view::ConfigSource as Source;
    match source {
        Source::DynamicTopicConfig => "set on the topic",
        Source::DynamicBrokerLoggerConfig => "broker logger",
        Source::DynamicBrokerConfig => "set on a broker",
        Source::DynamicDefaultBrokerConfig => "set on all brokers",
        Source::StaticBrokerConfig => "broker's file",
        Source::DefaultConfig => "Kafka default",
        Source::Unknown => "not told",
    }
}

fn grouped(number: u64) -> Option<String> {
    (number >= 10_000).then(|| count(number))
}

fn special(name: &str, value: &str) -> Option<&'static str> {
    Some(match (name, value) {
        ("retention.ms", "-1") => "no time limit",
        ("retention.bytes", "-1") => "no size limit",
        ("local.retention.ms", "-2") => "as retention.ms",
        ("local.retention.bytes", "-2") => "as retention.bytes",
        ("flush.messages", "9223372036854775807") => "left to the operating system",
        ("flush.ms", "9223372036854775807") => "left to the operating system",
        (_, "9223372036854775807") => "no limit",
        ("cleanup.policy", "delete") => "old segments are deleted",
        ("cleanup.policy", "compact") => "the last record of each key stays",
        ("cleanup.policy", "compact,delete" | "delete,compact") => {
            "the last record of each key stays until it is old"
        }
        ("compression.type", "producer") => "as the producer sends it",
        (
            "leader.replication.throttled.replicas" | "follower.replication.throttled.replicas",
            "",
        ) => "none",
        (
            "leader.replication.throttled.replicas" | "follower.replication.throttled.replicas",
            "*",
        ) => "all",
        _ => return None,
    })
}

/// `0.5` as `50 %`, for ratios between 0 and 1 with a whole number of percent.
fn percent(value: &str) -> Option<String> {
    let digits = match value.split_once('.') {
        Some(("0", digits)) => digits.trim_end_matches('0'),
        Some(("1", digits)) if digits.trim_end_matches('0').is_empty() => {
            return Some("100 %".into());
        }
        _ => return None,
    };
    let percent: u32 = match digits.len() {
        0 => 0,
        1 => digits.parse::<u32>().ok()? * 10,
        2 => digits.parse().ok()?,
        _ => return None,
    };
    Some(format!("{percent} %"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(name: &str, value: &str) -> String {
        in_words(name, value).unwrap_or_default()
    }

    #[test]
    fn times_and_sizes_are_told_exactly() {
        assert_eq!(words("retention.ms", "604800000"), "7 days");
        assert_eq!(words("segment.ms", "604800001"), "7 days 1 ms");
        assert_eq!(words("segment.bytes", "1073741824"), "1 GiB");
        assert_eq!(words("max.message.bytes", "1048588"), "1,048,588");
        assert_eq!(words("flush.messages", "20000"), "20,000");
    }

    #[test]
    fn special_numbers_have_their_meaning() {
        assert_eq!(words("retention.ms", "-1"), "no time limit");
        assert_eq!(words("local.retention.bytes", "-2"), "as retention.bytes");
        assert_eq!(words("max.compaction.lag.ms", "9223372036854775807"), "no limit");
        assert_eq!(words("cleanup.policy", "compact"), "the last record of each key stays");
        assert_eq!(words("min.cleanable.dirty.ratio", "0.5"), "50 %");
        assert_eq!(words("min.cleanable.dirty.ratio", "0.05"), "5 %");
        assert_eq!(words("min.cleanable.dirty.ratio", "1.0"), "100 %");
    }

    #[test]
    fn filters_read_as_words() {
        let json = r#"{"topicFilters":[{"name":"payments-","patternType":"PREFIXED","filterType":"INCLUDE"},{"name":"payments-x","patternType":"LITERAL","filterType":"EXCLUDE"}]}"#;
        let topics = "auto.create.mirror.topics.filters";
        assert_eq!(words(topics, json), "include prefix payments-, exclude literal payments-x");
        assert_eq!(words(topics, ""), "nothing is included");
        let all =
            r#"{"groupFilters":[{"name":"*","patternType":"LITERAL","filterType":"INCLUDE"}]}"#;
        assert_eq!(words("consumer.offset.group.filters", all), "include all");
        assert!(words(topics, all).starts_with("not valid: line 1, column "));
        assert!(is_filters(topics) && !is_filters("retention.ms"));
    }

    #[test]
    fn what_says_itself_gets_no_words() {
        for (name, value) in [
            ("min.insync.replicas", "2"),
            ("retention.ms", "500"),
            ("retention.ms", "a week"),
            ("preallocate", "false"),
            ("min.cleanable.dirty.ratio", "0.123"),
            ("min.cleanable.dirty.ratio", "2.0"),
        ] {
            assert_eq!(in_words(name, value), None, "{name}={value}");
        }
    }

    proptest! {
        #[test]
        fn no_value_panics(name in "[a-z.]{0,12}(\\.ms|\\.bytes|\\.ratio)?", value in ".{0,24}") {
            drop(in_words(&name, &value));
        }
    }
}
