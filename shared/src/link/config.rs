//! The configs of one half of a link: validated together, listed, altered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::order;

use super::{
    ConnectionMode, Filters, LinkMode, LinkPrefix, StartOffset,
    catalogue::{CATALOGUE, Change, ConfigKey, refusal},
    nearest::nearest,
    rules,
};

/// One config that is wrong, and what to do about it. Never contains a secret's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{name}: {message}")]
pub struct ConfigFault {
    /// The config.
    pub name: String,
    /// What is wrong with it, and the remedy.
    pub message: String,
}

/// The configs that were set on one half, all valid, alone and together.
/// `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct LinkConfigs {
    set: BTreeMap<&'static str, String>,
}

/// One alteration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigChange {
    /// Give it this value.
    Set(String),
    /// Back to the default.
    Delete,
}

/// One config as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigRow {
    /// Its name.
    pub name: String,
    /// Its value; `None` for secrets and for what has none.
    pub value: Option<String>,
    /// Not set.
    pub is_default: bool,
    /// Cannot be altered.
    pub is_read_only: bool,
    /// A secret.
    pub is_sensitive: bool,
    /// `DYNAMIC_CLUSTER_LINK_CONFIG` or `DEFAULT_CONFIG`.
    pub source: String,
    /// Always empty for links.
    pub synonyms: Vec<String>,
    /// What it does.
    pub documentation: String,
}

impl std::fmt::Debug for LinkConfigs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = self
            .set()
            .map(|(key, value)| (key.name, if key.sensitive { "(secret)" } else { value }));
        f.debug_map().entries(shown).finish()
    }
}

impl LinkConfigs {
    /// Validates a set of configs. An empty value of a secret or a text counts as not set.
    ///
    /// # Errors
    /// Every fault there is: unknown names with the nearest known one, refused names with the
    /// reason, bad values, and configs that do not go together.
    pub fn parse<N: AsRef<str>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, Vec<ConfigFault>> {
        let mut configs = Self::default();
        let mut faults = Vec::new();
        for (name, value) in pairs {
            if let Err(fault) = configs.put(name.as_ref(), value.into()) {
                faults.push(fault);
            }
        }
        configs.checked(faults)
    }

    fn checked(self, mut faults: Vec<ConfigFault>) -> Result<Self, Vec<ConfigFault>> {
        faults.extend(rules::together(&self));
        order::sort_by(&mut faults, |a, b| a.name.cmp(&b.name));
        faults.dedup_by(|a, b| a.name == b.name);
        if faults.is_empty() { Ok(self) } else { Err(faults) }
    }

    fn put(&mut self, name: &str, value: String) -> Result<(), ConfigFault> {
        let key = find(name)?;
        rules::value(key, &value)
            .map_err(|message| ConfigFault { name: name.to_owned(), message })?;
        self.set.insert(key.name, value);
        Ok(())
    }

    /// The configs after these alterations.
    ///
    /// # Errors
    /// As [`Self::parse`], and for configs that cannot be altered.
    pub fn alter(&self, changes: &[(String, ConfigChange)]) -> Result<Self, Vec<ConfigFault>> {
        let mut configs = self.clone();
        let mut faults = Vec::new();
        for (name, change) in changes {
            if let Err(fault) = configs.apply(name, change) {
                faults.push(fault);
            }
        }
        configs.checked(faults)
    }

    fn apply(&mut self, name: &str, change: &ConfigChange) -> Result<(), ConfigFault> {
        let key = find(name)?;
        let same = match change {
            ConfigChange::Set(value) => self.get(key.name) == Some(value),
            ConfigChange::Delete => !self.set.contains_key(key.name),
        };
        if key.change == Change::Fixed && !same {
            return Err(ConfigFault {
                name: name.to_owned(),
                message:
                    "it is decided when the link is created: delete the link and create it anew"
                        .to_owned(),
            });
        }
        match change {
            ConfigChange::Set(value) => self.put(name, value.clone()),
            ConfigChange::Delete => {
                self.set.remove(key.name);
                Ok(())
            }
        }
    }

    /// The value, the default when it is not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        match self.set.get(name) {
            Some(value) => Some(value),
            None => ConfigKey::find(name)?.default,
        }
    }

    /// What was set, by name.
    pub fn set(&self) -> impl Iterator<Item = (&'static ConfigKey, &str)> {
        self.set.iter().filter_map(|(name, value)| Some((ConfigKey::find(name)?, value.as_str())))
    }

    /// Everything, set or not, as it may be shown.
    #[must_use]
    pub fn rows(&self) -> Vec<ConfigRow> {
        CATALOGUE.iter().map(|key| self.row(key)).collect()
    }

    fn row(&self, key: &'static ConfigKey) -> ConfigRow {
        let is_default = !self.set.contains_key(key.name);
        let value = self.get(key.name).filter(|_| !key.sensitive).map(str::to_owned);
        ConfigRow {
            name: key.name.to_owned(),
            value,
            is_default,
            is_read_only: key.change == Change::Fixed,
            is_sensitive: key.sensitive,
            source: if is_default { "DEFAULT_CONFIG" } else { "DYNAMIC_CLUSTER_LINK_CONFIG" }
                .to_owned(),
            synonyms: Vec::new(),
            documentation: key.documentation().to_owned(),
        }
    }

    /// `link.mode`.
    #[must_use]
    pub fn mode(&self) -> LinkMode {
        self.word("link.mode").unwrap_or(LinkMode::Destination)
    }

    /// `connection.mode`.
    #[must_use]
    pub fn connection_mode(&self) -> ConnectionMode {
        self.word("connection.mode").unwrap_or(ConnectionMode::Outbound)
    }

    /// `cluster.link.prefix`.
    #[must_use]
    pub fn prefix(&self) -> Option<LinkPrefix> {
        self.word("cluster.link.prefix")
    }

    /// `mirror.start.offset.spec`.
    #[must_use]
    pub fn start(&self) -> StartOffset {
        self.word("mirror.start.offset.spec").unwrap_or(StartOffset::Earliest)
    }

    /// Whether a switch is on.
    #[must_use]
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// A number (times in ms); 0 for what is no number.
    #[must_use]
    pub fn number(&self, name: &str) -> i64 {
        self.get(name).and_then(|value| value.trim().parse().ok()).unwrap_or(0)
    }

    /// `auto.create.mirror.topics.filters`.
    #[must_use]
    pub fn topic_filters(&self) -> Filters {
        self.get("auto.create.mirror.topics.filters")
            .and_then(|json| Filters::topics(json).ok())
            .unwrap_or_default()
    }

    /// `consumer.offset.group.filters`.
    #[must_use]
    pub fn group_filters(&self) -> Filters {
        self.get("consumer.offset.group.filters")
            .and_then(|json| Filters::groups(json).ok())
            .unwrap_or_default()
    }

    /// Names in `topic.config.sync.include`.
    #[must_use]
    pub fn synced_topic_configs(&self) -> Vec<String> {
        let list = self.get("topic.config.sync.include").unwrap_or_default();
        list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
    }

    fn word<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.parse().ok()
    }
}

fn find(name: &str) -> Result<&'static ConfigKey, ConfigFault> {
    let fault = |message| ConfigFault { name: name.to_owned(), message };
    if let Some(key) = ConfigKey::find(name) {
        return Ok(key);
    }
    if let Some(reason) = refusal(name) {
        return Err(fault(format!("it has no effect here: {reason}")));
    }
    Err(fault(match nearest(name, CATALOGUE.iter().map(|key| key.name)) {
        Some(near) => format!("no link has a config of this name; `{near}` was probably meant"),
        None => "no link has a config of this name".to_owned(),
    }))
}

#[cfg(test)]
mod tests;
