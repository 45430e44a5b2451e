//! Filters of topics and groups, in the public JSON form.
//!
//! `{"topicFilters":[{"name":"*","patternType":"LITERAL","filterType":"INCLUDE"}]}`, and the same
//! with `groupFilters`. A literal `*` means all; an exclude that matches wins over every include.

use serde::{Deserialize, Serialize};

/// How a filter's name is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PatternType {
    /// The whole name; `*` matches every name.
    Literal,
    /// The beginning of the name.
    Prefixed,
}

/// What a match means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum FilterType {
    /// Wanted.
    Include,
    /// Not wanted, whatever else matches.
    Exclude,
}

/// One filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Filter {
    /// What is compared.
    #[serde(deserialize_with = "filled")]
    pub name: String,
    /// How.
    pub pattern_type: PatternType,
    /// What a match means.
    pub filter_type: FilterType,
}

/// A list of filters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filters(Vec<Filter>);

/// Why a text is not a list of filters, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct FilterFault {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TopicForm {
    topic_filters: Vec<Filter>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GroupForm {
    group_filters: Vec<Filter>,
}

fn filled<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if name.is_empty() {
        return Err(serde::de::Error::custom("`name` is empty: give a name, a prefix or `*`"));
    }
    Ok(name)
}

/// Reads a word whatever its case; the public samples write capitals.
macro_rules! word {
    ($name:ident, $($text:literal => $variant:ident),+) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                match text.to_ascii_uppercase().as_str() {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(serde::de::Error::unknown_variant(&text, &[$($text),+])),
                }
            }
        }
    };
}

word!(PatternType, "LITERAL" => Literal, "PREFIXED" => Prefixed);
word!(FilterType, "INCLUDE" => Include, "EXCLUDE" => Exclude);

fn read<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, FilterFault> {
    serde_json::from_str(json).map_err(|error| {
        let text = error.to_string();
        // serde_json appends the place, which has fields of its own here.
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
        FilterFault {
            line: error.line().max(1),
            column: error.column().max(1),
            message: message.to_owned(),
        }
    })
}

impl Filters {
    /// Filters from a list.
    #[must_use]
    pub const fn new(filters: Vec<Filter>) -> Self {
        Self(filters)
    }

    /// Reads `auto.create.mirror.topics.filters`; an empty text is an empty list.
    ///
    /// # Errors
    /// [`FilterFault`] with line and column.
    pub fn topics(json: &str) -> Result<Self, FilterFault> {
        if json.trim().is_empty() {
            return Ok(Self::default());
        }
        read(json).map(|form: TopicForm| Self(form.topic_filters))
    }

    /// Reads `consumer.offset.group.filters`; an empty text is an empty list.
    ///
    /// # Errors
    /// [`FilterFault`] with line and column.
    pub fn groups(json: &str) -> Result<Self, FilterFault> {
        if json.trim().is_empty() {
            return Ok(Self::default());
        }
        read(json).map(|form: GroupForm| Self(form.group_filters))
    }

    /// The filters, in the order given.
    #[must_use]
    pub fn list(&self) -> &[Filter] {
        &self.0
    }

    /// Whether there is nothing to match: nothing is wanted then.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `name` is wanted: some include matches and no exclude does.
    #[must_use]
    pub fn admits(&self, name: &str) -> bool {
        let any = |wanted| {
            self.0.iter().any(|filter| filter.filter_type == wanted && filter.matches(name))
        };
        any(FilterType::Include) && !any(FilterType::Exclude)
    }

    /// The public JSON of topic filters.
    #[must_use]
    pub fn to_topics_json(&self) -> String {
        serde_json::to_string(&TopicForm { topic_filters: self.0.clone() }).unwrap_or_default()
    }

    /// The public JSON of group filters.
    #[must_use]
    pub fn to_groups_json(&self) -> String {
        serde_json::to_string(&GroupForm { group_filters: self.0.clone() }).unwrap_or_default()
    }
}

impl Filter {
    /// Whether the name is this filter's.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match self.pattern_type {
            PatternType::Literal => self.name == "*" || self.name == name,
            PatternType::Prefixed => self.name == "*" || name.starts_with(&self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAMPLE: &str = r#"{"topicFilters":[{"name":"*","patternType":"LITERAL","filterType":"INCLUDE"},
                 {"name":"tmp-","patternType":"PREFIXED","filterType":"EXCLUDE"}]}"#;

    #[test]
    fn an_exclude_wins_over_every_include() {
        let filters = Filters::topics(SAMPLE).unwrap();
        assert!(filters.admits("orders"));
        assert!(!filters.admits("tmp-1"));
        assert!(!Filters::default().admits("orders"), "no filters, nothing wanted");
    }

    #[test]
    fn a_fault_names_line_column_and_what_is_expected() {
        let fault = Filters::topics(&SAMPLE.replace("PREFIXED", "PREFIX")).unwrap_err();
        assert_eq!(
            (fault.line, fault.message.contains("expected `LITERAL` or `PREFIXED`")),
            (2, true)
        );
        let fault =
            Filters::topics(r#"{"topicFilters":[{"name":"","patternType":"LITERAL","#).unwrap_err();
        assert_eq!(fault.line, 1);
        assert!(fault.message.contains("`name` is empty"), "{fault}");
        let fault = Filters::groups(SAMPLE).unwrap_err();
        assert!(fault.message.contains("groupFilters"), "{fault}");
        let fault = Filters::topics("{\"topicFilters\":[}").unwrap_err();
        assert_eq!((fault.line, fault.column), (1, 18));
    }

    proptest! {
        #[test]
        fn filters_read_back_from_their_json(names in proptest::collection::vec("[a-z*.-]{1,6}", 0..5), bits: u8) {
            let filter = |(index, name): (usize, &String)| Filter {
                name: name.clone(),
                pattern_type: if bits >> index & 1 == 0 { PatternType::Literal } else { PatternType::Prefixed },
                filter_type: if bits >> (index + 1) & 1 == 0 { FilterType::Include } else { FilterType::Exclude },
            };
            let filters = Filters::new(names.iter().enumerate().map(filter).collect());
            prop_assert_eq!(Filters::topics(&filters.to_topics_json()).unwrap(), filters.clone());
            prop_assert_eq!(Filters::groups(&filters.to_groups_json()).unwrap(), filters);
        }

        #[test]
        fn arbitrary_text_is_refused_without_panic(text in ".{0,60}") {
            let _result = Filters::topics(&text);
        }
    }
}
