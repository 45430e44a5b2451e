//! Orders for tables: total, so that rows never jump, with what is unknown at the end either way.

use std::cmp::Ordering;

/// Which way a column is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Smallest first.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}

impl Direction {
    /// The other way.
    #[must_use]
    pub fn flipped(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }

    /// `ordering`, turned round when descending.
    #[must_use]
    pub fn apply(self, ordering: Ordering) -> Ordering {
        match self {
            Self::Ascending => ordering,
            Self::Descending => ordering.reverse(),
        }
    }
}

/// Orders two values of which either may be unknown; the unknown one comes last in both directions.
#[must_use]
pub fn known_first<T: Ord>(a: Option<&T>, b: Option<&T>, direction: Direction) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => direction.apply(a.cmp(b)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

/// Orders names as people count: `topic-9` before `topic-10`, and without regard to case
/// unless nothing else tells two names apart.
#[must_use]
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    loop {
        match (left.split_first(), right.split_first()) {
            (None, None) => return a.cmp(b),
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some((x, _)), Some((y, _))) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (x, rest_of_left) = number(left);
                let (y, rest_of_right) = number(right);
                match x.len().cmp(&y.len()).then_with(|| x.cmp(y)) {
                    Ordering::Equal => (left, right) = (rest_of_left, rest_of_right),
                    decided => return decided,
                }
            }
            (Some((x, rest_of_left)), Some((y, rest_of_right))) => {
                match x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase()) {
                    Ordering::Equal => (left, right) = (rest_of_left, rest_of_right),
                    decided => return decided,
                }
            }
        }
    }
}

/// The digits that `text` starts with, without leading zeros, and what follows them.
fn number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end).unwrap_or((text, &[]));
    let zeros = digits.iter().position(|digit| *digit != b'0').unwrap_or(digits.len());
    (digits.get(zeros..).unwrap_or_default(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_sort_as_people_count() {
        let mut names = ["topic-10", "Topic-2", "topic-1", "a", "topic-02", "__internal", "orders"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(
            names,
            ["__internal", "a", "orders", "topic-1", "Topic-2", "topic-02", "topic-10"]
        );
    }

    #[test]
    fn the_unknown_comes_last_either_way() {
        for direction in [Direction::Ascending, Direction::Descending] {
            assert_eq!(known_first(Some(&1), None, direction), Ordering::Less);
            assert_eq!(known_first(None, Some(&1), direction), Ordering::Greater);
        }
        assert_eq!(known_first(Some(&1), Some(&2), Direction::Descending), Ordering::Greater);
    }

    proptest! {
        #[test]
        fn the_natural_order_is_total(a in "[a-cA-C0-9._-]{0,6}", b in "[a-cA-C0-9._-]{0,6}", c in "[a-cA-C0-9._-]{0,6}") {
            prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            prop_assert_eq!(natural(&a, &b) == Ordering::Equal, a == b);
            if natural(&a, &b).is_le() && natural(&b, &c).is_le() {
                prop_assert!(natural(&a, &c).is_le());
            }
        }
    }
}
