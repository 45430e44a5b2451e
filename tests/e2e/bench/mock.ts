// A gateway that only speaks drawbridge.v1: twenty clusters, and links between them whose numbers change.

import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { Duplex } from "node:stream";

const dist = process.env.DRAWBRIDGE_DIST ?? "../../dist";
const types: Record<string, string> = {
  ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm",
};

export interface Mock {
  url: string;
  /** Sends this many updates a second, each of one link. */
  update: (perSecond: number) => void;
  /** Lets every other link come to rest. */
  rest: () => void;
  sent: () => number;
  stop: () => void;
}

export async function startMock(nLinks: number, nClusters: number): Promise<Mock> {
  const clusters = Array.from({ length: nClusters }, (_, at) => cluster(at));
  const links = Array.from({ length: nLinks }, (_, at) => link(at, nClusters));
  const sockets = new Set<Duplex>();
  const followers: { socket: Duplex; id: unknown; seq: number }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sent = 0;

  const hear = (socket: Duplex, text: string) => {
    const [kind, body] = Object.entries(JSON.parse(text) as Record<string, any>)[0] ?? [];
    const say = (message: unknown) => socket.write(frame(JSON.stringify(message)));
    if (kind === "hello") {
      const limits = { max_frame_bytes: 1 << 20, max_subscriptions: 100, max_requests: 100, heartbeat_ms: 30_000 };
      say({ welcome: { protocol: 1, build: "bench", version: "bench", demo: false, now_ms: Date.now(), limits } });
    } else if (kind === "ping") {
      say({ pong: body });
    } else if (kind === "request") {
      say({ reply: { id: body.id, result: { Ok: { history: [] } } } });
    } else if (kind === "subscribe") {
      const data = { clusters: { clusters }, links: { links }, notices: { notices: [] } }[String(body.feed)];
      if (data === undefined) return;
      say({ snapshot: { id: body.id, seq: 0, data } });
      if (body.feed === "links") followers.push({ socket, id: body.id, seq: 0 });
    }
  };
  const tell = (rows: ReturnType<typeof link>[]) => {
    for (const follower of followers) {
      follower.seq += 1;
      const delta = { links: { upsert: rows, remove: [] } };
      follower.socket.write(frame(JSON.stringify({ delta: { id: follower.id, seq: follower.seq, delta } })));
    }
  };
  const turn = () => {
    const row = links[(sent * 37) % nLinks];
    if (row === undefined) return;
    sent += 1;
    const now = Date.now();
    row.lag = { records: (sent * 7919) % 5000, behind_ms: (sent * 131) % 3000, last_fetch_ms: now };
    row.rate = { bytes: 100_000 + ((sent * 7907) % 900_000), records: 100 + (sent % 900) };
    row.last_contact_ms = now;
    tell([row]);
  };

  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://mock").pathname;
    if (path === "/empty") {
      response.setHeader("content-type", "text/html");
      response.end("<!doctype html><title>empty</title>");
      return;
    }
    const file = extname(path) === "" ? join(dist, "index.html") : join(dist, path);
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream");
    response.end(readFileSync(file));
  });
  server.on("upgrade", (request, socket: Duplex) => {
    const accept = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64");
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: drawbridge.v1\r\n\r\n`,
    );
    sockets.add(socket);
    socket.on("error", () => undefined);
    let rest = Buffer.alloc(0);
    socket.on("data", (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      for (let read = unframe(rest); read !== undefined; read = unframe(rest)) {
        rest = rest.subarray(read.length);
        if (read.opcode === 1) hear(socket, read.text);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    update: (perSecond) => {
      clearInterval(timer);
      timer = perSecond > 0 ? setInterval(turn, 1_000 / perSecond) : undefined;
    },
    rest: () => {
      const resting = links.filter((_, at) => at % 2 === 0);
      for (const row of resting) row.rate = { bytes: 0, records: 0 };
      tell(resting);
    },
    sent: () => sent,
    stop: () => {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function cluster(at: number) {
  return {
    name: `cluster-${at}`, kind: "kafka", origin: "configured", status: { state: "up" }, observed_at_ms: Date.now(),
    cluster_id: `id-of-cluster-${at}`, version: "4.1", bootstrap: `kafka-${at}.example:9092`,
    security: "SASL_SSL · SCRAM-SHA-512 · admin", controller: 1, n_brokers: 3, n_topics: 120, n_partitions: 960,
    under_replicated: 0, offline: 0, latency_micros: 900,
  };
}

function link(at: number, nClusters: number) {
  const source = at % nClusters;
  const here = (source + 1 + (at % (nClusters - 1))) % nClusters;
  return {
    cluster: `cluster-${here}`, name: `link-${String(at).padStart(3, "0")}`, link_id: `link-id-${at}`, mode: "DESTINATION",
    connection: "OUTBOUND",
    remote: { cluster_id: `id-of-cluster-${source}`, cluster: `cluster-${source}`, bootstrap: `kafka-${source}.example:9092`, security: "SASL_SSL" },
    state: at % 50 === 49 ? "UNAVAILABLE" : "ACTIVE", since_ms: Date.now(), error: "NO_ERROR", error_message: null,
    last_contact_ms: Date.now(), mirrors: [["ACTIVE", 12]], tasks_in_error: 0,
    lag: { records: 0, behind_ms: 0, last_fetch_ms: Date.now() }, rate: { bytes: 200_000, records: 200 },
  };
}

function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const head = body.length < 126 ? Buffer.from([0x81, body.length]) : Buffer.alloc(body.length < 65_536 ? 4 : 10);
  if (body.length >= 126) {
    head[0] = 0x81;
    head[1] = body.length < 65_536 ? 126 : 127;
    if (body.length < 65_536) head.writeUInt16BE(body.length, 2);
    else head.writeBigUInt64BE(BigInt(body.length), 2);
  }
  return Buffer.concat([head, body]);
}

/** A whole masked frame at the start of what a browser sent; no frame of the console is longer than 64 KiB. */
function unframe(bytes: Buffer): { opcode: number; text: string; length: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes.readUInt8(1) & 0x7f;
  const at = short === 126 ? 4 : 2;
  if (bytes.length < at + 4) return undefined;
  const n = short === 126 ? bytes.readUInt16BE(2) : short;
  const length = at + 4 + n;
  if (bytes.length < length) return undefined;
  const mask = bytes.subarray(at, at + 4);
  const body = Buffer.from(bytes.subarray(at + 4, length).map((byte, i) => byte ^ mask.readUInt8(i % 4)));
  return { opcode: bytes.readUInt8(0) & 0x0f, text: body.toString(), length };
}
