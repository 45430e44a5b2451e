//! Another password for a link that is copying: tried first, then used, without the link or its mirrors noticing.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use drawbridge_kafka::{
    admin::{
        acls::{AclBinding, AclFilter, AclOperation, AclPattern, AclPermission, AclResource},
        users::ScramChange,
    },
    settings::{ScramMechanism, Secret},
};
use drawbridge_tests::{
    bed::{Cluster, Door, unique},
    checker,
};
use serde_json::{Value, json};

use super::{
    bridge::{Bridge, admin, allow, configs, links, mirror, wire},
    portal::Portal,
};
use crate::{
    data::traffic::Traffic,
    support::{Version, eventually},
};

on_each_version!(
    a_password_of_the_source_is_rotated_under_traffic_and_a_wrong_one_is_refused,
    another_user_takes_over_while_records_are_copied,
    a_password_of_the_destination_is_rotated_while_the_source_dials,
);

/// Records that are written between two steps.
const SOME: usize = 600;

fn jaas(user: &str, password: &str) -> String {
    format!(
        "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"{user}\" password=\"{password}\";"
    )
}

async fn set_password(cluster: &Cluster, user: &str, password: &str) -> Result<()> {
    let client = admin(cluster)?;
    let change = ScramChange::Upsert {
        user: user.to_owned(),
        mechanism: ScramMechanism::Sha512,
        iterations: 4096,
        password: Secret::new(password),
    };
    for outcome in client.alter_scram_users(&[change]).await?.into_values() {
        outcome?;
    }
    client.close().await;
    // Brokers take the change in a moment after it was written.
    eventually("the new password works", async || {
        Ok(logs_in(cluster, user, password).await?.then_some(()))
    })
    .await
}

async fn logs_in(cluster: &Cluster, user: &str, password: &str) -> Result<bool> {
    let text = format!(
        "bootstrap.servers={}\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-512\nsasl.jaas.config={}\n",
        cluster.bootstrap_of(Door::Scram),
        jaas(user, password)
    );
    let properties = drawbridge_kafka::Properties::parse(&text, "login")?;
    let settings = drawbridge_kafka::ConnectionSettings::from_properties(&properties);
    let client = drawbridge_kafka::Client::new(settings.ok().context("settings")?)?;
    let answered = client.with_deadline(Duration::from_secs(10)).describe_cluster().await.is_ok();
    client.close().await;
    Ok(answered)
}

/// ACTIVE, and of a mirror that every partition moves: movers that are started anew have fetched nothing at first.
fn is_as_it_should(body: &Value, field: &str) -> bool {
    let lags = body["mirror_lags"].as_array();
    let all_move =
        lags.is_none_or(|lags| lags.len() == 3 && lags.iter().all(|lag| lag["lag"] != -1));
    body[field] == "ACTIVE" && all_move
}

/// Looks at a link and a mirror all the time, and remembers what was not ACTIVE.
struct Witness {
    stop: tokio::sync::watch::Sender<bool>,
    task: tokio::task::JoinHandle<Result<()>>,
    seen: Arc<Mutex<(usize, Vec<String>)>>,
}

impl Witness {
    /// Begins once all is as it shall stay: a mirror that was just made has fetched nothing yet.
    async fn of(portal: &Arc<Portal>, paths: Vec<(String, &'static str)>) -> Result<Self> {
        for (path, field) in &paths {
            let mut last = Value::Null;
            eventually(path, async || {
                last = portal.get(path).await?.body;
                Ok(is_as_it_should(&last, field).then_some(()))
            })
            .await
            .with_context(|| last)?;
        }
        let stop = tokio::sync::watch::Sender::new(false);
        let seen = Arc::<Mutex<(usize, Vec<String>)>>::default();
        let (portal, told, stopped) = (Arc::clone(portal), Arc::clone(&seen), stop.subscribe());
        let task = tokio::spawn(async move {
            while !*stopped.borrow() {
                for (path, field) in &paths {
                    let answer = portal.get(path).await?;
                    let mut seen = told.lock().unwrap();
                    seen.0 += 1;
                    if !is_as_it_should(&answer.body, field) {
                        seen.1.push(format!("{path}: {}", answer.body));
                    }
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        });
        Ok(Self { stop, task, seen })
    }

    async fn saw_nothing_else(self) -> Result<()> {
        self.stop.send_replace(true);
        self.task.await??;
        let (looks, other) = &*self.seen.lock().unwrap();
        ensure!(*looks > 20, "it looked only {looks} times");
        ensure!(other.is_empty(), "{other:?}");
        Ok(())
    }
}

/// Waits until the mirror has everything, and compares every record.
async fn same(bridge: &Bridge, topic: &str) -> Result<()> {
    let (there, here) = (bridge.on_prem().back_door(), bridge.cloud().back_door());
    let (mut source, mut copy) = (
        drawbridge_tests::wire::Routed::open(&there, topic).await?,
        drawbridge_tests::wire::Routed::open(&here, topic).await?,
    );
    eventually("the mirror has all offsets", async || {
        let wanted: Vec<i64> =
            checker::ends(&mut source).await?.iter().map(|(end, _)| *end).collect();
        let have: Vec<i64> = checker::ends(&mut copy).await?.iter().map(|(end, _)| *end).collect();
        Ok((wanted == have).then_some(()))
    })
    .await?;
    checker::compare(&checker::read(&there, topic).await?, &checker::read(&here, topic).await?, &[])
}

async fn change(portal: &Portal, path: &str, name: &str, value: &str) -> Result<(u16, Value)> {
    let answer =
        portal.ask("PUT", &format!("{path}/configs/{name}"), json!({"value": value})).await?;
    Ok((answer.status, answer.body))
}

/// A user that may read a topic, and its name.
async fn reader(cluster: &Cluster, topic: &str, password: &str) -> Result<String> {
    let user = unique("rotated");
    set_password(cluster, &user, password).await?;
    allow(cluster, &user, &[AclOperation::Read, AclOperation::DescribeConfigs], topic).await?;
    Ok(user)
}

/// A link on the cloud that dials on-prem as a user, with a mirror of three partitions: names of link and topic.
async fn linked(
    bridge: &Bridge,
    portal: &Portal,
    password: &str,
) -> Result<(String, String, String)> {
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (link, topic) = (unique("rotating"), unique("flow"));
    wire(on_prem).await?.create_topic(&topic, 3, 1, &[]).await?;
    let user = reader(on_prem, &topic, password).await?;
    let file = format!(
        "bootstrap.servers={}\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-512\nsasl.jaas.config={}\navailability.check.ms=1000\n",
        on_prem.bootstrap_of(Door::Scram),
        jaas(&user, password)
    );
    portal.create(cloud, &link, json!({"configs": configs(&file)})).await?;
    portal.mirror(cloud, &link, &topic).await?;
    portal.link_is(cloud, &link, "ACTIVE").await?;
    portal.mirror_is(cloud, &link, &topic, "ACTIVE").await?;
    Ok((link, topic, user))
}

async fn a_password_of_the_source_is_rotated_under_traffic_and_a_wrong_one_is_refused(
    version: Version,
) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = Arc::new(bridge.portal().await?);
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (link, topic, user) = linked(&bridge, &portal, "first-secret").await?;
    let mut traffic = Traffic::start(&on_prem.back_door(), &topic);
    traffic.more(SOME).await?;
    let path = format!("{}/{link}", links(cloud));
    let looked_at =
        vec![(path.clone(), "link_state"), (mirror(cloud, &link, &topic), "mirror_status")];
    let witness = Witness::of(&portal, looked_at).await?;

    let (status, body) =
        change(&portal, &path, "sasl.jaas.config", &jaas(&user, "wrong-secret")).await?;
    let message = body["message"].to_string();
    ensure!(status == 400 && message.contains("so the old ones stay"), "{status}: {body}");
    ensure!(message.contains("refused the credentials"), "{body}");
    traffic.more(SOME).await?;

    for password in ["second-secret", "third-secret"] {
        set_password(on_prem, &user, password).await?;
        let (status, body) =
            change(&portal, &path, "sasl.jaas.config", &jaas(&user, password)).await?;
        ensure!(status == 204, "{status}: {body}");
        traffic.more(SOME).await?;
    }
    traffic.stop().await?;
    same(&bridge, &topic).await?;
    witness.saw_nothing_else().await?;
    let said = portal.said();
    for secret in ["first-secret", "second-secret", "third-secret", "wrong-secret"] {
        ensure!(!said.contains(secret), "{secret} was said");
    }
    ensure!(portal.delete(cloud, &link, "?force=true").await?.status == 204);
    Arc::into_inner(portal).context("the only one")?.stop().await
}

async fn another_user_takes_over_while_records_are_copied(version: Version) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = Arc::new(bridge.portal().await?);
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (link, topic, before) = linked(&bridge, &portal, "first-secret").await?;
    let mut traffic = Traffic::start(&on_prem.back_door(), &topic);
    traffic.more(SOME).await?;
    let path = format!("{}/{link}", links(cloud));
    let looked_at =
        vec![(path.clone(), "link_state"), (mirror(cloud, &link, &topic), "mirror_status")];
    let witness = Witness::of(&portal, looked_at).await?;
    // One that may log in and see nothing would break the link.
    let blind = unique("blind");
    set_password(on_prem, &blind, "blind-secret").await?;
    let (status, body) =
        change(&portal, &path, "sasl.jaas.config", &jaas(&blind, "blind-secret")).await?;
    ensure!(status == 400, "{status}: {body}");
    traffic.more(SOME).await?;

    let after = reader(on_prem, &topic, "other-secret").await?;
    let (status, body) =
        change(&portal, &path, "sasl.jaas.config", &jaas(&after, "other-secret")).await?;
    ensure!(status == 204, "{status}: {body}");
    // What still went as the user before would be refused from now on.
    let client = admin(on_prem)?;
    let filter = AclFilter { principal: Some(format!("User:{before}")), ..AclFilter::default() };
    for outcome in client.delete_acls(&[filter]).await? {
        ensure!(outcome?.len() == 2, "its two ACLs");
    }
    client.close().await;
    traffic.more(SOME).await?;
    traffic.stop().await?;
    same(&bridge, &topic).await?;
    witness.saw_nothing_else().await?;
    ensure!(portal.delete(cloud, &link, "?force=true").await?.status == 204);
    Arc::into_inner(portal).context("the only one")?.stop().await
}

fn binding(user: &str, resource: AclResource, name: &str, operation: AclOperation) -> AclBinding {
    AclBinding {
        resource,
        name: name.to_owned(),
        pattern: AclPattern::Literal,
        principal: format!("User:{user}"),
        host: "*".to_owned(),
        operation,
        permission: AclPermission::Allow,
    }
}

async fn a_password_of_the_destination_is_rotated_while_the_source_dials(
    version: Version,
) -> Result<()> {
    let bridge = Bridge::lease(version).await?;
    let portal = Arc::new(bridge.portal().await?);
    let (on_prem, cloud) = (bridge.on_prem(), bridge.cloud());
    let (link, topic, user) = (unique("rotating"), unique("flow"), unique("writer"));
    wire(on_prem).await?.create_topic(&topic, 3, 1, &[]).await?;
    set_password(cloud, &user, "first-secret").await?;
    let client = admin(cloud)?;
    let all = [
        binding(&user, AclResource::Topic, "*", AclOperation::All),
        binding(&user, AclResource::Group, "*", AclOperation::All),
        binding(&user, AclResource::TransactionalId, "*", AclOperation::All),
        binding(&user, AclResource::Cluster, "kafka-cluster", AclOperation::All),
    ];
    for outcome in client.create_acls(&all).await? {
        outcome?;
    }
    client.close().await;
    let inbound = json!({"source_cluster_id": on_prem.id(), "configs": configs(
        "link.mode=DESTINATION\nconnection.mode=INBOUND\navailability.check.ms=1000\n",
    )});
    portal.create(cloud, &link, inbound).await?;
    let file = format!(
        "link.mode=SOURCE\nconnection.mode=OUTBOUND\nbootstrap.servers={}\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-512\nsasl.jaas.config={}\navailability.check.ms=1000\n",
        cloud.bootstrap_of(Door::Scram),
        jaas(&user, "first-secret")
    );
    let outbound = json!({"destination_cluster_id": cloud.id(), "configs": configs(&file)});
    portal.create(on_prem, &link, outbound).await?;
    portal.link_is(cloud, &link, "ACTIVE").await?;
    portal.link_is(on_prem, &link, "ACTIVE").await?;
    portal.mirror(cloud, &link, &topic).await?;
    portal.mirror_is(cloud, &link, &topic, "ACTIVE").await?;
    let mut traffic = Traffic::start(&on_prem.back_door(), &topic);
    traffic.more(SOME).await?;
    let path = format!("{}/{link}", links(on_prem));
    let looked_at = vec![
        (path.clone(), "link_state"),
        (format!("{}/{link}", links(cloud)), "link_state"),
        (mirror(cloud, &link, &topic), "mirror_status"),
    ];
    let witness = Witness::of(&portal, looked_at).await?;
    let (status, body) =
        change(&portal, &path, "sasl.jaas.config", &jaas(&user, "wrong-secret")).await?;
    ensure!(status == 400, "{status}: {body}");
    traffic.more(SOME).await?;
    set_password(cloud, &user, "second-secret").await?;
    let (status, body) =
        change(&portal, &path, "sasl.jaas.config", &jaas(&user, "second-secret")).await?;
    ensure!(status == 204, "{status}: {body}");
    traffic.more(SOME).await?;
    traffic.stop().await?;
    same(&bridge, &topic).await?;
    witness.saw_nothing_else().await?;
    for cluster in [on_prem, cloud] {
        ensure!(portal.delete(cluster, &link, "?force=true").await?.status == 204);
    }
    Arc::into_inner(portal).context("the only one")?.stop().await
}
