//! The same connection settings for librdkafka, which reads the records that people look at.

use crate::{
    settings::{ConnectionSettings, SaslSettings, Secret, SettingFault},
    tls,
};

/// One of librdkafka's settings. Its `Debug` output has no value: many are secret.
#[derive(Clone, PartialEq, Eq)]
pub struct NativeSetting {
    /// librdkafka's name.
    pub key: &'static str,
    /// The value.
    pub value: Secret,
}

impl std::fmt::Debug for NativeSetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}=…", self.key)
    }
}

/// What librdkafka has to be told to reach the same cluster the same way. Reads the stores that the settings
/// name: call it where blocking is allowed.
///
/// # Errors
/// A store that cannot be read; OAUTHBEARER, whose tokens only this client fetches.
pub fn native_settings(settings: &ConnectionSettings) -> Result<Vec<NativeSetting>, SettingFault> {
    let servers: Vec<String> = settings.bootstrap.iter().map(ToString::to_string).collect();
    let millis = |time: std::time::Duration| time.as_millis().to_string();
    let mut native = Native::default();
    native.set("bootstrap.servers", servers.join(","));
    native.set("client.id", settings.client_id.clone());
    if !settings.client_rack.is_empty() {
        native.set("client.rack", settings.client_rack.clone());
    }
    native.set("security.protocol", settings.security_protocol());
    // librdkafka takes no less than a second.
    let setup = settings.timeouts.connect.max(std::time::Duration::from_secs(1));
    native.set("socket.connection.setup.timeout.ms", millis(setup));
    native.set("reconnect.backoff.ms", millis(settings.retry.reconnect));
    let slowest = settings.retry.reconnect_max.max(settings.retry.reconnect);
    native.set("reconnect.backoff.max.ms", millis(slowest));
    if let Some(security) = &settings.security.tls {
        let exported = tls::export(security)?;
        native.set("ssl.ca.pem", exported.trusted);
        let algorithm = if security.verify_hostname { "https" } else { "none" };
        native.set("ssl.endpoint.identification.algorithm", algorithm);
        if let Some((chain, key)) = exported.identity {
            native.set("ssl.certificate.pem", chain);
            native.set("ssl.key.pem", key.expose());
        }
    }
    match &settings.security.sasl {
        None => {}
        Some(SaslSettings::Plain { username, password }) => {
            native.login("PLAIN", username, password);
        }
        Some(SaslSettings::Scram { mechanism, username, password, token_auth: _ }) => {
            native.login(mechanism.name(), username, password);
        }
        Some(SaslSettings::OAuthBearer { .. }) => {
            return Err(SettingFault {
                key: "sasl.mechanism".to_owned(),
                source: "the cluster's settings".to_owned(),
                line: None,
                problem: "records cannot be read with OAUTHBEARER yet".to_owned(),
                remedy: "Reach the cluster with SCRAM, PLAIN or a client certificate to look at records."
                    .to_owned(),
            });
        }
    }
    Ok(native.0)
}

#[derive(Default)]
struct Native(Vec<NativeSetting>);

impl Native {
    fn set(&mut self, key: &'static str, value: impl Into<String>) {
        self.0.push(NativeSetting { key, value: Secret::new(value) });
    }

    fn login(&mut self, mechanism: &'static str, username: &str, password: &Secret) {
        self.set("sasl.mechanism", mechanism);
        self.set("sasl.username", username);
        self.set("sasl.password", password.expose());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::Properties;

    fn native(text: &str) -> Vec<(&'static str, String)> {
        let properties = Properties::parse(text, "test.properties").unwrap();
        let settings = ConnectionSettings::from_properties(&properties).unwrap();
        let native = native_settings(&settings).unwrap();
        assert!(!format!("{native:?}").contains("hunter2"), "a secret is shown");
        native.iter().map(|setting| (setting.key, setting.value.expose().to_owned())).collect()
    }

    fn value<'a>(native: &'a [(&'static str, String)], key: &str) -> Option<&'a str> {
        native.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str())
    }

    fn testdata(name: &str) -> String {
        format!("{}/src/tls/testdata/{name}", env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn plaintext_needs_little() {
        let native = native("bootstrap.servers=a:1,b:2\nclient.id=me");
        assert_eq!(value(&native, "bootstrap.servers"), Some("a:1,b:2"));
        assert_eq!(value(&native, "security.protocol"), Some("PLAINTEXT"));
        assert_eq!(value(&native, "client.id"), Some("me"));
        assert_eq!(value(&native, "sasl.mechanism"), None);
    }

    #[test]
    fn scram_logs_in_with_user_and_password() {
        let native = native(
            "bootstrap.servers=h:1\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-512\n\
             sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \
             username=\"admin\" password=\"hunter2\";",
        );
        assert_eq!(value(&native, "sasl.mechanism"), Some("SCRAM-SHA-512"));
        assert_eq!(value(&native, "sasl.username"), Some("admin"));
        assert_eq!(value(&native, "sasl.password"), Some("hunter2"));
    }

    #[test]
    fn stores_of_every_kind_become_pem() {
        for (trust, key) in [("trust.jks", "client.jks"), ("trust.p12", "client.p12")] {
            let native = native(&format!(
                "bootstrap.servers=h:1\nsecurity.protocol=SSL\nssl.truststore.location={}\n\
                 ssl.truststore.password=changeit\nssl.keystore.location={}\n\
                 ssl.keystore.password=changeit\nssl.endpoint.identification.algorithm=",
                testdata(trust),
                testdata(key),
            ));
            let begins = |key: &str, label: &str| {
                value(&native, key)
                    .is_some_and(|pem| pem.starts_with(&format!("-----BEGIN {label}")))
            };
            assert!(begins("ssl.ca.pem", "CERTIFICATE"), "{trust}");
            assert!(begins("ssl.certificate.pem", "CERTIFICATE"), "{key}");
            assert!(value(&native, "ssl.key.pem").unwrap().contains("PRIVATE KEY"), "{key}");
            assert_eq!(value(&native, "ssl.endpoint.identification.algorithm"), Some("none"));
        }
    }
}
