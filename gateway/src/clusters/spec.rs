//! What a cluster is called, where it is known from and how it is reached.

use std::path::Path;

use drawbridge_kafka::{ConnectionSettings, Properties, PropertiesError, SettingFault};
use drawbridge_shared::{
    guard::Guards,
    names::ClusterName,
    view::{ClusterKind, ClusterOrigin},
};

/// A cluster to be watched.
#[derive(Debug, Clone)]
pub struct ClusterSpec {
    /// Its name here.
    pub name: ClusterName,
    /// What answers behind it.
    pub kind: ClusterKind,
    /// Where it is known from.
    pub origin: ClusterOrigin,
    /// How it is reached.
    pub settings: ConnectionSettings,
    /// What is not done on it; those of the whole gateway come to them when it is taken in.
    pub guards: Guards,
}

/// Why properties are of no use.
#[derive(Debug, thiserror::Error)]
pub enum SpecFault {
    /// The file cannot be read.
    #[error("cluster {name}: cannot read {path}: {source}. Check the path and its permissions")]
    Unreadable {
        /// The cluster.
        name: ClusterName,
        /// The file.
        path: String,
        /// The operating system's words.
        source: std::io::Error,
    },
    /// The text is no properties file.
    #[error("cluster {name}: {fault}")]
    Malformed {
        /// The cluster.
        name: ClusterName,
        /// Where and what.
        fault: PropertiesError,
    },
    /// Keys are unknown or contradict each other.
    #[error("cluster {name}: {}", list(faults))]
    Settings {
        /// The cluster.
        name: ClusterName,
        /// Each with its key, file and remedy.
        faults: Vec<SettingFault>,
    },
}

impl SpecFault {
    /// The cluster it keeps from being used.
    #[must_use]
    pub fn cluster(&self) -> &ClusterName {
        match self {
            Self::Unreadable { name, .. }
            | Self::Malformed { name, .. }
            | Self::Settings { name, .. } => name,
        }
    }
}

fn list(faults: &[SettingFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl ClusterSpec {
    /// A Kafka cluster from the text of a client's properties file; `source` names it in messages.
    ///
    /// # Errors
    /// Malformed text; unknown, missing or contradictory keys.
    pub fn from_text(
        name: ClusterName,
        origin: ClusterOrigin,
        text: &str,
        source: &str,
    ) -> Result<Self, SpecFault> {
        let properties = Properties::parse(text, source)
            .map_err(|fault| SpecFault::Malformed { name: name.clone(), fault })?;
        let settings = ConnectionSettings::from_properties(&properties)
            .map_err(|faults| SpecFault::Settings { name: name.clone(), faults })?;
        Ok(Self { name, kind: ClusterKind::Kafka, origin, settings, guards: Guards::default() })
    }

    /// A Kafka cluster from a client's properties file.
    ///
    /// # Errors
    /// As [`ClusterSpec::from_text`], and when the file cannot be read.
    pub fn from_file(
        name: ClusterName,
        origin: ClusterOrigin,
        path: &Path,
    ) -> Result<Self, SpecFault> {
        let shown = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::from_text(name, origin, &text, &shown),
            Err(source) => Err(SpecFault::Unreadable { name, path: shown, source }),
        }
    }

    /// `bootstrap.servers` as text.
    #[must_use]
    pub fn bootstrap(&self) -> String {
        self.settings.bootstrap.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }

    /// Security in words without secrets, e.g. `SASL_SSL · SCRAM-SHA-512 · admin`.
    #[must_use]
    pub fn security(&self) -> String {
        security_words(&self.settings)
    }
}

/// Security in words without secrets.
pub(crate) fn security_words(settings: &ConnectionSettings) -> String {
    let mut words = vec![settings.security_protocol().to_owned()];
    if let Some(mechanism) = settings.mechanism() {
        words.push(mechanism.to_owned());
        if let Some(principal) = settings.principal() {
            words.push(principal.strip_prefix("User:").unwrap_or(&principal).to_owned());
        }
    } else if settings.security.tls.as_ref().is_some_and(|tls| tls.identity.is_some()) {
        words.push("client certificate".to_owned());
    }
    words.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(text: &str) -> Result<ClusterSpec, SpecFault> {
        let name = "cloud".parse().unwrap();
        ClusterSpec::from_text(name, ClusterOrigin::Configured, text, "cloud.properties")
    }

    #[test]
    fn security_is_told_without_its_secret() {
        let spec = spec(
            "bootstrap.servers=h:1\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n\
             sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
             username=\"admin\" password=\"hunter2\";",
        )
        .unwrap();
        assert_eq!(spec.security(), "SASL_PLAINTEXT · PLAIN · admin");
        assert!(!format!("{spec:?}").contains("hunter2"));
    }

    #[test]
    fn an_unknown_key_is_named_with_its_file() {
        let fault = spec("bootstrap.server=h:1").unwrap_err().to_string();
        assert!(
            fault.contains("bootstrap.server") && fault.contains("cloud.properties"),
            "{fault}"
        );
    }
}
