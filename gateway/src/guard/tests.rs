use super::*;

/// Every request that changes something, with what it needs. `of_request` names all requests there are; that this
/// list has each action is tested below.
pub(crate) const CHANGING: &[(&str, &[Action])] = &[
    (
        r#"{"add_cluster":{"draft":{"name":"x","properties":"bootstrap.servers=h:1"}}}"#,
        &[Action::ClusterAdd],
    ),
    (r#"{"remove_cluster":{"cluster":"one"}}"#, &[Action::ClusterRemove]),
    (
        r#"{"create_topic":{"cluster":"one","draft":{"name":"t","partitions":"1","replication_factor":"","configs":[]},"validate_only":false}}"#,
        &[Action::TopicCreate],
    ),
    (
        r#"{"create_topic":{"cluster":"one","draft":{"name":"t","partitions":"1","replication_factor":"","configs":[]},"validate_only":true}}"#,
        &[Action::TopicCreate],
    ),
    (
        r#"{"delete_topic":{"cluster":"one","topic":"topic-1","topic_id":null}}"#,
        &[Action::TopicDelete],
    ),
    (
        r#"{"add_partitions":{"cluster":"one","topic":"topic-1","total":9,"validate_only":false}}"#,
        &[Action::TopicPartitions],
    ),
    (
        r#"{"purge_topic":{"cluster":"one","topic":"topic-1","topic_id":null,"before":[[0,-1]]}}"#,
        &[Action::TopicPurge],
    ),
    (
        r#"{"alter_topic_configs":{"cluster":"one","topic":"topic-1","changes":[{"name":"retention.ms","value":"1"}],"validate_only":false}}"#,
        &[Action::TopicAlter],
    ),
    (
        r#"{"create_link":{"cluster":"one","draft":{"name":"l","remote_cluster_id":"","configs":"bootstrap.servers=h:1"}}}"#,
        &[Action::LinkCreate],
    ),
    (r#"{"delete_link":{"cluster":"one","link":"l","force":false}}"#, &[Action::LinkDelete]),
    (
        r#"{"delete_link":{"cluster":"one","link":"l","force":true}}"#,
        &[Action::LinkDelete, Action::MirrorFailover],
    ),
    (
        r#"{"alter_link_configs":{"cluster":"one","link":"l","changes":[{"name":"client.id","value":"c"}],"validate_only":false}}"#,
        &[Action::LinkAlter],
    ),
    (
        r#"{"alter_link_configs":{"cluster":"one","link":"l","changes":[{"name":"cluster.link.paused","value":"true"}],"validate_only":false}}"#,
        &[Action::LinkPause],
    ),
    (
        r#"{"alter_link_configs":{"cluster":"one","link":"l","changes":[{"name":"cluster.link.paused","value":null},{"name":"client.id","value":"c"}],"validate_only":true}}"#,
        &[Action::LinkAlter, Action::LinkPause],
    ),
    (r#"{"create_mirrors":{"cluster":"one","link":"l","drafts":[]}}"#, &[Action::MirrorCreate]),
    (
        r#"{"act_on_mirrors":{"cluster":"one","link":"l","action":"promote","topics":["t"],"validate_only":false}}"#,
        &[Action::MirrorPromote],
    ),
    (
        r#"{"act_on_mirrors":{"cluster":"one","link":"l","action":"failover","topics":["t"],"validate_only":false}}"#,
        &[Action::MirrorFailover],
    ),
    (
        r#"{"act_on_mirrors":{"cluster":"one","link":"l","action":"pause","topics":["t"],"validate_only":false}}"#,
        &[Action::MirrorPause],
    ),
    (
        r#"{"act_on_mirrors":{"cluster":"one","link":"l","action":"resume","topics":["t"],"validate_only":false}}"#,
        &[Action::MirrorResume],
    ),
    (
        r#"{"produce":{"cluster":"one","topic":"topic-1","records":[{"partition":null,"key":null,"value":null,"headers":[],"timestamp_ms":null}]}}"#,
        &[Action::RecordsProduce],
    ),
    (r#"{"reset_group":{"cluster":"one","group":"g","moves":[]}}"#, &[Action::GroupReset]),
    (r#"{"delete_group":{"cluster":"one","group":"g"}}"#, &[Action::GroupDelete]),
    (
        r#"{"delete_group_offsets":{"cluster":"one","group":"g","topics":["topic-1"]}}"#,
        &[Action::GroupDeleteOffsets],
    ),
    (
        r#"{"set_user":{"cluster":"one","draft":{"name":"u","mechanism":"SCRAM-SHA-512","iterations":"4096","password":"p"},"replace":false}}"#,
        &[Action::UserSet],
    ),
    (r#"{"delete_user":{"cluster":"one","user":"u","mechanism":null}}"#, &[Action::UserDelete]),
    (
        r#"{"alter_broker_configs":{"cluster":"one","broker":1,"changes":[],"validate_only":false}}"#,
        &[Action::BrokerAlter],
    ),
    (
        r#"{"elect_leaders":{"cluster":"one","election":"preferred","partitions":[["t",0]]}}"#,
        &[Action::LeaderElect],
    ),
    (
        r#"{"elect_leaders":{"cluster":"one","election":"unclean","partitions":[["t",0]]}}"#,
        &[Action::LeaderElectUnclean],
    ),
    (r#"{"create_acls":{"cluster":"one","acls":[]}}"#, &[Action::AclCreate]),
    (r#"{"delete_acls":{"cluster":"one","acls":[]}}"#, &[Action::AclDelete]),
];

/// What is not asked as a request: importing has a path of its own.
const ELSEWHERE: [Action; 1] = [Action::RecordsImport];

pub(crate) fn request(text: &str) -> Request {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn needed(request: &Request) -> Vec<Action> {
    match of_request(request) {
        Needs::Nothing => Vec::new(),
        Needs::Nowhere(action) => vec![action],
        Needs::On(cluster, actions, _) => {
            assert_eq!(cluster.as_str(), "one");
            actions
        }
    }
}

#[test]
fn every_request_that_changes_something_needs_its_action() {
    for (text, wanted) in CHANGING {
        assert_eq!(needed(&request(text)), *wanted, "{text}");
    }
}

#[test]
fn every_action_is_needed_by_some_request() {
    let needed = |action: &&Action| CHANGING.iter().any(|(_, wanted)| wanted.contains(action));
    let unused: Vec<_> =
        Action::ALL.iter().filter(|a| !needed(a) && !ELSEWHERE.contains(a)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn the_dry_run_of_a_failover_needs_nothing() {
    let dry = r#"{"act_on_mirrors":{"cluster":"one","link":"l","action":"failover","topics":[],"validate_only":true}}"#;
    assert!(needed(&request(dry)).is_empty());
}
