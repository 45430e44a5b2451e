//! Sorting that is compiled once instead of once per type: a sort of the standard library is 5 kB of the console.

use std::cmp::Ordering;

/// Sorts entries; those that are equal stay in the order they were in.
pub fn sort_by<T>(entries: &mut Vec<T>, mut compare: impl FnMut(&T, &T) -> Ordering) {
    let sorted = positions(entries.len(), &mut |a, b| match (entries.get(a), entries.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    *entries = pick(std::mem::take(entries), &sorted);
}

/// Sorts entries by their own order.
pub fn sort<T: Ord>(entries: &mut Vec<T>) {
    sort_by(entries, Ord::cmp);
}

/// The positions of `len` entries, sorted as `compare` says of two positions.
#[inline(never)]
pub(crate) fn positions(
    len: usize,
    compare: &mut dyn FnMut(usize, usize) -> Ordering,
) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..len).collect();
    positions.sort_by(|a, b| compare(*a, *b));
    positions
}

/// The entries at these positions.
pub(crate) fn pick<T>(entries: Vec<T>, positions: &[usize]) -> Vec<T> {
    let mut entries: Vec<Option<T>> = entries.into_iter().map(Some).collect();
    positions.iter().filter_map(|at| entries.get_mut(*at).and_then(Option::take)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn entries_come_out_as_the_standard_library_sorts_them(entries in vec((0u8..4, 0u8..9), 0..40)) {
            let (mut ours, mut theirs) = (entries.clone(), entries);
            sort_by(&mut ours, |a, b| a.0.cmp(&b.0));
            theirs.sort_by_key(|item| item.0);
            prop_assert_eq!(ours, theirs);
        }
    }
}
