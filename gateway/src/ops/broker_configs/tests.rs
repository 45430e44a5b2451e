use super::*;
use drawbridge_kafka::admin::configs::{ConfigKind, ConfigSynonym};

fn entry(name: &str, origins: &[(Source, &str)]) -> ConfigEntry {
    let synonyms: Vec<ConfigSynonym> = origins
        .iter()
        .map(|(source, value)| ConfigSynonym {
            name: name.into(),
            value: Some((*value).to_owned()),
            source: *source,
        })
        .collect();
    ConfigEntry {
        name: name.into(),
        value: synonyms[0].value.clone(),
        source: synonyms[0].source,
        read_only: false,
        sensitive: false,
        kind: ConfigKind::Int,
        documentation: Some("words".into()),
        synonyms,
    }
}

const NAME: &str = "log.cleaner.threads";

#[test]
fn the_default_of_a_brokers_own_setting_is_what_all_brokers_have() {
    use Source::{Broker, BrokerDefaults, Default};
    let own = entry(NAME, &[(Broker, "3"), (BrokerDefaults, "2"), (Default, "1")]);
    let view = view(&own, Whose::Broker(1));
    assert_eq!((view.value.as_deref(), view.default.as_deref()), (Some("3"), Some("2")));
    assert_eq!(view.update, Some(ConfigUpdate::ClusterWide));
}

#[test]
fn a_default_of_all_brokers_is_told_with_what_it_would_be_without_and_who_has_its_own() {
    use Source::{Broker, BrokerDefaults, Default};
    let common = entry(NAME, &[(BrokerDefaults, "2")]);
    let first = entry(NAME, &[(BrokerDefaults, "2"), (Default, "1")]);
    let second = entry(NAME, &[(Broker, "3"), (BrokerDefaults, "2"), (Default, "1")]);
    let brokers = BTreeMap::from([(1, vec![first]), (2, vec![second])]);
    let views = in_common(&[common], 1, &brokers);
    let [view] = views.as_slice() else { panic!("{views:?}") };
    assert_eq!((view.value.as_deref(), view.default.as_deref()), (Some("2"), Some("1")));
    assert_eq!(view.source, ConfigSource::DynamicDefaultBrokerConfig);
    assert_eq!(view.note.as_deref(), Some("broker 2 sets its own"));
}

#[test]
fn what_brokers_have_differently_in_their_files_is_not_told_as_one_value() {
    use Source::{BrokerFile, Default};
    let brokers = BTreeMap::from([
        (1, vec![entry(NAME, &[(BrokerFile, "4"), (Default, "1")])]),
        (2, vec![entry(NAME, &[(Default, "1")])]),
    ]);
    let views = in_common(&[], 1, &brokers);
    assert_eq!((views[0].value.as_deref(), views[0].source), (None, ConfigSource::Unknown));
    assert!(views[0].note.as_deref().unwrap().contains("differ"));
}

#[test]
fn what_a_listener_has_can_be_changed_like_what_is_named_without_it() {
    let fixed =
        |name: &str| ConfigEntry { read_only: true, ..entry(name, &[(Source::BrokerFile, "x")]) };
    let dynamic = entry("ssl.keystore.type", &[(Source::Default, "JKS")]);
    let all = [dynamic, fixed("node.id"), fixed("listener.name.a.ssl.keystore.type")];
    assert!(!of_listener(&all[2], &all).read_only);
    assert!(of_listener(&all[1], &all).read_only);
    let odd = fixed("listener.name.a.x.node.id");
    assert!(of_listener(&odd, &all).read_only, "what is fixed without it is fixed with it");
}

#[test]
fn what_belongs_to_listeners_is_set_for_one_broker_at_a_time() {
    for name in ["ssl.keystore.location", "listener.name.sasl.ssl.keystore.key", "listeners"] {
        assert!(is_per_broker(name), "{name}");
    }
    for name in ["max.connections", "listener.name.plain.max.connections", NAME] {
        assert!(!is_per_broker(name), "{name}");
    }
}

#[test]
fn a_changed_value_is_waited_for_in_the_brokers_own_spelling() {
    use Source::{Broker, BrokerDefaults};
    let there = [entry(NAME, &[(Broker, "3"), (BrokerDefaults, "2")])];
    let shows = |value: Option<&str>, whose| {
        let change = ConfigChange { name: NAME.to_owned(), value: value.map(str::to_owned) };
        show(&there, whose, &[change])
    };
    assert!(shows(Some(" 3"), Whose::Broker(1)));
    assert!(!shows(Some("4"), Whose::Broker(1)), "the value of before");
    assert!(!shows(None, Whose::Broker(1)), "still set");
    assert!(shows(Some("2"), Whose::All));
    assert!(!shows(Some("3"), Whose::All), "one broker's own is not that of all");
}
