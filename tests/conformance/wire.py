"""Just enough of the protocol to send what no client library would."""

import gzip
import socket
import struct
import time

CRC_TABLE = []
for _byte in range(256):
    for _ in range(8):
        _byte = (_byte >> 1) ^ 0x82F63B78 if _byte & 1 else _byte >> 1
    CRC_TABLE.append(_byte)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def varint(value):
    raw = (value << 1) ^ (value >> 63)
    raw &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while raw >= 0x80:
        out.append(raw & 0x7F | 0x80)
        raw >>= 7
    out.append(raw)
    return bytes(out)


def field(data):
    return varint(-1) if data is None else varint(len(data)) + data


def batch(
    values,
    key=b"k",
    at=None,
    base_offset=0,
    count=None,
    last_delta=None,
    attributes=0,
    pid=-1,
    epoch=-1,
    sequence=-1,
    deltas=None,
    magic=2,
    crc=None,
    leader_epoch=-1,
):
    """A record batch, right by default and wrong on request."""
    at = int(time.time() * 1000) if at is None else at
    section = b""
    for index, value in enumerate(values):
        delta = index if deltas is None else deltas[index]
        body = b"\0" + varint(0) + varint(delta) + field(key) + field(value) + varint(0)
        section += varint(len(body)) + body
    if attributes & 7 == 1:
        section = gzip.compress(section)
    covered = struct.pack(
        ">hiqqqhii",
        attributes,
        len(values) - 1 if last_delta is None else last_delta,
        at,
        at,
        pid,
        epoch,
        sequence,
        len(values) if count is None else count,
    )
    covered += section
    check = crc32c(covered) if crc is None else crc
    return struct.pack(">qiibI", base_offset, len(covered) + 9, leader_epoch, magic, check) + covered


def text(value):
    data = value.encode()
    return struct.pack(">h", len(data)) + data


def array(items):
    items = list(items)
    return struct.pack(">i", len(items)) + b"".join(items)


def uvarint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def compact_text(value):
    data = value.encode()
    return uvarint(len(data) + 1) + data


def compact_array(items):
    items = list(items)
    return uvarint(len(items) + 1) + b"".join(items)


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, size):
        self.at += size
        if self.at > len(self.data):
            raise AssertionError("the response is too short")
        return self.data[self.at - size : self.at]

    def number(self, kind):
        return struct.unpack(">" + kind, self.take(struct.calcsize(">" + kind)))[0]

    def text(self):
        size = self.number("h")
        return None if size < 0 else self.take(size).decode()

    def bytes(self):
        size = self.number("i")
        return None if size < 0 else self.take(size)

    def array(self, each):
        return [each() for _ in range(self.number("i"))]

    def uvarint(self):
        value = shift = 0
        while True:
            byte = self.number("B")
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def compact_text(self):
        size = self.uvarint() - 1
        return None if size < 0 else self.take(size).decode()

    def compact_array(self, each):
        return [each() for _ in range(self.uvarint() - 1)]

    def tags(self):
        for _ in range(self.uvarint()):
            self.uvarint()
            self.take(self.uvarint())


class Connection:
    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), timeout=20)
        self.correlation = 0

    def ask(self, api, version, body, flexible=False, answer=True):
        self.correlation += 1
        header = struct.pack(">hhi", api, version, self.correlation) + text("judge")
        frame = header + (b"\0" if flexible else b"") + body
        self.socket.sendall(struct.pack(">i", len(frame)) + frame)
        if not answer:
            return None
        (size,) = struct.unpack(">i", self.exactly(4))
        reader = Reader(self.exactly(size))
        if reader.number("i") != self.correlation:
            raise AssertionError("the answer is to another request")
        if flexible:
            reader.tags()
        return reader

    def exactly(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise ConnectionError("the broker closed the connection")
            data += more
        return data

    def produce(self, topic, records, acks=-1, txn=None, partition=0):
        """Produce 7: error code, base offset, log append time, log start."""
        body = struct.pack(">h", -1) if txn is None else text(txn)
        data = struct.pack(">i", -1) if records is None else struct.pack(">i", len(records)) + records
        body += struct.pack(">hi", acks, 10_000)
        body += array([text(topic) + array([struct.pack(">i", partition) + data])])
        reader = self.ask(0, 7, body)

        def one():
            reader.number("i")
            return tuple(reader.number(kind) for kind in "hqqq")

        def each():
            reader.text()
            return reader.array(one)

        return reader.array(each)[0][0]

    def fetch(self, topic, offset, isolation=0, leader_epoch=-1, max_bytes=1 << 20):
        """Fetch 11: a dict of the partition's answer."""
        body = struct.pack(">iiiibii", -1, 200, 1, 1 << 25, isolation, 0, -1)
        wanted = struct.pack(">iiqqi", 0, leader_epoch, offset, -1, max_bytes)
        body += array([text(topic) + array([wanted])]) + array([]) + text("")
        reader = self.ask(1, 11, body)
        reader.number("i"), reader.number("h"), reader.number("i")

        def one():
            reader.number("i")
            out = dict(zip(("error", "high", "stable", "start"), (reader.number(k) for k in "hqqq")))
            count = reader.number("i")
            out["aborted"] = [(reader.number("q"), reader.number("q")) for _ in range(max(count, 0))]
            reader.number("i")
            out["records"] = reader.bytes() or b""
            return out

        def each():
            reader.text()
            return reader.array(one)

        return reader.array(each)[0][0]

    def list_offset(self, topic, at=-1, replica=-1, isolation=0, leader_epoch=-1):
        """ListOffsets 5: error code, timestamp, offset, leader epoch."""
        wanted = struct.pack(">iiq", 0, leader_epoch, at)
        reader = self.ask(2, 5, struct.pack(">ib", replica, isolation) + array([text(topic) + array([wanted])]))
        reader.number("i")

        def one():
            reader.number("i")
            return tuple(reader.number(kind) for kind in "hqqi")

        def each():
            reader.text()
            return reader.array(one)

        return reader.array(each)[0][0]

    def epoch_end(self, topic, epoch, current=-1):
        """OffsetForLeaderEpoch 3: error code, epoch, end offset."""
        wanted = struct.pack(">iii", 0, current, epoch)
        reader = self.ask(23, 3, struct.pack(">i", -1) + array([text(topic) + array([wanted])]))
        reader.number("i")

        def one():
            error = reader.number("h")
            reader.number("i")
            return error, reader.number("i"), reader.number("q")

        def each():
            reader.text()
            return reader.array(one)

        return reader.array(each)[0][0]

    def mark(self, topic, pid, epoch, commit, coordinator=0):
        """WriteTxnMarkers 1: error code."""
        wanted = compact_text(topic) + compact_array([struct.pack(">i", 0)]) + b"\0"
        marker = struct.pack(">qh?", pid, epoch, commit) + compact_array([wanted])
        marker += struct.pack(">i", coordinator) + b"\0"
        reader = self.ask(27, 1, compact_array([marker]) + b"\0", flexible=True)

        def partition():
            reader.number("i")
            error = reader.number("h")
            reader.tags()
            return error

        def each():
            reader.compact_text()
            found = reader.compact_array(partition)
            reader.tags()
            return found

        def one():
            reader.number("q")
            found = reader.compact_array(each)
            reader.tags()
            return found

        return reader.compact_array(one)[0][0][0]

    def producers(self, topic):
        """DescribeProducers 0: id -> (epoch, last sequence, coordinator epoch, open since)."""
        wanted = compact_text(topic) + compact_array([struct.pack(">i", 0)]) + b"\0"
        reader = self.ask(61, 0, compact_array([wanted]) + b"\0", flexible=True)
        reader.number("i")

        def producer():
            pid, epoch, sequence = (reader.number(kind) for kind in "qii")
            reader.number("q")
            rest = reader.number("i"), reader.number("q")
            reader.tags()
            return pid, (epoch, sequence, *rest)

        def partition():
            reader.number("i")
            error = reader.number("h")
            reader.compact_text()
            found = reader.compact_array(producer)
            reader.tags()
            if error:
                raise AssertionError(f"error {error}")
            return dict(found)

        def each():
            reader.compact_text()
            found = reader.compact_array(partition)
            reader.tags()
            return found

        return reader.compact_array(each)[0][0]

    def delete_records(self, topic, offset):
        """DeleteRecords 1: low watermark, error code."""
        wanted = text(topic) + array([struct.pack(">iq", 0, offset)])
        reader = self.ask(21, 1, array([wanted]) + struct.pack(">i", 10_000))
        reader.number("i")

        def one():
            reader.number("i")
            return reader.number("q"), reader.number("h")

        def each():
            reader.text()
            return reader.array(one)

        return reader.array(each)[0][0]

    def init_producer(self, txn=None):
        """InitProducerId 1: error code, id, epoch."""
        body = struct.pack(">h", -1) if txn is None else text(txn)
        reader = self.ask(22, 1, body + struct.pack(">i", 60_000))
        reader.number("i")
        return tuple(reader.number(kind) for kind in "hqh")

    def commit(self, group, topic, offset, generation=-1, member=""):
        """OffsetCommit 6: error code."""
        wanted = struct.pack(">iqi", 0, offset, -1) + text("")
        body = text(group) + struct.pack(">i", generation) + text(member)
        reader = self.ask(8, 6, body + array([text(topic) + array([wanted])]))
        reader.number("i")

        def one():
            reader.number("i")
            return reader.number("h")

        def each():
            reader.text()
            return reader.array(one)

        return reader.array(each)[0][0]
