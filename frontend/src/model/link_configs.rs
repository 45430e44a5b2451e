//! A link's configurations in the shape that the editor of configurations takes, and as a properties file.

use drawbridge_shared::link::{ConfigKey, ConfigKind, ConfigRow};
use drawbridge_shared::order;
use drawbridge_shared::view::{ConfigEntryView, ConfigSource};

use super::configs::MASKED;

/// A row for the editor. Defaults and types come from the catalogue; what somebody set counts as set on the topic.
#[must_use]
pub fn entry(row: ConfigRow) -> ConfigEntryView {
    let key = ConfigKey::find(&row.name);
    let kind = key.map(|key| match key.kind {
        ConfigKind::Bool => "boolean",
        ConfigKind::Int { .. } => "long",
        _ => "string",
    });
    let default = key.and_then(|key| key.default).map(ToOwned::to_owned);
    ConfigEntryView {
        default: if row.is_default { row.value.clone().or(default) } else { default },
        name: row.name,
        value: row.value,
        source: if row.is_default {
            ConfigSource::DefaultConfig
        } else {
            ConfigSource::DynamicTopicConfig
        },
        is_read_only: row.is_read_only,
        is_sensitive: row.is_sensitive,
        kind: kind.map(ToOwned::to_owned),
        documentation: Some(row.documentation).filter(|text| !text.is_empty()),
        update: None,
        note: None,
    }
}

/// What is set on a half, as the lines of the file it could have been created from: what it is first, secrets hidden.
#[must_use]
pub fn file(rows: &[ConfigRow]) -> Vec<(String, String)> {
    const FIRST: [&str; 4] =
        ["link.mode", "connection.mode", "bootstrap.servers", "security.protocol"];
    let rank = |name: &str| FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len());
    let is_said = |row: &&ConfigRow| !row.is_default || rank(&row.name) < 2;
    let mut said: Vec<&ConfigRow> = rows.iter().filter(is_said).collect();
    order::sort_by(&mut said, |a, b| (rank(&a.name), &a.name).cmp(&(rank(&b.name), &b.name)));
    let value = |row: &ConfigRow| {
        if row.is_sensitive { MASKED.to_owned() } else { row.value.clone().unwrap_or_default() }
    };
    said.into_iter().map(|row| (row.name.clone(), value(row))).collect()
}

/// The lines as a text to copy; secrets are left out with a remark.
#[must_use]
pub fn text(lines: &[(String, String)]) -> String {
    let line = |(name, value): &(String, String)| {
        if value == MASKED { format!("# {name}=(secret)\n") } else { format!("{name}={value}\n") }
    };
    lines.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, value: Option<&str>, is_default: bool) -> ConfigRow {
        ConfigRow {
            name: name.into(),
            value: value.map(Into::into),
            is_default,
            is_read_only: false,
            is_sensitive: value.is_none(),
            source: String::new(),
            synonyms: Vec::new(),
            documentation: String::new(),
        }
    }

    #[test]
    fn the_file_says_what_the_half_is_and_what_was_set_but_no_secret() {
        let rows = [
            row("consumer.offset.sync.enable", Some("true"), false),
            row("consumer.offset.sync.ms", Some("30000"), true),
            row("sasl.jaas.config", None, false),
            row("connection.mode", Some("OUTBOUND"), true),
            row("link.mode", Some("SOURCE"), false),
        ];
        assert_eq!(
            text(&file(&rows)),
            "link.mode=SOURCE\nconnection.mode=OUTBOUND\nconsumer.offset.sync.enable=true\n\
             # sasl.jaas.config=(secret)\n"
        );
    }

    #[test]
    fn a_switch_can_be_chosen_and_a_default_is_known_when_another_value_is_set() {
        let entry = entry(row("consumer.offset.sync.ms", Some("1000"), false));
        assert_eq!(entry.default.as_deref(), Some("30000"));
        let entry = super::entry(row("cluster.link.paused", Some("true"), false));
        assert_eq!(crate::model::configs::choices(&entry), ["true", "false"]);
    }
}
