//! What a form holds before it is checked, and the checks.
//!
//! The same rules run in the form, so the field says it at once, and in the gateway, which trusts no form.

use serde::{Deserialize, Serialize};

use crate::names::{ClusterName, TopicName};

/// What is wrong with one field of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's name in the draft, e.g. `replication_factor`.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl FieldError {
    /// An error on `field`.
    #[must_use]
    pub fn new(field: &str, message: impl Into<String>) -> Self {
        Self { field: field.to_owned(), message: message.into() }
    }
}

/// A cluster somebody wants to add: its name here and the text of a Kafka client's properties file.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClusterDraft {
    /// What the gateway shall call the cluster.
    pub name: String,
    /// Kafka client properties, verbatim. May hold secrets: sent to the gateway, never sent back.
    pub properties: String,
}

impl std::fmt::Debug for ClusterDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClusterDraft").field("name", &self.name).finish_non_exhaustive()
    }
}

impl ClusterDraft {
    /// Checks the name and that there are properties at all; the gateway reads the properties themselves.
    ///
    /// # Errors
    /// One error per wrong field.
    pub fn validate(&self) -> Result<ClusterName, Vec<FieldError>> {
        let mut errors = Vec::new();
        let name = self.name.trim().parse::<ClusterName>();
        if let Err(error) = &name {
            errors.push(FieldError::new("name", error.to_string()));
        }
        if self.properties.trim().is_empty() {
            errors.push(FieldError::new(
                "properties",
                "no connection properties; give at least bootstrap.servers=host:port",
            ));
        }
        match name {
            Ok(name) if errors.is_empty() => Ok(name),
            _ => Err(errors),
        }
    }
}

/// A half of a link somebody wants to create.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LinkDraft {
    /// The link's name; the other half must have the same one.
    pub name: String,
    /// Kafka's id of the cluster at the other end; empty takes the one that answers.
    #[serde(default)]
    pub remote_cluster_id: String,
    /// Link configs in the format of a properties file, verbatim. May hold secrets: sent to the gateway,
    /// never sent back.
    pub configs: String,
}

impl std::fmt::Debug for LinkDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkDraft")
            .field("name", &self.name)
            .field("remote_cluster_id", &self.remote_cluster_id)
            .finish_non_exhaustive()
    }
}

/// A mirror topic somebody wants to create.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MirrorDraft {
    /// The topic on the source cluster.
    pub source_topic: String,
    /// The mirror's name, if it is given; it has to be the link's prefix and the source's name.
    #[serde(default)]
    pub mirror_topic: Option<String>,
    /// Replicas per partition; none takes the cluster's default.
    #[serde(default)]
    pub replication_factor: Option<i16>,
    /// Configurations for those that are not taken from the source.
    #[serde(default)]
    pub configs: Vec<ConfigSetting>,
}

/// A topic configuration by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigSetting {
    /// Configuration name, e.g. `retention.ms`.
    pub name: String,
    /// Value as Kafka writes it.
    pub value: String,
}

/// A change to one configuration of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigChange {
    /// Configuration name, e.g. `retention.ms`.
    pub name: String,
    /// The new value; none goes back to the default.
    pub value: Option<String>,
}

/// A topic somebody wants to create, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TopicDraft {
    /// Topic name.
    pub name: String,
    /// Number of partitions; empty takes the broker's default.
    pub partitions: String,
    /// Replication factor; empty takes the broker's default.
    pub replication_factor: String,
    /// Configurations that differ from the defaults.
    pub configs: Vec<ConfigSetting>,
}

/// A topic to create, checked as far as it can be without asking the broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicSpec {
    /// Topic name.
    pub name: TopicName,
    /// Number of partitions; none takes the broker's default (KIP-464).
    pub partitions: Option<i32>,
    /// Replication factor; none takes the broker's default (KIP-464).
    pub replication_factor: Option<i16>,
    /// Configurations that differ from the defaults.
    pub configs: Vec<ConfigSetting>,
}

impl TopicDraft {
    /// Checks every field.
    ///
    /// # Errors
    /// One error per wrong field.
    pub fn validate(&self) -> Result<TopicSpec, Vec<FieldError>> {
        let mut errors = Vec::new();
        let name = self.name.trim().parse::<TopicName>();
        if let Err(error) = &name {
            errors.push(FieldError::new("name", error.to_string()));
        }
        let partitions = optional_count::<i32>("partitions", &self.partitions, &mut errors);
        let replication_factor =
            optional_count::<i16>("replication_factor", &self.replication_factor, &mut errors);
        for (at, setting) in self.configs.iter().enumerate() {
            if setting.name.trim().is_empty() {
                errors.push(FieldError::new("configs", "a configuration has no name"));
            }
            if self.configs.iter().take(at).any(|earlier| earlier.name == setting.name) {
                let message = format!("{} is given twice; keep one", setting.name);
                errors.push(FieldError::new("configs", message));
            }
        }
        match name {
            Ok(name) if errors.is_empty() => Ok(TopicSpec {
                name,
                partitions,
                replication_factor,
                configs: self.configs.clone(),
            }),
            _ => Err(errors),
        }
    }
}

fn optional_count<T>(field: &str, text: &str, errors: &mut Vec<FieldError>) -> Option<T>
where
    T: std::str::FromStr + PartialOrd + From<u8>,
{
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    match text.parse::<T>() {
        Ok(count) if count >= T::from(1) => Some(count),
        _ => {
            let message = format!(
                "'{text}' is not a whole number of 1 or more; leave it empty for the broker's default"
            );
            errors.push(FieldError::new(field, message));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_wrong_field_of_a_topic_is_named_once() {
        let draft = TopicDraft {
            name: "a b".into(),
            partitions: "0".into(),
            replication_factor: "many".into(),
            configs: vec![],
        };
        let errors = draft.validate().unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(fields, ["name", "partitions", "replication_factor"]);
    }

    #[test]
    fn empty_counts_take_the_brokers_default() {
        let draft = TopicDraft { name: "orders".into(), ..TopicDraft::default() };
        let spec = draft.validate().unwrap();
        assert_eq!((spec.partitions, spec.replication_factor), (None, None));
    }

    #[test]
    fn a_cluster_draft_never_prints_its_properties() {
        let draft = ClusterDraft { name: "a".into(), properties: "password=hunter2".into() };
        assert!(!format!("{draft:?}").contains("hunter2"));
    }

    proptest! {
        #[test]
        fn an_accepted_topic_draft_means_what_was_typed(name in "[a-z.]{1,9}", partitions in 1i32.., replicas in 1i16..) {
            prop_assume!(name != "." && name != "..");
            let draft = TopicDraft {
                name: name.clone(),
                partitions: partitions.to_string(),
                replication_factor: replicas.to_string(),
                configs: vec![],
            };
            let spec = draft.validate().unwrap();
            prop_assert_eq!(spec.name.as_str(), name.as_str());
            prop_assert_eq!(spec.partitions, Some(partitions));
            prop_assert_eq!(spec.replication_factor, Some(replicas));
        }
    }
}
