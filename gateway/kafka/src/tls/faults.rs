//! TLS errors as causes with remedies.

use std::{io, time::Duration};

use rustls::{AlertDescription, CertificateError, Error as TlsError};

use super::verifier::Untrusted;
use crate::{
    error::{ConnectCause, ConnectError, Stage},
    settings::{HostPort, TlsSettings},
};

/// The TLS error inside an IO error.
fn tls_error(error: &io::Error) -> Option<&TlsError> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// Cause and words of a TLS failure on an established stream: with TLS 1.3 the broker's verdict on the client
/// certificate comes only then.
pub(crate) fn alert(error: &io::Error) -> Option<(ConnectCause, String)> {
    let tls = tls_error(error)?;
    let cause = match tls {
        TlsError::AlertReceived(alert) => cause_of_alert(*alert, None),
        _ => ConnectCause::TlsFailed,
    };
    Some((cause, tls.to_string()))
}

/// `sent`: whether a client certificate was configured, where known.
fn cause_of_alert(alert: AlertDescription, sent: Option<bool>) -> ConnectCause {
    match alert {
        AlertDescription::CertificateRequired => ConnectCause::ClientCertificateRequired,
        // TLS 1.2 brokers have no better word for a missing certificate.
        AlertDescription::BadCertificate | AlertDescription::HandshakeFailure
            if sent == Some(false) =>
        {
            ConnectCause::ClientCertificateRequired
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => ConnectCause::ClientCertificateRejected,
        _ => ConnectCause::TlsFailed,
    }
}

/// One sentence and a remedy for causes that concern the client's own certificate.
pub(crate) fn advice(cause: ConnectCause) -> (&'static str, &'static str) {
    match cause {
        ConnectCause::ClientCertificateRequired => (
            "the broker demands a client certificate",
            "Set ssl.keystore.location (or ssl.keystore.certificate.chain and ssl.keystore.key)",
        ),
        ConnectCause::ClientCertificateRejected => (
            "the broker refuses the client certificate",
            "Check that its CA is in the broker's truststore and that it has not expired",
        ),
        _ => (
            "the TLS connection broke",
            "Check the broker's log, and ssl.enabled.protocols on both sides",
        ),
    }
}

/// What a failed handshake means.
pub(super) fn handshake(
    error: &io::Error,
    address: &HostPort,
    settings: &TlsSettings,
) -> ConnectError {
    let (cause, summary, remedy) = match tls_error(error) {
        Some(TlsError::InvalidCertificate(fault)) => certificate(fault),
        Some(TlsError::AlertReceived(alert)) => {
            let cause = cause_of_alert(*alert, Some(settings.identity.is_some()));
            let (summary, remedy) = advice(cause);
            (cause, summary, remedy)
        }
        Some(TlsError::InvalidMessage(_)) => (
            ConnectCause::TlsToPlaintext,
            "the port answers, and not in TLS",
            "Set security.protocol to PLAINTEXT or SASL_PLAINTEXT, or use the port of a TLS listener",
        ),
        Some(_) => {
            let (summary, remedy) = advice(ConnectCause::TlsFailed);
            (ConnectCause::TlsFailed, summary, remedy)
        }
        None if matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe
        ) =>
        {
            (
                ConnectCause::ClosedByPeer,
                "the broker closed the connection during the TLS handshake",
                "Check that the port is a TLS listener: a plaintext listener drops clients that speak TLS",
            )
        }
        None => (
            ConnectCause::Io,
            "the connection broke during the TLS handshake",
            "Check the network between here and the broker",
        ),
    };
    ConnectError {
        target: address.to_string(),
        stage: Stage::Tls,
        cause,
        summary: summary.to_owned(),
        detail: detail(error),
        remedy: remedy.to_owned(),
    }
}

fn certificate(fault: &CertificateError) -> (ConnectCause, &'static str, &'static str) {
    match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
            ConnectCause::ExpiredCertificate,
            "the broker's certificate has expired",
            "Renew the broker's certificate (and check the clock of this machine)",
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
            ConnectCause::CertificateNotYetValid,
            "the broker's certificate is not valid yet",
            "Check the clocks of this machine and of the one that issued the certificate",
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            ConnectCause::HostnameMismatch,
            "the broker's certificate is for another name",
            "Use a name the certificate carries, add this one to the certificate, or set \
             ssl.endpoint.identification.algorithm to nothing if the network is trusted",
        ),
        CertificateError::UnknownIssuer
        | CertificateError::BadSignature
        | CertificateError::Other(_) => (
            ConnectCause::UntrustedCertificate,
            "the broker's certificate is not signed by a trusted CA",
            "Import the CA of the broker's certificate into the truststore (ssl.truststore.location)",
        ),
        _ => (
            ConnectCause::UntrustedCertificate,
            "the broker's certificate cannot be accepted",
            "See the detail; the broker's certificate must be reissued",
        ),
    }
}

fn detail(error: &io::Error) -> String {
    if let Some(TlsError::InvalidCertificate(CertificateError::Other(other))) = tls_error(error)
        && let Some(untrusted) = other.0.downcast_ref::<Untrusted>()
    {
        return untrusted.to_string();
    }
    error.to_string()
}

/// A handshake that did not end in time.
pub(super) fn timed_out(address: &HostPort, after: Duration) -> ConnectError {
    ConnectError {
        target: address.to_string(),
        stage: Stage::Tls,
        cause: ConnectCause::TimedOut,
        summary: "the peer does not answer the TLS handshake".to_owned(),
        detail: format!("no answer within {} ms", after.as_millis()),
        remedy: "Check that the port is a TLS listener of a Kafka broker".to_owned(),
    }
}
