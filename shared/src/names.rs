//! Names that were checked where they entered, so nothing behind has to check again.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not a name: says what is wrong and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NameError(String);

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                $check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                $check(&text)?;
                Ok(Self(text))
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

name_type!(
    /// What this gateway calls a cluster, in URLs and on screen: 1 to 63 characters,
    /// letters, digits, `.`, `_` and `-`, first a letter or digit.
    /// Kafka's own cluster id is something else: `ClusterView::cluster_id`.
    ClusterName,
    check_cluster_name
);
name_type!(
    /// A topic's name by Kafka's rules: 1 to 249 characters of letters, digits, `.`, `_` and `-`,
    /// but neither `.` nor `..` (`org.apache.kafka.common.internals.Topic`).
    TopicName,
    check_topic_name
);

const MAX_CLUSTER_NAME: usize = 63;
const MAX_TOPIC_NAME: usize = 249;

fn check_cluster_name(text: &str) -> Result<(), NameError> {
    check_length("cluster name", text, MAX_CLUSTER_NAME)?;
    check_characters("cluster name", text)?;
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(NameError(format!(
            "cluster name '{text}' must start with a letter or a digit"
        )));
    }
    Ok(())
}

fn check_topic_name(text: &str) -> Result<(), NameError> {
    check_length("topic name", text, MAX_TOPIC_NAME)?;
    if text == "." || text == ".." {
        return Err(NameError(format!("topic name '{text}' is reserved; choose another name")));
    }
    check_characters("topic name", text)
}

fn check_length(what: &str, text: &str, max: usize) -> Result<(), NameError> {
    let length = text.chars().count();
    if length == 0 {
        return Err(NameError(format!("{what} is empty; enter 1 to {max} characters")));
    }
    if length > max {
        return Err(NameError(format!(
            "{what} is {length} characters long; at most {max} are allowed"
        )));
    }
    Ok(())
}

fn check_characters(what: &str, text: &str) -> Result<(), NameError> {
    let bad = text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')));
    match bad {
        None => Ok(()),
        Some(bad) => Err(NameError(format!(
            "{what} contains {bad:?}; use letters, digits, '.', '_' and '-' only"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_topic_name_says_which_character_is_wrong() {
        let error = "orders/eu".parse::<TopicName>().unwrap_err().to_string();
        assert!(error.contains("'/'"), "{error}");
    }

    #[test]
    fn dots_alone_are_not_a_topic_name() {
        assert!(".".parse::<TopicName>().is_err());
        assert!("..".parse::<TopicName>().is_err());
        assert!("...".parse::<TopicName>().is_ok());
    }

    #[test]
    fn a_cluster_name_starts_with_a_letter_or_digit() {
        assert!("-a".parse::<ClusterName>().is_err());
        assert!("on-prem.1".parse::<ClusterName>().is_ok());
    }

    proptest! {
        #[test]
        fn an_accepted_name_reads_back_as_itself(text in ".{0,300}") {
            if let Ok(name) = text.parse::<TopicName>() {
                prop_assert_eq!(name.as_str(), text.as_str());
                let json = serde_json::to_string(&name).unwrap();
                prop_assert_eq!(serde_json::from_str::<TopicName>(&json).unwrap(), name);
            }
        }
    }
}
