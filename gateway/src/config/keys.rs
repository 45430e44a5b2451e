//! Every setting there is, and reading them from the environment.

use std::path::PathBuf;

use super::{
    ConfigFault,
    layer::{Given, Layer},
};

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its name in the file.
    pub name: &'static str,
    /// Its environment variable.
    pub variable: &'static str,
    /// What kind of value it takes.
    pub shape: Shape,
}

/// What a setting's value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Text or a number.
    Single,
    /// Several texts; in the environment separated by commas.
    List,
    /// Several texts that add to those of the other sources.
    Together,
    /// Names with a text each; in the environment `NAME=TEXT`, separated by commas.
    Pairs,
}

const fn key(name: &'static str, variable: &'static str, shape: Shape) -> Key {
    Key { name, variable, shape }
}

/// All settings of the file; `docs/configuration.md` explains each.
pub const KEYS: [Key; 14] = [
    key("listen", "DRAWBRIDGE_LISTEN", Shape::Single),
    key("allowed_hosts", "DRAWBRIDGE_ALLOWED_HOSTS", Shape::List),
    key("clusters", "DRAWBRIDGE_CLUSTERS", Shape::Pairs),
    key("read_only", "DRAWBRIDGE_READ_ONLY", Shape::Together),
    key("deny", "DRAWBRIDGE_DENY", Shape::Together),
    key("schema_registries", "DRAWBRIDGE_SCHEMA_REGISTRIES", Shape::Pairs),
    key("clusters_dir", "DRAWBRIDGE_CLUSTERS_DIR", Shape::Single),
    key("shutdown_grace_ms", "DRAWBRIDGE_SHUTDOWN_GRACE_MS", Shape::Single),
    key("log", "DRAWBRIDGE_LOG", Shape::Single),
    key("link_memory_bytes", "DRAWBRIDGE_LINK_MEMORY_BYTES", Shape::Single),
    key("browse_scans", "DRAWBRIDGE_BROWSE_SCANS", Shape::Single),
    key("browse_scan_bytes", "DRAWBRIDGE_BROWSE_SCAN_BYTES", Shape::Single),
    key("password_encoder_secret", "DRAWBRIDGE_PASSWORD_ENCODER_SECRET", Shape::Single),
    key("password_encoder_old_secret", "DRAWBRIDGE_PASSWORD_ENCODER_OLD_SECRET", Shape::Single),
];

const PREFIX: &str = "DRAWBRIDGE_";
const CONFIG_FILE: &str = "DRAWBRIDGE_CONFIG";

/// Variables of the `./dev` script and the test suites, which may be set around the gateway.
const NOT_OURS: [&str; 8] = [
    "DRAWBRIDGE_BIN",
    "DRAWBRIDGE_CACHE",
    "DRAWBRIDGE_CHROMIUM",
    "DRAWBRIDGE_DIST",
    "DRAWBRIDGE_KAFKA_BED",
    "DRAWBRIDGE_SCREENSHOTS",
    "DRAWBRIDGE_SESSIONS",
    "DRAWBRIDGE_TEST_RECORDS",
];

/// The valid name that looks most like `unknown`.
pub(super) fn nearest<'a>(unknown: &str, valid: impl Iterator<Item = &'a str>) -> &'a str {
    let distance = |name: &&str| strsim::damerau_levenshtein(unknown, name);
    valid.min_by_key(distance).unwrap_or_default()
}

/// The file named in the environment, with the place it is named.
pub(super) fn config_file(environment: &[(String, String)]) -> Option<(String, PathBuf)> {
    let (_, path) = environment.iter().find(|(name, _)| name == CONFIG_FILE)?;
    Some((CONFIG_FILE.to_owned(), PathBuf::from(path)))
}

/// The settings in the environment.
pub(super) fn from_environment(
    environment: &[(String, String)],
    faults: &mut Vec<ConfigFault>,
) -> Layer {
    let mut layer = Layer::default();
    for (variable, value) in environment {
        if !variable.starts_with(PREFIX)
            || variable == CONFIG_FILE
            || NOT_OURS.contains(&variable.as_str())
        {
            continue;
        }
        let Some(key) = KEYS.iter().find(|key| key.variable == variable) else {
            let valid = KEYS.iter().map(|key| key.variable).chain([CONFIG_FILE]);
            let remedy = format!("Did you mean {}?", nearest(variable, valid));
            faults.push(ConfigFault::new(variable, "there is no such setting", remedy));
            continue;
        };
        match key.shape {
            Shape::Single => layer.set(key.name, Given::new(value, variable)),
            Shape::List => {
                let values = parts(value).map(str::to_owned).collect();
                layer.set_list(key.name, values);
            }
            Shape::Together => {
                for part in parts(value) {
                    layer.add(key.name, Given::new(part, variable));
                }
            }
            Shape::Pairs => {
                for pair in parts(value) {
                    add_pair(&mut layer, key.name, pair, variable, faults);
                }
            }
        }
    }
    layer
}

fn parts(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// Adds `NAME=FILE` or `NAME=URL`, as flags and the environment have it.
pub(super) fn add_pair(
    layer: &mut Layer,
    key: &'static str,
    pair: &str,
    place: &str,
    faults: &mut Vec<ConfigFault>,
) {
    match pair.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => {
            if !layer.add_pair(key, name, Given::new(file, place)) {
                faults.push(ConfigFault::new(
                    place,
                    format!("cluster '{name}' is given twice"),
                    "Give every cluster its own name.",
                ));
            }
        }
        // An address may have a password in it.
        _ if key == "schema_registries" => faults.push(ConfigFault::new(
            place,
            "a part of it is not NAME=URL",
            "Give e.g. cloud=http://registry:8081.",
        )),
        _ => faults.push(ConfigFault::new(
            place,
            format!("'{pair}' is not NAME=FILE"),
            "Give e.g. cloud=cloud.properties.",
        )),
    }
}
