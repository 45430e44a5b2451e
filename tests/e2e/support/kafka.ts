// The two real Kafka clusters of this run: how to reach them, and what tests need in them.

import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, type APIRequestContext } from "@playwright/test";
import type { Gateway } from "./gateway.ts";

export type ClusterName = "onprem" | "cloud";

/**
 * The command line that serves both clusters: `onprem` is SASL_PLAINTEXT with SCRAM and ACLs, `cloud` is SASL_SSL.
 * Clusters added from the console are kept in a folder of this gateway's own.
 */
export function serveBoth(): string[] {
  const clusters = ["onprem", "cloud"].flatMap((name) => ["--cluster", `${name}=${place(`${name}.properties`)}`]);
  return ["serve", "--clusters-dir", mkdtempSync(place("added-")), ...clusters];
}

/** Waits until a gateway has reached both clusters. */
export async function bothAnswer(gateway: Gateway): Promise<void> {
  const answering = async () => {
    const answer = await fetch(`${gateway.url}/kafka/v3/clusters`);
    return ((await answer.json()) as { data: unknown[] }).data.length;
  };
  await expect.poll(answering, { message: "clusters that answer", timeout: 30_000 }).toBe(2);
}

/**
 * The text of a properties file, as a person would paste it.
 * `door` is a listener and its user, e.g. `plain-admin`; without it, the cluster's secured one as `admin`.
 */
export function properties(name: ClusterName, door?: string): string {
  return readFileSync(place(`${door === undefined ? name : `${name}-${door}`}.properties`), "utf8");
}

/** `bootstrap.servers` of a properties file. */
export function bootstrapServers(text: string): string {
  const found = /^bootstrap\.servers\s*=\s*(.+)$/m.exec(text)?.[1];
  if (found === undefined) throw new Error("no bootstrap.servers in the properties");
  return found.trim();
}

/** Kafka's own id of a cluster. */
export function clusterId(name: ClusterName): string {
  const found = new RegExp(`^${name}\\s+cluster id (\\S+)$`, "m").exec(readFileSync(place("ready"), "utf8"))?.[1];
  if (found === undefined) throw new Error(`kafka-bed does not tell the id of ${name}`);
  return found;
}

/** A topic name no other test uses. */
export function uniqueTopic(what: string): string {
  return `${what}-${process.pid}-${(n += 1)}`;
}
let n = 0;

/** Creates a topic through the gateway's REST interface. */
export async function createTopic(
  request: APIRequestContext,
  id: string,
  topic: string,
  partitions = 1,
  configs: Record<string, string> = {},
): Promise<void> {
  const answer = await request.post(`/kafka/v3/clusters/${id}/topics`, {
    data: {
      topic_name: topic,
      partitions_count: partitions,
      replication_factor: 1,
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    },
  });
  expect(answer.status(), await answer.text()).toBe(201);
}

/** Produces one record per line with Kafka's own console producer; `configs` are the producer's. */
export function produce(
  name: ClusterName,
  topic: string,
  lines: readonly string[],
  configs: Record<string, string> = {},
): void {
  const servers = bootstrapServers(properties(name, "plain-admin"));
  const producer = "org.apache.kafka.tools.ConsoleProducer";
  const more = Object.entries(configs).flatMap(([key, value]) => ["--command-property", `${key}=${value}`]);
  execFileSync("java", ["-cp", join(jars(), "*"), producer, "--bootstrap-server", servers, "--topic", topic, ...more], {
    input: lines.map((line) => `${line}\n`).join(""),
    stdio: ["pipe", "ignore", "pipe"],
  });
}

/** Deletes the records of partition 0 below an offset with Kafka's own tool. */
export function trim(name: ClusterName, topic: string, offset: number): void {
  const servers = bootstrapServers(properties(name, "plain-admin"));
  const file = place(`trim-${topic}.json`);
  writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset }] }));
  const tool = "org.apache.kafka.tools.DeleteRecordsCommand";
  const what = ["--bootstrap-server", servers, "--offset-json-file", file];
  execFileSync("java", ["-cp", join(jars(), "*"), tool, ...what], { stdio: ["ignore", "ignore", "pipe"] });
}

/** Reads a topic with Kafka's own console consumer as a member of a group: so many records, then it commits and leaves. */
export function consume(name: ClusterName, topic: string, group: string, records: number): void {
  execFileSync("java", consumer(name, topic, group, ["--max-messages", String(records)]), { stdio: ["ignore", "ignore", "pipe"] });
}

/** The same without an end; whoever starts it stops it. */
export function keepConsuming(name: ClusterName, topic: string, group: string): ChildProcess {
  return spawn("java", consumer(name, topic, group, []), { stdio: "ignore" });
}

/** Reads a topic as a member of a share group, with Kafka's own tool; whoever starts it stops it. */
export function keepSharing(name: ClusterName, topic: string, group: string): ChildProcess {
  const tool = "org.apache.kafka.tools.consumer.ConsoleShareConsumer";
  const servers = bootstrapServers(properties(name, "plain-admin"));
  const what = ["--bootstrap-server", servers, "--topic", topic, "--group", group];
  return spawn("java", ["-cp", join(jars(), "*"), tool, ...what], { stdio: "ignore" });
}

function consumer(name: ClusterName, topic: string, group: string, more: string[]): string[] {
  const servers = bootstrapServers(properties(name, "plain-admin"));
  const tool = "org.apache.kafka.tools.consumer.ConsoleConsumer";
  const what = ["--bootstrap-server", servers, "--topic", topic, "--group", group, "--from-beginning", ...more];
  return ["-cp", join(jars(), "*"), tool, ...what];
}

/** Kills the broker of a cluster; it keeps its data. Who stops one starts it again, come what may. */
export const stopKafka = (name: ClusterName): Promise<void> => order("stop", name);

/** Starts it again and waits until it answers. */
export const startKafka = (name: ClusterName): Promise<void> => order("start", name);

async function order(what: "stop" | "start", name: ClusterName): Promise<void> {
  const bed = process.env.DRAWBRIDGE_KAFKA_BED ?? "../../target/debug/kafka-bed";
  const env = { ...process.env, DRAWBRIDGE_CACHE: place("..") };
  await promisify(execFile)(bed, [what, name], { env });
}

/** The jars of the newest Kafka that the clusters can run on. */
function jars(): string {
  const root = place("../kafka");
  const newest = readdirSync(root).sort().at(-1);
  if (newest === undefined) throw new Error(`no Kafka in ${root}`);
  return join(root, newest, "libs");
}

function place(file: string): string {
  const folder = process.env.E2E_KAFKA_PLACE;
  if (folder === undefined) throw new Error("the Kafka clusters were not started");
  return join(folder, file);
}
