//! Which offers match what was typed, best first.

use drawbridge_shared::order;

use crate::state::{PaletteGroup, PaletteItem};

/// The offers in which every typed word occurs, the best matches of each group first. Groups stay
/// together, so that their headings mean something; the group with the best match comes first.
pub(super) fn rank(typed: &str, items: Vec<PaletteItem>, max: usize) -> Vec<PaletteItem> {
    let words: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
    let mut found: Vec<(u32, PaletteItem)> = items
        .into_iter()
        // Thousands of topics would bury the rest before anything is typed.
        .filter(|item| !(words.is_empty() && item.group == PaletteGroup::Topics))
        .filter_map(|item| Some((score(&words, &item)?, item)))
        .collect();
    // Stable: equal matches stay in the order they were offered.
    order::sort_by(&mut found, |a, b| a.0.cmp(&b.0));
    found.truncate(max);
    let mut groups: Vec<PaletteGroup> = Vec::new();
    for (_, item) in &found {
        if !groups.contains(&item.group) {
            groups.push(item.group);
        }
    }
    if words.is_empty() {
        order::sort(&mut groups);
    }
    let place = |item: &PaletteItem| groups.iter().position(|group| *group == item.group);
    order::sort_by(&mut found, |a, b| place(&a.1).cmp(&place(&b.1)));
    found.into_iter().map(|(_, item)| item).collect()
}

/// How well an offer matches, 0 best; none when a word does not occur in it.
fn score(words: &[String], item: &PaletteItem) -> Option<u32> {
    let (label, hint) = (item.label.to_lowercase(), item.hint.to_lowercase());
    words.iter().map(|word| score_of_word(word, &label, &hint)).sum()
}

fn score_of_word(word: &str, label: &str, hint: &str) -> Option<u32> {
    let starts_a_word = |at: usize| {
        let before = label.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|before| !before.is_alphanumeric())
    };
    if label == word {
        return Some(0);
    }
    match label.find(word) {
        Some(0) => Some(1),
        Some(_) if label.match_indices(word).any(|(at, _)| starts_a_word(at)) => Some(2),
        Some(_) => Some(3),
        None => hint.contains(word).then_some(4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::Route;
    use crate::state::PaletteTarget;
    use proptest::prelude::*;

    fn item(group: PaletteGroup, label: &str, hint: &str) -> PaletteItem {
        let target = PaletteTarget::Go(Route::Clusters);
        PaletteItem { group, label: label.to_owned(), hint: hint.to_owned(), target }
    }

    fn labels(typed: &str, items: &[PaletteItem]) -> Vec<String> {
        rank(typed, items.to_vec(), 10).into_iter().map(|item| item.label).collect()
    }

    #[test]
    fn the_start_of_a_name_beats_its_middle_and_its_cluster() {
        let items = [
            item(PaletteGroup::Topics, "x", "orders"),
            item(PaletteGroup::Topics, "preorders", "cloud"),
            item(PaletteGroup::Topics, "eu.orders", "cloud"),
            item(PaletteGroup::Topics, "orders.v1", "cloud"),
            item(PaletteGroup::Topics, "orders", "cloud"),
            item(PaletteGroup::Topics, "payments", "cloud"),
        ];
        assert_eq!(
            labels("orders", &items),
            ["orders", "orders.v1", "eu.orders", "preorders", "x"]
        );
    }

    #[test]
    fn all_typed_words_must_occur() {
        let items = [
            item(PaletteGroup::Topics, "orders", "cloud"),
            item(PaletteGroup::Topics, "orders", "on-prem"),
        ];
        assert_eq!(labels("ord cloud", &items).len(), 1);
    }

    #[test]
    fn before_anything_is_typed_topics_do_not_bury_the_pages() {
        let items = [
            item(PaletteGroup::Topics, "orders", ""),
            item(PaletteGroup::Actions, "Switch theme", ""),
            item(PaletteGroup::Pages, "Clusters", ""),
        ];
        assert_eq!(labels("", &items), ["Clusters", "Switch theme"]);
    }

    #[test]
    fn groups_stay_together() {
        let items = [
            item(PaletteGroup::Pages, "a", ""),
            item(PaletteGroup::Topics, "ab", ""),
            item(PaletteGroup::Pages, "xa", ""),
        ];
        assert_eq!(labels("a", &items), ["a", "xa", "ab"]);
    }

    proptest! {
        #[test]
        fn any_text_finds_only_what_contains_it(
            typed in ".{0,12}", names in proptest::collection::vec(".{0,12}", 0..20)
        ) {
            let items: Vec<_> =
                names.iter().map(|name| item(PaletteGroup::Pages, name, "")).collect();
            let word = typed.trim().to_lowercase();
            for label in labels(&typed, &items) {
                if !word.contains(char::is_whitespace) {
                    prop_assert!(label.to_lowercase().contains(&word));
                }
            }
        }
    }
}
