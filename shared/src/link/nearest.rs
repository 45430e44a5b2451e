//! The known word that was probably meant.

/// The closest of `known`, if it is close enough to be a slip.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let scored = known.map(|candidate| (distance(&word, candidate), candidate));
    let (distance, candidate) = scored.min_by_key(|(distance, _)| *distance)?;
    (distance <= 2.max(word.len() / 4)).then_some(candidate)
}

/// Insertions, deletions and replacements between the two.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, cb) in row.iter_mut().skip(1).zip(b.chars()) {
            let replaced = diagonal + usize::from(ca != cb);
            diagonal = *cell;
            left = replaced.min(left + 1).min(*cell + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_finds_none() {
        let known = ["consumer.offset.sync.ms", "consumer.offset.sync.enable", "link.mode"];
        let near = |word| nearest(word, known.into_iter());
        assert_eq!(near("consumer.offset.sync.m"), Some("consumer.offset.sync.ms"));
        assert_eq!(near("Link.Mod"), Some("link.mode"));
        assert_eq!(near("group.id"), None);
        assert_eq!((distance("kitten", "sitting"), distance("", "abc")), (3, 3));
    }
}
