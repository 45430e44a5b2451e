"""Judges what a broker does with requests no client library sends: the ground the link engine stands on."""

import struct
import time

from confluent_kafka.admin import AdminClient, NewTopic

from checks import Judge, name, options, same, until
from wire import Connection, batch

CORRUPT, UNKNOWN_TOPIC, OUT_OF_RANGE, NOT_LEADER = 2, 3, 1, 6
TOO_LARGE, ACKS, TIMESTAMP, POLICY = 10, 21, 32, 44
SEQUENCE, EPOCH, TXN_STATE, COORDINATOR_FENCED = 45, 47, 48, 52
FENCED_LEADER, UNKNOWN_LEADER, INVALID_RECORD = 74, 75, 87
LOG_APPEND, TRANSACTIONAL, CONTROL, HORIZON = 8, 16, 32, 64

args = options()
check = Judge("wire")
admin = AdminClient({"bootstrap.servers": args.bootstrap, "log_level": 0})


def leader(topic, partition=0):
    metadata = until("a leader", lambda: admin.list_topics(topic, timeout=10).topics[topic].partitions)
    broker = admin.list_topics(timeout=10).brokers[metadata[partition].leader]
    return Connection(broker.host, broker.port)


def topic(stem, **configs):
    """A new topic of one partition, and a connection to its leader."""
    made = name(stem)
    config = {key.replace("_", "."): value for key, value in configs.items()}
    future = next(iter(admin.create_topics([NewTopic(made, 1, 1, config=config)]).values()))
    future.result(timeout=20)
    until("known", lambda: made in admin.list_topics(timeout=10).topics)
    link = leader(made)
    until("led", lambda: link.list_offset(made)[0] == 0)
    return made, link


def refused(code, records, **configs):
    made, link = topic("refuse", **configs)
    same(link.produce(made, records)[0], code, "error code")
    same(link.list_offset(made)[2], 0, "log end")


@check("produce: a batch is stored byte for byte, apart from base offset and leader epoch")
def _():
    made, link = topic("bytes")
    link.produce(made, batch([b"first"]))
    sent = batch([b"a", b"b"], attributes=1, leader_epoch=77)
    same(link.produce(made, sent)[:2], (0, 1))
    stored = link.fetch(made, 1)["records"]
    same(stored[:8], struct.pack(">q", 1), "base offset")
    same((stored[8:12], stored[16:]), (sent[8:12], sent[16:]), "bytes")


@check("produce: a batch with fewer records than offsets is refused")
def _():
    refused(INVALID_RECORD, batch([b"a", b"b"], last_delta=5))


@check("produce: a batch without records is refused")
def _():
    refused(INVALID_RECORD, batch([], last_delta=0))


@check("produce: a base offset other than 0 is refused")
def _():
    refused(INVALID_RECORD, batch([b"a"], base_offset=5))


@check("produce: a control batch is refused")
def _():
    refused(INVALID_RECORD, batch([b"a"], attributes=CONTROL))


@check("produce: a wrong checksum is refused")
def _():
    refused(CORRUPT, batch([b"a"], crc=1))


@check("produce: a record count that lies is refused")
def _():
    refused(INVALID_RECORD, batch([b"a", b"b"], count=3, last_delta=2))


@check("produce: a producer id without a sequence is refused")
def _():
    refused(INVALID_RECORD, batch([b"a"], pid=5, epoch=0, sequence=-1))


@check("produce: a null key is refused by a compacted topic")
def _():
    refused(INVALID_RECORD, batch([b"a"], key=None), cleanup_policy="compact")


@check("produce: a batch larger than max.message.bytes is refused")
def _():
    refused(TOO_LARGE, batch([bytes(500)]), max_message_bytes="300")


@check("produce: the LogAppendTime bit is refused by a LogAppendTime topic")
def _():
    refused(TIMESTAMP, batch([b"a"], attributes=LOG_APPEND), message_timestamp_type="LogAppendTime")


@check("produce: the LogAppendTime bit is cleared by a CreateTime topic")
def _():
    made, link = topic("clear")
    same(link.produce(made, batch([b"a"], attributes=LOG_APPEND))[0], 0, "error code")
    same(struct.unpack(">h", link.fetch(made, 0)["records"][21:23])[0] & LOG_APPEND, 0, "bit")


@check("produce: timestamps out of bounds are refused")
def _():
    past = int(time.time() * 1000) - 100_000
    refused(TIMESTAMP, batch([b"a"], at=past), message_timestamp_before_max_ms="1000")


@check("produce: timestamp -1 passes any bounds")
def _():
    made, link = topic("none", message_timestamp_before_max_ms="1000")
    same(link.produce(made, batch([b"a"], at=-1))[0], 0, "error code")


@check("produce: acks other than -1, 0, 1 are refused")
def _():
    made, link = topic("acks")
    same(link.produce(made, batch([b"a"]), acks=2)[0], ACKS, "error code")


@check("produce: an unknown topic and partition are refused")
def _():
    made, link = topic("known")
    same(link.produce(name("unknown"), batch([b"a"]))[0], UNKNOWN_TOPIC, "topic")
    same(link.produce(made, batch([b"a"]), partition=9)[0], UNKNOWN_TOPIC, "partition")


@check("produce: compressed records with odd offset deltas fail the broker, nothing is written")
def _():
    made, link = topic("odd")
    same(link.produce(made, batch([b"a", b"b"], attributes=1, deltas=[0, 0]))[0], -1, "error code")
    same(link.list_offset(made)[2], 0, "log end")


@check("produce: uncompressed records with odd offset deltas are taken as they are")
def _():
    made, link = topic("plain-odd")
    same(link.produce(made, batch([b"a", b"b"], deltas=[0, 0]))[0], 0, "error code")
    same(link.list_offset(made)[2], 2, "log end")


@check("produce: the broker's offset and log start come back")
def _():
    made, link = topic("answer")
    for _ in range(3):
        link.produce(made, batch([b"a"]))
    link.delete_records(made, 2)
    same(link.produce(made, batch([b"a"])), (0, 3, -1, 2))


@check("produce: transactional without an open transaction is refused")
def _():
    made, link = topic("loose")
    code = link.produce(made, batch([b"a"], pid=5, epoch=0, sequence=0, attributes=TRANSACTIONAL), txn=name("x"))[0]
    if code not in (TXN_STATE, 49, 15, 16, 90):
        raise AssertionError(f"error code {code}")
    same(link.list_offset(made)[2], 0, "log end")


@check("sequence: a producer id never heard of may start anywhere")
def _():
    made, link = topic("any")
    same(link.produce(made, batch([b"a", b"b"], pid=900_001, epoch=3, sequence=500))[:2], (0, 0))
    same(link.produce(made, batch([b"c"], pid=900_001, epoch=3, sequence=502))[:2], (0, 2))


@check("sequence: a gap is refused")
def _():
    made, link = topic("gap")
    link.produce(made, batch([b"a"], pid=900_002, epoch=0, sequence=7))
    same(link.produce(made, batch([b"b"], pid=900_002, epoch=0, sequence=9))[0], SEQUENCE, "error code")


@check("sequence: one of the last five batches again gives its old offset, an older one is refused")
def _():
    made, link = topic("again")
    for i in range(6):
        link.produce(made, batch([b"a", b"b"], pid=900_003, epoch=0, sequence=2 * i))
    same(link.produce(made, batch([b"a", b"b"], pid=900_003, epoch=0, sequence=2))[:2], (0, 2))
    same(link.list_offset(made)[2], 12, "log end")
    code = link.produce(made, batch([b"a", b"b"], pid=900_003, epoch=0, sequence=0))[0]
    if code not in (SEQUENCE, 46):
        raise AssertionError(f"error code {code}")


@check("sequence: wraps to 0 after the largest number")
def _():
    made, link = topic("wrap")
    last = 2**31 - 1
    same(link.produce(made, batch([b"a", b"b"], pid=900_004, epoch=0, sequence=last - 1))[0], 0, "error code")
    same(link.produce(made, batch([b"c"], pid=900_004, epoch=0, sequence=0))[:2], (0, 2))


@check("epoch: a newer one has to start at 0, then the older is refused")
def _():
    made, link = topic("epoch")
    link.produce(made, batch([b"a"], pid=900_005, epoch=1, sequence=0))
    same(link.produce(made, batch([b"b"], pid=900_005, epoch=2, sequence=1))[0], SEQUENCE, "error code")
    same(link.produce(made, batch([b"b"], pid=900_005, epoch=2, sequence=0))[0], 0, "error code")
    same(link.produce(made, batch([b"c"], pid=900_005, epoch=1, sequence=1))[0], EPOCH, "error code")


@check("producers: last sequence, epoch and no open transaction are described")
def _():
    made, link = topic("describe")
    link.produce(made, batch([b"a", b"b"], pid=900_006, epoch=4, sequence=10))
    same(link.producers(made), {900_006: (4, 11, -1, -1)})


@check("markers: a foreign producer id's marker takes one offset and is invisible")
def _():
    made, link = topic("marker")
    link.produce(made, batch([b"a"]))
    for commit in (True, False):
        same(link.mark(made, 900_007, 0, commit), 0, "error code")
    same(link.list_offset(made)[2], 3, "log end")
    for isolation in (0, 1):
        found = link.fetch(made, 0, isolation)
        same((found["high"], found["stable"], found["aborted"]), (3, 3, []), "offsets")
    stored = link.fetch(made, 1)["records"]
    same(struct.unpack(">h", stored[21:23])[0] & (CONTROL | TRANSACTIONAL), CONTROL | TRANSACTIONAL, "bits")
    same(len(stored), 2 * 78, "bytes of two markers")


@check("markers: an older producer epoch and an older coordinator are refused")
def _():
    made, link = topic("fence")
    same(link.mark(made, 900_008, 5, True, coordinator=3), 0)
    same(link.mark(made, 900_008, 4, True, coordinator=3), EPOCH, "producer epoch")
    same(link.mark(made, 900_008, 5, True, coordinator=2), COORDINATOR_FENCED, "coordinator epoch")
    same(link.list_offset(made)[2], 1, "log end")


@check("markers: a producer id whose first act was a marker has to start at 0")
def _():
    made, link = topic("first")
    link.mark(made, 900_009, 0, True)
    same(link.produce(made, batch([b"a"], pid=900_009, epoch=0, sequence=5))[0], SEQUENCE, "error code")
    same(link.produce(made, batch([b"a"], pid=900_009, epoch=0, sequence=0))[0], 0, "error code")
    same(link.producers(made)[900_009][1], 0, "last sequence")


@check("offsets: replica -2 sees the log end and needs no leader epoch")
def _():
    made, link = topic("end")
    link.produce(made, batch([b"a", b"b"]))
    same(link.list_offset(made, replica=-2)[::2], (0, 2))
    same(link.list_offset(made, at=-2, replica=-2)[::2], (0, 0))


@check("offsets: a leader epoch older or newer than the leader's is refused")
def _():
    made, link = topic("believed")
    link.produce(made, batch([b"a"]))
    same(link.list_offset(made, leader_epoch=0)[0], 0, "same")
    same(link.list_offset(made, leader_epoch=99)[0], UNKNOWN_LEADER, "newer")
    same(link.fetch(made, 0, leader_epoch=99)["error"], UNKNOWN_LEADER, "fetch")


@check("epochs: the current one ends at the log end, a future one is unknown")
def _():
    made, link = topic("epochs")
    link.produce(made, batch([b"a", b"b"]))
    same(link.epoch_end(made, 0), (0, 0, 2), "current")
    same(link.epoch_end(made, 5), (0, -1, -1), "future")


@check("fetch: an offset inside a batch gives the whole batch")
def _():
    made, link = topic("inside")
    link.produce(made, batch([b"a", b"b", b"c"]))
    same(struct.unpack(">q", link.fetch(made, 2)["records"][:8])[0], 0, "base offset")


@check("fetch: the first batch comes whole whatever the limit, out of range below and above")
def _():
    made, link = topic("limits")
    for _ in range(3):
        link.produce(made, batch([bytes(500)]))
    found = link.fetch(made, 0, max_bytes=10)
    same(struct.unpack(">qi", found["records"][:12])[0], 0)
    same(len(found["records"]), struct.unpack(">i", found["records"][8:12])[0] + 12, "one batch")
    link.delete_records(made, 2)
    same(link.fetch(made, 1)["error"], OUT_OF_RANGE, "below")
    same(link.fetch(made, 3)["error"], 0, "at the end")
    same(link.fetch(made, 4)["error"], OUT_OF_RANGE, "above")


@check("deleting records: inside a batch moves the start, not the bytes")
def _():
    made, link = topic("cut")
    link.produce(made, batch([b"a", b"b", b"c"]))
    same(link.delete_records(made, 1), (1, 0))
    same(link.delete_records(made, 0), (1, 0))
    found = link.fetch(made, 1)
    same((found["start"], struct.unpack(">q", found["records"][:8])[0]), (1, 0))


@check("deleting records: refused where cleanup.policy lacks delete, allowed with both")
def _():
    made, link = topic("policy", cleanup_policy="compact")
    link.produce(made, batch([b"a"]))
    same(link.delete_records(made, 1)[1], POLICY, "compact")
    made, link = topic("policies", cleanup_policy="compact,delete")
    link.produce(made, batch([b"a"]))
    same(link.delete_records(made, 1), (1, 0), "both")


@check("transactions: stable end, aborted list and markers")
def _():
    made, link = topic("txn")
    link.produce(made, batch([b"a", b"b"], pid=900_010, epoch=0, sequence=0))
    same(link.fetch(made, 0, 1)["stable"], 2, "stable end")
    # An abort by marker of plain data aborts nothing.
    link.mark(made, 900_010, 0, False)
    found = link.fetch(made, 0, 1)
    same((found["stable"], found["aborted"]), (3, []))


@check("ids: producer ids are given out once, epoch 0")
def _():
    _, link = topic("ids")
    first, second = (until("an id", lambda: (lambda r: r if r[0] == 0 else None)(link.init_producer())) for _ in range(2))
    same((first[2], second[2], first[1] != second[1]), (0, 0, True))


check.run()
