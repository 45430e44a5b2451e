use std::sync::Arc;

use drawbridge_embedded::{ClusterSpec as EmbeddedSpec, EmbeddedCluster, TopicSpec as Topic};

use super::*;
use crate::{clusters::Clusters, shutdown::Tasks};

async fn with_orders() -> (EmbeddedCluster, Arc<Cluster>) {
    let spec = EmbeddedSpec::new("id-one").topic(Topic::new("orders", 1, 1));
    let embedded = EmbeddedCluster::start(spec).await.unwrap();
    let clusters = Clusters::new(Notices::default(), None, Tasks::default());
    let cluster = clusters.insert(crate::demo::spec("one", &embedded).unwrap()).unwrap();
    (embedded, cluster)
}

#[tokio::test]
async fn a_topic_made_again_between_the_look_and_the_call_is_not_deleted() {
    let (_embedded, cluster) = with_orders().await;
    let (client, orders) = (cluster.confirmed().await.unwrap(), "orders".parse().unwrap());
    let looked_at = require_same(&cluster, &orders, None).await.unwrap();

    client.delete_topics(&["orders"]).await.unwrap().remove("orders").unwrap().unwrap();
    let again = NewTopic { name: "orders".into(), partitions: Some(3), ..NewTopic::default() };
    client.create_topics(&[again], false).await.unwrap().remove("orders").unwrap().unwrap();

    let refused = delete_looked_at(&cluster, client, &orders, looked_at.id).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Conflict, "{refused:?}");
    assert!(refused.message.contains("nothing was changed"), "{refused:?}");
    let now = describe(&cluster, "orders").await.unwrap();
    assert_eq!(now.partitions.len(), 3, "the new topic is untouched");
    delete_looked_at(&cluster, client, &orders, now.id).await.unwrap();
    assert_eq!(describe(&cluster, "orders").await.unwrap_err().code, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_topic_without_an_id_is_never_deleted_by_id() {
    let (_embedded, cluster) = with_orders().await;
    let (client, orders) = (cluster.confirmed().await.unwrap(), "orders".parse().unwrap());
    let refused = delete_looked_at(&cluster, client, &orders, Uuid::nil()).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Invalid, "{refused:?}");
    describe(&cluster, "orders").await.unwrap();
}
