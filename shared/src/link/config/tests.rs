use proptest::prelude::*;

use super::*;
use crate::link::catalogue::REFUSED;

fn parse(pairs: &[(&str, &str)]) -> Result<LinkConfigs, Vec<ConfigFault>> {
    LinkConfigs::parse(pairs.iter().map(|(name, value)| (*name, *value)))
}

fn fault(pairs: &[(&str, &str)], name: &str) -> String {
    let faults = parse(pairs).unwrap_err();
    let fault = faults.iter().find(|fault| fault.name == name);
    fault.unwrap_or_else(|| panic!("no fault for {name} in {faults:?}")).message.clone()
}

const DESTINATION: (&str, &str) = ("bootstrap.servers", "onprem:9092");

#[test]
fn the_catalogue_is_sorted_documented_and_its_defaults_are_valid() {
    // `local.sasl.mechanism` stands before its JAAS line, as the remote's does after it.
    let mut names: Vec<&str> = CATALOGUE.iter().map(|key| key.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), CATALOGUE.len(), "every name once");
    for key in CATALOGUE {
        assert!(!key.documentation().is_empty(), "{} is documented", key.name);
        if let Some(default) = key.default {
            rules::value(key, default).unwrap_or_else(|fault| panic!("{}: {fault}", key.name));
        }
        assert!(refusal(key.name).is_none(), "{} is not refused as well", key.name);
    }
}

#[test]
fn both_halves_of_the_source_initiated_link_of_the_tutorial_are_valid() {
    let destination = [("link.mode", "DESTINATION"), ("connection.mode", "INBOUND")];
    assert_eq!(parse(&destination).unwrap().connection_mode(), ConnectionMode::Inbound);
    parse(&[destination[0], destination[1], ("local.listener.name", "EXTERNAL")]).unwrap();
    let source = parse(&[
        ("link.mode", "SOURCE"),
        ("connection.mode", "OUTBOUND"),
        ("bootstrap.servers", "cloud:9092"),
        ("ssl.endpoint.identification.algorithm", "https"),
        ("security.protocol", "SASL_SSL"),
        ("sasl.mechanism", "PLAIN"),
        ("sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"k\" password=\"s3cret\";"),
        ("local.listener.name", "SASL_PLAINTEXT"),
        ("local.security.protocol", "SASL_PLAINTEXT"),
        ("local.sasl.mechanism", "SCRAM-SHA-512"),
        ("local.sasl.jaas.config", "… password=\"s3cret\";"),
    ])
    .unwrap();
    assert_eq!(source.mode(), LinkMode::Source);
    assert!(!format!("{source:?}").contains("s3cret"));
    let rows = source.rows();
    assert!(!format!("{rows:?}").contains("s3cret"));
    let jaas = rows.iter().find(|row| row.name == "sasl.jaas.config").unwrap();
    assert!(jaas.is_sensitive && !jaas.is_default && jaas.value.is_none());
    assert_eq!(jaas.source, "DYNAMIC_CLUSTER_LINK_CONFIG");
}

#[test]
fn an_unknown_name_is_answered_with_the_one_that_was_meant() {
    let message = fault(
        &[DESTINATION, ("consumer.offset.sync.enabled", "true")],
        "consumer.offset.sync.enabled",
    );
    assert!(message.contains("`consumer.offset.sync.enable` was probably meant"), "{message}");
    let message = fault(&[DESTINATION, ("qqq", "1")], "qqq");
    assert_eq!(message, "no link has a config of this name");
}

#[test]
fn every_config_without_meaning_here_is_refused_by_name_with_the_reason() {
    for (name, reason) in REFUSED {
        assert!(fault(&[DESTINATION, (name, "x")], name).contains(reason), "{name}");
    }
}

#[test]
fn behaviour_belongs_on_the_destinations_half() {
    let source = [("link.mode", "SOURCE"), ("bootstrap.servers", "cloud:9092")];
    for name in ["consumer.offset.sync.enable", "auto.create.mirror.topics.enable"] {
        let message = fault(&[source[0], source[1], (name, "true")], name);
        assert!(message.contains("destination's half"), "{message}");
    }
    let message = fault(&[DESTINATION, ("local.sasl.mechanism", "PLAIN")], "local.sasl.mechanism");
    assert!(message.contains("source half"), "{message}");
}

#[test]
fn a_half_that_does_not_dial_has_nothing_to_dial_with_and_one_that_does_needs_an_address() {
    let inbound = [("connection.mode", "INBOUND"), ("bootstrap.servers", "a:1")];
    assert!(fault(&inbound, "bootstrap.servers").contains("never dials"));
    assert!(fault(&[], "bootstrap.servers").contains("is missing"));
    let source = [("link.mode", "SOURCE"), ("connection.mode", "INBOUND")];
    assert!(fault(&source, "connection.mode").contains("OUTBOUND"));
}

#[test]
fn a_protocol_in_front_of_a_bootstrap_server_is_named_with_the_remedy() {
    let message =
        fault(&[("bootstrap.servers", "SASL_SSL://pkc.example:9092")], "bootstrap.servers");
    assert!(message.contains("write `pkc.example:9092` here and set security.protocol=SASL_SSL"));
    assert!(fault(&[("bootstrap.servers", "host")], "bootstrap.servers").contains("host:port"));
}

#[test]
fn values_are_judged_by_their_kind() {
    for (name, value, words) in [
        ("consumer.offset.sync.ms", "999", "at least 1000"),
        ("consumer.offset.sync.ms", "soon", "not a whole number"),
        ("consumer.offset.sync.enable", "yes", "neither `true` nor `false`"),
        ("cluster.link.prefix", "much-too-long-prefix", "at most 12"),
        ("consumer.offset.group.filters", "{", "line 1, column 1"),
        ("mirror.start.offset.spec", "yesterday", "ISO-8601"),
        ("topic.config.sync.include", "retention.ms", "`cleanup.policy` is always taken"),
        ("topic.config.sync.include", "leader.replication.throttled.replicas", "never taken"),
        ("link.mode", "BIDIRECTIONAL", "one link for each direction"),
        ("consumer.group.prefix.enable", "true", "no cluster.link.prefix"),
    ] {
        let message = fault(&[DESTINATION, (name, value)], name);
        assert!(message.contains(words), "{name}: {message}");
    }
}

#[test]
fn a_fixed_config_is_not_altered_and_the_others_go_back_to_their_default() {
    let configs =
        parse(&[DESTINATION, ("cluster.link.prefix", "a-"), ("topic.config.sync.ms", "100")])
            .unwrap();
    let change = |name: &str, change| configs.alter(&[(name.to_owned(), change)]);
    let faults = change("cluster.link.prefix", ConfigChange::Set("b-".to_owned())).unwrap_err();
    assert!(faults[0].message.contains("when the link is created"));
    assert!(change("cluster.link.prefix", ConfigChange::Set("a-".to_owned())).is_ok());
    let altered = change("topic.config.sync.ms", ConfigChange::Delete).unwrap();
    assert_eq!(altered.number("topic.config.sync.ms"), 5_000);
    assert!(
        change("bootstrap.servers", ConfigChange::Delete).is_err(),
        "rules hold after an alteration"
    );
}

proptest! {
    #[test]
    fn valid_configs_are_valid_again_whatever_their_order(picks in proptest::collection::vec(0..CATALOGUE.len(), 0..12)) {
        let mut pairs: Vec<(&str, &str)> = picks.iter().filter_map(|pick| {
            let key = &CATALOGUE[*pick];
            key.default.map(|default| (key.name, default))
        }).collect();
        pairs.push(DESTINATION);
        let forward = parse(&pairs);
        pairs.reverse();
        prop_assert_eq!(&forward, &parse(&pairs));
        if let Ok(configs) = forward {
            let again = LinkConfigs::parse(configs.set().map(|(key, value)| (key.name, value.to_owned())));
            prop_assert_eq!(again.unwrap(), configs);
        }
    }

    #[test]
    fn arbitrary_names_and_values_are_refused_without_panic(name in "[a-z.]{0,40}", value in ".{0,30}") {
        let _result = parse(&[(&name, &value)]);
    }
}
