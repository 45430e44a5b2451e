//! The two ends of a link: which cluster is reached how, and as whom.
//!
//! A half that dials reaches the remote cluster with its client configs. The data of a link whose source half
//! dials (`connection.mode=INBOUND` on the destination) moves through that half: its `local.` configs lead to
//! the source, its others to the destination.

use std::time::Duration;

use drawbridge_engine::link::Trouble;
use drawbridge_kafka::{
    Client, ConnectCause, ConnectionSettings, Error, HostPort, Properties, SendGuard,
};
use drawbridge_shared::{
    draft::FieldError,
    link::{LinkConfigs, LinkError, LinkName, Side, TaskErrorCode},
    wire::ErrorCode,
};

use super::mover::words;
use crate::refusal::Refusal;

/// A port on which no Kafka broker listens (RFC 863).
const DISCARD: u16 = 9;

/// The clients of a link that runs.
#[derive(Debug, Clone)]
pub(super) struct Ends {
    pub(super) source: Client,
    pub(super) sink: Client,
}

impl Ends {
    /// The ends of a link whose source is not known: enough to end its mirrors. Whatever is asked of the
    /// source is refused by this machine itself.
    pub(super) fn without_source(sink: Client) -> Result<Self, Refusal> {
        let nowhere = HostPort::new("127.0.0.1".to_owned(), DISCARD);
        Ok(Self { source: client(ConnectionSettings::plaintext(vec![nowhere]))?, sink })
    }

    /// Whether these lead where the others do, so that connections may go over from one to the other.
    pub(super) fn lead_where(&self, other: &Self) -> bool {
        leads_where(&self.source, &other.source) && leads_where(&self.sink, &other.sink)
    }

    /// Closes all connections.
    pub(super) async fn close(&self) {
        self.source.close().await;
        self.sink.close().await;
    }
}

/// Whether two clients are given the same servers.
pub(super) fn leads_where(one: &Client, other: &Client) -> bool {
    one.settings().bootstrap == other.settings().bootstrap
}

/// Goes over to the settings of another client, without a break.
pub(super) fn take_over(client: &Client, from: &Client) {
    client.renew(ConnectionSettings::clone(&from.settings()));
}

/// How a half that dials reaches the remote cluster.
///
/// # Errors
/// `Invalid` with the configs that are wrong.
pub(super) fn remote_settings(
    link: &LinkName,
    configs: &LinkConfigs,
) -> Result<ConnectionSettings, Refusal> {
    let pairs = configs
        .set()
        .filter(|(key, _)| key.side == Side::Dialling)
        .map(|(key, value)| (key.name.to_owned(), value.to_owned()));
    settings(link, pairs.collect())
}

/// How a source half reaches its own cluster: by its `local.` configs, or, when it has none, as the gateway
/// itself does. `own` is how the gateway reaches it.
///
/// # Errors
/// `Invalid` with the configs that are wrong.
pub(super) fn local_settings(
    link: &LinkName,
    configs: &LinkConfigs,
    own: &ConnectionSettings,
) -> Result<ConnectionSettings, Refusal> {
    let local = configs.set().filter_map(|(key, value)| {
        let name = key.name.strip_prefix("local.").filter(|_| key.side == Side::Local)?;
        Some((name.to_owned(), value.to_owned()))
    });
    let mut pairs: Vec<(String, String)> = local.collect();
    if pairs.is_empty() {
        return Ok(named(own.clone(), link));
    }
    let servers = own.bootstrap.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    pairs.push(("bootstrap.servers".to_owned(), servers));
    settings(link, pairs).map_err(|mut refusal| {
        for field in &mut refusal.fields {
            field.field = format!("local.{}", field.field);
        }
        refusal
    })
}

/// The gateway's own way to a cluster, for the data of a link.
pub(super) fn named(mut settings: ConnectionSettings, link: &LinkName) -> ConnectionSettings {
    settings.client_id = client_id(link);
    settings
}

fn client_id(link: &LinkName) -> String {
    format!("drawbridge-link-{link}")
}

fn settings(
    link: &LinkName,
    mut pairs: Vec<(String, String)>,
) -> Result<ConnectionSettings, Refusal> {
    if !pairs.iter().any(|(name, _)| name == "client.id") {
        pairs.push(("client.id".to_owned(), client_id(link)));
    }
    let properties = Properties::from_pairs(&format!("link {link}"), pairs);
    ConnectionSettings::from_properties(&properties).map_err(|faults| {
        let field = |fault: &drawbridge_kafka::SettingFault| {
            FieldError::new(&fault.key, format!("{}. {}", fault.problem, fault.remedy))
        };
        let refusal = Refusal::of_fields(faults.iter().map(field).collect());
        let all = faults.iter().map(|fault| format!("{}: {}", fault.key, fault.problem));
        Refusal { message: all.collect::<Vec<_>>().join("; "), ..refusal }
    })
}

/// A client of these settings.
///
/// # Errors
/// `Invalid` when they name no server.
pub(super) fn client(settings: ConnectionSettings) -> Result<Client, Refusal> {
    Client::new(settings).map_err(|error| Refusal::new(ErrorCode::Invalid, error.to_string()))
}

/// A client of the destination: without the lease nothing goes out, however late it was decided, and what went out
/// arrives within `request.timeout.ms` or never. The next owner relies on both.
///
/// # Errors
/// As [`client`].
pub(super) fn destination(
    mut settings: ConnectionSettings,
    configs: &LinkConfigs,
    leased: SendGuard,
) -> Result<Client, Refusal> {
    let limit = u64::try_from(configs.number("request.timeout.ms")).unwrap_or(0).max(1);
    settings.timeouts.request = Duration::from_millis(limit);
    Ok(client(settings)?.with_guard(leased))
}

/// Asks a cluster for its id and compares.
pub(super) async fn check(client: Client, expected: Option<String>) -> Result<(), Trouble> {
    let description = client.describe_cluster().await.map_err(|error| trouble(&error))?;
    match expected {
        Some(expected) if description.cluster_id != expected => Err(Trouble {
            error: LinkError::Unknown,
            message: format!(
                "the cluster at bootstrap.servers is {}, and the link was made for {expected}: correct bootstrap.servers, or delete the link and create it anew",
                description.cluster_id
            ),
        }),
        Some(_) | None => Ok(()),
    }
}

/// A failed check with its public name.
pub(super) fn trouble(error: &Error) -> Trouble {
    let public = match error {
        Error::Connect(connect) => match connect.cause {
            ConnectCause::UnknownHost => LinkError::UnresolvableBootstrap,
            ConnectCause::TimedOut => LinkError::Timeout,
            ConnectCause::Refused | ConnectCause::Unreachable => {
                LinkError::BootstrapTcpConnectionFailed
            }
            ConnectCause::BadCredentials
            | ConnectCause::MechanismNotEnabled
            | ConnectCause::SaslRequired
            | ConnectCause::SaslNotEnabled
            | ConnectCause::SaslFailed
            | ConnectCause::BadServerSignature
            | ConnectCause::ClientCertificateRequired
            | ConnectCause::ClientCertificateRejected => LinkError::Authentication,
            _ => LinkError::Unknown,
        },
        Error::Timeout { .. } => LinkError::Timeout,
        Error::Broker(broker) if broker.code.means_unauthorized() => LinkError::Authentication,
        _ => LinkError::Unknown,
    };
    Trouble { error: public, message: words(error) }
}

/// The public code of a task that could not reach a cluster.
pub(super) fn task_code(error: &Error) -> TaskErrorCode {
    match trouble(error).error {
        LinkError::Authentication => TaskErrorCode::Authentication,
        _ => TaskErrorCode::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_embedded::{ClusterSpec, EmbeddedCluster};
    use drawbridge_engine::Millis;
    use drawbridge_shared::link::catalogue::CATALOGUE;
    use tokio::{sync::watch, time::Instant};

    use super::*;
    use crate::links::half::{News, leased};

    #[tokio::test]
    async fn a_destination_is_asked_nothing_once_the_lease_has_ended() {
        let cluster = EmbeddedCluster::start(ClusterSpec::new("leased")).await.unwrap();
        let link = "l".parse().unwrap();
        let servers = vec![("bootstrap.servers".to_owned(), cluster.bootstrap_servers())];
        let configs =
            LinkConfigs::parse([("bootstrap.servers", "far:9092"), ("request.timeout.ms", "7000")])
                .unwrap();
        let until = Instant::now() + Duration::from_secs(60);
        let news = News { lease: Millis::MAX, until, peers: 0, topics: 0 };
        let (host, heard) = watch::channel(news);
        let settings = settings(&link, servers).unwrap();
        let client = destination(settings, &configs, leased(&heard)).unwrap();
        assert_eq!(client.settings().timeouts.request, Duration::from_secs(7));
        client.describe_cluster().await.unwrap();
        host.send_modify(|news| news.until = Instant::now());
        let error = client.describe_cluster().await.unwrap_err();
        assert!(matches!(error, Error::Withheld { .. }), "{error}");
    }

    #[test]
    fn every_client_config_of_a_link_is_one_that_the_client_knows() {
        let link = "l".parse().unwrap();
        for key in CATALOGUE.iter().filter(|key| key.side == Side::Dialling) {
            let value = match key.name {
                "bootstrap.servers" => "h:1".to_owned(),
                _ => key.default.unwrap_or("x").to_owned(),
            };
            let configs = vec![
                ("bootstrap.servers".to_owned(), "h:1".to_owned()),
                (key.name.to_owned(), value),
            ];
            if let Err(refusal) = settings(&link, configs) {
                let unknown = refusal.message.contains("no Kafka client")
                    || refusal.message.contains("unknown");
                assert!(!unknown, "{}: {refusal:?}", key.name);
            }
        }
    }

    #[test]
    fn a_source_half_without_local_configs_reaches_its_cluster_as_the_gateway_does() {
        let link: LinkName = "l".parse().unwrap();
        let own =
            settings(&link, vec![("bootstrap.servers".to_owned(), "own:9092".to_owned())]).unwrap();
        let configs = LinkConfigs::parse([
            ("link.mode", "SOURCE"),
            ("connection.mode", "OUTBOUND"),
            ("bootstrap.servers", "far:9092"),
        ])
        .unwrap();
        let local = local_settings(&link, &configs, &own).unwrap();
        assert_eq!(local.bootstrap[0].to_string(), "own:9092");
        let listener = drawbridge_shared::link::ConfigChange::Set("EXTERNAL".to_owned());
        let configs = configs.alter(&[("local.listener.name".to_owned(), listener)]).unwrap();
        let local = local_settings(&link, &configs, &own).unwrap();
        assert_eq!(
            local.bootstrap[0].to_string(),
            "own:9092",
            "the listener's name decides nothing"
        );
        let configs = configs
            .alter(&[(
                "local.security.protocol".to_owned(),
                drawbridge_shared::link::ConfigChange::Set("SASL_PLAINTEXT".to_owned()),
            )])
            .unwrap();
        let refusal = local_settings(&link, &configs, &own).unwrap_err();
        assert!(
            refusal.fields.iter().all(|field| field.field.starts_with("local.")),
            "{refusal:?}"
        );
    }
}
