//! The keys of a schema registry, as Confluent's clients write them beside Kafka's own.

use std::time::Duration;

use super::{HostPort, SaslSettings, Secret, TlsSettings};

/// How the schema registry of a cluster is asked. Shows no secret.
#[derive(Debug, Clone)]
pub struct RegistrySettings {
    /// `schema.registry.url`, asked in this order until one answers. Empty if the file has but a login: the address may
    /// come from elsewhere.
    pub urls: Vec<RegistryUrl>,
    /// What the gateway shows itself with.
    pub login: RegistryLogin,
    /// `schema.registry.ssl.*`, used for `https`.
    pub tls: TlsSettings,
    /// `http.connect.timeout.ms`.
    pub connect: Duration,
    /// `http.read.timeout.ms`: from sending a request to the end of its answer.
    pub read: Duration,
}

/// What a registry is shown.
#[derive(Debug, Clone, Default)]
pub enum RegistryLogin {
    /// Nothing.
    #[default]
    Nobody,
    /// `basic.auth.user.info`, or the cluster's SASL login.
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: Secret,
    },
    /// `bearer.auth.token`.
    Bearer(Secret),
}

/// An address of a registry: scheme, host, port and the path below which its API is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryUrl {
    /// Whether it is `https`.
    pub is_tls: bool,
    /// Host and port.
    pub host: HostPort,
    /// Path without the slash at its end; empty for most.
    pub path: String,
}

impl RegistryUrl {
    /// Reads `http://host:port/path` or `https://…`.
    ///
    /// # Errors
    /// What is wrong, as a clause that quotes nothing: an address may have a password in it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let (is_tls, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            _ => return Err("an address does not begin with http:// or https://"),
        };
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if host.contains('@') {
            return Err("an address has a user name or password in it");
        }
        if rest.contains(['?', '#']) || rest.contains(|c: char| c.is_whitespace() || c.is_control())
        {
            return Err("an address has more than scheme, host, port and path");
        }
        let port_at = host.rfind(']').map_or(0, |at| at + 1);
        let has_port = host.get(port_at..).is_some_and(|rest| rest.contains(':'));
        let standard = if is_tls { 443 } else { 80 };
        let whole = if has_port { host.to_owned() } else { format!("{host}:{standard}") };
        let host =
            HostPort::parse(&whole).map_err(|_| "an address has no host, or a wrong port")?;
        Ok(Self { is_tls, host, path: path.trim_end_matches('/').to_owned() })
    }
}

impl std::fmt::Display for RegistryUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.host, self.path)
    }
}

impl RegistryLogin {
    /// The cluster's own user name and password.
    pub(super) fn of(sasl: Option<&SaslSettings>) -> Option<Self> {
        match sasl? {
            SaslSettings::Plain { username, password }
            | SaslSettings::Scram { username, password, .. } => {
                Some(Self::Basic { username: username.clone(), password: password.clone() })
            }
            SaslSettings::OAuthBearer { .. } => None,
        }
    }
}

impl RegistrySettings {
    /// A registry that is asked without login, its certificate checked against the system's.
    #[must_use]
    pub fn open(urls: Vec<RegistryUrl>) -> Self {
        Self {
            urls,
            login: RegistryLogin::Nobody,
            tls: TlsSettings::system("the settings"),
            connect: Duration::from_secs(3),
            read: Duration::from_secs(5),
        }
    }
}
