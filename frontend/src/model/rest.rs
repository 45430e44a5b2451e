//! The same change as a command: REST v3 calls for `curl`, and Kafka's own tools where REST has no word for it.

use drawbridge_shared::access::Acl;
use drawbridge_shared::draft::{ConfigChange, TopicDraft};

/// Text inside JSON quotes.
pub(super) fn json(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            control if control < ' ' => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// Text as one word of a POSIX shell.
fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn call(method: &str, origin: &str, cluster_id: &str, path: &str, body: Option<&str>) -> String {
    let url = shell(&format!("{origin}/kafka/v3/clusters/{cluster_id}{path}"));
    match body {
        None => format!("curl -X {method} {url}"),
        Some(body) => format!(
            "curl -X {method} {url} \\\n  -H 'Content-Type: application/json' \\\n  -d {}",
            shell(body)
        ),
    }
}

/// Creates the topic of a draft. Counts that are not numbers are left out, as are those
/// left to the broker; a name still to be typed is `NAME`.
#[must_use]
pub fn create_topic(origin: &str, cluster_id: &str, draft: &TopicDraft) -> String {
    let name = Some(draft.name.trim()).filter(|name| !name.is_empty()).unwrap_or("NAME");
    let mut fields = vec![format!("\"topic_name\":{}", json(name))];
    for (key, text) in
        [("partitions_count", &draft.partitions), ("replication_factor", &draft.replication_factor)]
    {
        if let Ok(number) = text.trim().parse::<u32>() {
            fields.push(format!("\"{key}\":{number}"));
        }
    }
    if !draft.configs.is_empty() {
        let configs: Vec<String> = draft
            .configs
            .iter()
            .map(|config| {
                format!("{{\"name\":{},\"value\":{}}}", json(&config.name), json(&config.value))
            })
            .collect();
        fields.push(format!("\"configs\":[{}]", configs.join(",")));
    }
    let body = format!("{{{}}}", fields.join(","));
    call("POST", origin, cluster_id, "/topics", Some(&body))
}

/// An ACL in the words of REST.
fn acl_fields(acl: &Acl) -> [(&'static str, &str); 7] {
    [
        ("resource_type", acl.resource.as_str()),
        ("resource_name", &acl.name),
        ("pattern_type", acl.pattern.as_str()),
        ("principal", &acl.principal),
        ("host", &acl.host),
        ("operation", acl.operation.as_str()),
        ("permission", acl.permission.as_str()),
    ]
}

/// Creates ACLs, in one call.
#[must_use]
pub fn create_acls(origin: &str, cluster_id: &str, acls: &[Acl]) -> String {
    let one = |acl: &Acl| {
        let fields = acl_fields(acl).map(|(name, value)| format!("\"{name}\":{}", json(value)));
        format!("{{{}}}", fields.join(","))
    };
    match acls {
        [only] => call("POST", origin, cluster_id, "/acls", Some(&one(only))),
        all => {
            let all: Vec<String> = all.iter().map(one).collect();
            let body = format!("{{\"data\":[\n  {}]}}", all.join(",\n  "));
            call("POST", origin, cluster_id, "/acls:batch", Some(&body))
        }
    }
}

/// Deletes exactly this ACL.
#[must_use]
pub fn delete_acl(origin: &str, cluster_id: &str, acl: &Acl) -> String {
    let mut text = call("DELETE", origin, cluster_id, "/acls", None);
    for (name, value) in acl_fields(acl) {
        text.push_str(&format!(" \\\n  --data-urlencode {}", shell(&format!("{name}={value}"))));
    }
    // What is given is searched for, not sent as a body.
    text.replacen("curl ", "curl -G ", 1)
}

/// Deletes a SCRAM user's credentials with Kafka's own tool; REST has no word for it.
#[must_use]
pub fn delete_user(mechanisms: &[&str], user: &str) -> String {
    let (user, mechanisms) = (shell(user), shell(&mechanisms.join(",")));
    format!(
        "kafka-configs --bootstrap-server HOST:PORT --command-config admin.config \\\n  --alter --entity-type users --entity-name {user} \\\n  --delete-config {mechanisms}"
    )
}

/// Creates a SCRAM user with Kafka's own tool; REST has no word for it. The password is still to be put in.
#[must_use]
pub fn create_user(mechanism: &str, iterations: u32, user: &str) -> String {
    let config = shell(&format!("{mechanism}=[iterations={iterations},password=PASSWORD]"));
    let user = shell(if user.is_empty() { "NAME" } else { user });
    format!(
        "kafka-configs --bootstrap-server HOST:PORT --command-config admin.config \\\n  --alter --entity-type users --entity-name {user} \\\n  --add-config {config}"
    )
}

/// Writes a record, given as JSON.
#[must_use]
pub fn produce(origin: &str, cluster_id: &str, topic: &str, record: &str) -> String {
    call("POST", origin, cluster_id, &format!("/topics/{topic}/records"), Some(record))
}

/// Deletes a topic.
#[must_use]
pub fn delete_topic(origin: &str, cluster_id: &str, topic: &str) -> String {
    call("DELETE", origin, cluster_id, &format!("/topics/{topic}"), None)
}

/// Raises the number of partitions.
#[must_use]
pub fn add_partitions(origin: &str, cluster_id: &str, topic: &str, total: u32) -> String {
    let body = format!("{{\"partitions_count\":{total}}}");
    call("PATCH", origin, cluster_id, &format!("/topics/{topic}"), Some(&body))
}

/// Changes a topic's configurations.
#[must_use]
pub fn alter_configs(
    origin: &str,
    cluster_id: &str,
    topic: &str,
    changes: &[ConfigChange],
) -> String {
    let path = format!("/topics/{topic}/configs:alter");
    call("POST", origin, cluster_id, &path, Some(&alterations(changes)))
}

/// Changes a link's configurations; this call is a PUT, unlike that for topics.
#[must_use]
pub fn alter_link_configs(
    origin: &str,
    cluster_id: &str,
    link: &str,
    changes: &[ConfigChange],
) -> String {
    let path = format!("/links/{link}/configs:alter");
    call("PUT", origin, cluster_id, &path, Some(&alterations(changes)))
}

/// Changes a broker's configurations; without its id, those of all brokers.
#[must_use]
pub fn alter_broker_configs(
    origin: &str,
    cluster_id: &str,
    broker: Option<i32>,
    changes: &[ConfigChange],
) -> String {
    let path = match broker {
        Some(broker) => format!("/brokers/{broker}/configs:alter"),
        None => "/broker-configs:alter".to_owned(),
    };
    call("POST", origin, cluster_id, &path, Some(&alterations(changes)))
}

fn alterations(changes: &[ConfigChange]) -> String {
    let data: Vec<String> = changes
        .iter()
        .map(|change| match &change.value {
            Some(value) => {
                format!("{{\"name\":{},\"value\":{}}}", json(&change.name), json(value))
            }
            None => format!("{{\"name\":{},\"operation\":\"DELETE\"}}", json(&change.name)),
        })
        .collect();
    format!("{{\"data\":[{}]}}", data.join(","))
}

/// Deletes records with the tool that comes with Kafka; REST v3 has no call for it.
#[must_use]
pub fn delete_records(topic: &str, before: &[(i32, i64)]) -> String {
    let partitions: Vec<String> = before
        .iter()
        .map(|(partition, offset)| {
            format!("{{\"topic\":{},\"partition\":{partition},\"offset\":{offset}}}", json(topic))
        })
        .collect();
    let file = format!("{{\"version\":1,\"partitions\":[{}]}}", partitions.join(","));
    format!(
        "echo {} > delete.json\nkafka-delete-records.sh --bootstrap-server HOST:PORT --offset-json-file delete.json",
        shell(&file)
    )
}

/// Takes an action on mirrors.
#[must_use]
pub fn act_on_mirrors(
    origin: &str,
    cluster_id: &str,
    link: &str,
    verb: &str,
    topics: &[String],
) -> String {
    let names: Vec<String> = topics.iter().map(|topic| json(topic)).collect();
    let body = format!("{{\"mirror_topic_names\":[{}]}}", names.join(","));
    call("POST", origin, cluster_id, &format!("/links/{link}/mirrors:{verb}"), Some(&body))
}

/// Creates mirrors, one call each.
#[must_use]
pub fn create_mirrors(origin: &str, cluster_id: &str, link: &str, sources: &[String]) -> String {
    let path = format!("/links/{link}/mirrors");
    let one = |source: &String| {
        let body = format!("{{\"source_topic_name\":{}}}", json(source));
        call("POST", origin, cluster_id, &path, Some(&body))
    };
    sources.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Creates a half of a link; secrets among the configs are for the caller to leave out.
/// `remote` is the other cluster's id with the field it goes by, which depends on the half.
#[must_use]
pub fn create_link(
    origin: &str,
    cluster_id: &str,
    link: &str,
    remote: (&str, &str),
    configs: &[(String, String)],
) -> String {
    let configs: Vec<String> = configs
        .iter()
        .map(|(name, value)| format!("{{\"name\":{},\"value\":{}}}", json(name), json(value)))
        .collect();
    let id = match remote.1 {
        "" => String::new(),
        id => format!("{}:{},", json(remote.0), json(id)),
    };
    let body = format!("{{{id}\"configs\":[{}]}}", configs.join(","));
    call("POST", origin, cluster_id, &format!("/links?link_name={link}"), Some(&body))
}

/// Deletes a half of a link.
#[must_use]
pub fn delete_link(origin: &str, cluster_id: &str, link: &str, is_forced: bool) -> String {
    let force = if is_forced { "?force=true" } else { "" };
    call("DELETE", origin, cluster_id, &format!("/links/{link}{force}"), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_shared::access::{AclOperation, AclPattern, AclPermission, AclResource};
    use drawbridge_shared::draft::ConfigSetting;
    use proptest::prelude::*;

    #[test]
    fn a_topic_is_created_with_what_was_typed_only() {
        let draft = TopicDraft {
            name: "orders".into(),
            partitions: "6".into(),
            configs: vec![ConfigSetting { name: "cleanup.policy".into(), value: "compact".into() }],
            ..TopicDraft::default()
        };
        assert_eq!(
            create_topic("http://127.0.0.1:8080", "abc", &draft),
            "curl -X POST 'http://127.0.0.1:8080/kafka/v3/clusters/abc/topics' \\\n  \
             -H 'Content-Type: application/json' \\\n  \
             -d '{\"topic_name\":\"orders\",\"partitions_count\":6,\
             \"configs\":[{\"name\":\"cleanup.policy\",\"value\":\"compact\"}]}'"
        );
    }

    #[test]
    fn a_reset_is_a_delete_operation() {
        let changes = [ConfigChange { name: "retention.ms".into(), value: None }];
        let call = alter_configs("http://h", "c", "t", &changes);
        assert!(call.contains("{\"data\":[{\"name\":\"retention.ms\",\"operation\":\"DELETE\"}]}"));
    }

    #[test]
    fn calls_for_links_are_those_of_the_public_api() {
        let call = act_on_mirrors("http://h", "c", "l", "failover", &["a".into(), "b".into()]);
        assert!(
            call.starts_with(
                "curl -X POST 'http://h/kafka/v3/clusters/c/links/l/mirrors:failover'"
            )
        );
        assert!(call.contains("{\"mirror_topic_names\":[\"a\",\"b\"]}"));
        let changes =
            [ConfigChange { name: "cluster.link.paused".into(), value: Some("true".into()) }];
        assert!(alter_link_configs("http://h", "c", "l", &changes).starts_with("curl -X PUT "));
        assert!(delete_link("http://h", "c", "l", true).ends_with("/links/l?force=true'"));
    }

    #[test]
    fn an_acl_is_deleted_by_all_that_it_says() {
        let acl = Acl {
            principal: "User:a b".into(),
            permission: AclPermission::Allow,
            resource: AclResource::Topic,
            pattern: AclPattern::Literal,
            name: "orders".into(),
            operation: AclOperation::Read,
            host: "*".into(),
        };
        let call = delete_acl("http://h", "c", &acl);
        assert!(call.starts_with("curl -G -X DELETE 'http://h/kafka/v3/clusters/c/acls' \\\n"));
        assert!(call.contains("--data-urlencode 'principal=User:a b'"));
        assert_eq!(call.matches("--data-urlencode").count(), 7);
    }

    #[test]
    fn a_quote_does_not_leave_the_shell_word() {
        assert_eq!(shell("a'b"), "'a'\\''b'");
    }

    proptest! {
        #[test]
        fn quoted_text_is_the_json_of_itself(text in ".{0,20}|[\\x00-\\x1f]{0,5}") {
            prop_assert_eq!(serde_json::from_str::<String>(&json(&text)).unwrap(), text);
        }
    }
}
