//! Configuration keys of topics and brokers: names, defaults, types, documentation, validation.
//!
//! Names and defaults: <https://kafka.apache.org/documentation/#topicconfigs> (4.x), documentation in
//! our own words.

use std::collections::BTreeMap;

mod broker_keys;
mod topic_keys;

pub(crate) use broker_keys::BROKER_KEYS;
pub(crate) use topic_keys::TOPIC_KEYS;

/// What a key accepts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Boolean,
    /// 32-bit number of at least this value.
    Int(i64),
    /// 64-bit number of at least this value.
    Long(i64),
    /// Fraction between 0 and 1.
    Ratio,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Comma-separated words out of these.
    ListOf(&'static [&'static str]),
    /// Comma-separated words.
    List,
    Text,
    /// A value that is never shown.
    Password,
}

/// One configuration key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) default: &'static str,
    pub(crate) kind: Kind,
    /// The broker key a topic key falls back to, or "" for none.
    pub(crate) synonym: &'static str,
    /// Whether it cannot be changed while the broker runs.
    pub(crate) read_only: bool,
    pub(crate) doc: &'static str,
}

impl Key {
    /// Type code of DescribeConfigs.
    pub(crate) fn type_code(&self) -> i8 {
        match self.kind {
            Kind::Boolean => 1,
            Kind::OneOf(_) | Kind::Text => 2,
            Kind::Int(_) => 3,
            Kind::Long(_) => 5,
            Kind::Ratio => 6,
            Kind::ListOf(_) | Kind::List => 7,
            Kind::Password => 9,
        }
    }

    pub(crate) fn is_list(&self) -> bool {
        matches!(self.kind, Kind::ListOf(_) | Kind::List)
    }

    /// Checks a value, with words for the client.
    pub(crate) fn check(&self, value: &str) -> Result<(), String> {
        let refuse = |why: String| {
            Err(format!("Invalid value {value} for configuration {}: {why}", self.name))
        };
        match self.kind {
            Kind::Boolean if !matches!(value, "true" | "false") => {
                refuse("Expected value to be either true or false".to_owned())
            }
            Kind::Int(min) => match value.trim().parse::<i32>() {
                Ok(n) if i64::from(n) >= min => Ok(()),
                Ok(_) => refuse(format!("Value must be at least {min}")),
                Err(_) => refuse("Not a number of type INT".to_owned()),
            },
            Kind::Long(min) => match value.trim().parse::<i64>() {
                Ok(n) if n >= min => Ok(()),
                Ok(_) => refuse(format!("Value must be at least {min}")),
                Err(_) => refuse("Not a number of type LONG".to_owned()),
            },
            Kind::Ratio => match value.trim().parse::<f64>() {
                Ok(n) if (0.0..=1.0).contains(&n) => Ok(()),
                Ok(_) => refuse("Value must be between 0 and 1".to_owned()),
                Err(_) => refuse("Not a number of type DOUBLE".to_owned()),
            },
            Kind::OneOf(words) if !words.contains(&value) => {
                refuse(format!("String must be one of: {}", words.join(", ")))
            }
            Kind::ListOf(words) => match items(value).find(|item| !words.contains(item)) {
                Some(item) => refuse(format!(
                    "{item} is not one of the allowed entries: {}",
                    words.join(", ")
                )),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

/// The entries of a list value.
pub(crate) fn items(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// Finds a topic key.
pub(crate) fn topic_key(name: &str) -> Result<&'static Key, String> {
    TOPIC_KEYS
        .iter()
        .find(|k| k.name == name)
        .ok_or_else(|| format!("Unknown topic config name: {name}"))
}

/// Finds a broker key.
pub(crate) fn broker_key(name: &str) -> Option<&'static Key> {
    BROKER_KEYS.iter().find(|k| k.name == name)
}

/// Whether a broker key can be changed for one broker at a time only: what its listeners need.
pub(crate) fn is_per_broker(name: &str) -> bool {
    name.starts_with("ssl.") || name.starts_with("sasl.")
}

/// Checks the values set on a topic, alone and together.
pub(crate) fn check_topic(set: &BTreeMap<String, String>) -> Result<(), String> {
    for (name, value) in set {
        topic_key(name)?.check(value)?;
    }
    let remote = set.get("remote.storage.enable").is_some_and(|v| v == "true");
    if remote && set.get("cleanup.policy").is_some_and(|v| v.contains("compact")) {
        return Err("Remote log storage is not supported for compacted topics".to_owned());
    }
    if remote {
        return Err("Tiered storage is disabled in this cluster".to_owned());
    }
    let number = |name: &str| set.get(name).and_then(|v| v.trim().parse::<i64>().ok());
    if let (Some(min), Some(max)) =
        (number("min.compaction.lag.ms"), number("max.compaction.lag.ms"))
        && min > max
    {
        return Err(format!(
            "conflict topic config setting min.compaction.lag.ms ({min}) > max.compaction.lag.ms ({max})"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_valid_and_documented() {
        for key in TOPIC_KEYS.iter().chain(BROKER_KEYS) {
            assert!(key.doc.len() > 20, "{} has no documentation", key.name);
            if !key.default.is_empty() {
                key.check(key.default).unwrap();
            }
        }
    }

    #[test]
    fn every_synonym_names_a_broker_key() {
        for key in TOPIC_KEYS.iter().filter(|k| !k.synonym.is_empty()) {
            assert!(broker_key(key.synonym).is_some(), "{} has no broker key", key.name);
        }
    }

    #[test]
    fn bad_values_are_refused_with_name_and_reason() {
        let refusal = topic_key("retention.ms").unwrap().check("soon").unwrap_err();
        assert!(refusal.contains("retention.ms") && refusal.contains("LONG"));
        assert!(topic_key("cleanup.policy").unwrap().check("shred").is_err());
        assert!(topic_key("min.cleanable.dirty.ratio").unwrap().check("1.5").is_err());
        assert!(topic_key("no.such.key").is_err());
    }
}
