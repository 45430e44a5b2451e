use super::*;

fn read(text: &str) -> Result<ConnectionSettings, Vec<SettingFault>> {
    ConnectionSettings::from_properties(&Properties::parse(text, "client.properties").unwrap())
}

fn only_fault(text: &str) -> SettingFault {
    let mut faults = read(text).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults.remove(0)
}

const PLAIN: &str = "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"alice\" password=\"hunter2\";";
const SCRAM: &str = "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"alice\" password=\"hunter2\";";

#[test]
fn bootstrap_alone_is_a_plaintext_connection() {
    let settings = read("bootstrap.servers=a:1, b:2 ,[::1]:3,SSL://c:4").unwrap();
    assert_eq!(settings.security_protocol(), "PLAINTEXT");
    assert_eq!(settings.principal().as_deref(), Some("User:ANONYMOUS"));
    let servers: Vec<_> = settings.bootstrap.iter().map(ToString::to_string).collect();
    assert_eq!(servers, ["a:1", "b:2", "[::1]:3", "c:4"]);
}

#[test]
fn a_scram_file_of_a_kafka_client_works_unchanged() {
    let settings = read(&format!(
        "bootstrap.servers=a:1\nsecurity.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\nsasl.jaas.config={SCRAM}\nssl.endpoint.identification.algorithm=\nssl.truststore.location=/t.jks\nssl.truststore.password=changeit\nrequest.timeout.ms=5000\ngroup.id=g\nacks=all\n"
    ))
    .unwrap();
    assert_eq!(settings.security_protocol(), "SASL_SSL");
    assert_eq!(settings.mechanism(), Some("SCRAM-SHA-512"));
    assert_eq!(settings.principal().as_deref(), Some("User:alice"));
    assert_eq!(settings.ignored, ["group.id", "acks"]);
    assert_eq!(settings.timeouts.request, Duration::from_secs(5));
    let tls = settings.security.tls.as_ref().unwrap();
    assert!(!tls.verify_hostname);
    assert!(matches!(&tls.trust, Trust::Store(Store { kind: StoreKind::Jks, .. })));
    assert!(!format!("{settings:?}").contains("hunter2"));
    assert!(!format!("{settings:?}").contains("changeit"));
}

#[test]
fn a_mistyped_key_names_the_valid_one_with_file_and_line() {
    let fault = only_fault("bootstrap.servers=a:1\nsecurity.protocl=SSL");
    assert_eq!(
        (fault.key.as_str(), fault.line, fault.source.as_str()),
        ("security.protocl", Some(2), "client.properties")
    );
    assert_eq!(fault.remedy, "Did you mean security.protocol?");
}

#[test]
fn a_key_of_librdkafka_is_answered_with_kafkas_name() {
    let fault = only_fault("bootstrap.servers=a:1\nssl.ca.location=/ca.pem");
    assert!(fault.remedy.contains("ssl.truststore.location"), "{fault}");
}

#[test]
fn contradictions_are_faults() {
    for (text, key) in [
        (format!("sasl.jaas.config={PLAIN}"), "sasl.jaas.config"),
        ("ssl.truststore.location=/x".to_owned(), "ssl.truststore.location"),
        ("security.protocol=SASL_PLAINTEXT".to_owned(), "sasl.mechanism"),
        ("security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN".to_owned(), "sasl.jaas.config"),
        (
            format!("security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.jaas.config={SCRAM}"),
            "sasl.jaas.config",
        ),
        ("security.protocol=SSL\nssl.keystore.key=x".to_owned(), "ssl.keystore.certificate.chain"),
        ("security.protocol=SSL\nssl.truststore.password=x".to_owned(), "ssl.truststore.password"),
        ("security.protocol=SSL\nssl.truststore.type=BKS".to_owned(), "ssl.truststore.type"),
        ("security.protocol=TLS".to_owned(), "security.protocol"),
        ("request.timeout.ms=5000\ndefault.api.timeout.ms=10".to_owned(), "default.api.timeout.ms"),
        ("retry.backoff.ms=soon".to_owned(), "retry.backoff.ms"),
    ] {
        let fault = only_fault(&format!("bootstrap.servers=a:1\n{text}"));
        assert_eq!(fault.key, key, "{fault}");
        assert!(!fault.remedy.is_empty());
    }
}

#[test]
fn every_fault_is_reported_at_once_and_none_shows_a_secret() {
    let faults = read(
        "bootstrap.servers=a\nsecurity.protocol=SASL_SSL\nsasl.mechanism=GSSAPI\nnonsense.key=1\nssl.key.password=hunter2",
    )
    .unwrap_err();
    let keys: Vec<_> = faults.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(keys, ["nonsense.key", "bootstrap.servers", "ssl.key.password", "sasl.mechanism"]);
    assert!(faults.iter().all(|fault| !fault.to_string().contains("hunter2")));
}

#[test]
fn malformed_servers_are_named() {
    for server in ["a", "a:0", "a:99999", ":1", "::1:9092", "[::1:9092", "a b:1", ""] {
        let fault = only_fault(&format!("bootstrap.servers={server}"));
        assert_eq!(fault.key, "bootstrap.servers");
    }
}

#[test]
fn unsecured_oauth_tokens_need_a_subject() {
    let base = "bootstrap.servers=a:1\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=OAUTHBEARER\nsasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required";
    assert_eq!(only_fault(&format!("{base};")).key, "sasl.jaas.config");
    let settings = read(&format!("{base} unsecuredLoginStringClaim_sub=\"alice\";")).unwrap();
    assert_eq!(settings.mechanism(), Some("OAUTHBEARER"));
}

#[test]
fn lines_of_a_pasted_private_key_are_not_quoted() {
    let key = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    let faults = read(&format!(
        "bootstrap.servers=a:1\nssl.keystore.key=-----BEGIN PRIVATE KEY-----\n{key}\nAbC/d+e==\n"
    ))
    .unwrap_err();
    let words = format!("{faults:?}") + &faults[0].to_string();
    assert!(!words.contains("MIIE") && !words.contains("AbC"), "{words}");
    assert!(words.contains("line 3"), "{words}");
}

#[test]
fn the_registry_of_a_confluent_file_is_read_without_showing_its_password() {
    let settings = read(
        "bootstrap.servers=a:1\nschema.registry.url=http://sr:8081/,https://sr2/api\n\
         basic.auth.credentials.source=USER_INFO\nschema.registry.basic.auth.user.info=ann:hun:ter2\n",
    )
    .unwrap();
    let registry = settings.schema_registry.as_ref().unwrap();
    let urls: Vec<_> = registry.urls.iter().map(ToString::to_string).collect();
    assert_eq!(urls, ["http://sr:8081", "https://sr2:443/api"]);
    let RegistryLogin::Basic { username, password } = &registry.login else { panic!() };
    assert_eq!((username.as_str(), password.expose()), ("ann", "hun:ter2"));
    assert!(!format!("{settings:?}").contains("ter2"));
    assert!(settings.ignored.is_empty());
    assert!(read("bootstrap.servers=a:1").unwrap().schema_registry.is_none());
}

#[test]
fn a_registry_takes_the_login_of_its_cluster_and_says_when_there_is_none() {
    let inherit = "basic.auth.credentials.source=SASL_INHERIT\nschema.registry.url=http://sr:1";
    let settings = read(&format!(
        "bootstrap.servers=a:1\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config={PLAIN}\n{inherit}"
    ))
    .unwrap();
    let login = settings.schema_registry.unwrap().login;
    assert!(matches!(login, RegistryLogin::Basic { username, .. } if username == "alice"));
    let fault = only_fault(&format!("bootstrap.servers=a:1\n{inherit}"));
    assert_eq!(fault.key, "basic.auth.credentials.source");
}

#[test]
fn what_a_registry_cannot_be_asked_with_is_told_without_quoting_it() {
    for (line, key) in [
        ("schema.registry.url=http://u:hunter2@sr:1", "schema.registry.url"),
        ("schema.registry.url=ftp://hunter2", "schema.registry.url"),
        ("schema.registry.url=http://sr:1\nbasic.auth.user.info=hunter2", "basic.auth.user.info"),
        (
            "schema.registry.url=https://sr\nschema.registry.ssl.truststore.type=hunter",
            "schema.registry.ssl.truststore.type",
        ),
    ] {
        let fault = only_fault(&format!("bootstrap.servers=a:1\n{line}"));
        assert_eq!(fault.key, key);
        assert!(!fault.to_string().contains("hunter2"), "{fault}");
    }
}

#[test]
fn a_login_alone_waits_for_an_address_from_elsewhere() {
    let mut settings = read("bootstrap.servers=a:1\nbasic.auth.user.info=ann:x").unwrap();
    assert!(settings.schema_registry.as_ref().unwrap().urls.is_empty());
    settings.set_schema_registry(RegistryUrl::parse("http://sr:8081").unwrap());
    let registry = settings.schema_registry.unwrap();
    assert_eq!(registry.urls.len(), 1);
    assert!(matches!(registry.login, RegistryLogin::Basic { username, .. } if username == "ann"));
}
