// A gateway process of its own, on a port the system chose.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export const binary = process.env.DRAWBRIDGE_BIN ?? "../../target/debug/drawbridge";
const patience = 60_000;

export class Gateway {
  private constructor(
    private readonly args: readonly string[],
    private child: ChildProcess,
    readonly url: string,
    private readonly said: string[],
  ) {}

  /** Starts `drawbridge ARGS…` and waits until it accepts connections. */
  static async start(args: readonly string[]): Promise<Gateway> {
    const said: string[] = [];
    const { child, url } = await launch([...args, "--listen", "127.0.0.1:0"], said);
    return new Gateway(args, child, url, said);
  }

  /** Everything it wrote so far, for the report of a failed test. */
  get log(): string {
    return this.said.join("\n");
  }

  /** Ends it as a service manager would, and waits until it is gone. */
  async stop(): Promise<void> {
    await end(this.child);
  }

  /** Starts it again on the port it had, as after an update. */
  async startAgain(): Promise<void> {
    const { child } = await launch([...this.args, "--listen", new URL(this.url).host], this.said);
    this.child = child;
  }
}

async function launch(args: string[], said: string[]): Promise<{ child: ChildProcess; url: string }> {
  // Links keep passwords, and a gateway keeps no password that it cannot encrypt.
  const env = { ...process.env, DRAWBRIDGE_PASSWORD_ENCODER_SECRET: "encoder-secret" };
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"], env });
  createInterface({ input: child.stderr }).on("line", (line) => said.push(line));
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`${binary} ${args.join(" ")}: ${what}\n${said.join("\n")}`));
    const late = setTimeout(() => {
      child.kill("SIGKILL");
      fail("not ready in time");
    }, patience);
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code) => fail(`ended with ${code} before it was ready`));
    lines.on("line", (line) => {
      said.push(line);
      const found = /console at (http:\/\/\S+)/.exec(line)?.[1];
      if (found !== undefined) {
        clearTimeout(late);
        resolve(found.replace(/\/$/, ""));
      }
    });
  });
  return { child, url };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await gone;
  clearTimeout(late);
}
