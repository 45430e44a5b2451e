//! Names of links, and the prefix that makes a mirror's name out of its source's.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Longest name, as for topics.
const MAX_NAME: usize = 249;
/// Longest prefix (public limit).
const MAX_PREFIX: usize = 12;

/// Why a text is not a link name or a prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LinkNameError(String);

/// Name of a link: 1 to 249 letters, digits, `.`, `_` and `-`. Unique on its cluster; both halves of
/// a source-initiated link have the same one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LinkName(String);

/// What is put before a source topic's name to make its mirror's: 1 to 12 letters, digits, `.`,
/// `_` and `-` (`cluster.link.prefix`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LinkPrefix(String);

fn check(what: &str, text: &str, max: usize) -> Result<(), LinkNameError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if text.is_empty() {
        return Err(LinkNameError(format!("a {what} needs at least one character")));
    }
    if text.len() > max {
        return Err(LinkNameError(format!(
            "`{text}` is {} characters long, a {what} has at most {max}",
            text.len()
        )));
    }
    if let Some(c) = text.chars().find(|c| !legal(*c)) {
        return Err(LinkNameError(format!(
            "`{text}` contains `{c}`: a {what} is made of letters, digits, `.`, `_` and `-`"
        )));
    }
    if matches!(text, "." | "..") {
        return Err(LinkNameError(format!("`{text}` cannot be a {what}")));
    }
    Ok(())
}

macro_rules! checked {
    ($name:ident, $what:literal, $max:expr) => {
        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = LinkNameError;

            fn from_str(text: &str) -> Result<Self, LinkNameError> {
                check($what, text, $max)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = LinkNameError;

            fn try_from(text: String) -> Result<Self, LinkNameError> {
                text.parse()
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
    };
}

checked!(LinkName, "link name", MAX_NAME);
checked!(LinkPrefix, "link prefix", MAX_PREFIX);

impl LinkPrefix {
    /// The mirror's name for a source topic (or, for groups, the destination's group id).
    #[must_use]
    pub fn apply(prefix: Option<&Self>, source: &str) -> String {
        prefix.map_or_else(|| source.to_owned(), |prefix| format!("{prefix}{source}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_name_says_what_is_wrong_with_it() {
        for (text, words) in [
            ("", "at least one"),
            ("a b", "contains ` `"),
            ("..", "cannot be"),
            (&"x".repeat(250), "250 characters long"),
        ] {
            let error = text.parse::<LinkName>().unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
        assert!("on-prem.link_1".parse::<LinkName>().is_ok());
        assert!("thirteen-char".parse::<LinkPrefix>().is_err());
    }

    #[test]
    fn a_prefix_is_put_before_the_source_name() {
        let prefix: LinkPrefix = "dr-".parse().unwrap();
        assert_eq!(LinkPrefix::apply(Some(&prefix), "orders"), "dr-orders");
        assert_eq!(LinkPrefix::apply(None, "orders"), "orders");
    }
}
