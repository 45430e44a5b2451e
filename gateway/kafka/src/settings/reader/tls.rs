//! The `ssl.*` keys.

use super::Reader;
use crate::settings::{Identity, Secret, Store, StoreKind, TlsSettings, Trust, distance::nearest};

const TRUSTSTORE: [&str; 3] =
    ["ssl.truststore.location", "ssl.truststore.certificates", "ssl.truststore.password"];
const KEYSTORE: [&str; 3] =
    ["ssl.keystore.location", "ssl.keystore.certificate.chain", "ssl.keystore.key"];

impl Reader<'_> {
    /// TLS settings if the protocol has TLS; faults for store keys that would do nothing.
    pub(super) fn tls(&mut self, wanted: bool, protocol: &str) -> Option<TlsSettings> {
        if !wanted {
            for key in [TRUSTSTORE, KEYSTORE].concat() {
                if self.get(key).is_some() {
                    self.fault(
                        key,
                        format!("it has no effect with security.protocol={protocol}"),
                        "Set security.protocol to SSL or SASL_SSL, or remove the key",
                    );
                }
            }
            return None;
        }
        let trust = self.trust();
        let identity = self.identity();
        let (allow_tls12, allow_tls13) = self.versions();
        Some(TlsSettings {
            trust,
            identity,
            verify_hostname: self.verify_hostname(),
            allow_tls12,
            allow_tls13,
            source: self.properties.source().to_owned(),
        })
    }

    fn trust(&mut self) -> Trust {
        let kind = self.store_kind("ssl.truststore.type");
        let inline = self.get("ssl.truststore.certificates").filter(|text| !text.is_empty());
        let location = self.get("ssl.truststore.location").filter(|text| !text.is_empty());
        let password = self.secret("ssl.truststore.password");
        match (inline, location) {
            (Some(_), Some(_)) => {
                self.fault(
                    "ssl.truststore.certificates",
                    "both certificates and a location are given",
                    "Keep one of ssl.truststore.certificates and ssl.truststore.location",
                );
                Trust::System
            }
            (Some(pem), None) => {
                if kind.is_some_and(|kind| kind != StoreKind::Pem) {
                    self.fault(
                        "ssl.truststore.type",
                        "certificates are given as text, which only PEM allows",
                        "Set ssl.truststore.type=PEM",
                    );
                }
                Trust::Inline(Secret::new(pem))
            }
            (None, Some(location)) => {
                let kind = kind.unwrap_or(StoreKind::Jks);
                if kind == StoreKind::Pem && password.is_some() {
                    self.fault(
                        "ssl.truststore.password",
                        "PEM files have no password",
                        "Remove it",
                    );
                }
                Trust::Store(Store { location: location.into(), kind, password })
            }
            (None, None) => {
                if password.is_some() {
                    self.fault(
                        "ssl.truststore.password",
                        "there is no truststore it could open",
                        "Set ssl.truststore.location, or remove it to use the system's certificates",
                    );
                }
                Trust::System
            }
        }
    }

    fn identity(&mut self) -> Option<Identity> {
        let kind = self.store_kind("ssl.keystore.type");
        let [location, chain, key] =
            KEYSTORE.map(|key| self.get(key).filter(|text| !text.is_empty()));
        let password = self.secret("ssl.keystore.password");
        let key_password = self.secret("ssl.key.password");
        match (location, chain, key) {
            (None, None, None) => {
                for (key, given) in [
                    ("ssl.keystore.password", password.is_some()),
                    ("ssl.key.password", key_password.is_some()),
                ] {
                    if given {
                        self.fault(
                            key,
                            "there is no keystore it could open",
                            "Set ssl.keystore.location, or remove it",
                        );
                    }
                }
                None
            }
            (Some(location), None, None) => {
                let kind = kind.unwrap_or(StoreKind::Jks);
                let store = Store { location: location.into(), kind, password };
                Some(Identity::Store { store, key_password })
            }
            (None, Some(chain), Some(key)) => {
                if kind.is_some_and(|kind| kind != StoreKind::Pem) {
                    self.fault(
                        "ssl.keystore.type",
                        "certificate and key are given as text, which only PEM allows",
                        "Set ssl.keystore.type=PEM",
                    );
                }
                Some(Identity::Inline {
                    chain: chain.to_owned(),
                    key: Secret::new(key),
                    key_password,
                })
            }
            (None, Some(_), None) => {
                self.fault(
                    "ssl.keystore.key",
                    "it is missing although a certificate chain is given",
                    "Add the PKCS#8 key that belongs to ssl.keystore.certificate.chain",
                );
                None
            }
            (None, None, Some(_)) => {
                self.fault(
                    "ssl.keystore.certificate.chain",
                    "it is missing although a key is given",
                    "Add the certificate chain that belongs to ssl.keystore.key",
                );
                None
            }
            (Some(_), ..) => {
                self.fault(
                    "ssl.keystore.location",
                    "both a location and inline certificate or key are given",
                    "Keep either ssl.keystore.location or the inline keys",
                );
                None
            }
        }
    }

    fn verify_hostname(&mut self) -> bool {
        const KEY: &str = "ssl.endpoint.identification.algorithm";
        match self.get(KEY) {
            None => true,
            Some("") => false,
            Some(text) if text.eq_ignore_ascii_case("https") => true,
            Some(text) => {
                self.fault(
                    KEY,
                    format!("'{text}' is not an identification algorithm"),
                    "Use https, or leave it empty to accept certificates for other names",
                );
                true
            }
        }
    }

    fn versions(&mut self) -> (bool, bool) {
        let mut allowed = (false, false);
        for key in ["ssl.enabled.protocols", "ssl.protocol"] {
            for name in self.get(key).into_iter().flat_map(|text| text.split(',')) {
                match name.trim() {
                    "TLSv1.2" => allowed.0 = true,
                    "TLSv1.3" => allowed.1 = true,
                    // Names of "whatever is best", and old versions beside newer ones.
                    "" | "TLS" | "SSL" | "TLSv1" | "TLSv1.1" => {}
                    other => {
                        let problem = format!("'{other}' is not a TLS version");
                        self.fault(key, problem, "Use TLSv1.2 and TLSv1.3");
                    }
                }
            }
            // The list of enabled versions counts before the preferred one.
            if allowed != (false, false) {
                return allowed;
            }
        }
        (true, true)
    }

    fn store_kind(&mut self, key: &str) -> Option<StoreKind> {
        const KINDS: [&str; 3] = ["JKS", "PKCS12", "PEM"];
        let text = self.get(key)?;
        match text.to_ascii_uppercase().as_str() {
            "JKS" => Some(StoreKind::Jks),
            "PKCS12" | "P12" => Some(StoreKind::Pkcs12),
            "PEM" => Some(StoreKind::Pem),
            other => {
                let remedy = match nearest(other, KINDS.into_iter()) {
                    Some(valid) => format!("Did you mean {valid}?"),
                    None => "Use JKS, PKCS12 or PEM".to_owned(),
                };
                self.fault(key, format!("'{text}' is not a store type this client reads"), remedy);
                None
            }
        }
    }

    pub(super) fn secret(&self, key: &str) -> Option<Secret> {
        self.get(key).filter(|text| !text.is_empty()).map(Secret::new)
    }
}
