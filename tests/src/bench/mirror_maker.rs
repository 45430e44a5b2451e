//! MirrorMaker 2 in dedicated mode, the same Kafka release as the brokers.

use std::fmt::Write as _;

use anyhow::Result;

use super::{child::Child, contender::Setting};

/// What is set beyond what is needed to run at all: fetches and batches large enough, five idempotent requests in
/// flight instead of one (Connect's default), identical topic names. The codec is that of the source, or the two
/// would not do the same work.
const TUNED: &str = "\
A.consumer.fetch.min.bytes=65536
A.consumer.fetch.max.wait.ms=100
A.consumer.fetch.max.bytes=67108864
A.consumer.max.partition.fetch.bytes=4194304
A.consumer.max.poll.records=10000
A.consumer.receive.buffer.bytes=4194304
B.producer.acks=all
B.producer.linger.ms=20
B.producer.batch.size=524288
B.producer.buffer.memory=268435456
B.producer.max.request.size=8388608
B.producer.enable.idempotence=true
B.producer.max.in.flight.requests.per.connection=5
B.producer.send.buffer.bytes=4194304
";

/// Starts it; it mirrors the topics of the setting under their own names.
pub(super) fn start(setting: &Setting<'_>, tuned: bool) -> Result<Child> {
    // Names of their own in every turn, so that it begins at the beginning.
    let turn = setting.turn;
    let (a, b) = (format!("a{turn}"), format!("b{turn}"));
    let mut text = format!("clusters={a},{b}\n");
    for (alias, cluster) in [(&a, setting.source), (&b, setting.destination)] {
        writeln!(text, "{alias}.bootstrap.servers={}", cluster.back_door())?;
    }
    writeln!(text, "{a}->{b}.enabled=true\n{b}->{a}.enabled=false")?;
    writeln!(text, "{a}->{b}.topics={}", setting.topics.join(","))?;
    text += "replication.policy.class=org.apache.kafka.connect.mirror.IdentityReplicationPolicy\n\
             sync.topic.acls.enabled=false\n";
    for of in [
        "",
        "offset.storage.",
        "status.storage.",
        "config.storage.",
        "checkpoints.topic.",
        "heartbeats.topic.",
        "offset-syncs.topic.",
    ] {
        writeln!(text, "{of}replication.factor=1")?;
    }
    if tuned {
        let codec = &setting.cell.codec;
        writeln!(text, "tasks.max={}", setting.cell.partitions.min(8))?;
        text += "sync.group.offsets.enabled=true\nsync.group.offsets.interval.seconds=5\n\
                 emit.checkpoints.interval.seconds=5\nrefresh.topics.interval.seconds=10\n";
        for line in TUNED.lines() {
            let line = line.replacen("A.", &format!("{a}."), 1).replacen("B.", &format!("{b}."), 1);
            writeln!(text, "{line}")?;
        }
        writeln!(text, "{b}.producer.compression.type={codec}")?;
    }
    let file = setting.dir.join(format!("mirror-maker-{turn}.properties"));
    std::fs::write(&file, text)?;
    let mut java = setting.source.jars().fast().java();
    java.args(["-Xms2g", "-Xmx2g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"])
        .arg("org.apache.kafka.connect.mirror.MirrorMaker")
        .arg(file);
    Child::start(java, &setting.dir.join(format!("mirror-maker-{turn}.log")))
}
