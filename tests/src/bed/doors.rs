//! The listeners a test cluster can have, and what a client must say to come through each.

use std::path::Path;

use super::{Certificates, User};

/// One way into a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Door {
    /// `PLAINTEXT`. Always there: brokers talk to each other through it.
    Plain,
    /// `SASL_PLAINTEXT` with SCRAM-SHA-512 and SCRAM-SHA-256.
    Scram,
    /// `SASL_PLAINTEXT` with PLAIN: the login that [`crate::wire::Wire`] can do itself.
    SaslPlain,
    /// `SASL_SSL` with PLAIN.
    SaslSsl,
    /// `SSL`, clients stay anonymous.
    Tls,
    /// `SSL` with a client certificate required; principals are the certificate's subject.
    Mtls,
    /// `SSL` with a server certificate that expired.
    ExpiredTls,
    /// `SSL` with a valid certificate of another host.
    OtherNameTls,
}

impl Door {
    /// Every door.
    pub const ALL: [Self; 8] = [
        Self::Plain,
        Self::Scram,
        Self::SaslPlain,
        Self::SaslSsl,
        Self::Tls,
        Self::Mtls,
        Self::ExpiredTls,
        Self::OtherNameTls,
    ];

    /// The listener's name in the broker's configuration.
    pub const fn listener(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Scram => "SCRAM",
            Self::SaslPlain => "SASLPLAIN",
            Self::SaslSsl => "SASLSSL",
            Self::Tls => "TLS",
            Self::Mtls => "MTLS",
            Self::ExpiredTls => "EXPIRED",
            Self::OtherNameTls => "OTHERNAME",
        }
    }

    /// Kafka's `security.protocol`.
    pub const fn protocol(self) -> &'static str {
        match self {
            Self::Plain => "PLAINTEXT",
            Self::Scram | Self::SaslPlain => "SASL_PLAINTEXT",
            Self::SaslSsl => "SASL_SSL",
            Self::Tls | Self::Mtls | Self::ExpiredTls | Self::OtherNameTls => "SSL",
        }
    }

    /// Whether the first bytes through it are a TLS handshake.
    pub const fn encrypted(self) -> bool {
        !matches!(self, Self::Plain | Self::Scram | Self::SaslPlain)
    }

    /// The principal `user` has once inside.
    pub fn principal(self, user: &str) -> String {
        match self {
            Self::Scram | Self::SaslPlain | Self::SaslSsl => format!("User:{user}"),
            Self::Mtls => format!("User:CN={user}"),
            _ => "User:ANONYMOUS".to_owned(),
        }
    }

    /// The broker's configuration of this listener.
    pub(super) fn broker_properties(self, users: &[User], certificates: &Certificates) -> String {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        match self {
            Self::Scram => {
                let login =
                    "org.apache.kafka.common.security.scram.ScramLoginModule required;".to_owned();
                pairs.push(("sasl.enabled.mechanisms", "SCRAM-SHA-512,SCRAM-SHA-256".to_owned()));
                pairs.push(("scram-sha-512.sasl.jaas.config", login.clone()));
                pairs.push(("scram-sha-256.sasl.jaas.config", login));
            }
            Self::SaslPlain | Self::SaslSsl => {
                let users: String = users
                    .iter()
                    .map(|user| format!(" user_{}=\"{}\"", user.name, user.password))
                    .collect();
                let login = "org.apache.kafka.common.security.plain.PlainLoginModule required";
                pairs.push(("sasl.enabled.mechanisms", "PLAIN".to_owned()));
                pairs.push(("plain.sasl.jaas.config", format!("{login}{users};")));
            }
            Self::Mtls => {
                pairs.push(("ssl.client.auth", "required".to_owned()));
                pairs.push(("ssl.truststore.type", "PEM".to_owned()));
                pairs.push(("ssl.truststore.location", text(&certificates.ca())));
            }
            Self::Plain | Self::Tls | Self::ExpiredTls | Self::OtherNameTls => {}
        }
        if self.encrypted() {
            let identity = match self {
                Self::ExpiredTls => certificates.expired_server(),
                Self::OtherNameTls => certificates.other_server(),
                _ => certificates.server(),
            };
            pairs.push(("ssl.keystore.type", "PEM".to_owned()));
            pairs.push(("ssl.keystore.location", text(&identity)));
        }
        let prefix = format!("listener.name.{}.", self.listener().to_lowercase());
        properties(pairs.into_iter().map(|(key, value)| (format!("{prefix}{key}"), value)))
    }

    /// A Kafka client's `.properties` for `user` to come through this door at `bootstrap`.
    pub(super) fn client_properties(
        self,
        bootstrap: &str,
        user: &User,
        certificates: &Certificates,
    ) -> String {
        let mut pairs = vec![
            ("bootstrap.servers", bootstrap.to_owned()),
            ("security.protocol", self.protocol().to_owned()),
        ];
        let module = match self {
            Self::Scram => Some(("SCRAM-SHA-512", "scram.ScramLoginModule")),
            Self::SaslPlain | Self::SaslSsl => Some(("PLAIN", "plain.PlainLoginModule")),
            _ => None,
        };
        if let Some((mechanism, module)) = module {
            let login = format!(
                "org.apache.kafka.common.security.{module} required \
                 username=\"{}\" password=\"{}\";",
                user.name, user.password
            );
            pairs.push(("sasl.mechanism", mechanism.to_owned()));
            pairs.push(("sasl.jaas.config", login));
        }
        if self.encrypted() {
            pairs.push(("ssl.truststore.type", "PEM".to_owned()));
            pairs.push(("ssl.truststore.location", text(&certificates.ca())));
        }
        if self == Self::Mtls {
            pairs.push(("ssl.keystore.type", "PEM".to_owned()));
            pairs.push(("ssl.keystore.location", text(&certificates.client(&user.name))));
        }
        properties(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)))
    }
}

/// The text of a `.properties` file.
pub(super) fn properties(pairs: impl IntoIterator<Item = (String, String)>) -> String {
    pairs.into_iter().map(|(key, value)| format!("{key}={value}\n")).collect()
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
