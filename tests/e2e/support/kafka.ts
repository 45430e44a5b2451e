// The two real Kafka clusters of this run, and the properties files that lead to them.

import { readFileSync } from "node:fs";
import { join } from "node:path";

export type ClusterName = "onprem" | "cloud";

/** Both clusters as a gateway gets them: `onprem` is SASL_PLAINTEXT with SCRAM and ACLs, `cloud` is SASL_SSL. */
export function kafkaClusters(): { name: ClusterName; file: string }[] {
  return (["onprem", "cloud"] as const).map((name) => ({ name, file: propertiesFile(name) }));
}

/**
 * The text of a properties file, as a person would paste it.
 * `door` is a listener and its user, e.g. `plain-admin`; without it, the cluster's secured one as `admin`.
 */
export function properties(name: ClusterName, door?: string): string {
  return readFileSync(propertiesFile(door === undefined ? name : `${name}-${door}`), "utf8");
}

/** `bootstrap.servers` of a properties file. */
export function bootstrapServers(text: string): string {
  const found = /^bootstrap\.servers\s*=\s*(.+)$/m.exec(text)?.[1];
  if (found === undefined) throw new Error("no bootstrap.servers in the properties");
  return found.trim();
}

function propertiesFile(name: string): string {
  const place = process.env.DRAWBRIDGE_E2E_KAFKA;
  if (place === undefined) throw new Error("the Kafka clusters were not started");
  return join(place, `${name}.properties`);
}
