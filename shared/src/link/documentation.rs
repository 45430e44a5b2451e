//! What each link config does, in one or two sentences.

/// The text for `name`; empty for a name that is not in the catalogue.
pub(super) fn of(name: &str) -> &'static str {
    // The way to the own cluster is described like the way to the remote one, but for what only it has.
    let text = |name| TEXTS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
    text(name).or_else(|| text(name.strip_prefix("local.")?)).unwrap_or_default()
}

static TEXTS: &[(&str, &str)] = &[
    (
        "auto.create.mirror.topics.enable",
        "Makes a mirror of every source topic, existing or new, that the filters want.",
    ),
    (
        "auto.create.mirror.topics.filters",
        "Which source topics get a mirror by themselves, as JSON. Internal topics never do.",
    ),
    (
        "availability.check.consecutive.failure.threshold",
        "Checks of the remote cluster that have to fail in a row before the link is UNAVAILABLE.",
    ),
    ("availability.check.ms", "Milliseconds between two checks that the remote cluster answers."),
    (
        "bootstrap.servers",
        "Where to reach the remote cluster first: host:port, comma separated, without a protocol in front.",
    ),
    ("client.id", "Name the brokers log for the link's connections."),
    (
        "client.rack",
        "Rack of the gateway; the remote cluster then serves fetches from a replica in the same rack where it can.",
    ),
    ("cluster.link.paused", "Stops everything the link does until it is set to false again."),
    (
        "cluster.link.prefix",
        "Put before each source topic's name to make its mirror's. Unique on the cluster, at most 12 characters, never changed.",
    ),
    (
        "cluster.link.retry.timeout.ms",
        "How long a source topic may be missing before its mirror is FAILED.",
    ),
    (
        "connection.mode",
        "OUTBOUND dials the remote cluster; INBOUND waits for the other half, which dials.",
    ),
    ("connections.max.idle.ms", "Milliseconds without use after which a connection is closed."),
    (
        "consumer.group.prefix.enable",
        "Puts cluster.link.prefix before the ids of synced consumer groups too.",
    ),
    (
        "consumer.offset.group.filters",
        "Which consumer groups have their offsets synced, as JSON. Empty: none.",
    ),
    (
        "consumer.offset.sync.enable",
        "Copies the committed offsets of consumer groups to the mirrors.",
    ),
    (
        "consumer.offset.sync.ms",
        "Milliseconds between two runs of the offset sync; at a failover up to this much progress is read again.",
    ),
    (
        "default.api.timeout.ms",
        "Milliseconds an administrative request may take with all its retries.",
    ),
    (
        "link.mode",
        "DESTINATION owns the mirrors, SOURCE is the half on the cluster whose topics are copied, BIDIRECTIONAL is both.",
    ),
    (
        "local.listener.name",
        "Accepted so that existing files work, and has no effect: which listener is used follows from the address that is dialled.",
    ),
    (
        "metadata.max.age.ms",
        "Milliseconds after which topics, partitions and leaders are looked up again: how soon a partition increase is noticed.",
    ),
    (
        "mirror.start.offset.spec",
        "Where mirrors that are created from now on begin: earliest, latest, or a time.",
    ),
    (
        "num.cluster.link.fetchers",
        "Connections that fetch from each source broker at the same time.",
    ),
    ("reconnect.backoff.max.ms", "Longest wait before a connection is tried again."),
    (
        "reconnect.backoff.ms",
        "First wait before a connection is tried again; doubles with every failure.",
    ),
    (
        "replica.fetch.backoff.ms",
        "Longest wait after a fetch that failed before the partition is fetched again.",
    ),
    (
        "replica.fetch.max.bytes",
        "Bytes one fetch asks for per partition; a larger batch still comes whole.",
    ),
    (
        "replica.fetch.min.bytes",
        "Bytes the source waits for, up to replica.fetch.wait.max.ms, before it answers a fetch.",
    ),
    ("replica.fetch.response.max.bytes", "Bytes one fetch asks for over all partitions."),
    (
        "replica.fetch.wait.max.ms",
        "Milliseconds the source may hold a fetch that finds fewer than replica.fetch.min.bytes.",
    ),
    (
        "replica.socket.timeout.ms",
        "Milliseconds a fetch may take before its connection is given up.",
    ),
    ("request.timeout.ms", "Milliseconds a request may take before its outcome counts as unknown."),
    ("retry.backoff.max.ms", "Longest wait before a request is tried again."),
    ("retry.backoff.ms", "First wait before a request is tried again; doubles with every failure."),
    (
        "sasl.jaas.config",
        "Login module with user name and password (or token), as in a Java client's file.",
    ),
    ("sasl.mechanism", "How to authenticate: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER."),
    ("security.protocol", "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; has to be the listener's."),
    ("socket.connection.setup.timeout.ms", "Milliseconds a TCP connection may take to be made."),
    ("ssl.enabled.protocols", "TLS versions that may be used."),
    (
        "ssl.endpoint.identification.algorithm",
        "https checks that the certificate is the host's; empty switches that check off.",
    ),
    ("ssl.key.password", "Password of the private key."),
    ("ssl.keystore.certificate.chain", "Client certificate with its chain, as PEM text."),
    ("ssl.keystore.key", "Private key of the client certificate, as PEM text."),
    ("ssl.keystore.location", "File with client certificate and key, on the gateway's machine."),
    ("ssl.keystore.password", "Password of that file."),
    ("ssl.keystore.type", "Format of that file: PEM, PKCS12 or JKS."),
    ("ssl.protocol", "Newest TLS version to offer."),
    ("ssl.truststore.certificates", "Certificates of the authorities to trust, as PEM text."),
    ("ssl.truststore.location", "File with the certificates to trust, on the gateway's machine."),
    ("ssl.truststore.password", "Password of that file."),
    ("ssl.truststore.type", "Format of that file: PEM, PKCS12 or JKS."),
    (
        "topic.config.sync.include",
        "Topic configs that mirrors take from their source. The compulsory ones have to be among them.",
    ),
    ("topic.config.sync.ms", "Milliseconds between two runs of the topic config sync."),
];
