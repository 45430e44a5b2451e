//! Connection settings: what a properties file means for this client.

mod distance;
mod fault;
mod host;
mod jaas;
mod keys;
mod reader;
mod registry;
mod secret;

use std::{path::PathBuf, time::Duration};

pub use fault::SettingFault;
pub use host::HostPort;
pub use jaas::{JaasConfig, JaasError};
pub use registry::{RegistryLogin, RegistrySettings, RegistryUrl};
pub use secret::Secret;

use crate::{properties::Properties, sasl::TokenSource};

/// Everything needed to reach a cluster. Built by [`ConnectionSettings::from_properties`] or by hand.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    /// `bootstrap.servers`, never empty.
    pub bootstrap: Vec<HostPort>,
    /// `client.id`.
    pub client_id: String,
    /// `client.rack`, empty if unset.
    pub client_rack: String,
    /// How connections are secured.
    pub security: Security,
    /// How long each step may take.
    pub timeouts: Timeouts,
    /// How failed calls and connections are repeated.
    pub retry: Retry,
    /// `metadata.max.age.ms`: topic metadata older than this is fetched again.
    pub metadata_max_age: Duration,
    /// `connections.max.idle.ms`: an older unused connection is replaced instead of used.
    pub connections_max_idle: Duration,
    /// Largest answer accepted from a broker, in bytes.
    pub max_response_bytes: usize,
    /// The cluster's schema registry, if a key of one is there.
    pub schema_registry: Option<RegistrySettings>,
    /// Keys that mean something to other Kafka clients and nothing to this one.
    pub ignored: Vec<String>,
}

/// TLS and SASL, in every combination of `security.protocol`.
#[derive(Debug, Clone, Default)]
pub struct Security {
    /// Set for `SSL` and `SASL_SSL`.
    pub tls: Option<TlsSettings>,
    /// Set for `SASL_PLAINTEXT` and `SASL_SSL`.
    pub sasl: Option<SaslSettings>,
}

/// The `ssl.*` keys.
#[derive(Debug, Clone)]
pub struct TlsSettings {
    /// Who may sign the brokers' certificates.
    pub trust: Trust,
    /// The certificate shown to brokers that ask for one (mTLS).
    pub identity: Option<Identity>,
    /// `ssl.endpoint.identification.algorithm` is not empty.
    pub verify_hostname: bool,
    /// `ssl.enabled.protocols` includes TLSv1.2.
    pub allow_tls12: bool,
    /// `ssl.enabled.protocols` includes TLSv1.3.
    pub allow_tls13: bool,
    /// The file the settings came from, for messages.
    pub source: String,
}

impl TlsSettings {
    /// The system's certificates, hosts checked; `source` is what messages name.
    #[must_use]
    pub fn system(source: &str) -> Self {
        Self {
            trust: Trust::System,
            identity: None,
            verify_hostname: true,
            allow_tls12: true,
            allow_tls13: true,
            source: source.to_owned(),
        }
    }

    /// What rustls needs to know; reads the files.
    ///
    /// # Errors
    /// The setting whose file is missing, unreadable, locked or empty.
    pub fn client_config(&self) -> Result<rustls::ClientConfig, SettingFault> {
        crate::tls::client_config(self)
    }
}

/// Who may sign the brokers' certificates.
#[derive(Debug, Clone)]
pub enum Trust {
    /// No truststore configured: the operating system's certificates.
    System,
    /// `ssl.truststore.certificates`: PEM text.
    Inline(Secret),
    /// `ssl.truststore.location`.
    Store(Store),
}

/// The client's certificate chain and key.
#[derive(Debug, Clone)]
pub enum Identity {
    /// `ssl.keystore.certificate.chain` and `ssl.keystore.key`.
    Inline {
        /// PEM certificates, leaf first.
        chain: String,
        /// PEM key, perhaps encrypted.
        key: Secret,
        /// `ssl.key.password`.
        key_password: Option<Secret>,
    },
    /// `ssl.keystore.location`.
    Store {
        /// The file.
        store: Store,
        /// `ssl.key.password`; the store's password counts if unset.
        key_password: Option<Secret>,
    },
}

/// A store file.
#[derive(Debug, Clone)]
pub struct Store {
    /// Where it is.
    pub location: PathBuf,
    /// What the file says it is; the content is looked at too, since Java accepts PKCS12 under the name JKS.
    pub kind: StoreKind,
    /// The store's password.
    pub password: Option<Secret>,
}

/// `ssl.truststore.type` and `ssl.keystore.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// Java keystore, also the default when no type is given.
    Jks,
    /// PKCS12.
    Pkcs12,
    /// PEM.
    Pem,
}

/// The `sasl.*` keys.
#[derive(Clone)]
pub enum SaslSettings {
    /// PLAIN.
    Plain {
        /// User name.
        username: String,
        /// Password.
        password: Secret,
    },
    /// SCRAM-SHA-256 or SCRAM-SHA-512.
    Scram {
        /// Which of the two.
        mechanism: ScramMechanism,
        /// User name.
        username: String,
        /// Password.
        password: Secret,
        /// The credentials are a delegation token (`tokenauth="true"`).
        token_auth: bool,
    },
    /// OAUTHBEARER, with the place that tokens come from.
    OAuthBearer {
        /// Called before every authentication.
        tokens: std::sync::Arc<dyn TokenSource>,
    },
}

/// A SCRAM mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScramMechanism {
    /// SCRAM-SHA-256.
    Sha256,
    /// SCRAM-SHA-512.
    Sha512,
}

impl ScramMechanism {
    /// Kafka's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha512 => "SCRAM-SHA-512",
        }
    }
}

impl SaslSettings {
    /// Kafka's name of the mechanism.
    #[must_use]
    pub fn mechanism(&self) -> &'static str {
        match self {
            Self::Plain { .. } => "PLAIN",
            Self::Scram { mechanism, .. } => mechanism.name(),
            Self::OAuthBearer { .. } => "OAUTHBEARER",
        }
    }
}

impl std::fmt::Debug for SaslSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let username = match self {
            Self::Plain { username, .. } | Self::Scram { username, .. } => Some(username),
            Self::OAuthBearer { .. } => None,
        };
        f.debug_struct("SaslSettings")
            .field("mechanism", &self.mechanism())
            .field("username", &username)
            .finish_non_exhaustive()
    }
}

/// How long each step may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// `socket.connection.setup.timeout.ms`: per address, TCP.
    pub connect: Duration,
    /// The TLS handshake.
    pub tls: Duration,
    /// The whole SASL exchange.
    pub sasl: Duration,
    /// `request.timeout.ms`: from sending a request to its answer.
    pub request: Duration,
    /// `default.api.timeout.ms`: a call with all its repetitions.
    pub api: Duration,
}

/// How failed calls and connections are repeated: exponential with jitter between the two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// `retry.backoff.ms`.
    pub backoff: Duration,
    /// `retry.backoff.max.ms`.
    pub backoff_max: Duration,
    /// `reconnect.backoff.ms`.
    pub reconnect: Duration,
    /// `reconnect.backoff.max.ms`.
    pub reconnect_max: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            tls: Duration::from_secs(10),
            sasl: Duration::from_secs(15),
            request: Duration::from_secs(30),
            api: Duration::from_secs(60),
        }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            backoff: Duration::from_millis(100),
            backoff_max: Duration::from_secs(1),
            reconnect: Duration::from_millis(50),
            reconnect_max: Duration::from_secs(1),
        }
    }
}

/// Kafka refuses larger requests by default (`socket.request.max.bytes`); the slack is for what surrounds the records.
pub const DEFAULT_MAX_RESPONSE_BYTES: usize = 101 * 1024 * 1024;

impl ConnectionSettings {
    /// Plaintext settings with the defaults of a Kafka client.
    #[must_use]
    pub fn plaintext(bootstrap: Vec<HostPort>) -> Self {
        Self {
            bootstrap,
            client_id: "drawbridge".to_owned(),
            client_rack: String::new(),
            security: Security::default(),
            timeouts: Timeouts::default(),
            retry: Retry::default(),
            metadata_max_age: Duration::from_secs(300),
            connections_max_idle: Duration::from_secs(540),
            max_response_bytes: DEFAULT_MAX_RESPONSE_BYTES,
            schema_registry: None,
            ignored: Vec::new(),
        }
    }

    /// Reads the settings out of a client's properties file.
    ///
    /// Keys of other Kafka clients are accepted and listed in [`ConnectionSettings::ignored`].
    /// No file named by a setting is opened here.
    ///
    /// # Errors
    /// Every unknown, malformed, missing or contradictory key, each with its remedy.
    pub fn from_properties(properties: &Properties) -> Result<Self, Vec<SettingFault>> {
        reader::read(properties)
    }

    /// Replaces the place that OAUTHBEARER tokens come from.
    #[must_use]
    pub fn with_token_source(mut self, tokens: std::sync::Arc<dyn TokenSource>) -> Self {
        self.security.sasl = Some(SaslSettings::OAuthBearer { tokens });
        self
    }

    /// Sets the schema registry's address; what else is known of the registry stays.
    pub fn set_schema_registry(&mut self, url: RegistryUrl) {
        let known = self.schema_registry.take();
        let known = known.unwrap_or_else(|| RegistrySettings::open(Vec::new()));
        self.schema_registry = Some(RegistrySettings { urls: vec![url], ..known });
    }

    /// `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`.
    #[must_use]
    pub fn security_protocol(&self) -> &'static str {
        match (&self.security.tls, &self.security.sasl) {
            (None, None) => "PLAINTEXT",
            (Some(_), None) => "SSL",
            (None, Some(_)) => "SASL_PLAINTEXT",
            (Some(_), Some(_)) => "SASL_SSL",
        }
    }

    /// The SASL mechanism, if any.
    #[must_use]
    pub fn mechanism(&self) -> Option<&'static str> {
        self.security.sasl.as_ref().map(SaslSettings::mechanism)
    }

    /// The principal the brokers will see, as far as the settings tell (`User:alice`).
    #[must_use]
    pub fn principal(&self) -> Option<String> {
        match &self.security.sasl {
            Some(SaslSettings::Plain { username, .. } | SaslSettings::Scram { username, .. }) => {
                Some(format!("User:{username}"))
            }
            Some(SaslSettings::OAuthBearer { .. }) => None,
            None if self.security.tls.as_ref().is_some_and(|tls| tls.identity.is_some()) => None,
            None => Some("User:ANONYMOUS".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
