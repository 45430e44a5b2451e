//! Properties to settings, collecting every fault instead of stopping at the first.

mod registry;
mod sasl;
mod tls;

use std::time::Duration;

use super::{
    ConnectionSettings, HostPort, Security, SettingFault,
    distance::nearest,
    keys::{ELSEWHERE, PASSED_OVER, REGISTRY, USED},
};
use crate::properties::Properties;

/// The properties with the faults found so far.
struct Reader<'a> {
    properties: &'a Properties,
    faults: Vec<SettingFault>,
}

pub(super) fn read(properties: &Properties) -> Result<ConnectionSettings, Vec<SettingFault>> {
    let mut reader = Reader { properties, faults: Vec::new() };
    let ignored = reader.unknown_keys();
    let bootstrap = reader.bootstrap();
    let security = reader.security();
    let mut settings = ConnectionSettings::plaintext(bootstrap);
    settings.schema_registry = reader.registry(security.sasl.as_ref());
    settings.security = security;
    settings.ignored = ignored;
    if let Some(id) = properties.get("client.id").filter(|id| !id.trim().is_empty()) {
        settings.client_id = id.trim().to_owned();
    }
    if let Some(rack) = properties.get("client.rack") {
        settings.client_rack = rack.trim().to_owned();
    }
    let timeouts = &mut settings.timeouts;
    reader.millis("socket.connection.setup.timeout.ms", &mut timeouts.connect);
    timeouts.tls = timeouts.connect;
    reader.millis("request.timeout.ms", &mut timeouts.request);
    reader.millis("default.api.timeout.ms", &mut timeouts.api);
    let retry = &mut settings.retry;
    reader.millis("retry.backoff.ms", &mut retry.backoff);
    reader.millis("retry.backoff.max.ms", &mut retry.backoff_max);
    reader.millis("reconnect.backoff.ms", &mut retry.reconnect);
    reader.millis("reconnect.backoff.max.ms", &mut retry.reconnect_max);
    retry.backoff_max = retry.backoff_max.max(retry.backoff);
    retry.reconnect_max = retry.reconnect_max.max(retry.reconnect);
    reader.millis("metadata.max.age.ms", &mut settings.metadata_max_age);
    reader.idle(&mut settings.connections_max_idle);
    if settings.timeouts.api < settings.timeouts.request {
        if properties.get("default.api.timeout.ms").is_some() {
            reader.fault(
                "default.api.timeout.ms",
                "it is smaller than request.timeout.ms",
                "Make it at least as large, since a call consists of requests",
            );
        } else {
            settings.timeouts.api = settings.timeouts.request;
        }
    }
    if reader.faults.is_empty() { Ok(settings) } else { Err(reader.faults) }
}

/// Whether a text may be shown as a key. A line of a PEM private key, pasted without marking the ends of its
/// lines, is a key to the format and must not be quoted.
fn is_like_a_key(text: &str) -> bool {
    let is_name = text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let is_word = text.len() <= 20 && !text.contains(|c: char| c.is_ascii_uppercase());
    is_name && (text.contains('.') || is_word)
}

impl<'a> Reader<'a> {
    /// A value without the blanks around it; Kafka's configs trim too.
    fn get(&self, key: &str) -> Option<&'a str> {
        self.properties.get(key).map(str::trim)
    }

    fn fault(&mut self, key: &str, problem: impl Into<String>, remedy: impl Into<String>) {
        self.faults.push(SettingFault {
            key: key.to_owned(),
            source: self.properties.source().to_owned(),
            line: self.properties.line(key),
            problem: problem.into(),
            remedy: remedy.into(),
        });
    }

    /// Faults for keys nobody knows; returns those that are known and without meaning here.
    fn unknown_keys(&mut self) -> Vec<String> {
        let mut ignored = Vec::new();
        for (key, _) in self.properties.iter() {
            if USED.contains(&key) || REGISTRY.contains(&key) {
                continue;
            }
            if PASSED_OVER.contains(&key) || key.starts_with("ssl.engine.") {
                ignored.push(key.to_owned());
            } else if let Some((_, ours)) = ELSEWHERE.iter().find(|(theirs, _)| *theirs == key) {
                self.fault(
                    key,
                    "it is a key of another client library",
                    format!("Kafka's own clients call it {ours}"),
                );
            } else {
                self.unknown_key(key);
            }
        }
        ignored
    }

    fn unknown_key(&mut self, key: &str) {
        const PROBLEM: &str = "it is not a key of Kafka's clients";
        match nearest(key, USED.iter().chain(REGISTRY).chain(PASSED_OVER).copied()) {
            Some(valid) => self.fault(key, PROBLEM, format!("Did you mean {valid}?")),
            None if is_like_a_key(key) => {
                self.fault(key, PROBLEM, "Remove it; no Kafka client has a key of this name");
            }
            None => self.faults.push(SettingFault {
                key: "(not shown)".to_owned(),
                source: self.properties.source().to_owned(),
                line: self.properties.line(key),
                problem: "the line does not begin with a key of Kafka's clients".to_owned(),
                remedy: "If it belongs to the value above, end each line of that value with \\n\\"
                    .to_owned(),
            }),
        }
    }

    fn bootstrap(&mut self) -> Vec<HostPort> {
        const KEY: &str = "bootstrap.servers";
        const REMEDY: &str = "Write one or more host:port, separated by commas";
        let Some(text) = self.get(KEY) else {
            self.fault(KEY, "it is missing", REMEDY);
            return Vec::new();
        };
        let mut servers = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match HostPort::parse(part) {
                Ok(server) if servers.contains(&server) => {}
                Ok(server) => servers.push(server),
                Err(problem) => self.fault(KEY, problem, REMEDY),
            }
        }
        if servers.is_empty() && self.faults.iter().all(|fault| fault.key != KEY) {
            self.fault(KEY, "it names no server", REMEDY);
        }
        servers
    }

    fn security(&mut self) -> Security {
        const KEY: &str = "security.protocol";
        const PROTOCOLS: [&str; 4] = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];
        let protocol = self.get(KEY).unwrap_or("PLAINTEXT").to_ascii_uppercase();
        let (tls, sasl) = match protocol.as_str() {
            "PLAINTEXT" => (false, false),
            "SSL" => (true, false),
            "SASL_PLAINTEXT" => (false, true),
            "SASL_SSL" => (true, true),
            other => {
                let remedy = match nearest(other, PROTOCOLS.into_iter()) {
                    Some(valid) => format!("Did you mean {valid}?"),
                    None => format!("Use one of {}", PROTOCOLS.join(", ")),
                };
                self.fault(KEY, format!("'{other}' is not a security protocol"), remedy);
                return Security::default();
            }
        };
        Security { tls: self.tls(tls, &protocol), sasl: self.sasl(sasl, &protocol) }
    }

    /// Parses a duration; `target` keeps its default if the key is absent.
    fn millis(&mut self, key: &str, target: &mut Duration) {
        let Some(text) = self.get(key) else { return };
        match text.parse::<u64>() {
            Ok(millis) if millis <= i32::MAX.unsigned_abs().into() => {
                *target = Duration::from_millis(millis);
            }
            _ => self.fault(
                key,
                format!("'{text}' is not a number of milliseconds"),
                "Write a whole number from 0 to 2147483647",
            ),
        }
    }

    /// `connections.max.idle.ms`, where -1 means for ever.
    fn idle(&mut self, target: &mut Duration) {
        const KEY: &str = "connections.max.idle.ms";
        if self.get(KEY) == Some("-1") {
            *target = Duration::from_secs(u32::MAX.into());
        } else {
            self.millis(KEY, target);
        }
    }
}
