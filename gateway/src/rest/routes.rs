//! Every path below `/kafka/v3` and what answers there.

use drawbridge_shared::{guard::Action, view::MirrorAction};

use super::{
    acls, broker_configs, brokers, clusters, configs, group_lags, groups, link_configs, links,
    methods::{Changes, Methods, get, post, put},
    mirror_actions, mirrors, openapi, partitions, records, topics,
};

/// Starts a path that names a cluster.
macro_rules! in_cluster {
    ($path:literal) => {
        concat!("/clusters/{cluster_id}", $path)
    };
}

type Route = (&'static str, Methods);

/// All of them; `openapi.json` describes the same ones.
pub(super) fn table() -> Vec<Route> {
    let mut all = vec![
        ("/openapi.json", get(openapi::document)),
        ("/clusters", get(clusters::list)),
        (in_cluster!(""), get(clusters::get)),
    ];
    all.extend(of_brokers());
    all.extend(of_topics());
    all.extend(of_groups());
    all.extend(of_acls());
    all.extend(of_links());
    all.extend(of_mirrors());
    all
}

fn of_brokers() -> Vec<Route> {
    let alters = Changes::Does(Action::BrokerAlter);
    vec![
        (in_cluster!("/brokers"), get(brokers::list)),
        (in_cluster!("/brokers/{broker_id}"), get(brokers::get)),
        (in_cluster!("/brokers/{broker_id}/configs"), get(broker_configs::list)),
        (in_cluster!("/brokers/{broker_id}/configs:alter"), post(alters, broker_configs::alter)),
        (
            in_cluster!("/brokers/{broker_id}/configs/{name}"),
            get(broker_configs::get)
                .put(alters, broker_configs::put)
                .delete(alters, broker_configs::reset),
        ),
        (
            in_cluster!("/brokers/{broker_id}/partition-replicas"),
            get(partitions::replicas_of_broker),
        ),
        (in_cluster!("/broker-configs"), get(broker_configs::list_of_all)),
        (in_cluster!("/broker-configs:alter"), post(alters, broker_configs::alter_all)),
        (
            in_cluster!("/broker-configs/{name}"),
            get(broker_configs::get_of_all)
                .put(alters, broker_configs::put_for_all)
                .delete(alters, broker_configs::reset_for_all),
        ),
    ]
}

fn of_topics() -> Vec<Route> {
    let alters = Changes::Does(Action::TopicAlter);
    let writes = Changes::Does(Action::RecordsProduce);
    vec![
        (
            in_cluster!("/topics"),
            get(topics::list).post(Changes::Does(Action::TopicCreate), topics::create),
        ),
        (in_cluster!("/topics/-/configs"), get(configs::list_of_all_topics)),
        (
            in_cluster!("/topics/{topic}"),
            get(topics::get)
                .patch(Changes::Does(Action::TopicPartitions), topics::patch)
                .delete(Changes::Does(Action::TopicDelete), topics::delete),
        ),
        (in_cluster!("/topics/{topic}/configs"), get(configs::list)),
        (in_cluster!("/topics/{topic}/configs:alter"), post(alters, configs::alter)),
        (
            in_cluster!("/topics/{topic}/configs/{name}"),
            get(configs::get).put(alters, configs::put).delete(alters, configs::reset),
        ),
        (in_cluster!("/topics/{topic}/records"), post(writes, records::produce)),
        (in_cluster!("/topics/{topic}/records:batch"), post(writes, records::produce_batch)),
        (in_cluster!("/topics/{topic}/default-configs"), get(configs::defaults)),
        (in_cluster!("/topics/{topic}/partitions"), get(partitions::list)),
        (in_cluster!("/topics/{topic}/partitions/{partition_id}"), get(partitions::get)),
        (in_cluster!("/topics/{topic}/partitions/{partition_id}/offset"), get(partitions::offset)),
        (
            in_cluster!("/topics/{topic}/partitions/{partition_id}/replicas"),
            get(partitions::replicas),
        ),
        (
            in_cluster!("/topics/{topic}/partitions/{partition_id}/replicas/{broker_id}"),
            get(partitions::replica),
        ),
    ]
}

fn of_groups() -> Vec<Route> {
    vec![
        (in_cluster!("/consumer-groups"), get(groups::list)),
        (in_cluster!("/consumer-groups/{consumer_group_id}"), get(groups::get)),
        (in_cluster!("/consumer-groups/{consumer_group_id}/consumers"), get(groups::consumers)),
        (
            in_cluster!("/consumer-groups/{consumer_group_id}/consumers/{consumer_id}"),
            get(groups::consumer),
        ),
        (
            in_cluster!("/consumer-groups/{consumer_group_id}/consumers/{consumer_id}/assignments"),
            get(groups::assignments),
        ),
        (
            in_cluster!(
                "/consumer-groups/{consumer_group_id}/consumers/{consumer_id}/assignments/{topic_name}/partitions/{partition_id}"
            ),
            get(groups::assignment),
        ),
        (in_cluster!("/consumer-groups/{consumer_group_id}/lags"), get(group_lags::list)),
        (
            in_cluster!(
                "/consumer-groups/{consumer_group_id}/lags/{topic_name}/partitions/{partition_id}"
            ),
            get(group_lags::get),
        ),
        (in_cluster!("/consumer-groups/{consumer_group_id}/lag-summary"), get(group_lags::summary)),
    ]
}

fn of_acls() -> Vec<Route> {
    let creates = Changes::Does(Action::AclCreate);
    let deletes = Changes::Does(Action::AclDelete);
    vec![
        (
            in_cluster!("/acls"),
            get(acls::list).post(creates, acls::create).delete(deletes, acls::delete),
        ),
        (in_cluster!("/acls:batch"), post(creates, acls::create_many)),
    ]
}

fn of_links() -> Vec<Route> {
    // Pausing is a config; deleting by force is a failover, too.
    let depends = Changes::Depends;
    vec![
        (
            in_cluster!("/links"),
            get(links::list).post(Changes::Does(Action::LinkCreate), links::create),
        ),
        (in_cluster!("/links/{link_name}"), get(links::get).delete(depends, links::delete)),
        (in_cluster!("/links/{link_name}/configs"), get(link_configs::list)),
        // Topics are altered by POST, links by PUT: so the public API has it.
        (in_cluster!("/links/{link_name}/configs:alter"), put(depends, link_configs::alter)),
        (
            in_cluster!("/links/{link_name}/configs/{name}"),
            get(link_configs::get)
                .put(depends, link_configs::put)
                .delete(depends, link_configs::reset),
        ),
    ]
}

fn of_mirrors() -> Vec<Route> {
    let acts = mirror_actions::acts;
    let not_offered = || post(Changes::Nothing, mirror_actions::not_offered);
    vec![
        (in_cluster!("/links/-/mirrors"), get(mirrors::list_of_all_links)),
        (
            in_cluster!("/links/{link_name}/mirrors"),
            get(mirrors::list).post(Changes::Does(Action::MirrorCreate), mirrors::create),
        ),
        (in_cluster!("/links/{link_name}/mirrors/{mirror_topic_name}"), get(mirrors::get)),
        (in_cluster!("/links/{link_name}/mirrors:promote"), acts(MirrorAction::Promote)),
        (in_cluster!("/links/{link_name}/mirrors:failover"), acts(MirrorAction::Failover)),
        (in_cluster!("/links/{link_name}/mirrors:pause"), acts(MirrorAction::Pause)),
        (in_cluster!("/links/{link_name}/mirrors:resume"), acts(MirrorAction::Resume)),
        (in_cluster!("/links/{link_name}/mirrors:reverse-and-start-mirror"), not_offered()),
        (in_cluster!("/links/{link_name}/mirrors:reverse-and-pause-mirror"), not_offered()),
        (in_cluster!("/links/{link_name}/mirrors:truncate-and-restore"), not_offered()),
    ]
}
