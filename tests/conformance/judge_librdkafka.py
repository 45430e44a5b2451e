"""Judges a cluster with librdkafka (confluent-kafka)."""

import time

from confluent_kafka import (
    OFFSET_BEGINNING,
    TIMESTAMP_LOG_APPEND_TIME,
    Consumer,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from checks import PATIENCE, Judge, name, options, password, same, until

args = options()
check = Judge("librdkafka")
base = {"bootstrap.servers": args.bootstrap, "log_level": 0}
if args.sasl:
    base |= {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": args.sasl,
        "sasl.username": args.user,
        "sasl.password": password(),
    }
if args.ca:
    base |= {"security.protocol": "SASL_SSL" if args.sasl else "SSL", "ssl.ca.location": args.ca}
admin = AdminClient(base)
factor = min(3, len(admin.list_topics(timeout=10).brokers))
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def one(futures):
    return next(iter(futures.values())).result(timeout=PATIENCE)


def login(user, secret):
    """The settings with which `user` comes through the same listener."""
    return {"sasl.mechanism": "SCRAM-SHA-256", "sasl.username": user, "sasl.password": secret}


def tolerant(act):
    """`None` instead of an error: a change that is still on its way to a broker looks like one."""
    try:
        return act()
    except KafkaException:
        return None


def refused(code, act):
    try:
        act()
    except KafkaException as error:
        same(error.args[0].code(), code, "error code")
        return error.args[0]
    raise AssertionError("was not refused")


def topic(stem, partitions=1, **configs):
    made = name(stem)
    config = {key.replace("_", "."): value for key, value in configs.items()}
    one(admin.create_topics([NewTopic(made, partitions, factor, config=config)]))
    until("the topic is known", lambda: made in admin.list_topics(timeout=10).topics)
    return made


def produce(to, records, **settings):
    """Produces and returns the reports in order of delivery."""
    reports = []
    producer = Producer(base | {"acks": "all", "linger.ms": 5} | settings)
    for record in records:
        producer.produce(to, on_delivery=lambda e, m: reports.append((e, m)), **record)
    same(producer.flush(PATIENCE), 0, "records left undelivered")
    return reports


def delivered(to, records, **settings):
    reports = produce(to, records, **settings)
    for error, _ in reports:
        if error:
            raise AssertionError(f"delivery failed: {error}")
    return [message.offset() for _, message in reports]


def consumer(group=None, **settings):
    config = {
        "group.id": group or name("g"),
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "session.timeout.ms": 10000,
        "enable.partition.eof": True,
    }
    return Consumer(base | config | {key.replace("_", "."): value for key, value in settings.items()})


def read(to, start=OFFSET_BEGINNING, partition=0, **settings):
    """Everything up to the end of the partition."""
    reader = consumer(**settings)
    reader.assign([TopicPartition(to, partition, start)])
    found = []
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        message = reader.poll(1)
        if message is None:
            continue
        if message.error():
            if message.error().code() == KafkaError._PARTITION_EOF:
                reader.close()
                return found
            raise KafkaException(message.error())
        found.append(message)
    raise AssertionError(f"no end of partition after {len(found)} records")


def watermarks(to, partition=0):
    reader = consumer()
    try:
        return reader.get_watermark_offsets(TopicPartition(to, partition), timeout=10)
    finally:
        reader.close()


def offsets(to, spec, isolation=None, partition=0):
    more = {"isolation_level": isolation} if isolation is not None else {}
    return one(admin.list_offsets({TopicPartition(to, partition): spec}, **more))


@check("cluster: id, controller and brokers agree between Metadata and DescribeCluster")
def _():
    metadata = admin.list_topics(timeout=10)
    described = admin.describe_cluster().result(timeout=10)
    same(described.cluster_id, metadata.cluster_id, "cluster id")
    same({n.id for n in described.nodes}, set(metadata.brokers), "brokers")
    if described.controller.id not in metadata.brokers:
        raise AssertionError("the controller is no broker")


@check("topics: created with partitions, replicas and configs, described with an id")
def _():
    made = topic("create", 4, retention_ms="3600000")
    described = one(admin.describe_topics(TopicCollection([made])))
    same(len(described.partitions), 4, "partitions")
    same({len(p.replicas) for p in described.partitions}, {factor}, "replicas")
    same({len(p.isr) for p in described.partitions}, {factor}, "in-sync replicas")
    if str(described.topic_id) in ("", "AAAAAAAAAAAAAAAAAAAAAA"):
        raise AssertionError("the topic has no id")


@check("topics: a second one of the same name is refused")
def _():
    made = topic("twice")
    refused(KafkaError.TOPIC_ALREADY_EXISTS, lambda: one(admin.create_topics([NewTopic(made, 1, 1)])))


@check("topics: validate_only creates nothing")
def _():
    made = name("validate")
    one(admin.create_topics([NewTopic(made, 1, 1)], validate_only=True))
    if made in admin.list_topics(timeout=10).topics:
        raise AssertionError("the topic exists")


@check("topics: more replicas than brokers are refused")
def _():
    request = [NewTopic(name("replicas"), 1, factor + 20)]
    refused(KafkaError.INVALID_REPLICATION_FACTOR, lambda: one(admin.create_topics(request)))


@check("topics: zero partitions are refused")
def _():
    request = [NewTopic(name("zero"), 0, 1)]
    refused(KafkaError.INVALID_PARTITIONS, lambda: one(admin.create_topics(request)))


@check("topics: an illegal name is refused")
def _():
    refused(KafkaError.TOPIC_EXCEPTION, lambda: one(admin.create_topics([NewTopic("bad/name", 1, 1)])))


@check("topics: a name that differs only in . and _ is refused")
def _():
    made = topic("a.b")
    request = [NewTopic(made.replace(".", "_"), 1, 1)]
    refused(KafkaError.TOPIC_EXCEPTION, lambda: one(admin.create_topics(request)))


@check("topics: an unknown config is refused")
def _():
    request = [NewTopic(name("config"), 1, 1, config={"no.such.config": "1"})]
    refused(KafkaError.INVALID_CONFIG, lambda: one(admin.create_topics(request)))


@check("topics: a config value of the wrong type is refused")
def _():
    request = [NewTopic(name("config"), 1, 1, config={"retention.ms": "soon"})]
    refused(KafkaError.INVALID_CONFIG, lambda: one(admin.create_topics(request)))


@check("topics: given replicas are used")
def _():
    made = name("assigned")
    brokers = sorted(admin.list_topics(timeout=10).brokers)
    wanted = [[brokers[-1]], [brokers[0]]]
    one(admin.create_topics([NewTopic(made, 2, replica_assignment=wanted)]))
    described = until("described", lambda: admin.list_topics(made, timeout=10).topics[made].partitions)
    same([described[i].replicas for i in (0, 1)], wanted, "replicas")


@check("topics: partitions are added, not removed")
def _():
    made = topic("grow", 2)
    one(admin.create_partitions([NewPartitions(made, 5)]))
    until("grown", lambda: len(admin.list_topics(made, timeout=10).topics[made].partitions) == 5)
    refused(KafkaError.INVALID_PARTITIONS, lambda: one(admin.create_partitions([NewPartitions(made, 3)])))
    refused(KafkaError.INVALID_PARTITIONS, lambda: one(admin.create_partitions([NewPartitions(made, 5)])))


@check("topics: deleted, unknown afterwards, empty when created again")
def _():
    made = topic("again")
    delivered(made, [{"value": b"x"}] * 3)
    before = one(admin.describe_topics(TopicCollection([made]))).topic_id
    one(admin.delete_topics([made]))
    until("gone", lambda: made not in admin.list_topics(timeout=10).topics)
    refused(KafkaError.UNKNOWN_TOPIC_OR_PART, lambda: one(admin.delete_topics([made])))
    one(admin.create_topics([NewTopic(made, 1, factor)]))
    until("created", lambda: made in admin.list_topics(timeout=10).topics)
    same(until("readable", lambda: watermarks(made) is not None and watermarks(made)), (0, 0), "watermarks")
    if str(one(admin.describe_topics(TopicCollection([made]))).topic_id) == str(before):
        raise AssertionError("the new topic has the old id")


def config_of(made):
    return one(admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, made)]))


def alter(made, *entries, **more):
    resource = ConfigResource(ConfigResource.Type.TOPIC, made, incremental_configs=list(entries))
    return one(admin.incremental_alter_configs([resource], **more))


def entry(key, value, operation=AlterConfigOpType.SET):
    return ConfigEntry(key, value, incremental_operation=operation)


@check("configs: a topic shows what is set and all defaults, with sources")
def _():
    found = config_of(topic("config", retention_ms="3600000"))
    same(found["retention.ms"].value, "3600000")
    same(found["retention.ms"].source, ConfigSource.DYNAMIC_TOPIC_CONFIG.value, "source")
    same(found["segment.bytes"].value, "1073741824", "segment.bytes")
    same(found["segment.bytes"].source, ConfigSource.DEFAULT_CONFIG.value, "source")
    expected = {
        "cleanup.policy": "delete",
        "compression.type": "producer",
        "delete.retention.ms": "86400000",
        "max.message.bytes": "1048588",
        "message.timestamp.type": "CreateTime",
        "message.timestamp.before.max.ms": "9223372036854775807",
        "min.cleanable.dirty.ratio": "0.5",
        "min.compaction.lag.ms": "0",
        "retention.bytes": "-1",
        "unclean.leader.election.enable": "false",
    }
    same({key: found[key].value for key in expected}, expected, "defaults")


@check("configs: set, deleted, appended, subtracted")
def _():
    made = topic("alter")
    alter(made, entry("retention.ms", "7200000"))
    until("set", lambda: config_of(made)["retention.ms"].value == "7200000")
    alter(made, entry("retention.ms", None, AlterConfigOpType.DELETE))
    until("deleted", lambda: config_of(made)["retention.ms"].value == "604800000")
    alter(made, entry("cleanup.policy", "compact", AlterConfigOpType.APPEND))
    until("appended", lambda: config_of(made)["cleanup.policy"].value == "delete,compact")
    alter(made, entry("cleanup.policy", "delete", AlterConfigOpType.SUBTRACT))
    until("subtracted", lambda: config_of(made)["cleanup.policy"].value == "compact")


@check("configs: a bad value, an unknown key and an append to a single value are refused")
def _():
    made = topic("refuse")
    refused(KafkaError.INVALID_CONFIG, lambda: alter(made, entry("retention.ms", "soon")))
    refused(KafkaError.INVALID_CONFIG, lambda: alter(made, entry("no.such", "1")))
    append = entry("retention.ms", "1", AlterConfigOpType.APPEND)
    refused(KafkaError.INVALID_CONFIG, lambda: alter(made, append))


@check("configs: validate_only changes nothing")
def _():
    made = topic("dry")
    alter(made, entry("retention.ms", "1000"), validate_only=True)
    same(config_of(made)["retention.ms"].value, "604800000")


@check("configs: of an unknown topic are refused")
def _():
    refused(KafkaError.UNKNOWN_TOPIC_OR_PART, lambda: config_of(name("nowhere")))


@check("configs: a broker shows its own")
def _():
    broker = sorted(admin.list_topics(timeout=10).brokers)[0]
    found = one(admin.describe_configs([ConfigResource(ConfigResource.Type.BROKER, str(broker))]))
    same(found["node.id"].value, str(broker), "node.id")
    if not found["node.id"].is_read_only:
        raise AssertionError("node.id can be changed")


for codec in CODECS:

    @check(f"records: {codec} comes back as written")
    def _(codec=codec):
        made = topic(f"codec-{codec}")
        values = [f"value {i} ".encode() * 20 for i in range(200)]
        delivered(made, [{"value": v, "key": b"k%d" % i} for i, v in enumerate(values)], **{"compression.type": codec})
        found = read(made)
        same([m.value() for m in found], values, "values")
        same([m.offset() for m in found], list(range(200)), "offsets")


@check("records: headers in order and repeated, null key, null value, own timestamp")
def _():
    made = topic("shape")
    headers = [("a", b"1"), ("b", None), ("a", b"2"), ("empty", b"")]
    at = int(time.time() * 1000) - 3_600_000
    delivered(made, [{"value": None, "key": None, "headers": headers, "timestamp": at}, {"value": b"", "key": b""}])
    first, second = read(made)
    same((first.key(), first.value(), first.headers()), (None, None, headers))
    same(first.timestamp()[1], at, "timestamp")
    same((second.key(), second.value()), (b"", b""))


@check("records: the broker stamps them with LogAppendTime")
def _():
    made = topic("stamped", message_timestamp_type="LogAppendTime")
    before = int(time.time() * 1000)
    delivered(made, [{"value": b"x", "timestamp": 1_600_000_000_000}] * 3, **{"compression.type": "lz4"})
    for message in read(made):
        kind, at = message.timestamp()
        same(kind, TIMESTAMP_LOG_APPEND_TIME, "timestamp type")
        if not before - 1000 <= at <= before + 20_000:
            raise AssertionError(f"stamped {at}, written at {before}")


@check("records: recompressed when the topic asks for a codec")
def _():
    made = topic("recompress", compression_type="gzip")
    values = [b"abcdefgh" * 50] * 50
    delivered(made, [{"value": v} for v in values], **{"compression.type": "zstd"})
    same([m.value() for m in read(made)], values, "values")


@check("records: too large for the topic is refused")
def _():
    made = topic("large", max_message_bytes="2000")
    ((error, _),) = produce(made, [{"value": bytes(range(256)) * 20}])
    same(error.code(), KafkaError.MSG_SIZE_TOO_LARGE, "error code")


@check("records: 5 MB in one record")
def _():
    made = topic("huge", max_message_bytes="10000000")
    value = bytes(range(250)) * 20_000
    delivered(made, [{"value": value}], **{"message.max.bytes": 10_000_000})
    (found,) = read(made, fetch_message_max_bytes=1_000_000)
    same(found.value() == value, True, "value came back")


@check("records: without a key they are refused by a compacted topic")
def _():
    made = topic("keyless", cleanup_policy="compact")
    ((error, _),) = produce(made, [{"value": b"x"}])
    same(error.code(), KafkaError.INVALID_RECORD, "error code")
    delivered(made, [{"value": b"x", "key": b"k"}])


@check("records: too far ahead of the clock are refused where the topic says so")
def _():
    made = topic("future", message_timestamp_after_max_ms="60000")
    ((error, _),) = produce(made, [{"value": b"x", "timestamp": int(time.time() * 1000) + 600_000}])
    same(error.code(), KafkaError.INVALID_TIMESTAMP, "error code")


@check("records: idempotent producer, 2000 in order without gaps")
def _():
    made = topic("idempotent")
    values = [b"%d" % i for i in range(2000)]
    delivered(made, [{"value": v} for v in values], **{"enable.idempotence": True, "linger.ms": 1})
    same([m.value() for m in read(made)], values, "values")


@check("records: acks=0 and acks=1 arrive")
def _():
    made = topic("acks")
    for acks in ("0", "1"):
        delivered(made, [{"value": acks.encode()}] * 10, acks=acks)
    until("all there", lambda: watermarks(made) == (0, 20))


@check("fetch: a waiting consumer gets a record at once")
def _():
    made = topic("latency")
    delivered(made, [{"value": b"first"}])
    reader = consumer(fetch_wait_max_ms=5000, enable_partition_eof=False)
    reader.assign([TopicPartition(made, 0, OFFSET_BEGINNING)])
    same(reader.poll(15).value(), b"first")
    producer = Producer(base)
    took = []
    for i in range(5):
        start = time.monotonic()
        producer.produce(made, value=b"%d" % i)
        producer.flush(10)
        same(reader.poll(10).value(), b"%d" % i)
        took.append(time.monotonic() - start)
    reader.close()
    if sorted(took)[2] > 1.0:
        raise AssertionError(f"took {[round(t, 2) for t in took]} s")


@check("fetch: an offset beyond the end is out of range")
def _():
    made = topic("range")
    delivered(made, [{"value": b"x"}])
    reader = consumer(auto_offset_reset="error")
    reader.assign([TopicPartition(made, 0, 500)])
    message = until("an answer", lambda: reader.poll(1))
    reader.close()
    same(message.error().code(), KafkaError._AUTO_OFFSET_RESET, "error code")


@check("fetch: many partitions in small portions, nothing lost")
def _():
    made = topic("many", 12)
    delivered(made, [{"value": b"%d" % i, "partition": i % 12} for i in range(3000)])
    reader = consumer(fetch_max_bytes=20_000, message_max_bytes=10_000, fetch_message_max_bytes=5_000)
    reader.assign([TopicPartition(made, p, OFFSET_BEGINNING) for p in range(12)])
    found = {}
    end = time.monotonic() + 30
    while sum(map(len, found.values())) < 3000 and time.monotonic() < end:
        message = reader.poll(1)
        if message and not message.error():
            found.setdefault(message.partition(), []).append(message.offset())
    reader.close()
    same(found, {p: list(range(250)) for p in range(12)}, "offsets by partition")


@check("offsets: earliest, latest, by time, of the largest time")
def _():
    made = topic("offsets")
    start = int(time.time() * 1000) - 1_000_000
    times = [start, start + 1000, start + 5000, start + 3000, start + 4000]
    for at in times:
        delivered(made, [{"value": b"x", "timestamp": at}])
    same(offsets(made, OffsetSpec.earliest()).offset, 0, "earliest")
    same(offsets(made, OffsetSpec.latest()).offset, 5, "latest")
    same(offsets(made, OffsetSpec.for_timestamp(start + 1)).offset, 1, "by time")
    same(offsets(made, OffsetSpec.for_timestamp(start + 1)).timestamp, start + 1000, "time found")
    same(offsets(made, OffsetSpec.for_timestamp(start + 60_000)).offset, -1, "time in the future")
    found = offsets(made, OffsetSpec.max_timestamp())
    same((found.offset, found.timestamp), (2, start + 5000), "largest time")


@check("offsets: by time inside one compressed batch")
def _():
    made = topic("inside")
    start = int(time.time() * 1000) - 1_000_000
    records = [{"value": b"x", "timestamp": start + i} for i in range(100)]
    delivered(made, records, **{"compression.type": "zstd", "linger.ms": 200})
    same(offsets(made, OffsetSpec.for_timestamp(start + 42)).offset, 42, "offset")


@check("deleting records: raises the log start, refuses to go past the end")
def _():
    made = topic("purge")
    delivered(made, [{"value": b"%d" % i} for i in range(500)], **{"batch.num.messages": 100})
    result = one(admin.delete_records([TopicPartition(made, 0, 250)]))
    same(result.low_watermark, 250, "low watermark")
    same(watermarks(made), (250, 500), "watermarks")
    same(read(made)[0].offset(), 250, "first offset")
    beyond = [TopicPartition(made, 0, 501)]
    refused(KafkaError.OFFSET_OUT_OF_RANGE, lambda: one(admin.delete_records(beyond)))
    everything = [TopicPartition(made, 0, -1)]
    same(one(admin.delete_records(everything)).low_watermark, 500, "low watermark")


@check("deleting records: refused on a compacted topic")
def _():
    made = topic("keep", cleanup_policy="compact")
    delivered(made, [{"value": b"x", "key": b"k"}])
    refused(KafkaError.POLICY_VIOLATION, lambda: one(admin.delete_records([TopicPartition(made, 0, 1)])))


def join(group, made, count, **settings):
    members = [consumer(group, enable_partition_eof=False, **settings) for _ in range(count)]
    for member in members:
        member.subscribe([made])
    return members


def settle(members, partitions):
    """Polls until every partition has one owner and every member at least one partition."""
    found = []

    def shared():
        for member in members:
            message = member.poll(0.1)
            if message and not message.error():
                found.append(message)
        owned = [sorted(p.partition for p in m.assignment()) for m in members]
        return sorted(p for o in owned for p in o) == list(range(partitions)) and all(owned)

    until("all partitions are assigned", shared)
    return found


for strategy in ("range", "roundrobin", "cooperative-sticky"):

    @check(f"groups: two members share six partitions, one leaves ({strategy})")
    def _(strategy=strategy):
        made = topic(f"group-{strategy}", 6)
        members = join(name(strategy), made, 2, partition_assignment_strategy=strategy)
        settle(members, 6)
        members[1].close()
        settle(members[:1], 6)
        members[0].close()


@check("groups: described with members, assignment, state and coordinator")
def _():
    made, group = topic("describe", 2), name("describe")
    members = join(group, made, 1, client_id="judge-client")
    settle(members, 2)
    found = one(admin.describe_consumer_groups([group]))
    same((found.state, found.partition_assignor), (ConsumerGroupState.STABLE, "range"))
    same([m.client_id for m in found.members], ["judge-client"], "members")
    same(sorted(p.partition for p in found.members[0].assignment.topic_partitions), [0, 1], "assignment")
    listed = {g.group_id: g for g in admin.list_consumer_groups().result(timeout=10).valid}
    same(listed[group].state, ConsumerGroupState.STABLE, "listed state")
    members[0].close()
    until(
        "empty after leaving",
        lambda: one(admin.describe_consumer_groups([group])).state == ConsumerGroupState.EMPTY,
    )


@check("groups: a static member comes back without a rebalance")
def _():
    made, group = topic("static", 4), name("static")
    members = join(group, made, 1, group_instance_id="one") + join(group, made, 1, group_instance_id="two")
    settle(members, 4)
    before = sorted(p.partition for p in members[0].assignment())
    rebalanced = []
    members[1].subscribe([made], on_revoke=lambda *_: rebalanced.append("revoked"))
    members[0].close()
    members[0] = join(group, made, 1, group_instance_id="one")[0]
    settle(members, 4)
    same(sorted(p.partition for p in members[0].assignment()), before, "assignment")
    for member in members:
        member.close()


@check("groups: committed offsets come back, with metadata, and consumption goes on there")
def _():
    made, group = topic("commit"), name("commit")
    delivered(made, [{"value": b"%d" % i} for i in range(10)])
    first = consumer(group)
    first.assign([TopicPartition(made, 0, 0)])
    first.commit(offsets=[TopicPartition(made, 0, 4, metadata="note")], asynchronous=False)
    (found,) = first.committed([TopicPartition(made, 0)], timeout=10)
    same((found.offset, found.metadata), (4, "note"))
    first.close()
    (second,) = join(group, made, 1)
    message = until("a record", lambda: second.poll(1))
    same(message.offset(), 4, "first offset read")
    second.close()


def group_offsets(group):
    found = one(admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]))
    return {(p.topic, p.partition): p.offset for p in found.topic_partitions}


def set_offsets(group, *partitions):
    return one(admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, list(partitions))]))


@check("groups: offsets set for a group that does not exist yet")
def _():
    made, group = topic("seed", 2), name("seed")
    set_offsets(group, TopicPartition(made, 0, 7), TopicPartition(made, 1, 3))
    same(group_offsets(group), {(made, 0): 7, (made, 1): 3}, "offsets")
    same(one(admin.describe_consumer_groups([group])).state, ConsumerGroupState.EMPTY, "state")


@check("groups: offsets of an unknown topic are refused")
def _():
    answer = set_offsets(name("unknown"), TopicPartition(name("nowhere"), 0, 7))
    same(answer.topic_partitions[0].error.code(), KafkaError.UNKNOWN_TOPIC_OR_PART, "error code")


@check("groups: offsets of a group with members cannot be set from outside")
def _():
    made, group = topic("busy"), name("busy")
    members = join(group, made, 1)
    settle(members, 1)
    try:
        answer = set_offsets(group, TopicPartition(made, 0, 0))
        same(answer.topic_partitions[0].error.code(), KafkaError.UNKNOWN_MEMBER_ID, "error code")
    except KafkaException as error:
        same(error.args[0].code(), KafkaError.UNKNOWN_MEMBER_ID, "error code")
    finally:
        members[0].close()


@check("groups: deleted when empty, refused with members, unknown afterwards")
def _():
    made, group = topic("remove"), name("remove")
    members = join(group, made, 1)
    settle(members, 1)
    refused(KafkaError.NON_EMPTY_GROUP, lambda: one(admin.delete_consumer_groups([group])))
    members[0].commit(offsets=[TopicPartition(made, 0, 0)], asynchronous=False)
    members[0].close()
    one(admin.delete_consumer_groups([group]))
    refused(KafkaError.GROUP_ID_NOT_FOUND, lambda: one(admin.delete_consumer_groups([group])))


def transactional(stem, **settings):
    producer = Producer(base | {"transactional.id": stem} | settings)
    producer.init_transactions(20)
    return producer


@check("transactions: committed records are seen, aborted ones only by read_uncommitted")
def _():
    made = topic("txn")
    producer = transactional(name("txn"))
    for outcome, value in ((True, b"kept"), (False, b"dropped"), (True, b"kept too")):
        producer.begin_transaction()
        for _ in range(5):
            producer.produce(made, value=value)
        producer.commit_transaction(20) if outcome else (producer.flush(10), producer.abort_transaction(20))
    same([m.value() for m in read(made, isolation_level="read_committed")], [b"kept"] * 5 + [b"kept too"] * 5)
    everything = read(made, isolation_level="read_uncommitted")
    same([m.value() for m in everything], [b"kept"] * 5 + [b"dropped"] * 5 + [b"kept too"] * 5)
    same(watermarks(made), (0, 18), "markers take offsets")


@check("transactions: an open one holds back read_committed, not read_uncommitted")
def _():
    made = topic("open")
    producer = transactional(name("open"))
    producer.begin_transaction()
    producer.produce(made, value=b"pending")
    same(producer.flush(10), 0)
    delivered(made, [{"value": b"plain"}])
    same(read(made, isolation_level="read_committed"), [], "committed records")
    same(len(read(made, isolation_level="read_uncommitted")), 2, "all records")
    same(offsets(made, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED).offset, 0, "stable end")
    same(offsets(made, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED).offset, 2, "end")
    producer.commit_transaction(20)
    same([m.value() for m in read(made, isolation_level="read_committed")], [b"pending", b"plain"])


@check("transactions: a second producer of the same id fences the first")
def _():
    made, stem = topic("fence"), name("fence")
    first = transactional(stem)
    first.begin_transaction()
    first.produce(made, value=b"zombie")
    first.flush(10)
    second = transactional(stem)
    try:
        first.commit_transaction(20)
        raise AssertionError("the first producer was not fenced")
    except KafkaException as error:
        if error.args[0].code() not in (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH):
            raise
    second.begin_transaction()
    second.produce(made, value=b"alive")
    second.commit_transaction(20)
    same([m.value() for m in read(made, isolation_level="read_committed")], [b"alive"])


@check("transactions: offsets sent in one count when it commits, not when it aborts")
def _():
    source, made, group = topic("from", 1), topic("to", 1), name("eos")
    delivered(source, [{"value": b"%d" % i} for i in range(10)])
    (reader,) = join(group, source, 1, isolation_level="read_committed")
    until("records", lambda: reader.poll(1))
    producer = transactional(name("eos"))
    for offset, commit in ((3, True), (8, False)):
        producer.begin_transaction()
        producer.produce(made, value=b"%d" % offset)
        metadata = reader.consumer_group_metadata()
        producer.send_offsets_to_transaction([TopicPartition(source, 0, offset)], metadata, 20)
        producer.commit_transaction(20) if commit else producer.abort_transaction(20)
    same(reader.committed([TopicPartition(source, 0)], timeout=10)[0].offset, 3, "committed offset")
    reader.close()


if args.authorizer:

    def acl(kind, stem, principal, operation, permission=AclPermissionType.ALLOW):
        return AclBinding(kind, stem, ResourcePatternType.LITERAL, principal, "*", operation, permission)

    @check("acls: created, found by filter, deleted")
    def _():
        stem = name("acl")
        binding = acl(ResourceType.TOPIC, stem, "User:ann", AclOperation.READ)
        one(admin.create_acls([binding]))
        wanted = AclBindingFilter(
            ResourceType.TOPIC, stem, ResourcePatternType.MATCH, None, None, AclOperation.ANY, AclPermissionType.ANY
        )
        until("found", lambda: admin.describe_acls(wanted).result(timeout=10) == [binding])
        same(one(admin.delete_acls([wanted])), [binding], "deleted")
        until("gone", lambda: admin.describe_acls(wanted).result(timeout=10) == [])

    @check("users: SCRAM credentials set, described without secrets, used, removed")
    def _():
        user = name("user")
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096)
        one(admin.alter_user_scram_credentials([UserScramCredentialUpsertion(user, info, b"top-secret")]))

        def described():
            try:
                return one(admin.describe_user_scram_credentials([user]))
            except KafkaException as error:
                same(error.args[0].code(), KafkaError.RESOURCE_NOT_FOUND, "error code")
                return None

        found = until("described", described)
        same([(i.mechanism, i.iterations) for i in found.scram_credential_infos], [(info.mechanism, 4096)])
        if args.sasl:  # without it the listener lets everybody in, and a login would prove nothing
            client = AdminClient(base | login(user, "top-secret"))
            until("logged in", lambda: tolerant(lambda: client.describe_cluster().result(timeout=10)))
        deletion = UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_256)
        one(admin.alter_user_scram_credentials([deletion]))
        until("gone", lambda: described() is None)

else:

    @check("acls: refused without an authorizer")
    def _():
        binding = AclBinding(
            ResourceType.TOPIC, "t", ResourcePatternType.LITERAL, "User:ann", "*", AclOperation.READ, AclPermissionType.ALLOW
        )
        refused(KafkaError.SECURITY_DISABLED, lambda: one(admin.create_acls([binding])))


if args.authorizer and args.sasl:

    @check("authorisation: a user without rights is refused, and allowed once it has them")
    def _():
        made, user = topic("secret"), name("nobody")
        delivered(made, [{"value": b"x"}])
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096)
        one(admin.alter_user_scram_credentials([UserScramCredentialUpsertion(user, info, b"pw-nobody")]))
        own = base | login(user, "pw-nobody")
        client = AdminClient(own)

        def seen_as():
            """The error the user gets with the topic, 0 for none; `None` as long as it gets no answer."""
            found = tolerant(lambda: client.list_topics(made, timeout=10).topics[made])
            return found and (found.error.code() if found.error else 0)

        until("refused", lambda: seen_as() == KafkaError.TOPIC_AUTHORIZATION_FAILED)
        principal = f"User:{user}"
        for kind, stem in ((ResourceType.TOPIC, made), (ResourceType.GROUP, user)):
            one(admin.create_acls([acl(kind, stem, principal, AclOperation.READ)]))
        until("allowed", lambda: seen_as() == 0)
        reader = Consumer(own | {"group.id": user})
        reader.assign([TopicPartition(made, 0, 0)])

        def record():
            message = reader.poll(1)  # or an error, where a broker does not know yet what is allowed
            return message if message and not message.error() else None

        same(until("a record", record).value(), b"x")
        reader.close()
        producer = Producer(own)
        errors = []
        producer.produce(made, value=b"y", on_delivery=lambda e, _: errors.append(e and e.code()))
        producer.flush(PATIENCE)
        same(errors, [KafkaError.TOPIC_AUTHORIZATION_FAILED], "writing")

    @check("authentication: a wrong password is refused as such")
    def _():
        errors = []
        wrong = base | {"sasl.password": "wrong", "error_cb": lambda e: errors.append(e.code())}
        client = AdminClient(wrong)

        def told():
            client.poll(0.2)
            return KafkaError._AUTHENTICATION in errors

        until("told", told)


check.run()
