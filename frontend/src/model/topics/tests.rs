use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

fn topic(name: &str) -> TopicRow {
    TopicRow {
        name: name.to_owned(),
        is_internal: name.starts_with("__"),
        n_partitions: 1,
        replication_factor: 1,
        under_replicated: 0,
        offline: 0,
        size_bytes: None,
        n_offsets: None,
    }
}

fn topics() -> impl Strategy<Value = Vec<TopicRow>> {
    let one = (
        "(__)?[a-c0-9]{1,3}",
        0u32..3,
        0u32..3,
        0u32..2,
        proptest::option::of(0u64..4),
        proptest::option::of(0u64..4),
    );
    vec(one, 0..30).prop_map(|rows| {
        let mut rows: Vec<TopicRow> = rows
            .into_iter()
            .map(|(name, n_partitions, under_replicated, offline, size_bytes, n_offsets)| {
                TopicRow {
                    n_partitions,
                    under_replicated,
                    offline,
                    size_bytes,
                    n_offsets,
                    ..topic(&name)
                }
            })
            .collect();
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        rows.dedup_by(|a, b| a.name == b.name);
        rows
    })
}

fn sorts() -> impl Strategy<Value = TopicSort> {
    (0..TopicColumn::ALL.len(), any::<bool>()).prop_map(|(at, down)| TopicSort {
        column: TopicColumn::ALL[at],
        direction: if down { Direction::Descending } else { Direction::Ascending },
    })
}

#[test]
fn internal_topics_are_hidden_but_counted() {
    let rows = [topic("__consumer_offsets"), topic("orders"), topic("payments")];
    let list = shown(&rows, "o", false, TopicSort::default());
    assert_eq!(*list.names, ["orders"]);
    assert_eq!(list.n_hidden_internal, 1);
    assert_eq!(shown(&rows, "", true, TopicSort::default()).n_hidden_internal, 0);
}

#[test]
fn the_first_click_on_a_number_asks_for_the_largest() {
    let sort = TopicSort::default().clicked(TopicColumn::Size);
    assert_eq!(sort.text(), "-size");
    assert_eq!(sort.clicked(TopicColumn::Size).text(), "size");
    assert_eq!(sort.clicked(TopicColumn::Name), TopicSort::default());
}

#[test]
fn unknown_sizes_come_last_either_way() {
    let known = TopicRow { size_bytes: Some(0), ..topic("b") };
    let rows = [topic("a"), known];
    for text in ["size", "-size"] {
        assert_eq!(*shown(&rows, "", false, TopicSort::of_text(text)).names, ["b", "a"], "{text}");
    }
}

#[test]
fn a_missing_leader_outweighs_missing_replicas() {
    let row = TopicRow { offline: 1, under_replicated: 4, ..topic("a") };
    assert_eq!(Health::of(&row).words(), "1 offline");
    let row = TopicRow { under_replicated: 1_204, ..topic("a") };
    assert_eq!(Health::of(&row).words(), "1,204 under-replicated");
    assert_eq!(Health::of(&topic("a")), Health::Healthy);
}

#[test]
fn a_summary_leaves_out_what_is_not_known() {
    let words = |n_offsets| summary(&TopicRow { n_offsets, ..topic("a") });
    assert_eq!(words(None), "1 partition");
    assert_eq!(words(Some(0)), "1 partition · no records");
    assert_eq!(words(Some(26_593)), "1 partition · ≈ 26,593 records");
    assert_eq!(words(Some(48_200_000)), "1 partition · ≈ 48.2 M records");
}

#[test]
fn a_sum_with_an_unknown_part_is_unknown() {
    let known = TopicRow { size_bytes: Some(7), ..topic("b") };
    assert_eq!(totals(&[topic("a"), known.clone()]).size_bytes, None);
    assert_eq!(totals(&[known]).size_bytes, Some(7));
    assert_eq!(totals(&[]).size_bytes, Some(0));
}

proptest! {
    #[test]
    fn the_order_does_not_depend_on_the_order_before(rows in topics(), sort in sorts()) {
        let forward = shown(&rows, "", true, sort);
        let mut turned = rows;
        turned.reverse();
        prop_assert_eq!(forward, shown(&turned, "", true, sort));
    }

    #[test]
    fn every_topic_found_is_shown_or_counted_as_hidden(rows in topics(), search in "[a-c]{0,2}", sort in sorts(), internal: bool) {
        let list = shown(&rows, &search, internal, sort);
        let found = rows.iter().filter(|row| row.name.contains(&search)).count();
        prop_assert_eq!(list.names.len() + list.n_hidden_internal, found);
    }

    #[test]
    fn a_sort_survives_the_url(sort in sorts()) {
        prop_assert_eq!(TopicSort::of_text(&sort.text()), sort);
    }

    #[test]
    fn a_row_is_found_by_its_name_in_any_order(rows in topics(), turned: bool) {
        let mut rows = rows;
        if turned {
            rows.reverse();
        }
        for wanted in &rows {
            prop_assert_eq!(row(&rows, &wanted.name), Some(wanted));
        }
        prop_assert_eq!(row(&rows, "nowhere"), None);
    }
}
