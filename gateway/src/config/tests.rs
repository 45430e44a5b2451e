use std::io::Write;

use clap::Parser;

use super::*;

fn load(flags: &[&str], environment: &[(&str, &str)]) -> Result<Config, Vec<ConfigFault>> {
    let arguments = Arguments::parse_from([&["drawbridge"], flags].concat());
    let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    Config::load(&arguments, environment)
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// The one fault that settings have.
fn fault(flags: &[&str], environment: &[(&str, &str)]) -> String {
    let faults = load(flags, environment).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults[0].to_string()
}

#[test]
fn flags_count_over_the_environment_and_that_over_the_file() {
    let file = file("listen = \"127.0.0.1:1\"\nlog = \"warn\"\nshutdown_grace_ms = 5\n");
    let path = file.path().to_str().unwrap();
    let environment = [("DRAWBRIDGE_LISTEN", "127.0.0.1:2"), ("DRAWBRIDGE_LOG", "debug")];
    let config = load(&["serve", "--config", path, "--listen", "[::1]:3"], &environment).unwrap();
    assert_eq!(config.listen.to_string(), "[::1]:3");
    assert_eq!(config.log, "debug");
    assert_eq!(config.shutdown_grace, Duration::from_millis(5));
}

#[test]
fn clusters_of_all_sources_are_put_together_by_name() {
    let file = file("[clusters]\none = \"one.properties\"\ntwo = \"/abs/two.properties\"\n");
    let path = file.path().to_str().unwrap();
    let config = load(
        &["serve", "--config", path, "--cluster", "two=over.properties"],
        &[("DRAWBRIDGE_CLUSTERS", "three=3.properties, four=4.properties")],
    )
    .unwrap();
    let clusters: Vec<(&str, &str)> =
        config.clusters.iter().map(|(n, f)| (n.as_str(), f.to_str().unwrap())).collect();
    let beside = file.path().parent().unwrap().join("one.properties");
    assert_eq!(
        clusters,
        [
            ("four", "4.properties"),
            ("one", beside.to_str().unwrap()),
            ("three", "3.properties"),
            ("two", "over.properties"),
        ]
    );
}

#[test]
fn an_unknown_key_names_file_line_and_the_nearest_valid_key() {
    let file = file("log = \"info\"\nlisen = \"127.0.0.1:1\"\n");
    let words = fault(&["serve", "--config", file.path().to_str().unwrap()], &[]);
    assert!(words.contains(".toml, line 2: lisen"), "{words}");
    assert!(words.contains("Did you mean listen?"), "{words}");
}

#[test]
fn an_unknown_variable_names_the_nearest_valid_one_and_those_of_the_script_are_left_alone() {
    let words = fault(&["demo"], &[("DRAWBRIDGE_LISTN", "x"), ("DRAWBRIDGE_DIST", "dist")]);
    assert!(words.contains("DRAWBRIDGE_LISTN") && words.contains("DRAWBRIDGE_LISTEN?"), "{words}");
}

#[test]
fn a_file_that_is_not_toml_says_where() {
    let file = file("log = \"info\"\nlisten = \n");
    let words = fault(&["demo", "--config", file.path().to_str().unwrap()], &[]);
    assert!(words.contains("line 2"), "{words}");
}

#[test]
fn a_value_of_the_wrong_shape_says_what_it_takes() {
    let file = file("allowed_hosts = \"bridge.example\"\n");
    let words = fault(&["demo", "--config", file.path().to_str().unwrap()], &[]);
    assert!(words.contains("allowed_hosts: it takes a list"), "{words}");
}

#[test]
fn a_missing_file_is_named_with_the_place_that_named_it() {
    let words = fault(&["demo"], &[("DRAWBRIDGE_CONFIG", "/no/such/drawbridge.toml")]);
    assert!(
        words.starts_with("DRAWBRIDGE_CONFIG: cannot read /no/such/drawbridge.toml"),
        "{words}"
    );
}

#[test]
fn listening_beyond_this_machine_is_refused_with_the_reason_and_the_ways_out() {
    for address in ["0.0.0.0:8080", "[::]:8080", "192.168.1.5:80"] {
        let words = fault(&["serve", "--listen", address], &[]);
        assert!(words.contains("--listen") && words.contains("no authentication"), "{words}");
        assert!(words.contains("reverse proxy") && words.contains("allowed_hosts"), "{words}");
    }
}

#[test]
fn loopback_addresses_may_be_listened_on() {
    for address in ["127.0.0.1:0", "localhost:8081", "[::1]:9", "127.8.8.8:1"] {
        assert!(load(&["demo", "--listen", address], &[]).is_ok(), "{address}");
    }
}

#[test]
fn every_fault_is_told_at_once() {
    let faults = load(
        &["serve", "--listen", "here", "--cluster", "a/b=x", "--cluster", "nofile"],
        &[("DRAWBRIDGE_SHUTDOWN_GRACE_MS", "soon")],
    )
    .unwrap_err();
    assert_eq!(faults.len(), 4, "{faults:?}");
}

#[test]
fn added_clusters_are_kept_in_the_users_configuration_directory_and_not_by_the_demo() {
    let home = [("HOME", "/home/ada")];
    let dir = load(&["serve"], &home).unwrap().clusters_dir.unwrap();
    assert_eq!(dir, PathBuf::from("/home/ada/.config/drawbridge/clusters"));
    let xdg = [("HOME", "/home/ada"), ("XDG_CONFIG_HOME", "/cfg")];
    let dir = load(&["serve"], &xdg).unwrap().clusters_dir.unwrap();
    assert_eq!(dir, PathBuf::from("/cfg/drawbridge/clusters"));
    assert_eq!(load(&["demo"], &home).unwrap().clusters_dir, None);
}

#[test]
fn secrets_are_taken_from_file_and_environment_and_shown_nowhere() {
    let file = file("password_encoder_secret = \"hunter22\"\n");
    let path = file.path().to_str().unwrap();
    let environment = [("DRAWBRIDGE_PASSWORD_ENCODER_OLD_SECRET", "older")];
    let config = load(&["serve", "--config", path], &environment).unwrap();
    let exposed = |secret: &Option<Secret>| secret.as_ref().unwrap().expose().to_owned();
    assert_eq!(exposed(&config.password_encoder_secret), "hunter22");
    assert_eq!(exposed(&config.password_encoder_old_secret), "older");
    assert!(config.encoder().is_some());
    let shown = format!("{config:?}");
    assert!(!shown.contains("hunter22") && !shown.contains("older"), "{shown}");
    assert!(load(&["serve"], &[]).unwrap().encoder().is_none());
}

#[test]
fn an_old_secret_alone_and_an_empty_one_are_refused_without_being_shown() {
    let words = fault(&["serve"], &[("DRAWBRIDGE_PASSWORD_ENCODER_OLD_SECRET", "hunter22")]);
    assert!(words.contains("password_encoder_secret") && !words.contains("hunter22"), "{words}");
    let words = fault(&["serve"], &[("DRAWBRIDGE_PASSWORD_ENCODER_SECRET", " ")]);
    assert!(words.contains("DRAWBRIDGE_PASSWORD_ENCODER_SECRET: it is empty"), "{words}");
}

#[test]
fn every_setting_is_documented_with_its_variable() {
    let page = include_str!("../../../docs/configuration.md");
    for key in KEYS {
        assert!(page.contains(&format!("`{}`", key.name)), "{} is missing", key.name);
        assert!(page.contains(&format!("`{}`", key.variable)), "{} is missing", key.variable);
    }
}

/// What counts for `cloud`, and everywhere.
fn guards(config: &Config) -> (drawbridge_shared::guard::Guards, Vec<&str>) {
    let of_cloud = config.guards.by_cluster()[&"cloud".parse().unwrap()].clone();
    (of_cloud, config.guards.everywhere.iter().map(|rule| rule.as_str()).collect())
}

#[test]
fn guards_of_all_sources_add_up_and_none_takes_one_away() {
    let file = file(
        "deny = [\"cluster.add\"]\n[clusters]\none = \"one.properties\"\n[clusters.cloud]\nproperties = \"cloud.properties\"\ndeny = [\"topic.*\"]\n",
    );
    let path = file.path().to_str().unwrap();
    let flags = ["serve", "--config", path, "--deny", "mirror.failover", "--read-only", "one"];
    let environment = [("DRAWBRIDGE_DENY", "cloud:group.reset, acl.*")];
    let config = load(&flags, &environment).unwrap();
    let (cloud, everywhere) = guards(&config);
    assert_eq!(everywhere, ["cluster.add", "acl.*", "mirror.failover"]);
    let denied: Vec<&str> = cloud.deny.iter().map(|rule| rule.as_str()).collect();
    assert_eq!((cloud.read_only, denied), (false, vec!["topic.*", "group.reset"]));
    assert!(config.guards.by_cluster()[&"one".parse().unwrap()].read_only);
    assert_eq!(config.clusters.len(), 2, "a table with properties is a cluster");
}

#[test]
fn a_cluster_is_read_only_by_its_table() {
    let file = file("[clusters.cloud]\nproperties = \"c.properties\"\nread_only = true\n");
    let config = load(&["serve", "--config", file.path().to_str().unwrap()], &[]).unwrap();
    assert!(guards(&config).0.read_only);
    let (name, properties) = &config.clusters[0];
    assert_eq!(name.as_str(), "cloud");
    assert_eq!(*properties, file.path().parent().unwrap().join("c.properties"));
}

#[test]
fn an_action_that_does_not_exist_names_the_nearest_one() {
    let words = fault(&["serve", "--deny", "topics.delete"], &[]);
    assert!(words.contains("--deny: there is no action 'topics.delete'"), "{words}");
    assert!(words.contains("Did you mean topic.delete?"), "{words}");
    let file = file("[clusters.cloud]\nproperties = \"c\"\nreadonly = true\n");
    let words = fault(&["serve", "--config", file.path().to_str().unwrap()], &[]);
    assert!(words.contains("line 1: clusters.cloud.readonly"), "{words}");
    assert!(words.contains("Did you mean read_only?"), "{words}");
}

#[test]
fn a_guard_of_a_cluster_that_is_not_there_names_the_nearest_one() {
    let config = load(&["serve", "--read-only", "clod"], &[]).unwrap();
    let cloud = "cloud".parse().unwrap();
    let astray = config.guards.astray(&[&cloud]);
    assert_eq!(astray.len(), 1);
    let words = astray[0].to_string();
    assert!(words.contains("--read-only: there is no cluster 'clod' to guard"), "{words}");
    assert!(words.contains("Did you mean cloud?"), "{words}");
    assert!(config.guards.astray(&[&"clod".parse().unwrap()]).is_empty());
}

#[test]
fn every_action_is_documented() {
    let page = include_str!("../../../docs/configuration.md");
    for action in drawbridge_shared::guard::Action::ALL {
        assert!(page.contains(&format!("`{}`", action.name())), "{} is missing", action.name());
    }
}

#[test]
fn schema_registries_are_given_by_cluster_and_no_fault_shows_a_password() {
    let file = file("[schema_registries]\none = \"http://sr:8081\"\n");
    let path = file.path().to_str().unwrap();
    let config = load(
        &["serve", "--config", path, "--schema-registry", "two=https://sr2/api"],
        &[("DRAWBRIDGE_SCHEMA_REGISTRIES", "three=http://sr3")],
    )
    .unwrap();
    let all: Vec<String> =
        config.schema_registries.iter().map(|(name, url)| format!("{name} {url}")).collect();
    assert_eq!(all, ["one http://sr:8081", "three http://sr3:80", "two https://sr2:443/api"]);
    for wrong in ["two=http://u:hunter2@sr", "http://u:hunter2@sr", "t wo=http://sr", "two=sr:8081"]
    {
        let words = fault(&["serve", "--schema-registry", wrong], &[]);
        assert!(words.contains("--schema-registry") && !words.contains("hunter2"), "{words}");
    }
}
