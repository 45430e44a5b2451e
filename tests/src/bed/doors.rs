//! The listeners a test cluster can have, and what a client must say to come through each.

use std::fmt::Write as _;

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
        let prefix = format!("listener.name.{}.", self.listener().to_lowercase());
        let mut text = String::new();
        match self {
            Self::Plain => {}
            Self::Scram => {
                let _ =
                    writeln!(text, "{prefix}sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256");
                for mechanism in ["scram-sha-512", "scram-sha-256"] {
                    let _ = writeln!(
                        text,
                        "{prefix}{mechanism}.sasl.jaas.config=\
                         org.apache.kafka.common.security.scram.ScramLoginModule required;"
                    );
                }
            }
            Self::SaslPlain | Self::SaslSsl => {
                let _ = writeln!(text, "{prefix}sasl.enabled.mechanisms=PLAIN");
                let _ = write!(
                    text,
                    "{prefix}plain.sasl.jaas.config=\
                     org.apache.kafka.common.security.plain.PlainLoginModule required"
                );
                for user in users {
                    let _ = write!(text, " user_{}=\"{}\"", user.name, user.password);
                }
                text.push_str(";\n");
            }
            Self::Tls | Self::ExpiredTls | Self::OtherNameTls => {}
            Self::Mtls => {
                let _ = writeln!(text, "{prefix}ssl.client.auth=required");
                let _ = writeln!(text, "{prefix}ssl.truststore.type=PEM");
                let _ = writeln!(
                    text,
                    "{prefix}ssl.truststore.location={}",
                    certificates.ca().display()
                );
            }
        }
        if self.encrypted() {
            let identity = match self {
                Self::ExpiredTls => certificates.expired_server(),
                Self::OtherNameTls => certificates.other_server(),
                _ => certificates.server(),
            };
            let _ = writeln!(text, "{prefix}ssl.keystore.type=PEM");
            let _ = writeln!(text, "{prefix}ssl.keystore.location={}", identity.display());
        }
        text
    }

    /// A Kafka client's `.properties` for `user` to come through this door at `bootstrap`.
    pub(super) fn client_properties(
        self,
        bootstrap: &str,
        user: &User,
        certificates: &Certificates,
    ) -> String {
        let mut text =
            format!("bootstrap.servers={bootstrap}\nsecurity.protocol={}\n", self.protocol());
        let module = match self {
            Self::Scram => Some(("SCRAM-SHA-512", "scram.ScramLoginModule")),
            Self::SaslPlain | Self::SaslSsl => Some(("PLAIN", "plain.PlainLoginModule")),
            _ => None,
        };
        if let Some((mechanism, module)) = module {
            let _ = writeln!(
                text,
                "sasl.mechanism={mechanism}\n\
                 sasl.jaas.config=org.apache.kafka.common.security.{module} required \
                 username=\"{}\" password=\"{}\";",
                user.name, user.password
            );
        }
        if self.encrypted() {
            let _ = writeln!(
                text,
                "ssl.truststore.type=PEM\nssl.truststore.location={}",
                certificates.ca().display()
            );
        }
        if self == Self::Mtls {
            let _ = writeln!(
                text,
                "ssl.keystore.type=PEM\nssl.keystore.location={}",
                certificates.client(&user.name).display()
            );
        }
        text
    }
}
