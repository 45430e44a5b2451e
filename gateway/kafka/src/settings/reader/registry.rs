//! The keys of a schema registry.

use super::Reader;
use crate::settings::{
    RegistryLogin, RegistrySettings, RegistryUrl, SaslSettings, Secret, distance::nearest,
    keys::REGISTRY,
};

const URL: &str = "schema.registry.url";
const PREFIX: &str = "schema.registry.";
const SOURCES: [&str; 3] = ["USER_INFO", "SASL_INHERIT", "URL"];

impl Reader<'_> {
    /// The registry's settings, if there is a key of one.
    pub(super) fn registry(&mut self, sasl: Option<&SaslSettings>) -> Option<RegistrySettings> {
        REGISTRY.iter().find(|key| self.get(key).is_some_and(|text| !text.is_empty()))?;
        let text = self.get(URL).unwrap_or_default();
        let mut urls = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match RegistryUrl::parse(part) {
                Ok(url) => urls.push(url),
                Err(problem) => self.fault(
                    URL,
                    problem,
                    "Write http://host:8081, with a login in basic.auth.user.info",
                ),
            }
        }
        let login = self.registry_login(sasl);
        let mut settings = RegistrySettings { login, ..RegistrySettings::open(urls) };
        self.millis("http.connect.timeout.ms", &mut settings.connect);
        self.millis("http.read.timeout.ms", &mut settings.read);
        let stripped = self.properties.with_prefix_stripped(PREFIX);
        let mut of_tls = Reader { properties: &stripped, faults: Vec::new() };
        if let Some(tls) = of_tls.tls(true, "SSL") {
            settings.tls = tls;
        }
        self.faults.extend(of_tls.faults.into_iter().map(|mut fault| {
            fault.key = format!("{PREFIX}{}", fault.key);
            fault
        }));
        Some(settings)
    }

    /// A key of the registry, with the prefix or without.
    fn of_registry(&self, key: &str) -> Option<(String, &str)> {
        [format!("{PREFIX}{key}"), key.to_owned()]
            .into_iter()
            .find_map(|key| Some((self.get(&key).filter(|text| !text.is_empty())?, key)))
            .map(|(text, key)| (key, text))
    }

    fn registry_login(&mut self, sasl: Option<&SaslSettings>) -> RegistryLogin {
        let owned = |found: Option<(String, &str)>| found.map(|(key, text)| (key, text.to_owned()));
        let source = owned(self.of_registry("basic.auth.credentials.source"));
        let info = owned(self.of_registry("basic.auth.user.info"));
        let token = owned(self.of_registry("bearer.auth.token"));
        if let Some((key, source)) = source {
            match source.to_ascii_uppercase().as_str() {
                "USER_INFO" => {}
                "SASL_INHERIT" => {
                    return RegistryLogin::of(sasl).unwrap_or_else(|| {
                        let remedy = "Use USER_INFO and basic.auth.user.info";
                        self.fault(&key, "the cluster has no user name and password", remedy);
                        RegistryLogin::Nobody
                    });
                }
                "URL" => {
                    let remedy = "Use USER_INFO and put USER:PASSWORD into basic.auth.user.info";
                    self.fault(&key, "addresses with a password in them are not taken", remedy);
                }
                other => {
                    let remedy = match nearest(other, SOURCES.into_iter()) {
                        Some(valid) => format!("Did you mean {valid}?"),
                        None => "Use USER_INFO or SASL_INHERIT".to_owned(),
                    };
                    self.fault(&key, "it is no source of a login", remedy);
                }
            }
        }
        match (info, token) {
            (Some((key, _)), Some(_)) => {
                let remedy = "Keep one of basic.auth.user.info and bearer.auth.token";
                self.fault(&key, "a user and a token are given", remedy);
                RegistryLogin::Nobody
            }
            (Some((key, info)), None) => match info.split_once(':') {
                Some((username, password)) if !username.is_empty() => RegistryLogin::Basic {
                    username: username.to_owned(),
                    password: Secret::new(password),
                },
                _ => {
                    self.fault(
                        &key,
                        "it is not USER:PASSWORD",
                        "Write the two with a colon between",
                    );
                    RegistryLogin::Nobody
                }
            },
            (None, Some((_, token))) => RegistryLogin::Bearer(Secret::new(token)),
            (None, None) => RegistryLogin::Nobody,
        }
    }
}
