// Clusters far larger than a test can set up: what the gateway says, with its rows repeated under other names.

import type { Page } from "@playwright/test";

// Fields of drawbridge.v1, read as the JSON they are.
type Json = any;

/** What becomes of a list in a snapshot: `wanted` rows, changed from the second round on. */
function repeated(rows: Json[], wanted: number, change: (row: Json, round: number, at: number) => Json): Json[] {
  if (rows.length === 0) return rows;
  return Array.from({ length: wanted }, (_, at) => {
    const round = Math.floor(at / rows.length);
    const row = rows[at % rows.length];
    return round === 0 ? row : change(structuredClone(row), round, at);
  });
}

const pad = (round: number) => String(round).padStart(5, "0");

const byName = (key: (row: Json) => string) => (a: Json, b: Json) => (key(a) < key(b) ? -1 : 1);

/** What a gateway with all these mirrors would say of an action on them: every tenth lacks something, one is refused. */
function acted(topics: string[]): Json[] {
  return topics.map((topic, at) => {
    if (at === 7) return { topic, error_code: 400, error_message: `Topic '${topic}' is being created: try again in a moment, or give it up with a failover`, lags: [] };
    const lag = (partition: number) => ({ partition, lag: at % 10 === 0 ? (at * 7919) % 100_000 : 0, last_source_fetch_offset: at * 131 + partition });
    return { topic, error_code: null, error_message: null, lags: [lag(0), lag(1)] };
  });
}

/**
 * Has the page see `wanted` topics, mirrors and groups. Only first snapshots are changed; what comes after them
 * concerns the rows that are really there. Actions on more mirrors than a hundred are answered here, and what is
 * failed over stops. Says how many such questions there were.
 */
export async function enlarge(page: Page, wanted: number): Promise<() => number> {
  let asks = 0;
  const named = (field: string) => (row: Json, round: number, at: number) => {
    row[field] = `${row[field]}-${pad(round)}`;
    if (row.lag?.records !== undefined && row.state === "ACTIVE") {
      row.lag = { ...row.lag, records: at % 3 === 0 ? (at * 7919) % 1_000_000_000 : 0, behind_ms: at % 3 === 0 ? (at * 131) % 90_000_000 : 0 };
    }
    if (typeof row.lag === "number") row.lag = (at * 7919) % 10_000_000_000;
    return row;
  };
  await page.routeWebSocket(/\/ws$/, (ours) => {
    const gateway = ours.connectToServer();
    // The link that is shown, and the number of its last frame as the page counts them.
    let shown: { id: Json; seq: number; link: Json; isOver: boolean } | undefined;
    const stop = (topics: Set<string>) => {
      if (shown === undefined) return;
      // From here on the gateway would say that the real ones go on.
      shown.isOver = true;
      const { mirrors, ...head } = shown.link;
      const upsert = mirrors.filter((row: Json) => topics.has(row.topic)).map((row: Json) => ({ ...row, state: "STOPPED" }));
      shown.seq += 1;
      ours.send(JSON.stringify({ delta: { id: shown.id, seq: shown.seq, delta: { link: { ...head, upsert, remove: [] } } } }));
    };
    ours.onMessage((message) => {
      const text = String(message);
      const request = text.startsWith('{"request"') ? (JSON.parse(text) as Json).request : undefined;
      const act = request?.body.act_on_mirrors;
      if (act === undefined || act.topics.length <= 100) return gateway.send(message);
      asks += 1;
      const rows = acted(act.topics);
      ours.send(JSON.stringify({ reply: { id: request.id, result: { Ok: { mirror_actions: rows } } } }));
      if (!act.validate_only) stop(new Set(rows.filter((row) => row.error_code === null).map((row) => row.topic)));
    });
    gateway.onMessage((message) => {
      const text = String(message);
      if (shown !== undefined && text.startsWith('{"delta"')) {
        const frame = JSON.parse(text) as Json;
        if (frame.delta.id !== shown.id) return ours.send(message);
        if (shown.isOver) return;
        shown.seq += 1;
        frame.delta.seq = shown.seq;
        return ours.send(JSON.stringify(frame));
      }
      if (!text.startsWith('{"snapshot"')) return ours.send(message);
      const frame = JSON.parse(text) as Json;
      const [feed, body] = Object.entries<Json>(frame.snapshot.data)[0] ?? [];
      if (feed === "topics") body.rows = repeated(body.rows, wanted, named("name"));
      else if (feed === "groups") body.rows = repeated(body.rows, wanted, named("group"));
      else if (feed === "mirrors") {
        const rows = repeated(body, wanted, named("topic"));
        frame.snapshot.data.mirrors = rows.sort(byName((row) => `${row.cluster}/${row.link}/${row.topic}`));
      } else if (feed === "link") {
        body.mirrors = repeated(body.mirrors, wanted, named("topic")).sort(byName((row) => row.topic));
        shown = { id: frame.snapshot.id, seq: frame.snapshot.seq, link: body, isOver: false };
      } else return ours.send(message);
      ours.send(JSON.stringify(frame));
    });
  });
  return () => asks;
}

/** Has the page wait for everything but the clusters: as on a gateway that is very slow. */
export async function silence(page: Page): Promise<void> {
  await page.routeWebSocket(/\/ws$/, (ours) => {
    const gateway = ours.connectToServer();
    gateway.onMessage((message) => {
      const text = String(message);
      const isAnswer = text.startsWith('{"snapshot"') || text.startsWith('{"reply"');
      if (!isAnswer || text.includes('"data":{"clusters":')) ours.send(message);
    });
  });
}
