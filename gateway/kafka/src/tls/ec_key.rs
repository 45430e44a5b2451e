//! Java writes elliptic-curve keys without the public half, which our TLS library asks for.

use pkcs8::{
    ObjectIdentifier, PrivateKeyInfoRef,
    der::{Decode as _, Encode as _, asn1::OctetStringRef},
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sec1::EcPrivateKey;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// `id-ecPublicKey` (RFC 5480).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// The same key with the public half out of the certificate it belongs to. Any other key comes back as
/// it is; whether the halves fit is for the TLS library to check.
pub(super) fn completed(
    key: PrivateKeyDer<'static>,
    leaf: &CertificateDer<'_>,
) -> PrivateKeyDer<'static> {
    let PrivateKeyDer::Pkcs8(der) = &key else { return key };
    match complete(der.secret_pkcs8_der(), leaf) {
        Some(der) => PrivateKeyDer::Pkcs8(der.into()),
        None => key,
    }
}

/// `None` if there is nothing to add or nothing to add it from.
fn complete(der: &[u8], leaf: &CertificateDer<'_>) -> Option<Vec<u8>> {
    let info = PrivateKeyInfoRef::try_from(der).ok()?;
    if info.algorithm.oid != EC {
        return None;
    }
    let inner = EcPrivateKey::from_der(info.private_key.as_bytes()).ok()?;
    if inner.public_key.is_some() {
        return None;
    }
    let (_, certificate) = X509Certificate::from_der(leaf).ok()?;
    let public = certificate.public_key().subject_public_key.data.as_ref();
    let inner = EcPrivateKey { public_key: Some(public), ..inner }.to_der().ok()?;
    let inner = OctetStringRef::new(&inner).ok()?;
    PrivateKeyInfoRef::new(info.algorithm, inner).to_der().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key as Java writes it, and its certificate.
    fn java_pair() -> (Vec<u8>, CertificateDer<'static>) {
        let pair = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::default().self_signed(&pair).unwrap();
        let whole = pair.serialize_der();
        let info = PrivateKeyInfoRef::try_from(whole.as_slice()).unwrap();
        let inner = EcPrivateKey::from_der(info.private_key.as_bytes()).unwrap();
        let half = EcPrivateKey { public_key: None, ..inner }.to_der().unwrap();
        let half = PrivateKeyInfoRef::new(info.algorithm, OctetStringRef::new(&half).unwrap());
        (half.to_der().unwrap(), certificate.der().clone())
    }

    #[test]
    fn a_key_without_its_public_half_can_sign_once_completed() {
        let (half, leaf) = java_pair();
        let key = || PrivateKeyDer::Pkcs8(half.clone().into());
        assert!(rustls::crypto::ring::sign::any_supported_type(&key()).is_err());
        let whole = completed(key(), &leaf);
        assert!(rustls::crypto::ring::sign::any_supported_type(&whole).is_ok());
        assert_eq!(completed(whole.clone_key(), &leaf), whole, "nothing to add any more");
    }

    #[test]
    fn the_public_half_of_another_key_is_still_refused() {
        let ((half, _), (_, other)) = (java_pair(), java_pair());
        let wrong = completed(PrivateKeyDer::Pkcs8(half.into()), &other);
        assert!(rustls::crypto::ring::sign::any_supported_type(&wrong).is_err());
    }
}
