//! Kafka client properties files, read the way `java.util.Properties` reads them.
//!
//! Format: <https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)>.

mod parser;

/// The key-value pairs of a properties file, in the file's order, with the file's name and line numbers.
///
/// A key given twice counts with its last value, as in Java.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Properties {
    source: String,
    entries: Vec<Entry>,
}

#[derive(Clone, PartialEq, Eq)]
struct Entry {
    key: String,
    value: String,
    line: usize,
}

/// A properties text that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{source_name}, line {line}: {problem}. {remedy}")]
pub struct PropertiesError {
    /// The file the text came from.
    pub source_name: String,
    /// Line of the problem, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub remedy: &'static str,
}

impl Properties {
    /// Reads `text`; `source` is the file's name for messages.
    ///
    /// # Errors
    /// On a malformed `\u` escape, the only thing Java refuses too.
    pub fn parse(text: &str, source: &str) -> Result<Self, PropertiesError> {
        let mut properties = Self { source: source.to_owned(), entries: Vec::new() };
        for pair in parser::pairs(text, source)? {
            properties.put(pair.key, pair.value, pair.line);
        }
        Ok(properties)
    }

    /// Properties that come from a form or from code rather than from a text.
    pub fn from_pairs<K, V>(source: &str, pairs: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<String>,
        V: Into<String>,
    {
        let mut properties = Self { source: source.to_owned(), entries: Vec::new() };
        for (key, value) in pairs {
            properties.put(key.into(), value.into(), 0);
        }
        properties
    }

    fn put(&mut self, key: String, value: String, line: usize) {
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => {
                entry.value = value;
                entry.line = line;
            }
            None => self.entries.push(Entry { key, value, line }),
        }
    }

    /// The file's name, as given to [`Properties::parse`].
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str())
    }

    /// Line of `key`, from 1; `None` if absent or not from a text.
    #[must_use]
    pub fn line(&self, key: &str) -> Option<usize> {
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| entry.line)
            .filter(|line| *line > 0)
    }

    /// All pairs in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|entry| (entry.key.as_str(), entry.value.as_str()))
    }

    /// Number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The pairs whose key starts with `prefix`, without it (`local.sasl.mechanism` → `sasl.mechanism`).
    #[must_use]
    pub fn with_prefix_stripped(&self, prefix: &str) -> Self {
        let entries = self.entries.iter().filter_map(|entry| {
            let key = entry.key.strip_prefix(prefix).filter(|key| !key.is_empty())?.to_owned();
            Some(Entry { key, ..entry.clone() })
        });
        Self { source: self.source.clone(), entries: entries.collect() }
    }

    /// The pairs whose key does not start with `prefix`.
    #[must_use]
    pub fn without_prefix(&self, prefix: &str) -> Self {
        let entries = self.entries.iter().filter(|entry| !entry.key.starts_with(prefix)).cloned();
        Self { source: self.source.clone(), entries: entries.collect() }
    }
}

/// Shows keys and whether they have a value, never the value: any of them may be a secret.
impl std::fmt::Debug for Properties {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys: Vec<&str> = self.entries.iter().map(|entry| entry.key.as_str()).collect();
        f.debug_struct("Properties").field("source", &self.source).field("keys", &keys).finish()
    }
}

#[cfg(test)]
mod tests;
