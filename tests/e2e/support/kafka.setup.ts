// Starts the two real Kafka clusters of `kafka-bed` for the whole run, apart from those of `./dev kafka up`.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const binary = process.env.DRAWBRIDGE_KAFKA_BED ?? "../../target/debug/kafka-bed";
const cache = process.env.DRAWBRIDGE_CACHE ?? join(homedir(), ".cache/drawbridge");
const patience = 240_000;

export default async function startKafka(): Promise<() => Promise<void>> {
  const place = mkdtempSync(join(tmpdir(), "drawbridge-e2e-"));
  const bed = join(place, "kafka-bed");
  mkdirSync(bed);
  // A place of its own, with the jars of the common one.
  mkdirSync(join(cache, "kafka"), { recursive: true });
  symlinkSync(join(cache, "kafka"), join(place, "kafka"));

  const keeper = spawn(binary, ["keep"], {
    env: { ...process.env, DRAWBRIDGE_CACHE: place },
    stdio: ["ignore", "inherit", "inherit"],
  });
  let fault: Error | undefined;
  keeper.once("error", (error) => (fault = error));
  const ended = new Promise((resolve) => keeper.once("close", resolve));
  const stop = async () => {
    if (fault === undefined) {
      if (keeper.exitCode === null) keeper.kill("SIGTERM");
      await ended;
    }
    rmSync(place, { recursive: true, force: true });
  };

  const deadline = Date.now() + patience;
  while (!existsSync(join(bed, "ready"))) {
    if (fault !== undefined || keeper.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`the Kafka clusters did not start: ${fault?.message ?? "the lines above say why"}`);
    }
    await pause(200);
  }
  process.env.E2E_KAFKA_PLACE = bed;
  return stop;
}
