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

/**
 * Has the page see `wanted` topics, mirrors and groups. Only first snapshots are changed; what comes after them
 * concerns the rows that are really there.
 */
export async function enlarge(page: Page, wanted: number): Promise<void> {
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
    gateway.onMessage((message) => {
      const text = String(message);
      if (!text.startsWith('{"snapshot"')) return ours.send(message);
      const frame = JSON.parse(text) as Json;
      const [feed, body] = Object.entries<Json>(frame.snapshot.data)[0] ?? [];
      if (feed === "topics") body.rows = repeated(body.rows, wanted, named("name"));
      else if (feed === "groups") body.rows = repeated(body.rows, wanted, named("group"));
      else if (feed === "mirrors") frame.snapshot.data.mirrors = repeated(body, wanted, named("topic"));
      else if (feed === "link") body.mirrors = repeated(body.mirrors, wanted, named("topic"));
      else return ours.send(message);
      ours.send(JSON.stringify(frame));
    });
  });
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
