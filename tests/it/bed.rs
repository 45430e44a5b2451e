//! The test bed itself.

use drawbridge_tests::{
    bed::{Door, Version, gallery, three_brokers, unique},
    wire::Wire,
};

#[tokio::test]
async fn the_gallery_answers_on_its_back_door_with_the_cluster_id_it_was_given() {
    for version in Version::ALL {
        let cluster = gallery(version).await.unwrap();
        let mut wire = Wire::connect(&cluster.back_door()).await.unwrap();
        let seen = wire.cluster().await.unwrap();
        assert_eq!(seen.cluster_id.unwrap().as_str(), cluster.id());
        wire.create_topic(&unique("orders"), 3, 1, &[]).await.unwrap();
        let properties = cluster.properties_of(Door::SaslSsl, "alice");
        assert!(properties.contains("alice-secret") && properties.contains("ca.pem"));
    }
}

#[tokio::test]
async fn three_brokers_come_back_after_a_kill() {
    let cluster = three_brokers(Version::V4).await.unwrap();
    cluster.broker(2).kill().await.unwrap();
    assert!(Wire::connect(cluster.broker(2).address()).await.is_err());
    drop(cluster);
    let cluster = three_brokers(Version::V4).await.unwrap();
    let mut wire = Wire::connect(cluster.broker(2).address()).await.unwrap();
    assert_eq!(wire.cluster().await.unwrap().brokers.len(), 3);
}
