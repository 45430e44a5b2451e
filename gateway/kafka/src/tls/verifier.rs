//! Certificate checks with the leniences of Java's that Kafka users rely on.

use std::sync::Arc;

use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::names;

/// WebPKI's verdict, except that
/// * names are not checked if `ssl.endpoint.identification.algorithm` is empty,
/// * a certificate that stands in the truststore itself is trusted (self-signed brokers),
/// * a certificate without alternative names may carry its name as common name.
#[derive(Debug)]
pub(super) struct Verifier {
    webpki: Arc<WebPkiServerVerifier>,
    trusted: Vec<CertificateDer<'static>>,
    verify_hostname: bool,
}

/// An untrusted certificate, with what a person needs to find the right CA.
#[derive(Debug, thiserror::Error)]
#[error(
    "the certificate of \"{subject}\" is issued by \"{issuer}\", which is not among the {trusted} trusted certificates"
)]
pub(super) struct Untrusted {
    subject: String,
    issuer: String,
    trusted: usize,
}

impl Verifier {
    pub(super) fn new(
        webpki: Arc<WebPkiServerVerifier>,
        trusted: Vec<CertificateDer<'static>>,
        verify_hostname: bool,
    ) -> Self {
        Self { webpki, trusted, verify_hostname }
    }

    fn check_name(&self, leaf: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
        if !self.verify_hostname {
            return Ok(());
        }
        match names::is_valid_for(leaf, name) {
            true => Ok(()),
            false => Err(CertificateError::NotValidForNameContext {
                expected: name.to_owned(),
                presented: names::of(leaf),
            }
            .into()),
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.webpki.verify_server_cert(leaf, intermediates, name, ocsp, now);
        match verdict {
            Ok(verified) => Ok(verified),
            // The name is the last thing checked, so the chain is good.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => {
                self.check_name(leaf, name)?;
                Ok(ServerCertVerified::assertion())
            }
            Err(_) if self.trusted.iter().any(|trusted| trusted.as_ref() == leaf.as_ref()) => {
                names::check_validity(leaf, now)?;
                self.check_name(leaf, name)?;
                Ok(ServerCertVerified::assertion())
            }
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                let (subject, issuer) = names::subject_and_issuer(leaf);
                let untrusted = Untrusted { subject, issuer, trusted: self.trusted.len() };
                Err(CertificateError::Other(OtherError(Arc::new(untrusted))).into())
            }
            Err(error) => Err(error),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}
