//! What can be asked over the WebSocket: one function per request.

mod of_access;
mod of_brokers;
mod of_groups;
mod of_links;

use drawbridge_shared::{
    draft::{ClusterDraft, ConfigChange, TopicDraft},
    names::{ClusterName, TopicName},
    wire::{Request, Response},
};

use crate::{
    browse::{Browse, WantedRecord, WantedRecords},
    clusters::Clusters,
    guard,
    links::{Links, Stretch},
    ops::{configs, probe, purge, topics},
    produce::{self, Wanted},
    refusal::Refusal,
};

type Answer = Result<Response, Refusal>;

/// Carries out a request.
///
/// # Errors
/// The refusal in words.
pub(super) async fn carry_out(links: &Links, browse: &Browse, request: Request) -> Answer {
    let clusters = links.clusters();
    guard::admit(clusters, guard::of_request(&request))?;
    match request {
        Request::TestConnection { draft } => test_connection(&draft).await,
        Request::TestCluster { cluster } => test_cluster(clusters, &cluster).await,
        Request::AddCluster { draft } => add_cluster(clusters, &draft).await,
        Request::RemoveCluster { cluster } => remove_cluster(clusters, &cluster).await,
        Request::CreateTopic { cluster, draft, validate_only } => {
            create_topic(clusters, &cluster, &draft, validate_only).await
        }
        Request::DeleteTopic { cluster, topic, topic_id } => {
            delete_topic(clusters, &cluster, &topic, topic_id.as_deref()).await
        }
        Request::AddPartitions { cluster, topic, total, validate_only } => {
            add_partitions(clusters, &cluster, &topic, total, validate_only).await
        }
        Request::PurgeTopic { cluster, topic, topic_id, before } => {
            purge_topic(clusters, &cluster, &topic, topic_id.as_deref(), &before).await
        }
        Request::TopicConfigs { cluster, topic } => topic_configs(clusters, &cluster, &topic).await,
        Request::TopicDefaults { cluster } => topic_defaults(clusters, &cluster).await,
        Request::AlterTopicConfigs { cluster, topic, changes, validate_only } => {
            alter_topic_configs(clusters, &cluster, &topic, &changes, validate_only).await
        }
        Request::BrokerConfigs { cluster, broker } => {
            of_brokers::configs(clusters, &cluster, broker).await
        }
        Request::BrokerDefaults { cluster } => of_brokers::defaults(clusters, &cluster).await,
        Request::AlterBrokerConfigs { cluster, broker, changes, validate_only } => {
            of_brokers::alter(clusters, &cluster, broker, &changes, validate_only).await
        }
        Request::BrokerReplicas { cluster, broker } => {
            of_brokers::replicas(clusters, &cluster, broker).await
        }
        Request::ElectLeaders { cluster, election, partitions } => {
            of_brokers::elect(clusters, &cluster, election, &partitions).await
        }
        Request::CheckLink { cluster, draft } => of_links::check(links, &cluster, &draft).await,
        Request::CreateLink { cluster, draft } => of_links::create(links, &cluster, &draft).await,
        Request::DeleteLink { cluster, link, force } => {
            links.delete(&cluster, &link, force, false).await.map(|()| Response::Done)
        }
        Request::LinkConfigs { cluster, link } => {
            links.configs(&cluster, &link).map(Response::LinkConfigs)
        }
        Request::AlterLinkConfigs { cluster, link, changes, validate_only } => {
            links.alter(&cluster, &link, &changes, validate_only).await.map(|()| Response::Done)
        }
        Request::LinkHistory { cluster, link, topic } => {
            links.history(&cluster, &link, topic.as_ref()).map(Response::History)
        }
        Request::SourceTopics { cluster, link } => {
            links.source_topics(&cluster, &link).await.map(Response::SourceTopics)
        }
        Request::LinkGroups { cluster, link, topic } => {
            links.groups(&cluster, &link, topic.as_ref()).await.map(Response::GroupOffsets)
        }
        Request::CreateMirrors { cluster, link, drafts } => {
            Ok(of_links::create_mirrors(links, &cluster, &link, &drafts).await)
        }
        Request::ActOnMirrors { cluster, link, action, topics, validate_only } => links
            .act(&cluster, &link, action, &topics, validate_only)
            .await
            .map(Response::MirrorActions),
        Request::VerifyMirrors { cluster, link, topics, range } => {
            links.verify(&cluster, &link, &topics, range).await.map(Response::VerifyStarted)
        }
        Request::CancelVerify { cluster, link } => {
            links.cancel_verify(&cluster, &link).map(|()| Response::Done)
        }
        Request::PlanGroupReset { cluster, group, scope, target } => {
            of_groups::plan(links, &cluster, &group, &scope, &target).await
        }
        Request::ResetGroup { cluster, group, moves } => {
            of_groups::reset(clusters, &cluster, &group, &moves).await
        }
        Request::DeleteGroup { cluster, group } => {
            of_groups::delete(clusters, &cluster, &group).await
        }
        Request::DeleteGroupOffsets { cluster, group, topics } => {
            of_groups::delete_offsets(clusters, &cluster, &group, &topics).await
        }
        Request::Users { cluster } => of_access::users(clusters, &cluster).await,
        Request::SetUser { cluster, draft, replace } => {
            of_access::set_user(clusters, &cluster, &draft, replace).await
        }
        Request::DeleteUser { cluster, user, mechanism } => {
            of_access::delete_user(clusters, &cluster, &user, mechanism).await
        }
        Request::Acls { cluster, selection } => {
            of_access::acls(clusters, &cluster, &selection).await
        }
        Request::CreateAcls { cluster, acls } => {
            of_access::create_acls(clusters, &cluster, &acls).await
        }
        Request::DeleteAcls { cluster, acls } => {
            of_access::delete_acls(clusters, &cluster, &acls).await
        }
        Request::LinkPrincipals => Ok(Response::LinkPrincipals(links.principals())),
        Request::CompareRecords { cluster, link, topic, partition, from, count } => {
            let wanted = Stretch { partition, from, count };
            let compared = links.compare(&cluster, &link, &topic, wanted).await;
            compared.map(|view| Response::Compared(Box::new(view)))
        }
        Request::Produce { cluster, topic, records, copies, codec } => {
            let wanted = Wanted { records: &records, copies, codec };
            let rows = produce::produce(links, &cluster, &topic, wanted).await;
            rows.map(Response::Produced)
        }
        Request::ReadRecord {
            cluster,
            topic,
            partition,
            offset,
            key_decoding: key,
            value_decoding: value,
            header_decoding: header,
        } => {
            let wanted = WantedRecord { cluster, topic, partition, offset, key, value, header };
            browse.read(wanted).await.map(|record| Response::Record(Box::new(record)))
        }
        Request::ReadRecords {
            cluster,
            topic,
            places,
            key_decoding: key,
            value_decoding: value,
            paths,
        } => {
            let wanted = WantedRecords { cluster, topic, places, key, value, paths };
            browse.read_again(wanted).await.map(Response::Records)
        }
    }
}

/// The request's name for logs; its content may hold secrets.
#[must_use]
pub(super) fn kind(request: &Request) -> &'static str {
    match request {
        Request::TestConnection { .. } => "test_connection",
        Request::TestCluster { .. } => "test_cluster",
        Request::AddCluster { .. } => "add_cluster",
        Request::RemoveCluster { .. } => "remove_cluster",
        Request::CreateTopic { .. } => "create_topic",
        Request::DeleteTopic { .. } => "delete_topic",
        Request::AddPartitions { .. } => "add_partitions",
        Request::PurgeTopic { .. } => "purge_topic",
        Request::TopicConfigs { .. } => "topic_configs",
        Request::TopicDefaults { .. } => "topic_defaults",
        Request::AlterTopicConfigs { .. } => "alter_topic_configs",
        Request::BrokerConfigs { .. } => "broker_configs",
        Request::BrokerDefaults { .. } => "broker_defaults",
        Request::AlterBrokerConfigs { .. } => "alter_broker_configs",
        Request::BrokerReplicas { .. } => "broker_replicas",
        Request::ElectLeaders { .. } => "elect_leaders",
        Request::CheckLink { .. } => "check_link",
        Request::CreateLink { .. } => "create_link",
        Request::DeleteLink { .. } => "delete_link",
        Request::LinkConfigs { .. } => "link_configs",
        Request::AlterLinkConfigs { .. } => "alter_link_configs",
        Request::LinkHistory { .. } => "link_history",
        Request::SourceTopics { .. } => "source_topics",
        Request::LinkGroups { .. } => "link_groups",
        Request::CreateMirrors { .. } => "create_mirrors",
        Request::ActOnMirrors { .. } => "act_on_mirrors",
        Request::VerifyMirrors { .. } => "verify_mirrors",
        Request::CancelVerify { .. } => "cancel_verify",
        Request::CompareRecords { .. } => "compare_records",
        Request::Produce { .. } => "produce",
        Request::PlanGroupReset { .. } => "plan_group_reset",
        Request::ResetGroup { .. } => "reset_group",
        Request::DeleteGroup { .. } => "delete_group",
        Request::DeleteGroupOffsets { .. } => "delete_group_offsets",
        Request::Users { .. } => "users",
        Request::SetUser { .. } => "set_user",
        Request::DeleteUser { .. } => "delete_user",
        Request::Acls { .. } => "acls",
        Request::CreateAcls { .. } => "create_acls",
        Request::DeleteAcls { .. } => "delete_acls",
        Request::LinkPrincipals => "link_principals",
        Request::ReadRecord { .. } => "read_record",
        Request::ReadRecords { .. } => "read_records",
    }
}

async fn test_connection(draft: &ClusterDraft) -> Answer {
    Ok(Response::Probe(probe::of_draft(draft).await))
}

async fn test_cluster(clusters: &Clusters, cluster: &ClusterName) -> Answer {
    let settings = clusters.require(cluster)?.spec().settings.clone();
    Ok(Response::Probe(probe::of_settings(settings).await))
}

async fn add_cluster(clusters: &Clusters, draft: &ClusterDraft) -> Answer {
    clusters.add(draft).await?;
    Ok(Response::Done)
}

async fn remove_cluster(clusters: &Clusters, cluster: &ClusterName) -> Answer {
    clusters.remove(cluster).await?;
    Ok(Response::Done)
}

async fn create_topic(
    clusters: &Clusters,
    cluster: &ClusterName,
    draft: &TopicDraft,
    validate_only: bool,
) -> Answer {
    let spec = draft.validate().map_err(Refusal::of_fields)?;
    let cluster = clusters.require(cluster)?;
    topics::create(&cluster, clusters.notices(), &spec, validate_only).await?;
    Ok(Response::Done)
}

async fn delete_topic(
    clusters: &Clusters,
    cluster: &ClusterName,
    topic: &TopicName,
    topic_id: Option<&str>,
) -> Answer {
    let cluster = clusters.require(cluster)?;
    topics::delete(&cluster, clusters.notices(), topic, topic_id).await?;
    Ok(Response::Done)
}

async fn add_partitions(
    clusters: &Clusters,
    cluster: &ClusterName,
    topic: &TopicName,
    total: u32,
    validate_only: bool,
) -> Answer {
    let cluster = clusters.require(cluster)?;
    topics::add_partitions(&cluster, clusters.notices(), topic, total, validate_only).await?;
    Ok(Response::Done)
}

async fn purge_topic(
    clusters: &Clusters,
    cluster: &ClusterName,
    topic: &TopicName,
    topic_id: Option<&str>,
    before: &[(i32, i64)],
) -> Answer {
    let cluster = clusters.require(cluster)?;
    let rows = purge::purge(&cluster, clusters.notices(), topic, topic_id, before).await?;
    Ok(Response::Purged(rows))
}

async fn topic_configs(clusters: &Clusters, cluster: &ClusterName, topic: &TopicName) -> Answer {
    let cluster = clusters.require(cluster)?;
    Ok(Response::Configs(configs::views_of_topic(&cluster, topic.as_str()).await?))
}

async fn topic_defaults(clusters: &Clusters, cluster: &ClusterName) -> Answer {
    Ok(Response::Configs(configs::defaults(&*clusters.require(cluster)?).await?))
}

async fn alter_topic_configs(
    clusters: &Clusters,
    cluster: &ClusterName,
    topic: &TopicName,
    changes: &[ConfigChange],
    validate_only: bool,
) -> Answer {
    let cluster = clusters.require(cluster)?;
    configs::alter(&cluster, clusters.notices(), topic, changes, validate_only).await?;
    Ok(Response::Done)
}
