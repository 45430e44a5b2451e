//! One topic's facts, and what would go with it.

use drawbridge_shared::view::{TopicDetail, TopicRow};

use super::bytes::bytes;
use super::number::{count, counted};

/// What an estimate of records means; shown wherever one stands.
pub const ESTIMATE: &str = "Records are counted as offsets between log start and high watermark. \
     Compaction and transactions leave offsets without a record, so the number is an upper bound.";

/// The sentence that says what deleting the topic destroys.
#[must_use]
pub fn deletion(row: &TopicRow) -> String {
    let partitions = counted(row.n_partitions.into(), "partition", "partitions");
    let records = match row.n_offsets {
        None => "all records in them (how many is not known)".to_owned(),
        Some(0) => "no records".to_owned(),
        Some(1) => "up to 1 record".to_owned(),
        Some(n) => format!("up to {} records", count(n)),
    };
    let size = row.size_bytes.map_or_else(String::new, |size| format!(", {}", bytes(size)));
    format!("{partitions} with {records}{size}")
}

/// Whether the topic is no longer the one that was looked at: made again under the same name.
#[must_use]
pub fn is_another(looked_at: Option<&str>, now: Option<&str>) -> bool {
    matches!((looked_at, now), (Some(before), Some(now)) if before != now)
}

/// Why the number of partitions wanted cannot be asked for; none when it can.
#[must_use]
pub fn partitions_fault(text: &str, now: u32) -> Option<String> {
    match text.trim().replace(',', "").parse::<u32>() {
        Err(_) => Some(format!("Enter a whole number larger than {}", count(now.into()))),
        Ok(total) if total < now => {
            Some(format!("Kafka cannot take partitions away; it has {} now", count(now.into())))
        }
        Ok(total) if total == now => {
            Some(format!("It has {} already; enter a larger number", count(now.into())))
        }
        Ok(_) => None,
    }
}

/// The number of partitions wanted, when it can be asked for.
#[must_use]
pub fn partitions_wanted(text: &str, now: u32) -> Option<u32> {
    let total = text.trim().replace(',', "").parse().ok()?;
    (total > now).then_some(total)
}

/// What adding partitions does to records with keys, for a change from `now` to `total`.
#[must_use]
pub fn partitions_warning(now: u32, total: u32) -> String {
    format!(
        "Records are spread by key over {} partitions; over {total} most keys go to another partition. \
         Records already written stay where they are, so the order of a key holds within the old records \
         and within the new ones, not across them. Compacted topics then keep two records of a key. \
         Partitions cannot be taken away again.",
        count(now.into()),
    )
}

/// The topic's own observed facts for its head: size, records, replication.
#[must_use]
pub fn is_measured(detail: &TopicDetail) -> bool {
    detail.topic.n_offsets.is_some() || detail.topic.size_bytes.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(n_offsets: Option<u64>, size_bytes: Option<u64>) -> TopicRow {
        TopicRow {
            name: "orders".into(),
            is_internal: false,
            n_partitions: 3,
            replication_factor: 1,
            under_replicated: 0,
            offline: 0,
            size_bytes,
            n_offsets,
        }
    }

    #[test]
    fn a_deletion_says_what_goes() {
        assert_eq!(
            deletion(&row(Some(1_204), Some(2_048))),
            "3 partitions with up to 1,204 records, 2.0 KiB"
        );
        assert_eq!(
            deletion(&row(None, None)),
            "3 partitions with all records in them (how many is not known)"
        );
    }

    #[test]
    fn a_topic_made_again_is_another() {
        assert!(is_another(Some("a"), Some("b")));
        assert!(!is_another(Some("a"), Some("a")));
        assert!(!is_another(None, Some("b")));
    }

    proptest! {
        #[test]
        fn a_number_of_partitions_is_either_wanted_or_at_fault(text in "[0-9, a-]{0,6}", now in 1u32..50) {
            prop_assert_eq!(partitions_fault(&text, now).is_none(), partitions_wanted(&text, now).is_some());
        }

        #[test]
        fn only_more_partitions_are_wanted(total: u32, now: u32) {
            prop_assert_eq!(partitions_wanted(&total.to_string(), now), (total > now).then_some(total));
        }
    }
}
