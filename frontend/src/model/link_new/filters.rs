//! Filters as people type them: `orders*, payments, !tmp*`.

use drawbridge_shared::link::{Filter, FilterType, Filters, PatternType};

/// Reads filters: `*` is everything, a `*` at the end makes a prefix, a `!` in front excludes. Separated by commas
/// or line ends.
#[must_use]
pub fn read(text: &str) -> Filters {
    let names = text.split([',', '\n']).map(str::trim).filter(|name| !matches!(*name, "" | "!"));
    let filter = |text: &str| {
        let (name, filter_type) = match text.strip_prefix('!') {
            Some(name) => (name.trim(), FilterType::Exclude),
            None => (text, FilterType::Include),
        };
        let (name, pattern_type) = match name.strip_suffix('*') {
            Some(prefix) if !prefix.is_empty() => (prefix, PatternType::Prefixed),
            _ => (name, PatternType::Literal),
        };
        Filter { name: name.to_owned(), pattern_type, filter_type }
    };
    Filters::new(names.map(filter).collect())
}

/// The text that reads back as these filters.
#[must_use]
pub fn write(filters: &Filters) -> String {
    let word = |filter: &Filter| {
        let not = if filter.filter_type == FilterType::Exclude { "!" } else { "" };
        let is_prefix = filter.pattern_type == PatternType::Prefixed && filter.name != "*";
        format!("{not}{}{}", filter.name, if is_prefix { "*" } else { "" })
    };
    filters.list().iter().map(word).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stars_and_exclamation_marks_make_filters() {
        let filters = read("orders*, payments\n!orders-tmp*,, ");
        assert_eq!(filters.list().len(), 3);
        assert!(filters.admits("orders.eu") && filters.admits("payments"));
        assert!(!filters.admits("orders-tmp1") && !filters.admits("payments2"));
        assert!(read("*").admits("anything") && read("").is_empty());
    }

    proptest! {
        #[test]
        fn what_is_typed_reads_back(words in proptest::collection::vec("!?[a-z.]{1,6}[*]?", 0..5)) {
            let text = words.join(", ");
            prop_assert_eq!(write(&read(&text)), text);
        }
    }
}
