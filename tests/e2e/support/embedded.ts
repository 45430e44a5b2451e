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
  stop: () => Promise<void>;
}

/** Starts one with topics `topic-00000` and so on. */
export async function startEmbedded(topics: number): Promise<Embedded> {
  const child = spawn(example, ["--topics", String(topics)], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const servers = await new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${example} ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("bootstrap=")) resolve(line.slice("bootstrap=".length));
    });
  });
  const place = mkdtempSync(join(tmpdir(), "drawbridge-e2e-"));
  const file = join(place, "embedded.properties");
  writeFileSync(file, `bootstrap.servers=${servers}\n`);
  const stop = async () => {
    // It stays until its input closes.
    child.stdin.end();
    await ended;
    rmSync(place, { recursive: true, force: true });
  };
  return { file, stop };
}
