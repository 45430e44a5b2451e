//! The configuration file, in TOML.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::{
    ConfigFault,
    keys::{KEYS, Shape, nearest},
    layer::{Given, Layer},
};

/// Reads a file; what is wrong with it goes to `faults`. `place` is where the file was named.
pub(super) fn read(place: &str, path: &Path, faults: &mut Vec<ConfigFault>) -> Layer {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text, path, faults),
        Err(error) => {
            let problem = format!("cannot read {}: {error}", path.display());
            faults.push(ConfigFault::new(place, problem, "Check the path and its permissions."));
            Layer::default()
        }
    }
}

fn parse(text: &str, path: &Path, faults: &mut Vec<ConfigFault>) -> Layer {
    let file = path.display().to_string();
    let line = |at: usize| 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let place = match error.span() {
                Some(span) => format!("{file}, line {}", line(span.start)),
                None => file,
            };
            faults.push(ConfigFault::new(
                &place,
                error.message(),
                "The file is TOML: key = \"value\".",
            ));
            return Layer::default();
        }
    };
    let mut layer = Layer::default();
    for (name, value) in table.get_ref() {
        let place = format!("{file}, line {}: {}", line(name.span().start), name.get_ref());
        let Some(key) = KEYS.iter().find(|key| key.name == name.get_ref().as_ref()) else {
            let valid = KEYS.iter().map(|key| key.name);
            let remedy = format!("Did you mean {}?", nearest(name.get_ref(), valid));
            faults.push(ConfigFault::new(&place, "there is no such setting", remedy));
            continue;
        };
        let value = value.get_ref();
        let taken = match key.shape {
            Shape::Single => scalar(value).map(|text| {
                layer.set(key.name, Given::new(relative(key.name, path, text), &place))
            }),
            Shape::List => list(value).map(|values| layer.set_list(key.name, values)),
            Shape::Together => list(value).map(|values| {
                for value in values {
                    layer.add(key.name, Given::new(value, &place));
                }
            }),
            Shape::Pairs if key.name != "clusters" => pairs(value).map(|pairs| {
                for (name, value) in pairs {
                    layer.add_pair(key.name, &name, Given::new(value, &place));
                }
            }),
            Shape::Pairs => match value {
                DeValue::Table(table) => {
                    for (name, value) in table {
                        let at = line(name.span().start);
                        let place = format!("{file}, line {at}: clusters.{}", name.get_ref());
                        cluster(
                            &mut layer,
                            (path, &place),
                            name.get_ref(),
                            value.get_ref(),
                            faults,
                        );
                    }
                    Some(())
                }
                _ => None,
            },
        };
        if taken.is_none() {
            let (problem, remedy) = match key.shape {
                Shape::Single => ("it takes one value", "Write e.g. listen = \"127.0.0.1:8080\"."),
                Shape::Together => ("it takes a list", "Write e.g. deny = [\"topic.delete\"]."),
                Shape::List => {
                    ("it takes a list", "Write e.g. allowed_hosts = [\"bridge.example\"].")
                }
                Shape::Pairs => (
                    "it takes a table of names, each with a file or an address",
                    "Write e.g. [clusters] and cloud = \"cloud.properties\".",
                ),
            };
            faults.push(ConfigFault::new(&place, problem, remedy));
        }
    }
    layer
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.clone().into_owned()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        _ => None,
    }
}

fn list(value: &DeValue<'_>) -> Option<Vec<String>> {
    let DeValue::Array(items) = value else { return None };
    items.iter().map(|item| scalar(item.get_ref())).collect()
}

fn pairs(value: &DeValue<'_>) -> Option<Vec<(String, String)>> {
    let DeValue::Table(table) = value else { return None };
    let pair = |(name, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = name.get_ref();
        Some((name.clone().into_owned(), scalar(value.get_ref())?))
    };
    table.iter().map(pair).collect()
}

/// What the table of a cluster may hold.
const OF_CLUSTER: [&str; 3] = ["properties", "read_only", "deny"];

/// A cluster: its properties file, or a table with that and its guards.
fn cluster(
    layer: &mut Layer,
    (path, place): (&Path, &str),
    name: &str,
    value: &DeValue<'_>,
    faults: &mut Vec<ConfigFault>,
) {
    let properties = |layer: &mut Layer, file: &str| {
        layer.add_pair("clusters", name, Given::new(beside(path, file), place));
    };
    if let Some(file) = scalar(value) {
        return properties(layer, &file);
    }
    let DeValue::Table(table) = value else {
        let remedy = "Write e.g. cloud = \"cloud.properties\", or a table [clusters.cloud].";
        faults.push(ConfigFault::new(place, "it takes a file or a table", remedy));
        return;
    };
    for (key, value) in table {
        let key: &str = key.get_ref();
        let place = &format!("{place}.{key}");
        let wrong = match (key, value.get_ref()) {
            ("properties", value) => match scalar(value) {
                Some(file) => {
                    properties(layer, &file);
                    continue;
                }
                None => ("it takes a file", "Write e.g. properties = \"cloud.properties\"."),
            },
            ("read_only", DeValue::Boolean(read_only)) => {
                if *read_only {
                    layer.add("read_only", Given::new(name, place));
                }
                continue;
            }
            ("read_only", _) => ("it is true or false", "Write read_only = true."),
            ("deny", value) => match list(value) {
                Some(rules) => {
                    for rule in rules {
                        layer.add("deny", Given::new(format!("{name}:{rule}"), place));
                    }
                    continue;
                }
                None => ("it takes a list", "Write e.g. deny = [\"topic.delete\"]."),
            },
            _ => {
                let near = nearest(key, OF_CLUSTER.into_iter());
                let remedy = format!("Did you mean {near}?");
                faults.push(ConfigFault::new(place, "there is no such setting", remedy));
                continue;
            }
        };
        faults.push(ConfigFault::new(place, wrong.0, wrong.1));
    }
}

/// Paths in the file are meant from the directory the file is in.
fn beside(path: &Path, file: &str) -> String {
    path.parent().map_or_else(|| file.to_owned(), |dir| dir.join(file).display().to_string())
}

fn relative(key: &str, path: &Path, text: String) -> String {
    if key == "clusters_dir" { beside(path, &text) } else { text }
}
