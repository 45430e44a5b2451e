//! The `sasl.*` keys.

use std::sync::Arc;

use super::Reader;
use crate::{
    sasl::UnsecuredTokens,
    settings::{JaasConfig, SaslSettings, ScramMechanism, Secret, distance::nearest},
};

const JAAS: &str = "sasl.jaas.config";
const MECHANISM: &str = "sasl.mechanism";
const MECHANISMS: [&str; 4] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"];

impl Reader<'_> {
    /// SASL settings if the protocol has SASL; faults for keys that would do nothing.
    pub(super) fn sasl(&mut self, wanted: bool, protocol: &str) -> Option<SaslSettings> {
        if !wanted {
            for key in [JAAS, MECHANISM] {
                if self.get(key).is_some() {
                    self.fault(
                        key,
                        format!("it has no effect with security.protocol={protocol}"),
                        "Set security.protocol to SASL_PLAINTEXT or SASL_SSL, or remove the key",
                    );
                }
            }
            return None;
        }
        let mechanism = match self.get(MECHANISM) {
            // Java's default is Kerberos; nobody who leaves the key out means that.
            None => {
                let remedy = format!("Set it to one of {}", MECHANISMS.join(", "));
                self.fault(MECHANISM, format!("{protocol} needs a mechanism"), remedy);
                return None;
            }
            Some(mechanism) => mechanism.to_ascii_uppercase(),
        };
        match mechanism.as_str() {
            "PLAIN" => {
                let (username, password, _) = self.login("PlainLoginModule")?;
                Some(SaslSettings::Plain { username, password })
            }
            "SCRAM-SHA-256" => self.scram(ScramMechanism::Sha256),
            "SCRAM-SHA-512" => self.scram(ScramMechanism::Sha512),
            "OAUTHBEARER" => self.oauth(),
            other => {
                let remedy = match nearest(other, MECHANISMS.into_iter()) {
                    Some(valid) => format!("Did you mean {valid}?"),
                    None => format!("Use one of {}", MECHANISMS.join(", ")),
                };
                let problem = match other {
                    "GSSAPI" => "Kerberos (GSSAPI) is not supported".to_owned(),
                    other => format!("'{other}' is not a mechanism this client knows"),
                };
                self.fault(MECHANISM, problem, remedy);
                None
            }
        }
    }

    fn scram(&mut self, mechanism: ScramMechanism) -> Option<SaslSettings> {
        let (username, password, jaas) = self.login("ScramLoginModule")?;
        let token_auth =
            jaas.option("tokenauth").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        Some(SaslSettings::Scram { mechanism, username, password, token_auth })
    }

    fn oauth(&mut self) -> Option<SaslSettings> {
        let jaas = self.jaas("OAuthBearerLoginModule")?;
        match UnsecuredTokens::from_jaas(&jaas) {
            Some(tokens) => Some(SaslSettings::OAuthBearer { tokens: Arc::new(tokens) }),
            None => {
                self.fault(
                    JAAS,
                    "it names no subject, and tokens are not fetched from an endpoint",
                    "Give unsecuredLoginStringClaim_sub=\"…\" for a test cluster; use SCRAM or mTLS for others",
                );
                None
            }
        }
    }

    /// User and password of the JAAS line.
    fn login(&mut self, module: &str) -> Option<(String, Secret, JaasConfig)> {
        let jaas = self.jaas(module)?;
        let mut missing = false;
        for option in ["username", "password"] {
            if jaas.option(option).is_none_or(str::is_empty) {
                let remedy = format!("Add {option}=\"…\" before the semicolon");
                self.fault(JAAS, format!("it has no {option}"), remedy);
                missing = true;
            }
        }
        if missing {
            return None;
        }
        let username = jaas.option("username")?.to_owned();
        let password = Secret::new(jaas.option("password")?);
        if username.contains('\0') || password.expose().contains('\0') {
            self.fault(JAAS, "user or password contains a NUL character", "Remove it");
            return None;
        }
        Some((username, password, jaas))
    }

    /// The JAAS line, which must be of `module`.
    fn jaas(&mut self, module: &str) -> Option<JaasConfig> {
        let example = format!("Write: {module} required … ; with the options of the mechanism");
        let Some(text) = self.get(JAAS).filter(|text| !text.is_empty()) else {
            self.fault(JAAS, "it is missing", example);
            return None;
        };
        let jaas = match JaasConfig::parse(text) {
            Ok(jaas) => jaas,
            Err(error) => {
                self.fault(JAAS, error.problem, error.remedy);
                return None;
            }
        };
        if jaas.module_name() != module {
            let mechanism = self.get(MECHANISM).unwrap_or_default();
            let problem = format!("{} does not fit {MECHANISM}={mechanism}", jaas.module_name());
            self.fault(JAAS, problem, format!("Use {module}, or change {MECHANISM}"));
            return None;
        }
        Some(jaas)
    }
}
