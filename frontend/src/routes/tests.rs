use super::*;
use proptest::prelude::*;

fn cluster(name: &str) -> ClusterName {
    name.parse().unwrap()
}

#[test]
fn every_place_has_the_url_it_always_had() {
    let query = TopicsQuery { q: "a b/ä&c".into(), internal: true, sort: "-size".into() };
    let topic: TopicName = "orders.v1".parse().unwrap();
    let link: LinkName = "from-on-prem".parse().unwrap();
    let list = ListQuery { q: "a b".into(), state: "failed".into(), sort: "-lag".into() };
    let paths = [
        (Route::Topology, "/"),
        (Route::all_links(), "/links"),
        (Route::Mirrors { query: list.clone() }, "/mirrors?q=a%20b&state=failed&sort=-lag"),
        (
            Route::LinkNew { cluster: Some(cluster("cloud")), mode: Some(LinkMode::Source) },
            "/links/new?cluster=cloud&mode=source",
        ),
        (
            Route::link(cluster("cloud"), link.clone(), LinkTab::Mirrors, list),
            "/clusters/cloud/links/from-on-prem?tab=mirrors&q=a%20b&state=failed&sort=-lag",
        ),
        (
            Route::Mirror { cluster: cluster("cloud"), link: link.clone(), topic: topic.clone() },
            "/clusters/cloud/links/from-on-prem/mirrors/orders.v1",
        ),
        (
            Route::Compare {
                cluster: cluster("cloud"),
                link: link.clone(),
                topic: topic.clone(),
                query: CompareQuery { partition: 3, offset: "17".into() },
            },
            "/clusters/cloud/links/from-on-prem/mirrors/orders.v1/compare?partition=3&offset=17",
        ),
        (
            Route::MirrorsAdd { cluster: cluster("cloud"), link: link.clone() },
            "/clusters/cloud/links/from-on-prem/add",
        ),
        (
            Route::CutOver {
                cluster: cluster("cloud"),
                link: link.clone(),
                action: CutOver::Failover,
                topics: vec![topic.clone(), "a".parse().unwrap()],
            },
            "/clusters/cloud/links/from-on-prem/failover?topics=orders.v1%2Ca",
        ),
        (
            Route::Activity {
                query: ActivityQuery {
                    q: "a b".into(),
                    cluster: Some(cluster("cloud")),
                    link: Some(link.clone()),
                    topic: Some(topic.clone()),
                    refused: true,
                },
            },
            "/activity?q=a%20b&cluster=cloud&link=from-on-prem&topic=orders.v1&refused=true",
        ),
        (Route::all_groups(), "/groups"),
        (
            Route::Groups {
                query: GroupsQuery {
                    list: ListQuery { q: "a b".into(), state: "empty".into(), sort: "-lag".into() },
                    cluster: Some(cluster("cloud")),
                },
            },
            "/clusters/cloud/groups?q=a%20b&state=empty&sort=-lag",
        ),
        (
            Route::of_group(cluster("cloud"), "billing/eu +1".into()),
            "/clusters/cloud/groups/billing%2Feu%20%2B1",
        ),
        (
            Route::Group { cluster: cluster("cloud"), group: "billing".into(), only_lag: true },
            "/clusters/cloud/groups/billing?show=lag",
        ),
        (
            Route::GroupReset {
                cluster: cluster("cloud"),
                group: "billing".into(),
                query: ResetQuery {
                    to: "shift".into(),
                    at: "-100".into(),
                    topic: "orders.v1".into(),
                    partitions: "0,3".into(),
                },
            },
            "/clusters/cloud/groups/billing/reset?to=shift&at=-100&topic=orders.v1&partitions=0%2C3",
        ),
        (Route::Clusters, "/clusters"),
        (Route::ClusterNew, "/clusters/new"),
        (Route::of_cluster(cluster("on-prem")), "/clusters/on-prem"),
        (
            Route::brokers(cluster("on-prem"), BrokersTab::Defaults),
            "/clusters/on-prem/brokers?tab=defaults",
        ),
        (
            Route::link(cluster("cloud"), link.clone(), LinkTab::Configs, ListQuery::default())
                .with_configs(ConfigsQuery { q: "a b".into(), only_set: true }),
            "/clusters/cloud/links/from-on-prem?tab=configs&q=a%20b&set=true",
        ),
        (Route::of_broker(cluster("on-prem"), 3), "/clusters/on-prem/brokers/3"),
        (
            Route::broker(cluster("on-prem"), 3, BrokerTab::Configs),
            "/clusters/on-prem/brokers/3?tab=configs",
        ),
        (
            Route::Partitions {
                cluster: cluster("on-prem"),
                query: PartitionsQuery { q: "a b".into(), show: trouble_of("under-min-isr") },
            },
            "/clusters/on-prem/partitions?q=a%20b&show=under-min-isr",
        ),
        (Route::Topics { cluster: None, query: TopicsQuery::default() }, "/topics"),
        (
            Route::Topics { cluster: Some(cluster("cloud")), query },
            "/clusters/cloud/topics?q=a%20b%2F%C3%A4%26c&internal=true&sort=-size",
        ),
        (Route::TopicNew { cluster: cluster("cloud") }, "/clusters/cloud/topics/new"),
        (Route::of_topic(cluster("cloud"), topic.clone()), "/clusters/cloud/topics/orders.v1"),
        (
            Route::Produce { cluster: cluster("cloud"), topic: topic.clone(), of: None },
            "/clusters/cloud/topics/orders.v1/produce",
        ),
        (
            Route::Produce {
                cluster: cluster("cloud"),
                topic: topic.clone(),
                of: Some(RecordPlace {
                    cluster: cluster("on-prem"),
                    topic: topic.clone(),
                    partition: 2,
                    offset: 9_007_199_254_740_993,
                }),
            },
            "/clusters/cloud/topics/orders.v1/produce?of=on-prem%2Forders.v1%2F2%2F9007199254740993",
        ),
        (
            Route::Topic {
                cluster: cluster("cloud"),
                topic: topic.clone(),
                tab: TopicTab::Partitions,
                sort: "-size".into(),
                configs: ConfigsQuery::default(),
            },
            "/clusters/cloud/topics/orders.v1?sort=-size",
        ),
        (
            Route::topic(cluster("cloud"), topic, TopicTab::Configs)
                .with_configs(ConfigsQuery { q: "retention".into(), only_set: false }),
            "/clusters/cloud/topics/orders.v1?tab=configs&q=retention",
        ),
    ];
    for (route, path) in paths {
        assert_eq!(route.path(), path);
        let (path, search) = path.split_once('?').unwrap_or((path, ""));
        assert_eq!(Route::parse(path, search), Some(route));
    }
}

#[test]
fn a_cluster_or_topic_called_new_is_not_mistaken_for_a_form() {
    for route in
        [Route::of_cluster(cluster("new")), Route::of_topic(cluster("new"), "new".parse().unwrap())]
    {
        assert_eq!(Route::parse(&route.path(), ""), Some(route));
    }
}

#[test]
fn the_root_shows_the_topology() {
    assert_eq!(Route::parse("/", ""), Some(Route::Topology));
}

#[test]
fn what_is_no_place_is_not_found() {
    for path in [
        "/nowhere",
        "/clusters/a/b",
        "/clusters/a%2Fb",
        "/clusters/a/topics/t/x",
        "/c",
        "/links/x",
        "/clusters/a/links",
        "/clusters/a/links/l/demote",
    ] {
        assert_eq!(Route::parse(path, ""), None, "{path}");
    }
}

#[test]
fn an_unknown_tab_or_broker_falls_back_to_the_page() {
    assert_eq!(Route::parse("/clusters/a", "?broker=x"), Some(Route::of_cluster(cluster("a"))),);
    assert_eq!(Route::parse("/clusters/a/brokers/x", ""), None);
    assert_eq!(
        Route::parse("/clusters/a", "?broker=3"),
        Some(Route::broker(cluster("a"), 3, BrokerTab::Configs)),
        "an old link leads to the broker's page"
    );
    assert_eq!(
        Route::parse("/clusters/a/topics/t", "?tab=nope"),
        Some(Route::of_topic(cluster("a"), "t".parse().unwrap())),
    );
}

fn routes() -> impl Strategy<Value = Route> {
    let cluster = "[a-z0-9][a-z0-9._-]{0,9}".prop_map(|name| cluster(&name));
    let topic = "[a-z0-9._-]{3,9}".prop_filter_map("dots", |name| name.parse::<TopicName>().ok());
    let query = (".{0,20}", any::<bool>(), "-?[a-z]{0,8}")
        .prop_map(|(q, internal, sort)| TopicsQuery { q, internal, sort });
    let tab = prop_oneof![Just(TopicTab::Partitions), Just(TopicTab::Configs)];
    let link = "[a-z0-9._-]{3,9}".prop_filter_map("dots", |name| name.parse::<LinkName>().ok());
    let list = (".{0,20}", "[a-z]{0,8}", "-?[a-z]{0,8}").prop_map(|(q, state, sort)| ListQuery {
        q,
        state,
        sort,
    });
    let action = prop_oneof![Just(CutOver::Promote), Just(CutOver::Failover)];
    let topics = proptest::collection::vec(topic.clone(), 0..3);
    prop_oneof![
        list.prop_map(|query| Route::Links { query }),
        (cluster.clone(), link.clone(), topic.clone())
            .prop_map(|(cluster, link, topic)| Route::Mirror { cluster, link, topic }),
        (cluster.clone(), link.clone(), topic.clone(), 0..9, "[0-9]{0,6}").prop_map(
            |(cluster, link, topic, partition, offset)| {
                let query = CompareQuery { partition, offset };
                Route::Compare { cluster, link, topic, query }
            }
        ),
        (cluster.clone(), link, action, topics).prop_map(|(cluster, link, action, topics)| {
            Route::CutOver { cluster, link, action, topics }
        }),
        cluster.clone().prop_map(|cluster| Route::Cluster { cluster }),
        (cluster.clone(), any::<i32>(), any::<bool>()).prop_map(|(cluster, broker, configs)| {
            let tab = if configs { BrokerTab::Configs } else { BrokerTab::Disks };
            Route::broker(cluster, broker, tab)
        }),
        (cluster.clone(), ".{0,20}", "offline|not-preferred|").prop_map(|(cluster, q, show)| {
            Route::Partitions { cluster, query: PartitionsQuery { q, show: trouble_of(&show) } }
        }),
        (proptest::option::of(cluster.clone()), query)
            .prop_map(|(cluster, query)| Route::Topics { cluster, query }),
        (cluster, topic, tab, "-?[a-z]{0,8}", (".{0,9}", any::<bool>())).prop_map(
            |(cluster, topic, tab, sort, (q, only_set))| {
                let configs = ConfigsQuery { q, only_set };
                Route::Topic { cluster, topic, tab, sort, configs }
            },
        ),
    ]
}

proptest! {
    #[test]
    fn a_written_url_reads_back_as_the_same_place(route in routes()) {
        let url = route.path();
        let (path, search) = url.split_once('?').unwrap_or((&url, ""));
        prop_assert_eq!(Route::parse(path, search), Some(route));
    }

    #[test]
    fn an_arbitrary_url_is_no_place_or_one_that_writes_itself_back(
        path in "(/(clusters|topics|links|mirrors|brokers|partitions|new|add|promote|.{0,6})){0,6}", search in ".{0,60}"
    ) {
        if let Some(route) = Route::parse(&path, &search) {
            let url = route.path();
            let (path, search) = url.split_once('?').unwrap_or((&url, ""));
            prop_assert_eq!(Route::parse(path, search), Some(route));
        }
    }

    #[test]
    fn places_on_one_page_differ_only_in_the_query(route in routes()) {
        let (url, page) = (route.path(), route.page().path());
        prop_assert_eq!(url.split('?').next(), Some(&*page));
    }
}
