//! What lies on a broker's disks.

use drawbridge_kafka::admin::log_dirs::{LogDir, LogDirReplica};
use drawbridge_shared::view::{BrokerReplicasView, DiskReplica, MAX_REPLICAS};

use super::configs::no_answer;
use crate::{
    clock::now_ms,
    clusters::Cluster,
    refusal::{Doing, Refusal, refuse},
};

/// The replicas on a broker's disks, the largest first.
///
/// # Errors
/// `NotFound`, `Denied`, `Unavailable`.
pub async fn replicas(cluster: &Cluster, broker: i32) -> Result<BrokerReplicasView, Refusal> {
    let doing = Doing::on_cluster(format!("read the disks of broker {broker}"), "DESCRIBE");
    let answer = cluster.client()?.describe_log_dirs(Some(&[broker])).await;
    let dirs = answer
        .and_then(|mut brokers| brokers.remove(&broker).unwrap_or_else(no_answer))
        .map_err(|error| refuse(&cluster.spec().name, &doing, &error))?;
    let mut rows: Vec<DiskReplica> =
        dirs.iter().flat_map(|dir| dir.replicas.iter().map(|replica| row(dir, replica))).collect();
    let n_all = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    rows.sort_by(|a, b| {
        let by_name = || (&a.topic, a.partition, &a.path).cmp(&(&b.topic, b.partition, &b.path));
        b.size_bytes.cmp(&a.size_bytes).then_with(by_name)
    });
    rows.truncate(MAX_REPLICAS);
    Ok(BrokerReplicasView { read_at_ms: now_ms(), n_all, rows })
}

fn row(dir: &LogDir, replica: &LogDirReplica) -> DiskReplica {
    DiskReplica {
        topic: replica.partition.topic.clone(),
        partition: replica.partition.partition,
        path: dir.path.clone(),
        size_bytes: u64::try_from(replica.size).ok(),
        offset_lag: replica.offset_lag,
        is_moving: replica.future,
    }
}
