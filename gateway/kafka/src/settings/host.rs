//! `host:port` of `bootstrap.servers`.

/// A host name or address literal with a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostPort {
    /// Name or address; an IPv6 address stands without brackets.
    pub host: String,
    /// Port, never 0.
    pub port: u16,
}

impl HostPort {
    /// Both parts, unchecked.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port }
    }

    /// Reads `host:port`, `[v6]:port` or `PROTOCOL://host:port`.
    ///
    /// # Errors
    /// What is wrong, as a clause.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
        let (host, port) = bare.rsplit_once(':').ok_or_else(|| format!("'{text}' has no port"))?;
        let host = match host.strip_prefix('[').map(|inner| inner.strip_suffix(']')) {
            Some(Some(inner)) => inner,
            Some(None) => return Err(format!("'{text}' has an unclosed bracket")),
            None if host.contains(':') => {
                return Err(format!("'{text}' is an IPv6 address without brackets"));
            }
            None => host,
        };
        if host.is_empty() {
            return Err(format!("'{text}' has no host"));
        }
        if host.contains(|c: char| c.is_whitespace() || matches!(c, '/' | ',' | '@')) {
            return Err(format!("'{host}' is not a host name"));
        }
        match port.parse::<u16>() {
            Ok(0) | Err(_) => Err(format!("'{port}' is not a port (1 to 65535)")),
            Ok(port) => Ok(Self::new(host, port)),
        }
    }
}

impl std::fmt::Display for HostPort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}
