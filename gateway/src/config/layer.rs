//! Settings as they were given, with the place of each.

use std::collections::BTreeMap;

/// A value and where it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) value: String,
    /// For messages: `drawbridge.toml, line 3: listen`, `DRAWBRIDGE_LISTEN` or `--listen`.
    pub(super) place: String,
}

impl Given {
    pub(super) fn new(value: impl Into<String>, place: impl Into<String>) -> Self {
        Self { value: value.into(), place: place.into() }
    }
}

/// The settings of one source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Layer {
    single: BTreeMap<&'static str, Given>,
    lists: BTreeMap<&'static str, Vec<String>>,
    pairs: BTreeMap<&'static str, BTreeMap<String, Given>>,
    together: BTreeMap<&'static str, Vec<Given>>,
}

impl Layer {
    pub(super) fn set(&mut self, key: &'static str, given: Given) {
        self.single.insert(key, given);
    }

    pub(super) fn set_list(&mut self, key: &'static str, values: Vec<String>) {
        self.lists.insert(key, values);
    }

    /// False when the name is there already.
    pub(super) fn add_pair(&mut self, key: &'static str, name: &str, given: Given) -> bool {
        self.pairs.entry(key).or_default().insert(name.to_owned(), given).is_none()
    }

    /// Adds to a list that all sources add to.
    pub(super) fn add(&mut self, key: &'static str, given: Given) {
        self.together.entry(key).or_default().push(given);
    }

    /// Lays another source over this one: its values count, pairs are put together by name, and what all sources
    /// add to is what each of them gave.
    pub(super) fn put_over(&mut self, upper: Self) {
        self.single.extend(upper.single);
        self.lists.extend(upper.lists);
        for (key, pairs) in upper.pairs {
            self.pairs.entry(key).or_default().extend(pairs);
        }
        for (key, given) in upper.together {
            self.together.entry(key).or_default().extend(given);
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Given> {
        self.single.get(key)
    }

    pub(super) fn list(&self, key: &str) -> Vec<String> {
        self.lists.get(key).cloned().unwrap_or_default()
    }

    pub(super) fn together(&self, key: &str) -> impl Iterator<Item = &Given> {
        self.together.get(key).into_iter().flatten()
    }

    pub(super) fn pairs(&self, key: &str) -> impl Iterator<Item = (&str, &Given)> {
        self.pairs.get(key).into_iter().flatten().map(|(name, given)| (name.as_str(), given))
    }
}
