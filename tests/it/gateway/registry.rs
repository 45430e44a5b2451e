//! Records decoded with the schemas of a real registry, and Kafka's own topics.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use drawbridge::app::App;
use drawbridge_shared::view::{Decoding, RecordFilter, RecordQuery, RecordView, SchemaKind, Seek};
use drawbridge_tests::{
    bed::{Door, SchemaRegistry, gallery, unique},
    wire::{
        Routed, Wire,
        batch::{Batch, Compression, Entry},
    },
};

use super::{browse::query, console::Console, gateway};
use crate::{
    data::write::Transactional,
    support::{Version, eventually},
};

on_each_version!(
    values_are_decoded_with_the_schemas_of_a_real_registry,
    kafkas_own_topics_are_readable,
);

const MONEY: &str = r#"{"type":"record","name":"shop.Money","fields":[
    {"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":12,"scale":2}}]}"#;
const ORDER: &str = r#"{"type":"record","name":"shop.Order","fields":[
    {"name":"id","type":"long"},{"name":"sum","type":"shop.Money"}]}"#;
// Apicurio tells JSON Schema by its `$schema`.
const PLAIN: &str = r#"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}"#;
const UNITS: &str = "syntax = \"proto3\"; package shop; message Units { int64 n = 1; }";
const CART: &str = "syntax = \"proto3\"; package shop; import \"units.proto\"; \
    message Other {} message Cart { Units units = 1; string note = 2; }";

struct Stage {
    app: App,
    topic: Routed,
}

impl Stage {
    async fn new(version: Version, registry: &str) -> Result<Self> {
        let cluster = gallery(version).await?;
        let address = cluster.back_door();
        let name = unique("decoded");
        Wire::connect(&address).await?.create_topic(&name, 1, 1, &[]).await?;
        let topic = Routed::open(&address, &name).await?;
        let properties = cluster.properties_of(Door::Scram, "admin");
        let app = gateway(&format!("{properties}\n{registry}\n")).await?;
        Ok(Self { app, topic })
    }

    async fn write(&mut self, values: &[(u32, &[u8])]) -> Result<()> {
        let entry = |(id, data): &(u32, &[u8])| {
            let mut entry = Entry::value("");
            entry.value = Some(Bytes::from([&[0], &id.to_be_bytes()[..], data].concat()));
            entry
        };
        let entries: Vec<Entry> = values.iter().map(entry).collect();
        let appended = self.topic.append(0, &Batch::build(&entries, Compression::Zstd)).await?;
        ensure!(appended.error == 0, "{appended:?}");
        Ok(())
    }

    async fn find(&self, filter: RecordFilter) -> Result<Vec<RecordView>> {
        let asked = RecordQuery { filter, ..query(self.topic.name(), Seek::Oldest) };
        search(&self.app, asked).await
    }
}

async fn search(app: &App, asked: RecordQuery) -> Result<Vec<RecordView>> {
    eventually("the cluster answers", async || {
        let found = Console::open(app).await?.search(asked.clone()).await?;
        Ok(found.ok().map(|(records, _)| records))
    })
    .await
}

fn texts(records: &[RecordView]) -> Vec<&str> {
    records.iter().map(|record| record.value.as_ref().map_or("", |value| &value.text)).collect()
}

async fn values_are_decoded_with_the_schemas_of_a_real_registry(version: Version) -> Result<()> {
    let mut registry = SchemaRegistry::start().await?;
    let mut stage = Stage::new(version, &format!("schema.registry.url={}", registry.url())).await?;
    let own = format!("{}-value", stage.topic.name());
    let (money, units) = (unique("money"), unique("units"));
    registry.register(&money, "AVRO", MONEY, &[]).await?;
    let order = registry.register(&own, "AVRO", ORDER, &[("shop.Money", &money)]).await?;
    registry.register(&units, "PROTOBUF", UNITS, &[]).await?;
    let imports = [("units.proto", units.as_str())];
    let cart = registry.register(&unique("cart"), "PROTOBUF", CART, &imports).await?;
    let plain = registry.register(&unique("plain"), "JSON", PLAIN, &[]).await?;
    let late = registry.register(&unique("late"), "AVRO", r#"{"type":"string"}"#, &[]).await?;
    stage
        .write(&[
            // 9007199254740993 as a zigzag number, then 12.34 as two bytes.
            (order, &[0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 4, 0x04, 0xd2]),
            (cart, &[2, 2, 10, 2, 8, 7, 18, 2, b'o', b'k']),
            (plain, br#"{"n": 1.10}"#),
            (987_654, b"nothing"),
            (order, &[2]),
        ])
        .await?;
    let found = stage.find(RecordFilter::None).await?;
    assert_eq!(
        texts(&found)[..3],
        [
            r#"{"id":9007199254740993,"sum":{"amount":12.34}}"#,
            r#"{"units":{"n":7},"note":"ok"}"#,
            r#"{"n": 1.10}"#
        ]
    );
    let value = found[0].value.as_ref().context("a value")?;
    let schema = value.schema.as_ref().context("a schema")?;
    assert_eq!((value.schema_id, schema.kind), (Some(order), SchemaKind::Avro));
    assert_eq!((schema.subject.as_deref(), schema.version), (Some(own.as_str()), Some(1)));
    let trouble = |at: usize| found[at].value.as_ref().unwrap().trouble.clone().unwrap();
    assert!(trouble(3).cause.contains("has no schema 987654"), "{:?}", trouble(3));
    assert!(trouble(4).cause.contains("not of schema"), "{:?}", trouble(4));
    let filter = RecordFilter::Cel { expression: "value.sum.amount > 12.0".into() };
    assert_eq!(stage.find(filter).await?.len(), 1);

    registry.stop()?;
    stage.write(&[(order, &[2, 2, 100]), (late, &[4, b'h', b'i', b'!'])]).await?;
    let found = stage.find(RecordFilter::None).await?;
    assert_eq!(texts(&found)[5], r#"{"id":1,"sum":{"amount":1.00}}"#, "what was read is kept");
    let trouble = found[6].value.as_ref().unwrap().trouble.clone().unwrap();
    assert!(trouble.cause.contains("cannot be reached"), "{trouble:?}");
    assert!(trouble.remedy.contains("schema.registry.url"), "{trouble:?}");
    Ok(())
}

async fn kafkas_own_topics_are_readable(version: Version) -> Result<()> {
    let mut stage = Stage::new(version, "").await?;
    let address = gallery(version).await?.back_door();
    let (group, id) = (unique("readers"), unique("tx"));
    stage.topic.append(0, &Batch::of_values([1, 2, 3])).await?;
    Wire::connect(&address).await?.commit(&group, stage.topic.name(), 2).await?;
    let mut producer = Transactional::new(&address, &id, 1).await?;
    producer.write(&mut stage.topic, 0, &[Entry::value("x")], Compression::None).await?;
    producer.end(true).await?;
    let read = async |topic: &str, text: &str| {
        let filter = RecordFilter::Cel { expression: text.to_owned() };
        search(&stage.app, RecordQuery { filter, ..query(topic, Seek::Newest) }).await
    };
    let commits = read("__consumer_offsets", &format!("key.group == '{group}'")).await?;
    let commit = commits.first().context("a commit")?;
    let (key, value) = (commit.key.as_ref().unwrap(), commit.value.as_ref().unwrap());
    assert_eq!(
        (key.decoding, value.decoding),
        (Decoding::ConsumerOffsets, Decoding::ConsumerOffsets)
    );
    assert!(key.text.contains(stage.topic.name()), "{}", key.text);
    assert!(value.text.contains(r#""offset":2"#), "{}", value.text);
    let asked = format!("key.transactional_id == '{id}' && value.state == 'CompleteCommit'");
    // The coordinator writes it once the markers are.
    let state = eventually("the transaction is complete", async || {
        Ok(read("__transaction_state", &asked).await?.into_iter().next())
    })
    .await?;
    assert_eq!(state.value.as_ref().unwrap().decoding, Decoding::TransactionState);
    let states = read("__transaction_state", &format!("key.transactional_id == '{id}'")).await?;
    let all = texts(&states).join("\n");
    assert!(all.contains(stage.topic.name()) && all.contains("Ongoing"), "{all}");
    if version == Version::V3_9 {
        // Groups of the new protocol are off there by default.
        return Ok(());
    }
    let (group, member) = (unique("modern"), uuid::Uuid::new_v4().to_string());
    let mut wire = Wire::connect(&address).await?;
    ensure!(wire.consumer_heartbeat(&group, &member, 0, stage.topic.name()).await? > 0);
    let of =
        |kind: &str| format!("has(key.type) && key.type == '{kind}' && key.group == '{group}'");
    let kinds = [
        ("ConsumerGroupMetadata", "\"epoch\":"),
        ("ConsumerGroupMemberMetadata", stage.topic.name()),
        ("ConsumerGroupTargetAssignmentMember", "\"partitions\":[0]"),
        ("ConsumerGroupCurrentMemberAssignment", "\"member_epoch\":"),
    ];
    for (kind, part) in kinds {
        let found = read("__consumer_offsets", &of(kind)).await?;
        let value = found.first().with_context(|| kind.to_owned())?.value.as_ref().unwrap();
        assert_eq!(value.decoding, Decoding::ConsumerOffsets, "{kind}: {}", value.text);
        assert!(value.text.contains(part), "{kind}: {}", value.text);
    }
    Ok(())
}
