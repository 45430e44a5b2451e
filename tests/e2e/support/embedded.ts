// An embedded cluster of its own, for what would take real brokers long to set up.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { binary } from "./gateway.ts";

const example = join(dirname(binary), "examples/cluster");

export interface Embedded {
  /** A properties file that leads to it. */
  file: string;
  /** Stops one of its brokers, 1 to 3. */
  stopBroker: (id: number) => Promise<void>;
  /** Starts it again. */
  startBroker: (id: number) => Promise<void>;
  stop: () => Promise<void>;
}

/** Starts one of three brokers with topics `topic-00000` and so on, each of one partition with this many replicas. */
export async function startEmbedded(topics: number, replicas = 1): Promise<Embedded> {
  const args = ["--topics", String(topics), "--replicas", String(replicas)];
  const child = spawn(example, args, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const lines = createInterface({ input: child.stdout });
  /** The rest of the line that begins with this. */
  const told = (begin: string) =>
    new Promise<string>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`${example} ended with ${code}`)));
      lines.on("line", (line) => {
        if (line.startsWith(begin)) resolve(line.slice(begin.length));
      });
    });
  const servers = await told("bootstrap=");
  const order = async (what: string) => {
    const done = told(`done: ${what}`);
    child.stdin.write(`${what}\n`);
    await done;
  };
  const place = mkdtempSync(join(tmpdir(), "drawbridge-e2e-"));
  const file = join(place, "embedded.properties");
  writeFileSync(file, `bootstrap.servers=${servers}\n`);
  const stop = async () => {
    // It stays until its input closes.
    child.stdin.end();
    await ended;
    rmSync(place, { recursive: true, force: true });
  };
  return { file, stopBroker: (id) => order(`stop ${id}`), startBroker: (id) => order(`start ${id}`), stop };
}
