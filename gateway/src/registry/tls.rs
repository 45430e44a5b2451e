//! What keeps a registry from being asked over TLS, with the setting that helps.

use std::{error::Error, io};

use drawbridge_kafka::settings::{RegistryUrl, TlsSettings};
use rustls::{AlertDescription, CertificateError, Error as TlsError};

use super::trouble::Trouble;

/// The trouble in an error of the connection, if TLS is what failed.
pub(super) fn trouble(
    url: &RegistryUrl,
    error: &(dyn Error + 'static),
    settings: &TlsSettings,
) -> Option<Trouble> {
    let mut cause = Some(error);
    while let Some(at) = cause {
        if let Some(tls) = tls_error(at) {
            let (what, remedy) = meaning(tls, settings.identity.is_some());
            let detail = match tls {
                TlsError::InvalidCertificate(CertificateError::Other(other)) => other.0.to_string(),
                _ => tls.to_string(),
            };
            let cause =
                format!("the schema registry {url} cannot be asked over TLS: {what} ({detail})");
            return Some(Trouble::registry(cause, remedy));
        }
        cause = at.source();
    }
    None
}

/// The TLS error that this is, or that it wraps as an IO error, which does not name what it wraps as its source.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a TlsError> {
    match error.downcast_ref::<io::Error>() {
        Some(wrapping) => tls_error(wrapping.get_ref()?),
        None => error.downcast_ref(),
    }
}

/// What happened, and what to do. `has_identity`: whether the gateway has a certificate to show.
fn meaning(error: &TlsError, has_identity: bool) -> (&'static str, &'static str) {
    match error {
        TlsError::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => (
            "its certificate has expired",
            "Renew the registry's certificate, and check the clock of this machine.",
        ),
        TlsError::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => (
            "its certificate is not valid yet",
            "Check the clocks of this machine and of the one that issued the certificate.",
        ),
        TlsError::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => (
            "its certificate is for another name",
            "Set schema.registry.url of the cluster to a name that the certificate carries, or add this one to it.",
        ),
        TlsError::InvalidCertificate(_) => (
            "its certificate is not signed by a trusted CA",
            "Set schema.registry.ssl.truststore.location of the cluster to a store with the CA of the registry's \
             certificate.",
        ),
        TlsError::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::AccessDenied,
        ) if has_identity => (
            "it refuses the gateway's certificate",
            "Check schema.registry.ssl.keystore.location of the cluster: the certificate must be valid and its CA \
             known to the registry.",
        ),
        TlsError::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::HandshakeFailure,
        ) => (
            "it wants a certificate of the gateway",
            "Set schema.registry.ssl.keystore.location of the cluster.",
        ),
        TlsError::InvalidMessage(_) => (
            "the port answers, and not in TLS",
            "Begin schema.registry.url of the cluster with http://, or use the port that speaks TLS.",
        ),
        _ => (
            "the handshake failed",
            "Check schema.registry.url and the schema.registry.ssl keys of the cluster.",
        ),
    }
}
