//! The two clusters of a test, on-prem and cloud, and what is done there without a gateway.

use anyhow::{Context, Result, ensure};
use drawbridge_kafka::{
    Client, ConnectionSettings, Properties,
    admin::acls::{AclBinding, AclOperation, AclPattern, AclPermission, AclResource},
};
use drawbridge_tests::{
    bed::{Cluster, Door, Pair, two_clusters, unique},
    wire::{Isolation, Wire, batch::Batch},
};
use serde_json::{Value, json};

use super::portal::Portal;
use crate::support::{Version, eventually};

/// Two clusters, for one test at a time.
pub(super) struct Bridge {
    pair: Pair,
    version: Version,
}

impl Bridge {
    /// On-prem runs `version`, the cloud the other one.
    pub(super) async fn lease(version: Version) -> Result<Self> {
        Ok(Self { pair: two_clusters().await?, version })
    }

    pub(super) fn on_prem(&self) -> &Cluster {
        self.pair.of(self.version)
    }

    pub(super) fn cloud(&self) -> &Cluster {
        self.pair.of(match self.version {
            Version::V3_9 => Version::V4,
            Version::V4 => Version::V3_9,
        })
    }

    /// Over clusters of a test's own.
    pub(super) fn over(clusters: [Cluster; 2], version: Version) -> Self {
        Self { pair: Pair::Own(Box::new(clusters)), version }
    }

    /// A gateway that knows both and has read what links there are.
    pub(super) async fn portal(&self) -> Result<Portal> {
        let portal = self.quick_portal("encoder-secret").await?;
        for cluster in [self.on_prem(), self.cloud()] {
            portal.until(&links(cluster), |answer| answer.status == 200).await?;
        }
        Ok(portal)
    }

    /// A gateway that has just started, with this secret for secrets.
    pub(super) async fn quick_portal(&self, secret: &str) -> Result<Portal> {
        let on_prem = self.on_prem().properties_of(Door::Scram, "admin");
        let cloud = self.cloud().properties_of(Door::SaslSsl, "admin");
        Portal::open(&[("on-prem", on_prem), ("cloud", cloud)], secret).await
    }

    /// The file of a link that dials the cloud, as in the tutorial.
    pub(super) fn way_to_cloud(&self) -> String {
        format!(
            "bootstrap.servers={}\n\
             ssl.endpoint.identification.algorithm=https\n\
             security.protocol=SASL_SSL\n\
             sasl.mechanism=PLAIN\n\
             sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username='admin' password='admin-secret';\n\
             ssl.truststore.type=PEM\n\
             ssl.truststore.location={}\n",
            self.cloud().bootstrap_of(Door::SaslSsl),
            self.cloud().certificates().ca().display()
        )
    }

    /// The file of a link that dials on-prem as its administrator.
    pub(super) fn way_to_on_prem(&self) -> String {
        format!(
            "bootstrap.servers={}\n\
             security.protocol=SASL_PLAINTEXT\n\
             sasl.mechanism=SCRAM-SHA-512\n\
             sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username=\"admin\" password=\"admin-secret\";\n",
            self.on_prem().bootstrap_of(Door::Scram),
        )
    }

    /// A link on the cloud that dials on-prem, and there a topic with records that has its mirror: the
    /// names of link and topic. `more` are lines for the link's file.
    pub(super) async fn linked(&self, portal: &Portal, more: &str) -> Result<(String, String)> {
        let (link, topic) = (unique("link"), unique("orders"));
        wire(self.on_prem()).await?.create_topic(&topic, 1, 1, &[]).await?;
        fill(self.on_prem(), &topic, 1..=5).await?;
        let file = self.way_to_on_prem() + more;
        portal.create(self.cloud(), &link, json!({"configs": configs(&file)})).await?;
        portal.mirror(self.cloud(), &link, &topic).await?;
        has_values(self.cloud(), &topic, 1..=5).await?;
        Ok((link, topic))
    }
}

/// The REST path of a cluster's links.
pub(super) fn links(cluster: &Cluster) -> String {
    format!("/kafka/v3/clusters/{}/links", cluster.id())
}

/// The REST path of a mirror.
pub(super) fn mirror(cluster: &Cluster, link: &str, topic: &str) -> String {
    format!("{}/{link}/mirrors/{topic}", links(cluster))
}

/// The lines of a properties file as REST takes them.
pub(super) fn configs(file: &str) -> Value {
    let lines = file.lines().filter_map(|line| line.split_once('='));
    lines.map(|(name, value)| json!({"name": name, "value": value})).collect()
}

/// A connection behind the doors.
pub(super) async fn wire(cluster: &Cluster) -> Result<Wire> {
    Wire::connect(&cluster.back_door()).await
}

/// A connection of somebody without rights but those given by [`allow`].
pub(super) async fn carol(cluster: &Cluster) -> Result<Wire> {
    Wire::login(&cluster.bootstrap_of(Door::SaslPlain), "carol", "carol-secret").await
}

/// An administrator's client.
pub(super) fn admin(cluster: &Cluster) -> Result<Client> {
    let properties = Properties::parse(&cluster.properties_of(Door::Scram, "admin"), "admin")?;
    let settings = ConnectionSettings::from_properties(&properties);
    Ok(Client::new(settings.ok().context("valid settings")?)?)
}

/// Appends one record per value.
pub(super) async fn fill(
    cluster: &Cluster,
    topic: &str,
    values: impl IntoIterator<Item = i64>,
) -> Result<()> {
    wire(cluster).await?.write(topic, &Batch::of_values(values)).await?;
    Ok(())
}

/// What a consumer reads: offsets and values.
pub(super) async fn consumed(cluster: &Cluster, topic: &str) -> Result<Vec<(i64, String)>> {
    let records = wire(cluster).await?.consume(topic, Isolation::Committed).await?;
    let text = |value: Option<bytes::Bytes>| {
        String::from_utf8_lossy(&value.unwrap_or_default()).into_owned()
    };
    Ok(records.into_iter().map(|(offset, _, value)| (offset, text(value))).collect())
}

/// Waits until a consumer of the topic reads these values, at the offsets from 0 on.
pub(super) async fn has_values(
    cluster: &Cluster,
    topic: &str,
    values: impl IntoIterator<Item = i64>,
) -> Result<()> {
    let wanted: Vec<(i64, String)> = (0..).zip(values.into_iter().map(|v| v.to_string())).collect();
    let mut seen = Vec::new();
    let all = eventually("every record arrives", async || {
        seen = consumed(cluster, topic).await.unwrap_or_default();
        Ok((seen.len() >= wanted.len()).then_some(()))
    });
    all.await.with_context(|| format!("{topic}: only {seen:?}"))?;
    ensure!(seen == wanted, "{topic}: {seen:?}");
    Ok(())
}

/// Allows operations on a topic to a user.
pub(super) async fn allow(
    cluster: &Cluster,
    user: &str,
    operations: &[AclOperation],
    topic: &str,
) -> Result<()> {
    let bindings: Vec<AclBinding> = operations
        .iter()
        .map(|operation| AclBinding {
            resource: AclResource::Topic,
            name: topic.to_owned(),
            pattern: AclPattern::Literal,
            principal: format!("User:{user}"),
            host: "*".to_owned(),
            operation: *operation,
            permission: AclPermission::Allow,
        })
        .collect();
    let client = admin(cluster)?;
    for outcome in client.create_acls(&bindings).await? {
        outcome?;
    }
    client.close().await;
    Ok(())
}
