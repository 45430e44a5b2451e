//! Why a connection could not be made: stage, cause, the peer's words, remedy.

/// The steps of getting a usable connection, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Turning the host name into addresses.
    Dns,
    /// Opening the TCP connection.
    Tcp,
    /// The TLS handshake.
    Tls,
    /// The first Kafka request, which asks for API versions.
    ApiVersions,
    /// SASL authentication.
    Sasl,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Dns => "name resolution",
            Self::Tcp => "TCP connect",
            Self::Tls => "TLS handshake",
            Self::ApiVersions => "API version request",
            Self::Sasl => "SASL authentication",
        })
    }
}

/// The cause of a failed connection, as far as it can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectCause {
    /// The name has no address.
    UnknownHost,
    /// Nothing listens on the port.
    Refused,
    /// The network says the host cannot be reached.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// TLS was spoken to a port that does not speak TLS.
    TlsToPlaintext,
    /// Plaintext was spoken to a port that expects TLS.
    PlaintextToTls,
    /// The broker's certificate is not signed by a trusted CA.
    UntrustedCertificate,
    /// The broker's certificate has expired.
    ExpiredCertificate,
    /// The broker's certificate is not valid yet.
    CertificateNotYetValid,
    /// The broker's certificate is for other names.
    HostnameMismatch,
    /// The broker demands a client certificate and none was sent.
    ClientCertificateRequired,
    /// The broker refused the client certificate.
    ClientCertificateRejected,
    /// TLS failed otherwise.
    TlsFailed,
    /// User or password (or token) is wrong.
    BadCredentials,
    /// The listener does not offer the mechanism.
    MechanismNotEnabled,
    /// The listener does not use SASL at all.
    SaslNotEnabled,
    /// The listener demands SASL and none is configured.
    SaslRequired,
    /// The broker could not prove that it knows the password.
    BadServerSignature,
    /// SASL failed otherwise.
    SaslFailed,
    /// The peer is not a Kafka broker.
    NotKafka,
    /// The peer closed the connection without a word.
    ClosedByPeer,
    /// The operating system reported another failure.
    Io,
}

impl ConnectCause {
    /// Whether the cause can go away by itself (a broker that restarts), as opposed to settings that must change.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::UnknownHost
                | Self::Refused
                | Self::Unreachable
                | Self::TimedOut
                | Self::ClosedByPeer
                | Self::Io
        )
    }
}

/// A connection that could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectError {
    /// `host:port` that was tried.
    pub target: String,
    /// The step that failed.
    pub stage: Stage,
    /// The cause, for code.
    pub cause: ConnectCause,
    /// The cause, for people: one clause.
    pub summary: String,
    /// The words of the broker, the TLS library or the operating system.
    pub detail: String,
    /// What to check or change.
    pub remedy: String,
}

impl std::fmt::Display for ConnectError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} failed at {}: {}", self.stage, self.target, self.summary)?;
        if !self.detail.is_empty() {
            write!(f, " ({})", self.detail)?;
        }
        write!(f, ". {}", self.remedy)
    }
}

impl std::error::Error for ConnectError {}
