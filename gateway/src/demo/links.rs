//! The demo's links: on-prem to cloud through a link that on-prem starts, and back through one that it dials
//! itself, so that nothing ever connects to on-prem.

use drawbridge_shared::{draft::MirrorDraft, link::LinkName, names::ClusterName, wire::ErrorCode};

use crate::{
    links::{CreateOptions, LinkSpec, Links},
    refusal::Refusal,
};

const FILTER_ALL_GROUPS: &str =
    r#"{"groupFilters":[{"name":"*","patternType":"LITERAL","filterType":"INCLUDE"}]}"#;
const FILTER_MARKETING: &str =
    r#"{"topicFilters":[{"name":"marketing.","patternType":"PREFIXED","filterType":"INCLUDE"}]}"#;
const MIRRORED: [&str; 8] = [
    "orders",
    "payments",
    "customers",
    "shipments",
    "page-views",
    "price-list",
    "returns",
    "warehouse.berlin-01.conveyor.telemetry",
];

/// Makes the links and mirrors of the demo, as soon as its clusters answer.
pub async fn build(links: Links, on_prem_servers: String, cloud_servers: String) {
    if let Err(refusal) = try_build(&links, &on_prem_servers, &cloud_servers).await {
        tracing::warn!(%refusal, cause = refusal.cause, "the demo has no links");
    }
}

async fn try_build(
    links: &Links,
    on_prem_servers: &str,
    cloud_servers: &str,
) -> Result<(), Refusal> {
    let (on_prem, cloud) = (cluster("on-prem")?, cluster("cloud")?);
    let (on_prem_id, cloud_id) = (answered(links, &on_prem).await?, answered(links, &cloud).await?);
    tracing::debug!(on_prem_servers, cloud_servers, "making the demo's links");
    let from_on_prem = name("from-on-prem-link")?;
    let destination = [
        ("link.mode", "DESTINATION"),
        ("connection.mode", "INBOUND"),
        ("consumer.offset.sync.enable", "true"),
        ("consumer.offset.sync.ms", "5000"),
        ("consumer.offset.group.filters", FILTER_ALL_GROUPS),
    ];
    create(links, &cloud, &from_on_prem, &on_prem_id, &destination).await?;
    let source = [
        ("link.mode", "SOURCE"),
        ("connection.mode", "OUTBOUND"),
        ("bootstrap.servers", cloud_servers),
    ];
    create(links, &on_prem, &from_on_prem, &cloud_id, &source).await?;
    let from_cloud = name("from-cloud-link")?;
    let back = [
        ("bootstrap.servers", cloud_servers),
        ("auto.create.mirror.topics.enable", "true"),
        ("auto.create.mirror.topics.filters", FILTER_MARKETING),
    ];
    create(links, &on_prem, &from_cloud, &cloud_id, &back).await?;
    for topic in MIRRORED {
        mirror(links, &cloud, &from_on_prem, topic).await?;
    }
    mirror(links, &on_prem, &from_cloud, "fraud-scores").await
}

fn cluster(text: &str) -> Result<ClusterName, Refusal> {
    text.parse().map_err(|error| Refusal::new(ErrorCode::Internal, format!("{error}")))
}

fn name(text: &str) -> Result<LinkName, Refusal> {
    text.parse().map_err(|error| Refusal::new(ErrorCode::Internal, format!("{error}")))
}

/// Waits until the cluster has answered and its links are known; says Kafka's id of it.
async fn answered(links: &Links, cluster: &ClusterName) -> Result<String, Refusal> {
    loop {
        let known = links.clusters().require(cluster)?;
        if let (Some(id), Ok(_)) = (known.cluster_id(), links.of_cluster(cluster)) {
            return Ok(id.to_owned());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

async fn create(
    links: &Links,
    cluster: &ClusterName,
    name: &LinkName,
    remote: &str,
    configs: &[(&str, &str)],
) -> Result<(), Refusal> {
    let spec = LinkSpec {
        name: name.clone(),
        remote_cluster_id: Some(remote.to_owned()),
        link_id: None,
        configs: configs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    };
    let options = CreateOptions { validate_only: false, validate_link: true };
    links.create(cluster, spec, options).await
}

/// Creates a mirror; a link that has just been made may need a moment to find its other half.
async fn mirror(
    links: &Links,
    cluster: &ClusterName,
    link: &LinkName,
    topic: &str,
) -> Result<(), Refusal> {
    let draft = MirrorDraft { source_topic: topic.to_owned(), ..MirrorDraft::default() };
    let mut last = None;
    for _ in 0..50 {
        match links.create_mirror(cluster, link, &draft).await {
            Ok(()) => return Ok(()),
            Err(refusal) if refusal.code == ErrorCode::Unavailable => last = Some(refusal),
            Err(refusal) => return Err(refusal),
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    last.map_or(Ok(()), Err)
}
