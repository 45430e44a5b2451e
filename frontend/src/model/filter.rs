//! Search in lists: words that must all occur, anywhere, in any case.

/// A search, ready to be tried on many texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needles(Vec<String>);

impl Needles {
    /// Reads what was typed: words apart from each other by blanks.
    #[must_use]
    pub fn new(query: &str) -> Self {
        Self(query.split_whitespace().map(str::to_ascii_lowercase).collect())
    }

    /// Whether nothing was typed, which matches everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every word occurs in `text`.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.iter().all(|needle| find(text, needle).is_some())
    }

    /// `text` cut into pieces, each with whether it is one of the words; for marking.
    #[must_use]
    pub fn pieces<'a>(&self, text: &'a str) -> Vec<(&'a str, bool)> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let hit = self
                .0
                .iter()
                .filter_map(|needle| find(rest, needle).map(|at| (at, needle.len())))
                .min_by_key(|(at, length)| (*at, usize::MAX - length));
            let Some((at, length)) = hit else { break };
            let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
            let (found, after) = from.split_at_checked(length).unwrap_or((from, ""));
            if !before.is_empty() {
                pieces.push((before, false));
            }
            pieces.push((found, true));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push((rest, false));
        }
        pieces
    }
}

/// Where `needle` (lower case) first occurs in `text`, in any ASCII case.
fn find(text: &str, needle: &str) -> Option<usize> {
    if needle.is_empty() {
        return None;
    }
    text.as_bytes()
        .windows(needle.len())
        .position(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn all_words_must_occur_in_any_order_and_case() {
        let needles = Needles::new(" EU  orders ");
        assert!(needles.matches("orders.eu.v1"));
        assert!(!needles.matches("orders.us.v1"));
        assert!(Needles::new("  ").matches("anything"));
    }

    #[test]
    fn what_was_found_is_marked() {
        assert_eq!(
            Needles::new("or").pieces("Orders-for"),
            [("Or", true), ("ders-f", false), ("or", true)]
        );
    }

    proptest! {
        #[test]
        fn pieces_put_together_are_the_text(query in "[a-c ]{0,5}", text in "[a-cA-Cäß\u{1F600}]{0,12}") {
            let needles = Needles::new(&query);
            let pieces = needles.pieces(&text);
            let joined: String = pieces.iter().map(|(piece, _)| *piece).collect();
            prop_assert_eq!(&joined, &text);
            if needles.matches(&text) && !needles.is_empty() {
                prop_assert!(pieces.iter().any(|(_, marked)| *marked));
            }
        }

        #[test]
        fn another_word_never_finds_more(text in "[a-c]{0,8}", query in "[a-c]{1,2}", more in "[a-c]{1,2}") {
            let both = Needles::new(&format!("{query} {more}"));
            prop_assert!(!both.matches(&text) || Needles::new(&query).matches(&text));
        }
    }
}
