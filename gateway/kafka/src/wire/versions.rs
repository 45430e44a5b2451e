//! Which versions of which APIs a broker offers, and which one to use.

use std::collections::BTreeMap;

use kafka_protocol::{
    messages::{ApiKey, ApiVersionsResponse},
    protocol::Request,
};

use super::client_versions;
use crate::{
    admin::cluster::{ApiRange, BrokerVersions, Feature},
    error::{Asked, Error},
};

/// A broker's answer to `ApiVersions`.
#[derive(Debug, Clone, Default)]
pub(crate) struct VersionTable {
    ranges: BTreeMap<i16, (i16, i16)>,
    features: Vec<Feature>,
}

impl VersionTable {
    pub(crate) fn from_response(response: &ApiVersionsResponse) -> Self {
        let ranges = response
            .api_keys
            .iter()
            .map(|api| (api.api_key, (api.min_version, api.max_version)))
            .collect();
        let features = response.supported_features.iter().map(|feature| Feature {
            name: feature.name.to_string(),
            min: feature.min_version,
            max: feature.max_version,
            finalized: response
                .finalized_features
                .iter()
                .find(|finalized| finalized.name == feature.name)
                .map(|finalized| finalized.max_version_level)
                .filter(|level| *level > 0),
        });
        Self { ranges, features: features.collect() }
    }

    /// The newest version of `R` within `(floor, cap)` that both sides speak.
    pub(crate) fn choose<R: Request>(
        &self,
        (floor, cap): (i16, i16),
        asked: &Asked,
    ) -> Result<i16, Error> {
        let (min, max) = client_versions::<R>();
        self.choose_in(R::KEY, min.max(floor), max.min(cap), asked)
    }

    /// The newest version of the API within `min..=max` that the broker offers.
    pub(crate) fn choose_in(
        &self,
        key: i16,
        min: i16,
        max: i16,
        asked: &Asked,
    ) -> Result<i16, Error> {
        let offered = self.ranges.get(&key).copied();
        match offered {
            Some((low, high)) if low.max(min) <= high.min(max) => Ok(high.min(max)),
            offered => Err(Error::UnsupportedVersion {
                asked: asked.clone(),
                broker: offered.map(|(low, high)| format!("{low}..{high}")),
                client: format!("{min}..{max}"),
            }),
        }
    }

    /// The table in public terms.
    pub(crate) fn describe(&self) -> BrokerVersions {
        let apis = self
            .ranges
            .iter()
            .map(|(key, (min, max))| ApiRange {
                key: *key,
                name: name_of_api(*key),
                min: *min,
                max: *max,
            })
            .collect();
        BrokerVersions { apis, features: self.features.clone(), kafka: self.kafka() }
    }

    /// The Kafka release, told by the newest `metadata.version` the broker supports, or by its Fetch versions.
    ///
    /// Levels: `MetadataVersion` in Kafka's sources; every release's brokers support exactly the levels up to its own.
    fn kafka(&self) -> String {
        const RELEASES: &[(i16, &str)] = &[
            (1, "3.0"),
            (2, "3.1"),
            (3, "3.2"),
            (7, "3.3"),
            (8, "3.4"),
            (11, "3.5"),
            (14, "3.6"),
            (19, "3.7"),
            (20, "3.8"),
            (21, "3.9"),
            (25, "4.0"),
            (27, "4.1"),
            (29, "4.2"),
            (30, "4.3"),
        ];
        let level =
            self.features.iter().find(|feature| feature.name == "metadata.version").map(|f| f.max);
        if let Some(level) = level {
            let known = RELEASES.iter().find(|(last, _)| level <= *last);
            return known.map_or("4.4 or newer", |(_, release)| release).to_owned();
        }
        match self.ranges.get(&(ApiKey::Fetch as i16)).map(|(_, max)| *max) {
            Some(17) => "3.9",
            Some(16) => "3.7 or 3.8",
            Some(14 | 15) => "3.5 or 3.6",
            Some(13) => "3.1 to 3.4",
            Some(12) => "2.7 to 3.0",
            _ => "unknown",
        }
        .to_owned()
    }
}

/// Kafka's name of an API.
pub(crate) fn name_of_api(key: i16) -> String {
    match ApiKey::try_from(key) {
        Ok(api) => format!("{api:?}").trim_end_matches("Key").to_owned(),
        Err(()) => format!("Api{key}"),
    }
}
