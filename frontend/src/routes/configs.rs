//! What a URL says of a list of configurations.

use super::Route;
use super::encoding::Query;

/// Which configurations are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigsQuery {
    /// Text that a name must contain: `?q=`.
    pub q: String,
    /// Whether only those are shown that are set here: `?set=true`.
    pub only_set: bool,
}

impl ConfigsQuery {
    pub(super) fn read(query: &Query) -> Self {
        Self { q: query.get("q").to_owned(), only_set: query.get("set") == "true" }
    }

    pub(super) fn pairs(&self) -> [(&'static str, &str); 2] {
        [("q", &self.q), ("set", if self.only_set { "true" } else { "" })]
    }
}

impl Route {
    /// Which configurations are shown at this place.
    #[must_use]
    pub fn configs(&self) -> ConfigsQuery {
        match self {
            Self::Topic { configs, .. }
            | Self::Link { configs, .. }
            | Self::Broker { configs, .. }
            | Self::Brokers { configs, .. } => configs.clone(),
            _ => ConfigsQuery::default(),
        }
    }

    /// The same place with other configurations shown.
    #[must_use]
    pub fn with_configs(mut self, wanted: ConfigsQuery) -> Self {
        if let Self::Topic { configs, .. }
        | Self::Link { configs, .. }
        | Self::Broker { configs, .. }
        | Self::Brokers { configs, .. } = &mut self
        {
            *configs = wanted;
        }
        self
    }
}
