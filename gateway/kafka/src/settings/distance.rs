//! The valid word nearest to a mistyped one.

/// The candidate with the smallest edit distance, if it is near enough to be what was meant.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = 2 + word.chars().count() / 8;
    candidates
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance without regard to case.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_ascii_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (idx, ca) in a.to_ascii_lowercase().chars().enumerate() {
        let mut left = idx + 1;
        let mut diagonal = idx;
        for (cell, cb) in row.iter_mut().skip(1).zip(&b) {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = *cell;
            left = substituted.min(left + 1).min(*cell + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = idx + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_textbook() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("SSL", "ssl"), 0);
    }

    #[test]
    fn a_slip_finds_its_key_and_nonsense_finds_none() {
        let keys = ["sasl.mechanism", "security.protocol", "ssl.truststore.location"];
        assert_eq!(nearest("sasl.mechansim", keys.into_iter()), Some("sasl.mechanism"));
        assert_eq!(nearest("ssl.trustore.location", keys.into_iter()), Some(keys[2]));
        assert_eq!(nearest("zzz", keys.into_iter()), None);
    }
}
