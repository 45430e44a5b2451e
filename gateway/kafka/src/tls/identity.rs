//! The client's own certificate chain and key.

use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{ec_key, jks, pem};
use crate::settings::Secret;

/// A chain, leaf first, with its key.
pub(super) type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Certificates and key out of PEM text.
///
/// # Errors
/// What is missing or malformed, as a clause.
pub(super) fn from_pem(text: &str, key_password: Option<&Secret>) -> Result<Pair, String> {
    let mut chain = Vec::new();
    let mut key = None;
    for block in pem::blocks(text)? {
        match block.label.as_str() {
            "CERTIFICATE" => chain.push(CertificateDer::from(block.der)),
            "PRIVATE KEY" => key = Some(PrivateKeyDer::Pkcs8(block.der.into())),
            "RSA PRIVATE KEY" => key = Some(PrivateKeyDer::Pkcs1(block.der.into())),
            "EC PRIVATE KEY" => key = Some(PrivateKeyDer::Sec1(block.der.into())),
            "ENCRYPTED PRIVATE KEY" => {
                let password =
                    key_password.ok_or("its key is encrypted and ssl.key.password is not set")?;
                key = Some(PrivateKeyDer::Pkcs8(decrypt(&block.der, password)?.into()));
            }
            _ => {}
        }
    }
    finish(chain, key)
}

fn decrypt(der: &[u8], password: &Secret) -> Result<Vec<u8>, String> {
    let info = pkcs8::EncryptedPrivateKeyInfoRef::try_from(der)
        .map_err(|error| format!("its encrypted key cannot be read ({error})"))?;
    let document = info
        .decrypt(password.expose())
        .map_err(|_| "ssl.key.password does not open its key".to_owned())?;
    Ok(document.as_bytes().to_vec())
}

/// Certificates and key out of a PKCS12 store.
///
/// # Errors
/// What is missing or malformed, as a clause.
pub(super) fn from_pkcs12(bytes: &[u8], password: &str) -> Result<Pair, String> {
    let archive = open_pkcs12(bytes, password)?;
    let key = archive.keys.into_iter().next().ok_or("it holds no private key")?;
    let leaf = archive
        .certs
        .iter()
        .position(|bag| {
            let id = bag.local_key_id.as_deref();
            id.is_some() && id == key.local_key_id.as_ref().map(AsRef::as_ref)
        })
        .unwrap_or(0);
    let mut pool: Vec<_> = archive.certs.into_iter().map(|bag| bag.cert).collect();
    if pool.is_empty() {
        return Err("it holds no certificate".to_owned());
    }
    let mut chain = vec![pool.swap_remove(leaf)];
    // From the leaf upwards, by issuer.
    while let Some(last) = chain.last()
        && last.issuer() != last.subject()
        && let Some(next) = pool.iter().position(|cert| cert.subject() == last.issuer())
    {
        chain.push(pool.swap_remove(next));
    }
    let chain = chain.iter().map(|cert| CertificateDer::from(cert.as_der().to_vec())).collect();
    finish(chain, Some(PrivateKeyDer::Pkcs8(key.key.as_der().to_vec().into())))
}

/// Opens a PKCS12 store.
///
/// # Errors
/// What is wrong, as a clause.
pub(super) fn open_pkcs12(
    bytes: &[u8],
    password: &str,
) -> Result<p12_keystore::Pkcs12Archive, String> {
    p12_keystore::Pkcs12Archive::from_pkcs12(bytes, password).map_err(|error| match error {
        p12_keystore::error::Error::MacError(_) => "the password is wrong".to_owned(),
        error => format!("it cannot be opened ({error}); perhaps the password is wrong"),
    })
}

/// Certificates and key out of a JKS store.
///
/// # Errors
/// What is missing or malformed, as a clause.
pub(super) fn from_jks(
    bytes: &[u8],
    password: &str,
    key_password: Option<&Secret>,
) -> Result<Pair, String> {
    let store = jks::parse(bytes, Some(password))?;
    let entry = store.keys.into_iter().next().ok_or("it holds no private key")?;
    let key = jks::unprotect(&entry.protected, key_password.map_or(password, Secret::expose))?;
    let chain = entry.chain.into_iter().map(CertificateDer::from).collect();
    finish(chain, Some(PrivateKeyDer::Pkcs8(key.into())))
}

fn finish(
    chain: Vec<CertificateDer<'static>>,
    key: Option<PrivateKeyDer<'static>>,
) -> Result<Pair, String> {
    let leaf = chain.first().ok_or("it holds no certificate")?;
    let key = ec_key::completed(key.ok_or("it holds no private key")?, leaf);
    Ok((chain, key))
}
