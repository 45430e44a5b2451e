//! From settings and files to a rustls configuration.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    client::WebPkiServerVerifier,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer},
    version::{TLS12, TLS13},
};

use super::{identity, jks, pem, verifier::Verifier};
use crate::settings::{Identity, Secret, SettingFault, Store, StoreKind, TlsSettings, Trust};

/// What a store's content is, whatever its type setting says.
enum Content {
    Jks,
    Pkcs12,
    Pem(String),
}

/// Builds the configuration.
///
/// # Errors
/// The setting whose file is missing, unreadable, locked or empty.
pub(crate) fn client_config(settings: &TlsSettings) -> Result<ClientConfig, SettingFault> {
    let faults = Faults { source: &settings.source };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = verifier(settings, &provider, &faults)?;
    let mut versions: Vec<&SupportedProtocolVersion> = Vec::new();
    if settings.allow_tls13 {
        versions.push(&TLS13);
    }
    if settings.allow_tls12 {
        versions.push(&TLS12);
    }
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions)
        .map_err(|error| {
            faults.of("ssl.enabled.protocols", error.to_string(), "Use TLSv1.2 and TLSv1.3")
        })?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    match &settings.identity {
        None => Ok(builder.with_no_client_auth()),
        Some(identity) => {
            let (key, (chain, private)) = own_certificate(identity, &faults)?;
            builder.with_client_auth_cert(chain, private).map_err(|error| {
                faults.of(
                    key,
                    format!("certificate and key cannot be used together: {error}"),
                    "Check that the key belongs to the first certificate",
                )
            })
        }
    }
}

/// Trust and identity as PEM text, for a client that reads no stores.
#[derive(Debug)]
pub(crate) struct Exported {
    /// Certificates that may sign the brokers'.
    pub(crate) trusted: String,
    /// Own certificates, leaf first, and their key.
    pub(crate) identity: Option<(String, Secret)>,
}

/// Reads the stores and writes them as PEM.
///
/// # Errors
/// The setting whose file is missing, unreadable, locked or empty.
pub(crate) fn export(settings: &TlsSettings) -> Result<Exported, SettingFault> {
    let faults = Faults { source: &settings.source };
    let (_, certificates) = trusted(settings, &faults)?;
    let identity = match &settings.identity {
        None => None,
        Some(identity) => {
            let (_, (chain, key)) = own_certificate(identity, &faults)?;
            let label = match &key {
                PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
                PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
                _ => "PRIVATE KEY",
            };
            let key = Secret::new(pem::write(label, key.secret_der()));
            Some((pem_of(&chain), key))
        }
    };
    Ok(Exported { trusted: pem_of(&certificates), identity })
}

fn pem_of(certificates: &[CertificateDer<'_>]) -> String {
    certificates.iter().map(|certificate| pem::write("CERTIFICATE", certificate)).collect()
}

fn verifier(
    settings: &TlsSettings,
    provider: &Arc<CryptoProvider>,
    faults: &Faults<'_>,
) -> Result<Verifier, SettingFault> {
    let (key, trusted) = trusted(settings, faults)?;
    let mut roots = RootCertStore::empty();
    let (added, refused) = roots.add_parsable_certificates(trusted.iter().cloned());
    if added == 0 {
        let problem = match refused {
            0 => "it holds no certificate".to_owned(),
            count => format!("none of its {count} certificates can be read"),
        };
        return Err(faults.of(key, problem, "Import the CA that signed the brokers' certificates"));
    }
    let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| faults.of(key, error.to_string(), FILE_REMEDY))?;
    Ok(Verifier::new(webpki, trusted, settings.verify_hostname))
}

fn trusted(
    settings: &TlsSettings,
    faults: &Faults<'_>,
) -> Result<(&'static str, Vec<CertificateDer<'static>>), SettingFault> {
    Ok(match &settings.trust {
        Trust::System => ("ssl.truststore.location", system(faults)?),
        Trust::Inline(pem) => {
            let key = "ssl.truststore.certificates";
            let found = certificates_of_pem(pem.expose());
            (key, found.map_err(|problem| faults.of(key, problem, FILE_REMEDY))?)
        }
        Trust::Store(store) => {
            let key = "ssl.truststore.location";
            (key, trust_store(store, faults)?)
        }
    })
}

const FILE_REMEDY: &str = "Check that it is a PEM, JKS or PKCS12 store with certificates";

fn system(faults: &Faults<'_>) -> Result<Vec<CertificateDer<'static>>, SettingFault> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let errors: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        return Err(faults.of(
            "ssl.truststore.location",
            format!("it is not set, and the system has no CA certificates {}", errors.join("; ")),
            "Set it, or install the system's ca-certificates",
        ));
    }
    Ok(found.certs)
}

fn trust_store(
    store: &Store,
    faults: &Faults<'_>,
) -> Result<Vec<CertificateDer<'static>>, SettingFault> {
    const KEY: &str = "ssl.truststore.location";
    const PASSWORD: &str = "ssl.truststore.password";
    let bytes = read(KEY, &store.location, faults)?;
    let password = store.password.as_ref().map(Secret::expose);
    let (key, found) = match content(&bytes, store.kind) {
        Content::Pem(text) => (KEY, certificates_of_pem(&text)),
        Content::Jks => {
            let found = jks::parse(&bytes, password).map(|jks| {
                // Java trusts certificate entries only; the chain of a key in the same file is not one.
                jks.trusted.into_iter().map(CertificateDer::from).collect()
            });
            (PASSWORD, found)
        }
        Content::Pkcs12 => {
            let found = identity::open_pkcs12(&bytes, password.unwrap_or_default());
            let found = found.map(|archive| {
                let certs = archive.certs.iter();
                certs.map(|bag| CertificateDer::from(bag.cert.as_der().to_vec())).collect()
            });
            (PASSWORD, found)
        }
    };
    found.map_err(|problem| {
        faults.of(
            key,
            format!("{} cannot be used: {problem}", store.location.display()),
            "Check file and password, for example with keytool -list -keystore",
        )
    })
}

fn own_certificate(
    identity: &Identity,
    faults: &Faults<'_>,
) -> Result<(&'static str, identity::Pair), SettingFault> {
    const KEY: &str = "ssl.keystore.location";
    match identity {
        Identity::Inline { chain, key, key_password } => {
            let text = format!("{chain}\n{}", key.expose());
            let pair = identity::from_pem(&text, key_password.as_ref()).map_err(|problem| {
                faults.of("ssl.keystore.key", problem, "Give a PEM certificate chain and its key")
            })?;
            Ok(("ssl.keystore.key", pair))
        }
        Identity::Store { store, key_password } => {
            let bytes = read(KEY, &store.location, faults)?;
            let password = store.password.as_ref().map(Secret::expose);
            let needed = || {
                faults.of("ssl.keystore.password", "it is missing", "Set the password of the store")
            };
            let pair = match content(&bytes, store.kind) {
                Content::Pem(text) => identity::from_pem(&text, key_password.as_ref()),
                Content::Jks => {
                    identity::from_jks(&bytes, password.ok_or_else(needed)?, key_password.as_ref())
                }
                Content::Pkcs12 => identity::from_pkcs12(&bytes, password.ok_or_else(needed)?),
            };
            let pair = pair.map_err(|problem| {
                faults.of(
                    KEY,
                    format!("{} cannot be used: {problem}", store.location.display()),
                    "Check file and passwords, for example with keytool -list -keystore",
                )
            })?;
            Ok((KEY, pair))
        }
    }
}

fn read(key: &str, path: &Path, faults: &Faults<'_>) -> Result<Vec<u8>, SettingFault> {
    std::fs::read(path).map_err(|error| {
        faults.of(
            key,
            format!("{} cannot be read: {error}", path.display()),
            "Check the path (a relative one counts from where Drawbridge was started) and its permissions",
        )
    })
}

/// The content decides over the type: Java reads PKCS12 under the name JKS, and vice versa.
fn content(bytes: &[u8], declared: StoreKind) -> Content {
    if jks::is_jks(bytes) {
        return Content::Jks;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if declared == StoreKind::Pem || text.contains("-----BEGIN ") => {
            Content::Pem(text.to_owned())
        }
        _ => Content::Pkcs12,
    }
}

fn certificates_of_pem(text: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let blocks = pem::blocks(text)?;
    let certificates: Vec<_> = blocks
        .into_iter()
        .filter(|block| matches!(block.label.as_str(), "CERTIFICATE" | "X509 CERTIFICATE"))
        .map(|block| CertificateDer::from(block.der))
        .collect();
    if certificates.is_empty() {
        Err("it holds no CERTIFICATE block".to_owned())
    } else {
        Ok(certificates)
    }
}

/// Makes faults that name the settings' file.
struct Faults<'a> {
    source: &'a str,
}

impl Faults<'_> {
    fn of(&self, key: &str, problem: impl Into<String>, remedy: &str) -> SettingFault {
        SettingFault {
            key: key.to_owned(),
            source: self.source.to_owned(),
            line: None,
            problem: problem.into(),
            remedy: remedy.to_owned(),
        }
    }
}
