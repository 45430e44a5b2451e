//! The columns of a list of records: which there are, which are chosen.

/// A column of the list. The offset is always there: it is the record's name and leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListColumn {
    /// The partition.
    Partition,
    /// The time.
    Time,
    /// The key.
    Key,
    /// The value.
    Value,
    /// The headers.
    Headers,
    /// Bytes of key and value.
    Size,
    /// The schema the value was decoded with, or how else it is shown.
    Schema,
}

impl ListColumn {
    /// All, in the order of the list.
    pub const ALL: [Self; 7] = [
        Self::Partition,
        Self::Time,
        Self::Key,
        Self::Value,
        Self::Headers,
        Self::Size,
        Self::Schema,
    ];
    const USUAL: [Self; 4] = [Self::Partition, Self::Time, Self::Key, Self::Value];

    /// Its word in the URL.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Partition => "partition",
            Self::Time => "time",
            Self::Key => "key",
            Self::Value => "value",
            Self::Headers => "headers",
            Self::Size => "size",
            Self::Schema => "schema",
        }
    }

    /// Its heading.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Partition => "Partition",
            Self::Time => "Time",
            Self::Key => "Key",
            Self::Value => "Value",
            Self::Headers => "Headers",
            Self::Size => "Size",
            Self::Schema => "Schema",
        }
    }

    /// The columns that a word of the URL chooses; the usual ones for none. `offset` alone chooses no other.
    #[must_use]
    pub fn chosen(words: &str) -> Vec<Self> {
        if words.trim().is_empty() {
            return Self::USUAL.to_vec();
        }
        let is_named = |column: &Self| words.split(',').any(|word| word.trim() == column.word());
        Self::ALL.into_iter().filter(is_named).collect()
    }

    /// The word of the URL with this column chosen or not.
    #[must_use]
    pub fn toggled(self, words: &str, is_on: bool) -> String {
        let now = Self::chosen(words);
        let then: Vec<Self> = Self::ALL
            .into_iter()
            .filter(|column| if *column == self { is_on } else { now.contains(column) })
            .collect();
        if then == Self::USUAL {
            return String::new();
        }
        let names: Vec<&str> =
            std::iter::once("offset").chain(then.into_iter().map(Self::word)).collect();
        names.join(",")
    }
}

/// The paths in a word of the URL.
pub fn paths(words: &str) -> impl Iterator<Item = &str> {
    words.lines().map(str::trim).filter(|path| !path.is_empty())
}

/// A path as it was meant: `order.id` is `$.order.id`.
#[must_use]
pub fn path(typed: &str) -> String {
    let typed = typed.trim();
    match typed.chars().next() {
        None | Some('$') => typed.to_owned(),
        Some('[' | '.') => format!("${typed}"),
        Some(_) => format!("$.{typed}"),
    }
}

/// The word of the URL with one more path, or without one.
#[must_use]
pub fn with_path(words: &str, path: &str, is_on: bool) -> String {
    let kept = paths(words).filter(|known| *known != path);
    let added = Some(path).filter(|path| is_on && !path.is_empty());
    kept.chain(added).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_those_of_the_url_and_the_usual_ones_need_no_word() {
        assert_eq!(ListColumn::chosen(""), ListColumn::USUAL);
        assert_eq!(ListColumn::chosen("offset"), []);
        assert_eq!(
            ListColumn::chosen("schema,partition,nothing"),
            [ListColumn::Partition, ListColumn::Schema]
        );
        let without = ListColumn::Key.toggled("", false);
        assert_eq!(without, "offset,partition,time,value");
        assert_eq!(ListColumn::Key.toggled(&without, true), "");
        let none = ["partition", "time", "key", "value"].iter().fold(String::new(), |words, _| {
            let first = ListColumn::chosen(&words).first().copied();
            first.map_or(words.clone(), |column| column.toggled(&words, false))
        });
        assert_eq!((none.as_str(), ListColumn::chosen(&none).len()), ("offset", 0));
    }

    #[test]
    fn paths_are_added_once_and_taken_away() {
        let two = with_path(&with_path("", "$.a", true), "$.b[?@.c > 1, 2]", true);
        assert_eq!(paths(&two).collect::<Vec<_>>(), ["$.a", "$.b[?@.c > 1, 2]"]);
        assert_eq!(with_path(&two, "$.a", true), "$.b[?@.c > 1, 2]\n$.a");
        assert_eq!(with_path(&two, "$.a", false), "$.b[?@.c > 1, 2]");
        assert_eq!(path(" order.id "), "$.order.id");
        assert_eq!(
            (path("$..x"), path("[0]"), path("")),
            ("$..x".into(), "$[0]".into(), String::new())
        );
    }
}
