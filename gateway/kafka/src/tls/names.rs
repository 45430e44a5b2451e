//! Names and dates of certificates.

use std::net::IpAddr;

use rustls::{
    CertificateError, ClientConnection, Error,
    client::verify_server_name,
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, prelude::FromDer, x509::X509Name,
};

fn parse<'a>(cert: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    X509Certificate::from_der(cert).ok().map(|(_, cert)| cert)
}

/// Whether the certificate is for `name`; a common name counts where there are no alternative names, as in Java.
pub(super) fn is_valid_for(cert: &CertificateDer<'_>, name: &ServerName<'_>) -> bool {
    let by_alternative_name = ParsedCertificate::try_from(cert)
        .is_ok_and(|parsed| verify_server_name(&parsed, name).is_ok());
    by_alternative_name
        || parse(cert).is_some_and(|cert| {
            let alternatives = cert.subject_alternative_name().ok().flatten();
            let common = cert.subject().iter_common_name().filter_map(|cn| cn.as_str().ok());
            alternatives.is_none()
                && common.last().is_some_and(|cn| cn.eq_ignore_ascii_case(&name.to_str()))
        })
}

/// Names the certificate is for.
pub(super) fn of(cert: &CertificateDer<'_>) -> Vec<String> {
    let Some(cert) = parse(cert) else { return Vec::new() };
    let alternatives = cert.subject_alternative_name().ok().flatten();
    match alternatives {
        Some(names) => names
            .value
            .general_names
            .iter()
            .filter_map(|name| match name {
                GeneralName::DNSName(dns) => Some((*dns).to_owned()),
                GeneralName::IPAddress(bytes) => ip(bytes),
                _ => None,
            })
            .collect(),
        None => vec![text(cert.subject())],
    }
}

fn ip(bytes: &[u8]) -> Option<String> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    let address = v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()?;
    Some(address.to_string())
}

/// Subject and issuer as text.
pub(super) fn subject_and_issuer(cert: &CertificateDer<'_>) -> (String, String) {
    match parse(cert) {
        Some(cert) => (text(cert.subject()), text(cert.issuer())),
        None => ("an unreadable certificate".to_owned(), "nobody known".to_owned()),
    }
}

fn text(name: &X509Name<'_>) -> String {
    let text = name.to_string();
    if text.is_empty() { "no name".to_owned() } else { text }
}

/// Fails if `now` lies outside the certificate's life.
pub(super) fn check_validity(cert: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let cert = parse(cert).ok_or(CertificateError::BadEncoding)?;
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if seconds > cert.validity().not_after.timestamp() {
        Err(CertificateError::Expired.into())
    } else if seconds < cert.validity().not_before.timestamp() {
        Err(CertificateError::NotValidYet.into())
    } else {
        Ok(())
    }
}

/// One line about an established connection.
pub(super) fn describe(connection: &ClientConnection) -> String {
    let version = connection
        .protocol_version()
        .map(|version| format!("{version:?}").replace("TLSv1_", "TLSv1."))
        .unwrap_or_default();
    let cert = connection.peer_certificates().and_then(|certs| certs.first());
    match cert.and_then(parse) {
        Some(cert) => format!(
            "{version}, certificate of {} by {}, valid until {}",
            text(cert.subject()),
            text(cert.issuer()),
            cert.validity().not_after
        ),
        None => version,
    }
}
