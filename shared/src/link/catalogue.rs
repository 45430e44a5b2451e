//! Every config a link has: type, default, where it belongs, whether it can change.

use super::topic_config::INCLUDED_BY_DEFAULT;

/// One config.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfigKey {
    /// Its name.
    pub name: &'static str,
    /// What its value looks like.
    pub kind: ConfigKind,
    /// Its value when it is not set.
    pub default: Option<&'static str>,
    /// On which half it belongs.
    pub side: Side,
    /// Its value is a secret and never shown.
    pub sensitive: bool,
    /// Whether it can be altered.
    pub change: Change,
}

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigKind {
    /// Any text; judged where it is used.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number between these.
    Int {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// `host:port,…`.
    Servers,
    /// Up to 12 characters of a topic name.
    Prefix,
    /// Topic filters in JSON.
    TopicFilters,
    /// Group filters in JSON.
    GroupFilters,
    /// `earliest`, `latest` or a time.
    Start,
    /// Names of topic configs, comma separated.
    TopicConfigs,
}

/// On which half a config belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Every half.
    Every,
    /// The half that owns the mirrors.
    Mirrors,
    /// A half that dials the remote cluster.
    Dialling,
    /// A half that dials, for its way to its own cluster (`local.…`): the source half.
    Local,
}

/// Whether a config can be altered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// At any time; obeyed at once.
    Live,
    /// At any time; connections are made anew.
    Reconnects,
    /// Only set when the link is created.
    Fixed,
}

impl ConfigKey {
    /// The config of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        CATALOGUE.iter().find(|key| key.name == name)
    }

    /// What it does, for people.
    #[must_use]
    pub fn documentation(&self) -> &'static str {
        super::documentation::of(self.name)
    }
}

/// Why a config that other linking tools know is refused here; `None` for every other name.
#[must_use]
pub fn refusal(name: &str) -> Option<&'static str> {
    REFUSED.iter().find(|(known, _)| *known == name).map(|(_, reason)| *reason)
}

const MAX: i64 = i64::MAX;
const I32: i64 = 2_147_483_647;

const fn key(name: &'static str, kind: ConfigKind, default: Option<&'static str>) -> ConfigKey {
    ConfigKey { name, kind, default, side: Side::Mirrors, sensitive: false, change: Change::Live }
}

const fn client(name: &'static str, kind: ConfigKind, default: Option<&'static str>) -> ConfigKey {
    ConfigKey { side: Side::Dialling, change: Change::Reconnects, ..key(name, kind, default) }
}

const fn secret(name: &'static str) -> ConfigKey {
    ConfigKey { sensitive: true, ..client(name, ConfigKind::Text, None) }
}

const fn local(key: ConfigKey) -> ConfigKey {
    ConfigKey { side: Side::Local, ..key }
}

const fn every(key: ConfigKey) -> ConfigKey {
    ConfigKey { side: Side::Every, ..key }
}

const fn fixed(key: ConfigKey) -> ConfigKey {
    ConfigKey { change: Change::Fixed, ..key }
}

const fn at_least(min: i64) -> ConfigKind {
    ConfigKind::Int { min, max: MAX }
}

const fn int(min: i64) -> ConfigKind {
    ConfigKind::Int { min, max: I32 }
}

const PROTOCOLS: ConfigKind =
    ConfigKind::OneOf(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]);
const MECHANISMS: ConfigKind =
    ConfigKind::OneOf(&["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]);
const STORES: ConfigKind = ConfigKind::OneOf(&["PEM", "PKCS12", "JKS"]);
const TEXT: ConfigKind = ConfigKind::Text;

/// Every config, by name.
pub static CATALOGUE: &[ConfigKey] = &[
    key("auto.create.mirror.topics.enable", ConfigKind::Bool, Some("false")),
    key("auto.create.mirror.topics.filters", ConfigKind::TopicFilters, Some("")),
    every(key("availability.check.consecutive.failure.threshold", int(1), Some("5"))),
    every(key("availability.check.ms", int(100), Some("60000"))),
    client("bootstrap.servers", ConfigKind::Servers, None),
    client("client.id", TEXT, None),
    client("client.rack", TEXT, None),
    every(key("cluster.link.paused", ConfigKind::Bool, Some("false"))),
    fixed(key("cluster.link.prefix", ConfigKind::Prefix, None)),
    key("cluster.link.retry.timeout.ms", int(0), Some("300000")),
    fixed(every(key(
        "connection.mode",
        ConfigKind::OneOf(&["OUTBOUND", "INBOUND"]),
        Some("OUTBOUND"),
    ))),
    client("connections.max.idle.ms", at_least(-1), Some("600000")),
    key("consumer.group.prefix.enable", ConfigKind::Bool, Some("false")),
    key("consumer.offset.group.filters", ConfigKind::GroupFilters, Some("")),
    key("consumer.offset.sync.enable", ConfigKind::Bool, Some("false")),
    key("consumer.offset.sync.ms", at_least(1_000), Some("30000")),
    client("default.api.timeout.ms", int(1), Some("60000")),
    fixed(every(key(
        "link.mode",
        ConfigKind::OneOf(&["DESTINATION", "SOURCE", "BIDIRECTIONAL"]),
        Some("DESTINATION"),
    ))),
    every(key("local.listener.name", TEXT, None)),
    local(client("local.sasl.mechanism", MECHANISMS, None)),
    local(secret("local.sasl.jaas.config")),
    local(client("local.security.protocol", PROTOCOLS, Some("PLAINTEXT"))),
    local(client("local.ssl.enabled.protocols", TEXT, Some("TLSv1.2,TLSv1.3"))),
    local(client("local.ssl.endpoint.identification.algorithm", TEXT, Some("https"))),
    local(secret("local.ssl.key.password")),
    local(secret("local.ssl.keystore.certificate.chain")),
    local(secret("local.ssl.keystore.key")),
    local(client("local.ssl.keystore.location", TEXT, None)),
    local(secret("local.ssl.keystore.password")),
    local(client("local.ssl.keystore.type", STORES, Some("JKS"))),
    local(client("local.ssl.protocol", TEXT, Some("TLSv1.3"))),
    local(secret("local.ssl.truststore.certificates")),
    local(client("local.ssl.truststore.location", TEXT, None)),
    local(secret("local.ssl.truststore.password")),
    local(client("local.ssl.truststore.type", STORES, Some("JKS"))),
    client("metadata.max.age.ms", at_least(100), Some("300000")),
    key("mirror.start.offset.spec", ConfigKind::Start, Some("earliest")),
    key("num.cluster.link.fetchers", ConfigKind::Int { min: 1, max: 64 }, Some("1")),
    client("reconnect.backoff.max.ms", at_least(0), Some("1000")),
    client("reconnect.backoff.ms", at_least(0), Some("50")),
    key("replica.fetch.backoff.ms", int(0), Some("1000")),
    key("replica.fetch.max.bytes", int(1_024), Some("5242880")),
    key("replica.fetch.min.bytes", int(0), Some("1")),
    key("replica.fetch.response.max.bytes", int(1_024), Some("10485760")),
    key("replica.fetch.wait.max.ms", int(0), Some("500")),
    key("replica.socket.timeout.ms", int(1), Some("30000")),
    client("request.timeout.ms", int(1), Some("30000")),
    client("retry.backoff.max.ms", at_least(0), Some("1000")),
    client("retry.backoff.ms", at_least(0), Some("100")),
    secret("sasl.jaas.config"),
    client("sasl.mechanism", MECHANISMS, None),
    client("security.protocol", PROTOCOLS, Some("PLAINTEXT")),
    client("socket.connection.setup.timeout.ms", at_least(1), Some("10000")),
    client("ssl.enabled.protocols", TEXT, Some("TLSv1.2,TLSv1.3")),
    client("ssl.endpoint.identification.algorithm", TEXT, Some("https")),
    secret("ssl.key.password"),
    secret("ssl.keystore.certificate.chain"),
    secret("ssl.keystore.key"),
    client("ssl.keystore.location", TEXT, None),
    secret("ssl.keystore.password"),
    client("ssl.keystore.type", STORES, Some("JKS")),
    client("ssl.protocol", TEXT, Some("TLSv1.3")),
    secret("ssl.truststore.certificates"),
    client("ssl.truststore.location", TEXT, None),
    secret("ssl.truststore.password"),
    client("ssl.truststore.type", STORES, Some("JKS")),
    key("topic.config.sync.include", ConfigKind::TopicConfigs, Some(INCLUDED_BY_DEFAULT)),
    key("topic.config.sync.ms", at_least(100), Some("5000")),
];

const JAVA: &str = "it names a Java class, and Drawbridge runs no Java";
const KERBEROS: &str =
    "Drawbridge does not speak Kerberos; use PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER";
const OAUTH: &str = "Drawbridge does not fetch OAuth tokens in the way this setting describes";
const TLS: &str = "Drawbridge's TLS library chooses by itself what this setting lets Java choose";
const ACLS: &str = "ACLs are not copied by this version: grant READ on the mirrors yourself, and leave the setting out";
const DERIVED: &str = "it is a derived value that tools display, not a setting";
const SOCKET: &str = "the operating system sizes socket buffers";

/// Configs of other linking tools that have no meaning here, with the reason.
pub static REFUSED: &[(&str, &str)] = &[
    ("acl.filters", ACLS),
    ("acl.sync.enable", ACLS),
    ("acl.sync.ms", ACLS),
    ("client.dns.lookup", "every address a name resolves to is always tried"),
    ("confluent.cluster.link.enable", "it switches a broker feature on, and Drawbridge needs none"),
    ("dest.cluster.id", DERIVED),
    ("link.prefix", "it is derived: set `cluster.link.prefix` when the link is created"),
    ("local.sasl.login.callback.handler.class", JAVA),
    ("local.ssl.cipher.suites", TLS),
    ("local.ssl.engine.factory.class", JAVA),
    ("local.ssl.keymanager.algorithm", TLS),
    ("remote.link.connection.mode", DERIVED),
    ("replica.socket.receive.buffer.bytes", SOCKET),
    ("sasl.client.callback.handler.class", JAVA),
    ("sasl.kerberos.kinit.cmd", KERBEROS),
    ("sasl.kerberos.min.time.before.relogin", KERBEROS),
    ("sasl.kerberos.service.name", KERBEROS),
    ("sasl.kerberos.ticket.renew.jitter", KERBEROS),
    ("sasl.kerberos.ticket.renew.window.factor", KERBEROS),
    ("sasl.login.callback.handler.class", JAVA),
    ("sasl.login.class", JAVA),
    ("sasl.login.refresh.buffer.seconds", OAUTH),
    ("sasl.login.refresh.min.period.seconds", OAUTH),
    ("sasl.login.refresh.window.factor", OAUTH),
    ("sasl.login.refresh.window.jitter", OAUTH),
    ("sasl.oauthbearer.token.endpoint.url", OAUTH),
    (
        "socket.connection.setup.timeout.max.ms",
        "a connection attempt has one time limit: `socket.connection.setup.timeout.ms`",
    ),
    ("ssl.cipher.suites", TLS),
    ("ssl.engine.factory.class", JAVA),
    ("ssl.keymanager.algorithm", TLS),
    ("ssl.provider", TLS),
    ("ssl.secure.random.implementation", TLS),
    ("ssl.trustmanager.algorithm", TLS),
];
