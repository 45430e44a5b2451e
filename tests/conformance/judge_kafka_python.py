"""Judges a cluster with kafka-python and aiokafka."""

import asyncio
import time
import warnings

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka import TopicPartition as AioPartition
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic, OffsetSpec
from kafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError

from checks import Judge, name, options, password, same, until

warnings.simplefilter("ignore")
args = options()
check = Judge("kafka-python")
servers = args.bootstrap.split(",")
login = {}
if args.sasl:
    login = {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": args.sasl,
        "sasl_plain_username": args.user,
        "sasl_plain_password": password(),
    }
base = {"bootstrap_servers": servers, **login}
admin = KafkaAdminClient(**base)


def topic(stem, partitions=1, **configs):
    made = name(stem)
    config = {key.replace("_", "."): value for key, value in configs.items()}
    admin.create_topics([NewTopic(made, partitions, 1, topic_configs=config)], wait_for_metadata=True)
    return made


def produce(to, values, **settings):
    producer = KafkaProducer(**base, **{"acks": "all"} | settings)
    offsets = [f.get(20).offset for f in [producer.send(to, value=v, partition=0) for v in values]]
    producer.close()
    return offsets


def read(to, count, **settings):
    consumer = KafkaConsumer(**base, **{"auto_offset_reset": "earliest"} | settings)
    partition = TopicPartition(to, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    found = []

    def more():
        for batch in consumer.poll(500).values():
            found.extend(batch)
        return len(found) >= count

    until(f"{count} records", more)
    consumer.close()
    return found


@check("cluster: id, controller and brokers")
def _():
    found = admin.describe_cluster()
    if not found["cluster_id"] or found["controller_id"] not in {b["broker_id"] for b in found["brokers"]}:
        raise AssertionError(found)


@check("topics: created, listed, described, grown, deleted")
def _():
    made = topic("life", 2)
    if made not in admin.list_topics():
        raise AssertionError("not listed")
    same(len(admin.describe_topics([made])[0]["partitions"]), 2, "partitions")
    paged = admin.describe_topic_partitions([made])["topics"][0]
    same((paged["error_code"], len(paged["partitions"])), (0, 2), "partitions by page")
    try:
        admin.create_topics([NewTopic(made, 1, 1)])
        raise AssertionError("created twice")
    except TopicAlreadyExistsError:
        pass
    admin.create_partitions({made: NewPartitions(3)})
    until("grown", lambda: len(admin.describe_topics([made])[0]["partitions"]) == 3)
    admin.delete_topics([made])
    until("gone", lambda: made not in admin.list_topics())
    try:
        admin.delete_topics([made])
        raise AssertionError("deleted twice")
    except UnknownTopicOrPartitionError:
        pass


@check("configs: values, types, documentation and sources of a topic")
def _():
    made = topic("config", retention_ms="1234567")
    found = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, made)], config_filter="all")["topic"][made]
    same(found["retention.ms"]["value"], "1234567")
    same(found["retention.ms"]["config_source"], "DYNAMIC_TOPIC_CONFIG")
    kinds = {key: found[key]["config_type"] for key in ("retention.ms", "cleanup.policy", "segment.bytes", "preallocate")}
    expected = {"retention.ms": "LONG", "cleanup.policy": "LIST", "segment.bytes": "INT", "preallocate": "BOOLEAN"}
    same(kinds, expected, "types")


@check("configs: altered and reset")
def _():
    made = topic("alter")
    resource = ConfigResource(ConfigResourceType.TOPIC, made, {"retention.ms": "5000"})
    admin.alter_configs([resource])

    def value():
        wanted = ConfigResource(ConfigResourceType.TOPIC, made)
        return admin.describe_configs([wanted], config_filter="all")["topic"][made]["retention.ms"]["value"]

    until("set", lambda: value() == "5000")
    admin.reset_configs([ConfigResource(ConfigResourceType.TOPIC, made, {"retention.ms": None})])
    until("reset", lambda: value() == "604800000")


for codec in (None, "gzip", "snappy", "lz4", "zstd"):

    @check(f"records: {codec} comes back as written")
    def _(codec=codec):
        made = topic(f"codec-{codec}")
        values = [b"value %d" % i * 10 for i in range(100)]
        same(produce(made, values, compression_type=codec), list(range(100)), "offsets")
        same([r.value for r in read(made, 100)], values, "values")


@check("records: key, value, headers and timestamp")
def _():
    made = topic("shape")
    producer = KafkaProducer(**base)
    at = int(time.time() * 1000) - 5000
    producer.send(made, key=b"k", value=None, headers=[("a", b"1"), ("a", b"2")], timestamp_ms=at).get(20)
    producer.close()
    (found,) = read(made, 1)
    same((found.key, found.value, found.timestamp), (b"k", None, at))
    same([(k, v) for k, v in found.headers], [("a", b"1"), ("a", b"2")], "headers")


@check("fetch sessions: a consumer that idles and reads on misses nothing")
def _():
    made = topic("session")
    consumer = KafkaConsumer(**base, auto_offset_reset="earliest", fetch_max_wait_ms=50)
    consumer.assign([TopicPartition(made, 0)])
    found = []
    for i in range(20):
        produce(made, [b"%d" % i])

        def arrived(i=i):
            for batch in consumer.poll(200).values():
                found.extend(int(r.value) for r in batch)
            return len(found) == i + 1

        until("the next record", arrived)
    consumer.close()
    same(found, list(range(20)))


@check("offsets: earliest, latest, by time")
def _():
    made = topic("offsets")
    start = int(time.time() * 1000) - 100_000
    producer = KafkaProducer(**base)
    for i in range(5):
        producer.send(made, value=b"x", partition=0, timestamp_ms=start + i * 1000).get(20)
    producer.close()
    partition = TopicPartition(made, 0)
    found = [
        admin.list_partition_offsets({partition: spec})[partition].offset
        for spec in (OffsetSpec.EARLIEST, OffsetSpec.LATEST, OffsetSpec.MAX_TIMESTAMP)
    ]
    same(found, [0, 5, 4])
    consumer = KafkaConsumer(**base)
    same(consumer.offsets_for_times({partition: start + 1500})[partition].offset, 2, "by time")
    consumer.close()


@check("deleting records: raises the log start")
def _():
    made = topic("purge")
    produce(made, [b"x"] * 10)
    partition = TopicPartition(made, 0)
    same(admin.delete_records({partition: 4})[partition]["low_watermark"], 4)
    same(read(made, 6)[0].offset, 4, "first offset")


@check("producers: an idempotent one is described with its last sequence")
def _():
    made = topic("producers")
    produce(made, [b"x"] * 3, enable_idempotence=True)
    partition = TopicPartition(made, 0)
    (found,) = admin.describe_producers([partition])[partition].active_producers
    same((found.producer_epoch, found.last_sequence, found.current_transaction_start_offset), (0, 2, -1))


@check("transactions: committed ones are read, aborted ones are not, both are described")
def _():
    made, stem = topic("txn"), name("txn")
    producer = KafkaProducer(**base, transactional_id=stem)
    producer.init_transactions()
    for value, commit in ((b"kept", True), (b"dropped", False)):
        producer.begin_transaction()
        producer.send(made, value=value, partition=0).get(20)
        producer.commit_transaction() if commit else producer.abort_transaction()
    producer.begin_transaction()
    producer.send(made, value=b"end", partition=0)
    producer.commit_transaction()
    producer.close()
    found = read(made, 2, isolation_level="read_committed")
    same([r.value for r in found], [b"kept", b"end"], "values")
    described = admin.describe_transactions([stem])[stem]
    same(described.state.value, "CompleteCommit", "state")


@check("log dirs: the size of what was written")
def _():
    made = topic("size")
    produce(made, [bytes(1000)] * 10)
    for broker in admin.describe_log_dirs():
        for directory in broker["log_dirs"]:
            for entry in directory["topics"]:
                if entry["name"] == made and entry["partitions"][0]["partition_size"] > 10_000:
                    return
    raise AssertionError("the topic has no size")


@check("groups: join, commit, describe, offsets, reset, delete")
def _():
    made, group = topic("group", 2), name("group")
    produce(made, [b"x"] * 10)
    consumer = KafkaConsumer(made, **base, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False)
    count = []
    until("all records", lambda: count.extend(r for b in consumer.poll(300).values() for r in b) or len(count) == 10)
    consumer.commit()
    found = admin.describe_groups([group])[group]
    same((found["group_state"], found["protocol_type"], len(found["members"])), ("Stable", "consumer", 1))
    partition = TopicPartition(made, 0)
    same(admin.list_group_offsets(group)[group][partition].offset, 10, "offset")
    consumer.close()
    until("empty", lambda: admin.describe_groups([group])[group]["group_state"] == "Empty")
    if group not in {g["group_id"] for g in admin.list_groups()}:
        raise AssertionError("not listed")
    same(admin.delete_groups([group])[group], "OK")


@check("aiokafka: idempotent producer and a group")
def _():
    made, group = topic("aio", 3), name("aio")

    async def run():
        producer = AIOKafkaProducer(bootstrap_servers=servers, enable_idempotence=True, **login)
        await producer.start()
        for i in range(300):
            await producer.send_and_wait(made, b"%d" % i, partition=i % 3)
        await producer.stop()
        consumer = AIOKafkaConsumer(
            made, bootstrap_servers=servers, group_id=group, auto_offset_reset="earliest", **login
        )
        await consumer.start()
        found = []
        while len(found) < 300:
            for batch in (await consumer.getmany(timeout_ms=1000)).values():
                found.extend(int(r.value) for r in batch)
        await consumer.commit()
        committed = [await consumer.committed(AioPartition(made, p)) for p in range(3)]
        await consumer.stop()
        return sorted(found), committed

    found, committed = asyncio.run(asyncio.wait_for(run(), 60))
    same((found, committed), (list(range(300)), [100, 100, 100]))


@check("aiokafka: a transaction with offsets, then an aborted one")
def _():
    made, group, stem = topic("aiotxn"), name("aiotxn"), name("aiotxn")

    async def run():
        producer = AIOKafkaProducer(bootstrap_servers=servers, transactional_id=stem, **login)
        await producer.start()
        async with producer.transaction():
            await producer.send_and_wait(made, b"kept", partition=0)
            await producer.send_offsets_to_transaction({AioPartition(made, 0): 7}, group)
        await producer.begin_transaction()
        await producer.send_and_wait(made, b"dropped", partition=0)
        await producer.abort_transaction()
        await producer.stop()
        consumer = AIOKafkaConsumer(
            bootstrap_servers=servers, group_id=group, isolation_level="read_committed", **login
        )
        await consumer.start()
        partition = AioPartition(made, 0)
        consumer.assign([partition])
        offset = await consumer.committed(partition)
        consumer.seek(partition, 0)
        first = (await consumer.getone()).value
        rest = await consumer.getmany(timeout_ms=1000)
        await consumer.stop()
        return offset, first, rest

    same(asyncio.run(asyncio.wait_for(run(), 60)), (7, b"kept", {}))


check.run()
