//! Settings: from a file, over them the environment, over that the command line; checked once.

mod arguments;
mod file;
mod guards;
mod keys;
mod layer;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use drawbridge_kafka::settings::{RegistryUrl, Secret};
use drawbridge_shared::names::ClusterName;

pub use arguments::{Arguments, Command};
pub use guards::GuardSettings;
pub use keys::{KEYS, Key};
use layer::{Given, Layer};

use crate::{browse::BrowseLimits, links::store::PasswordEncoder};

/// What the gateway runs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Demo or real clusters.
    pub mode: Mode,
    /// Where to listen; a loopback address.
    pub listen: SocketAddr,
    /// Names the gateway answers to, beside the loopback ones.
    pub allowed_hosts: Vec<String>,
    /// Clusters by name, with the properties file of each.
    pub clusters: Vec<(ClusterName, PathBuf)>,
    /// What the gateway is told not to do.
    pub guards: GuardSettings,
    /// Schema registries by cluster, over those of the properties files.
    pub schema_registries: Vec<(ClusterName, RegistryUrl)>,
    /// Where clusters added from the console are kept.
    pub clusters_dir: Option<PathBuf>,
    /// How long requests under way may take when the gateway stops.
    pub shutdown_grace: Duration,
    /// Log filter.
    pub log: String,
    /// What the secrets of links are encrypted with.
    pub password_encoder_secret: Option<Secret>,
    /// What they were encrypted with before.
    pub password_encoder_old_secret: Option<Secret>,
    /// Bytes of records that all links together may hold.
    pub link_memory: usize,
    /// How much may be searched for records.
    pub browse: BrowseLimits,
}

/// What the gateway serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Two embedded clusters.
    Demo,
    /// Configured and added clusters.
    Serve,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}. {remedy}")]
pub struct ConfigFault {
    /// File and line, environment variable or flag.
    pub place: String,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub remedy: String,
}

impl ConfigFault {
    fn new(place: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { place: place.to_owned(), problem: problem.into(), remedy: remedy.into() }
    }
}

impl Config {
    /// Reads all settings.
    ///
    /// # Errors
    /// Every setting that is unknown or cannot be used.
    pub fn load(
        arguments: &Arguments,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, Vec<ConfigFault>> {
        let mut faults = Vec::new();
        let environment: Vec<(String, String)> = environment.collect();
        let from_environment = keys::from_environment(&environment, &mut faults);
        let file = arguments
            .config_file()
            .map(|path| ("--config".to_owned(), path))
            .or_else(|| keys::config_file(&environment));
        let mut layer = match file {
            Some((place, path)) => file::read(&place, &path, &mut faults),
            None => Layer::default(),
        };
        layer.put_over(from_environment);
        layer.put_over(arguments.layer(&mut faults));
        let config = Self::from_layer(arguments.mode(), &layer, &environment, &mut faults);
        if faults.is_empty() { Ok(config) } else { Err(faults) }
    }

    fn from_layer(
        mode: Mode,
        layer: &Layer,
        environment: &[(String, String)],
        faults: &mut Vec<ConfigFault>,
    ) -> Self {
        let listen = layer.get("listen").map_or_else(default_listen, |given| {
            listen(given).unwrap_or_else(|fault| {
                faults.push(fault);
                default_listen()
            })
        });
        let clusters = layer
            .pairs("clusters")
            .filter_map(|(name, given)| match name.parse() {
                Ok(name) => Some((name, PathBuf::from(&given.value))),
                Err(error) => {
                    let fault = ConfigFault::new(
                        &given.place,
                        error_words(&error),
                        "Name clusters like prod-eu.1",
                    );
                    faults.push(fault);
                    None
                }
            })
            .collect();
        let schema_registries = registries(layer, faults);
        let shutdown_grace = layer.get("shutdown_grace_ms").map_or(DEFAULT_GRACE, |given| {
            given.value.parse().map(Duration::from_millis).unwrap_or_else(|_| {
                faults.push(ConfigFault::new(
                    &given.place,
                    format!("'{}' is not a number of milliseconds", given.value),
                    "Give a whole number, e.g. 10000.",
                ));
                DEFAULT_GRACE
            })
        });
        let log = layer.get("log").map_or(DEFAULT_LOG, |given| &given.value).to_owned();
        if let Some(given) = layer.get("log")
            && let Err(error) = tracing_subscriber::EnvFilter::try_new(&given.value)
        {
            faults.push(ConfigFault::new(
                &given.place,
                format!("'{}' is not a log filter: {error}", given.value),
                "Give e.g. info, or info,drawbridge=debug.",
            ));
        }
        let clusters_dir = match layer.get("clusters_dir") {
            Some(given) => Some(PathBuf::from(&given.value)),
            None => default_clusters_dir(environment),
        };
        let password_encoder_secret = secret(layer, "password_encoder_secret", faults);
        let password_encoder_old_secret = secret(layer, "password_encoder_old_secret", faults);
        if let Some(old) = layer.get("password_encoder_old_secret")
            && layer.get("password_encoder_secret").is_none()
        {
            faults.push(ConfigFault::new(
                &old.place,
                "there is no new secret in its place",
                "Set password_encoder_secret, to the same value if the secret does not change.",
            ));
        }
        let link_memory = layer.get("link_memory_bytes").map_or(DEFAULT_LINK_MEMORY, |given| {
            given.value.parse().ok().filter(|bytes| *bytes >= LEAST_LINK_MEMORY).unwrap_or_else(
                || {
                    faults.push(ConfigFault::new(
                        &given.place,
                        format!(
                            "'{}' is not a number of bytes from {LEAST_LINK_MEMORY} on",
                            given.value
                        ),
                        "Give e.g. 67108864 for 64 MiB.",
                    ));
                    DEFAULT_LINK_MEMORY
                },
            )
        });
        let standard = BrowseLimits::default();
        let browse = BrowseLimits {
            scans: positive(layer, "browse_scans", standard.scans, faults),
            scan_bytes: positive(layer, "browse_scan_bytes", standard.scan_bytes, faults),
        };
        Self {
            mode,
            listen,
            allowed_hosts: layer.list("allowed_hosts"),
            clusters,
            guards: GuardSettings::read(layer, faults),
            schema_registries,
            clusters_dir: clusters_dir.filter(|_| mode == Mode::Serve),
            shutdown_grace,
            log,
            password_encoder_secret,
            password_encoder_old_secret,
            link_memory,
            browse,
        }
    }

    /// What encrypts the secrets of links, if there is a secret to do it with.
    #[must_use]
    pub fn encoder(&self) -> Option<PasswordEncoder> {
        let secret = self.password_encoder_secret.as_ref()?;
        Some(PasswordEncoder::new(secret, self.password_encoder_old_secret.as_ref()))
    }
}

/// Schema registries by cluster. An address may have a password in it, so no fault quotes one.
fn registries(layer: &Layer, faults: &mut Vec<ConfigFault>) -> Vec<(ClusterName, RegistryUrl)> {
    let read = |(name, given): (&str, &Given)| {
        let name = name.parse().map_err(|error| {
            ConfigFault::new(&given.place, error_words(&error), "Give the name of a cluster")
        })?;
        let url = RegistryUrl::parse(&given.value).map_err(|problem| {
            let remedy = "Give http://host:port, and a login in basic.auth.user.info of the cluster's properties file.";
            ConfigFault::new(&given.place, format!("schema registry of {name}: {problem}"), remedy)
        })?;
        Ok((name, url))
    };
    let all = layer.pairs("schema_registries").map(read);
    all.filter_map(|read| read.map_err(|fault| faults.push(fault)).ok()).collect()
}

/// A number from 1 on.
fn positive<T: FromStr + Default + PartialOrd>(
    layer: &Layer,
    key: &'static str,
    standard: T,
    faults: &mut Vec<ConfigFault>,
) -> T {
    let Some(given) = layer.get(key) else { return standard };
    match given.value.parse() {
        Ok(number) if number > T::default() => number,
        _ => {
            let problem = format!("'{}' is not a number from 1 on", given.value);
            faults.push(ConfigFault::new(&given.place, problem, "Give e.g. 16, or leave it out."));
            standard
        }
    }
}

/// Default of `link_memory_bytes`.
pub const DEFAULT_LINK_MEMORY: usize = 64 << 20;
/// Less would not hold the largest batches that Kafka takes by default.
const LEAST_LINK_MEMORY: usize = 4 << 20;
const DEFAULT_GRACE: Duration = Duration::from_secs(10);
const DEFAULT_LOG: &str = "info";

fn default_listen() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))
}

fn error_words(error: &drawbridge_shared::names::NameError) -> String {
    error.to_string()
}

/// A secret, whose value is in no fault.
fn secret(layer: &Layer, key: &str, faults: &mut Vec<ConfigFault>) -> Option<Secret> {
    let given = layer.get(key)?;
    if given.value.trim().is_empty() {
        faults.push(ConfigFault::new(
            &given.place,
            "it is empty",
            "Give a long random text, e.g. of `openssl rand -base64 32`, and keep it, or leave it out.",
        ));
        return None;
    }
    Some(Secret::new(&given.value))
}

/// An address to listen on, which has to be a loopback one as long as there is no login.
fn listen(given: &Given) -> Result<SocketAddr, ConfigFault> {
    let text = given.value.trim();
    let literal = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    let address: SocketAddr = literal.parse().map_err(|_| {
        ConfigFault::new(
            &given.place,
            format!("'{text}' is not an address and a port"),
            "Give e.g. 127.0.0.1:8080 or [::1]:8080; port 0 takes a free one.",
        )
    })?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err(ConfigFault::new(
        &given.place,
        format!(
            "'{text}' can be reached from other machines, and the gateway has no authentication: whoever \
             reaches it could administer your clusters"
        ),
        "Listen on 127.0.0.1 and put a reverse proxy that authenticates in front of it (name its host in \
         allowed_hosts), or reach it through an SSH tunnel: ssh -L 8080:127.0.0.1:8080 HOST",
    ))
}

fn default_clusters_dir(environment: &[(String, String)]) -> Option<PathBuf> {
    let set = |name: &str| {
        let found = environment.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| PathBuf::from(value))
    };
    let home = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")))?;
    Some(home.join("drawbridge/clusters"))
}

#[cfg(test)]
mod tests;
